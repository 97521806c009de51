package dir

// System are the operating system's files.
var System Files = osFiles{}
