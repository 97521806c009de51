package store

// OwnTables returns the tables of this package, which every database has.
func OwnTables() []AnyTable { return []AnyTable{newEventTable(), newFillTable(), newLookTable()} }
