package envelope

import (
	"time"

	"github.com/dajiaqian/dajiaqian/internal/beijing"
)

// Times that people read are those of Beijing. Everything else is UTC.

// dayFormat is how a day stands in a document.
const dayFormat = "2006年01月02日"

// showTime is a time in a report.
func showTime(t time.Time) string { return t.In(beijing.Zone).Format(time.DateTime) }

// showDay is a day in a document.
func showDay(t time.Time) string { return t.In(beijing.Zone).Format(dayFormat) }
