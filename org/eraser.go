package org

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/dajiaqian/dajiaqian/store"
)

// eraser erases what a package keeps of a person.
type eraser = func(ctx context.Context, tx *store.Tx, person PersonID) error

// erasers are those of the sister packages, by their names.
type erasers struct {
	mu sync.Mutex
	by map[string]eraser
}

// OnPurge makes [Service.Purge] call erase in the transaction that closes an account, for what
// a package keeps of its person. What is too much for one transaction, erase notes there for
// later. A package calls OnPurge once, when it is made; the last call of a name counts.
func (in Inside) OnPurge(name string, erase func(ctx context.Context, tx *store.Tx, person PersonID) error) {
	e := in.s.erasers
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.by == nil {
		e.by = map[string]eraser{}
	}
	e.by[name] = erase
}

func (e *erasers) run(ctx context.Context, tx *store.Tx, person PersonID) error {
	e.mu.Lock()
	by := maps.Clone(e.by)
	e.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(by)) {
		if err := by[name](ctx, tx, person); err != nil {
			return err
		}
	}
	return nil
}
