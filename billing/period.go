package billing

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/beijing"
	"github.com/dajiaqian/dajiaqian/store"
)

// ShowTime returns a time as the platform's lists show it (消费日期, M58):
// yyyy-MM-dd HH:mm:ss in Beijing time.
func ShowTime(t time.Time) string { return t.In(beijing.Zone).Format(time.DateTime) }

// ParseTime reads what [ShowTime] returns, for a filter by 起止时间 (M59).
func ParseTime(text string) (time.Time, error) {
	t, err := time.ParseInLocation(time.DateTime, text, beijing.Zone)
	if err != nil {
		return time.Time{}, fmt.Errorf("billing: time: %w", err)
	}
	return t.UTC(), nil
}

// keeps reports whether a charge of this time is in the filter.
func (f ChargeFilter) keeps(at time.Time) bool {
	return !at.Before(f.From) && (f.To.IsZero() || at.Before(f.To))
}

// month is a calendar month in UTC: year times twelve plus its number from zero. It
// only divides the charges into groups; a filter's edges are exact.
type month int64

func monthOf(t time.Time) month {
	t = t.UTC()
	return month(t.Year())*12 + month(t.Month()) - 1
}

// joinCursor makes the cursor of a list that goes month by month.
func joinCursor(m month, inner store.Cursor) store.Cursor {
	return store.Cursor(strconv.FormatInt(int64(m), 10) + "." + string(inner))
}

// splitCursor is the inverse of joinCursor; an empty cursor starts at a month.
func splitCursor(c store.Cursor, start month) (month, store.Cursor, error) {
	if c == "" {
		return start, "", nil
	}
	head, inner, ok := strings.Cut(string(c), ".")
	n, err := strconv.ParseInt(head, 10, 32)
	if !ok || err != nil {
		return 0, "", store.ErrCursor
	}
	return month(n), store.Cursor(inner), nil
}
