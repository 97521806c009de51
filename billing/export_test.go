package billing

// PlainCell is how a statement writes a text of somebody's.
var PlainCell = plainCell
