package store

import (
	"context"
	"sync"
	"time"
)

// patient is a ctx that ends after a while, counted from when somebody first asks for
// its end: nearly every Begin finds its transaction free, and needs no timer.
type patient struct {
	context.Context
	most time.Duration

	mu      sync.Mutex
	waiting context.Context // nil until then
	cancel  context.CancelFunc
}

func (p *patient) begun() context.Context {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waiting == nil {
		p.waiting, p.cancel = context.WithTimeout(p.Context, p.most)
	}
	return p.waiting
}

// Done implements context.Context.
func (p *patient) Done() <-chan struct{} { return p.begun().Done() }

// Deadline implements context.Context.
func (p *patient) Deadline() (time.Time, bool) { return p.begun().Deadline() }

// Err implements context.Context. Who asks waits: he may ask again and again.
func (p *patient) Err() error { return p.begun().Err() }

func (p *patient) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cancel != nil {
		p.cancel()
	}
}
