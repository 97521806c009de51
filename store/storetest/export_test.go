package storetest

import "time"

// Hurry makes the suite wait less, and returns a function that restores the waits.
func Hurry(check, begin time.Duration) func() {
	l, s := limit, slow
	limit, slow = check, begin
	return func() { limit, slow = l, s }
}
