package org

import (
	"time"

	"github.com/dajiaqian/dajiaqian/internal/beijing"
)

func weekend(day time.Time) bool {
	d := day.Weekday()
	return d == time.Saturday || d == time.Sunday
}

// maxHoliday is how many days in a row may be holidays: a calendar with more is broken,
// and no review waits for it.
const maxHoliday = 30

// dueAfterWorkday returns the end of one working day (一个工作日, M26) in Beijing: the same
// hour of the next working day, or the end of the next working day if from is on a
// holiday. Pure.
func dueAfterWorkday(from time.Time, holiday func(day time.Time) bool) time.Time {
	local := from.In(beijing.Zone)
	next := func(t time.Time) time.Time {
		for range maxHoliday {
			if t = t.AddDate(0, 0, 1); !holiday(t) {
				break
			}
		}
		return t
	}
	if !holiday(local) {
		return next(local).UTC()
	}
	first := next(local)
	midnight := time.Date(first.Year(), first.Month(), first.Day(), 0, 0, 0, 0, first.Location())
	return midnight.AddDate(0, 0, 1).UTC()
}
