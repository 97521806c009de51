package postgres

import "time"

// Isolate makes Updates run at another isolation level.
func (d *Driver) Isolate(level string) { d.isolation = level }

// Wait sets how long a server may take to end a transaction.
func (d *Driver) Wait(most time.Duration) { d.patience = most }

// ToText and FromText convert text to what a column can hold, and back.
var (
	ToText   = toText
	FromText = fromText
)

// Uncertain wraps an error of COMMIT.
var Uncertain = wrapUncertain
