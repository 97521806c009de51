package billing

import "time"

// ShortName shortens an envelope's name in the middle as the charge list does
// (M60): two characters, three dots, the last four. Names of up to nine
// characters stay whole.
func ShortName(name string) string {
	r := []rune(name)
	const whole, head, tail = 9, 2, 4
	if len(r) <= whole {
		return name
	}
	return string(r[:head]) + "..." + string(r[len(r)-tail:])
}

// ShowTime returns a time as the platform's lists show it (消费日期, M58):
// yyyy-MM-dd HH:mm:ss in Beijing time.
func ShowTime(t time.Time) string {
	return t.In(time.FixedZone("CST", 8*3600)).Format(time.DateTime)
}
