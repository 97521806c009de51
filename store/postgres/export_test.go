package postgres

// Isolate makes Updates run at another isolation level.
func (d *Driver) Isolate(level string) { d.isolation = level }
