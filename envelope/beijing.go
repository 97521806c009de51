package envelope

import "time"

// Times that people read are those of Beijing. Everything else is UTC.

// beijing is the zone of the times that people read.
var beijing = time.FixedZone("CST", 8*3600)

// dayFormat is how a day stands in a document.
const dayFormat = "2006年01月02日"

// showTime is a time in a report.
func showTime(t time.Time) string { return t.In(beijing).Format(time.DateTime) }

// showDay is a day in a document.
func showDay(t time.Time) string { return t.In(beijing).Format(dayFormat) }
