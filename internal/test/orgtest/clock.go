package orgtest

import (
	"fmt"
	"sync"
	"time"
)

// Clock is the time of a platform, which moves only when it is moved, and its ids. It may
// be used concurrently.
type Clock struct {
	mu  sync.Mutex
	now time.Time
	ids int
}

// NewClock returns a clock that stands at 09:00 in Beijing on a Monday.
func NewClock() *Clock { return &Clock{now: time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)} }

// Now returns the time of the platform.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Pass moves the clock.
func (c *Clock) Pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Set sets the clock.
func (c *Clock) Set(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = now
}

// NewID returns the next number.
func (c *Clock) NewID() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ids++
	return fmt.Sprintf("id%06d", c.ids)
}
