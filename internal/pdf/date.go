package pdf

import (
	"strings"
	"time"
)

// ParseDate reads a date in the form of ISO 32000-2, 7.9.4: D:YYYYMMDDHHmmSS with a
// zone. A date without a zone is read as UTC.
func ParseDate(o Object) (time.Time, bool) {
	s, ok := o.(String)
	if !ok {
		return time.Time{}, false
	}
	text := strings.ReplaceAll(strings.TrimPrefix(s.Text(), "D:"), "'", "")
	for _, layout := range []string{"20060102150405Z0700", "20060102150405Z", "20060102150405", "200601021504", "20060102"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
