// Package beijing has the time of the platform's users.
package beijing

import "time"

// Zone is UTC+8, without summer time. It is never changed.
var Zone = time.FixedZone("CST", 8*3600)
