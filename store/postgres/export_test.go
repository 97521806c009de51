package postgres

import "time"

// Isolate makes Updates run at another isolation level.
func (d *Driver) Isolate(level string) { d.isolation = level }

// Wait sets how long a server may take to end a transaction.
func (d *Driver) Wait(most time.Duration) { d.patience = most }

// ToText and FromText are how text is kept.
var (
	ToText   = toText
	FromText = fromText
)

// Uncertain is how an error of COMMIT is told.
var Uncertain = uncertain
