package postgres

// Isolate makes Updates run at another isolation level.
func (d *Driver) Isolate(level string) { d.isolation = level }

// ToText and FromText are how text is kept.
var (
	ToText   = toText
	FromText = fromText
)

// Uncertain is how an error of COMMIT is told.
var Uncertain = uncertain
