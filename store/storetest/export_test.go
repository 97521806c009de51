package storetest

import "time"

// Hurry makes the suite wait less, and returns a function that restores the waits.
func Hurry(check, begin time.Duration) func() {
	l, s := limit.get(), slow.get()
	limit.set(check)
	slow.set(begin)
	return func() {
		limit.set(l)
		slow.set(s)
	}
}
