package sqlite

// OpenSynchronous is Open with another setting of SQLite's synchronous.
var OpenSynchronous = open
