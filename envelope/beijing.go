package envelope

import (
	"time"

	"github.com/dajiaqian/dajiaqian/internal/beijing"
)

// Times that people read are in Beijing time. Everything else is in UTC.

// dayFormat is how a day is written in a document.
const dayFormat = "2006年01月02日"

// showTime returns a time as a report shows it.
func showTime(t time.Time) string { return t.In(beijing.Zone).Format(time.DateTime) }

// showDay returns a day as a document shows it.
func showDay(t time.Time) string { return t.In(beijing.Zone).Format(dayFormat) }
