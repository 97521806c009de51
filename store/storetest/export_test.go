package storetest

import "time"

// Hurry has the suite wait less, and gives back what has it wait as before.
func Hurry(check, begin time.Duration) func() {
	l, s := limit, slow
	limit, slow = check, begin
	return func() { limit, slow = l, s }
}
