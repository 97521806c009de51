package envelopetest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
)

// T is what a World needs from its surroundings: a *testing.T, a *testing.B, or what
// [Run] gives a program.
type T interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
	Cleanup(func())
	Context() context.Context
}

// Run lets a program that is not a test use a [World]: it calls do, then the cleanups
// of do, and returns the fault that ended do early, if there was one.
func Run(ctx context.Context, do func(t T)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	p := &program{ctx: func() context.Context { return ctx }}
	done := make(chan struct{})
	go func() {
		defer close(done)
		do(p)
	}()
	<-done
	for _, clean := range slices.Backward(p.cleanups) {
		clean()
	}
	return p.fault
}

// program is the T of Run. It belongs to one goroutine, like that of a test.
type program struct {
	ctx      func() context.Context
	cleanups []func()
	fault    error
}

func (p *program) Helper() {}

func (p *program) Fatal(args ...any) {
	p.fault = errors.New(fmt.Sprint(args...))
	runtime.Goexit()
}

func (p *program) Fatalf(format string, args ...any) { p.Fatal(fmt.Sprintf(format, args...)) }

func (p *program) Cleanup(f func()) { p.cleanups = append(p.cleanups, f) }

func (p *program) Context() context.Context { return p.ctx() }
