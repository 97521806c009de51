package registry_test

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/internal/test/pictures"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/seal"
	"github.com/dajiaqian/dajiaqian/seal/registry"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/memory"
)

// trail returns the whole audit of a company, or of a person, newest first.
func (w *world) trail(t testing.TB, who org.Actor) []org.AuditEntry {
	t.Helper()
	var out []org.AuditEntry
	var after store.Cursor
	for {
		page, next, err := w.Org.Audit(context.Background(), who, after)
		orgtest.Must(t, err)
		out = append(out, page...)
		if after = next; next == "" {
			return out
		}
	}
}

// call is one command with its arguments.
type call = func(s *registry.Service) (any, error)

// rehearsal is a command ready to be carried out, and a different one.
type rehearsal struct {
	by             org.Actor
	one, otherwise call
	name           string // in the audit
	lines          int    // that it leaves there
}

// Under a key, every command is carried out once, returns the same when it is repeated,
// and leaves its lines in the audit once: who, for which company, when, and the record before
// and after. With other arguments the key is refused (M43 to M51).
func TestEveryCommandIsIdempotent(t *testing.T) {
	ctx := context.Background()
	none := func(err error) (any, error) { return nil, err }
	commands := map[string]func(t *testing.T, w *world) rehearsal{
		"Create": func(t *testing.T, w *world) rehearsal {
			boss := w.firm(t, 0)
			do := func(s seal.Style) call {
				return func(sv *registry.Service) (any, error) { return sv.Create(ctx, boss, "章", seal.Spec{Style: s}) }
			}
			return rehearsal{boss, do(seal.StyleOfficial), do(seal.StyleContract), "seal.create", 1}
		},
		"CreateWritten": func(t *testing.T, w *world) rehearsal {
			me := w.Person(t, 1)
			do := func(p seal.Pen) call {
				return func(s *registry.Service) (any, error) { return s.CreateWritten(ctx, me, "手写", scribble(), p) }
			}
			return rehearsal{me, do(seal.Pen{}), do(seal.Pen{Width: 30}), "seal.write", 1}
		},
		"CreateFromPicture": func(t *testing.T, w *world) rehearsal {
			me := w.Person(t, 1)
			do := func(size float64) call {
				return func(s *registry.Service) (any, error) {
					return s.CreateFromPicture(ctx, me, "图片", pictures.PNG(t, stroke(300, 100)), size)
				}
			}
			return rehearsal{me, do(40), do(41), "seal.picture", 1}
		},
		"CreateFromPhoto": func(t *testing.T, w *world) rehearsal {
			boss, p := w.firm(t, 0), cleaned(t)
			do := func(called string) call {
				return func(s *registry.Service) (any, error) { return s.CreateFromPhoto(ctx, boss, called, p) }
			}
			return rehearsal{boss, do("公章"), do("别的"), "seal.upload", 1}
		},
		"Discard": func(t *testing.T, w *world) rehearsal {
			boss := w.firm(t, 0)
			do := func(id string) call {
				return func(s *registry.Service) (any, error) { return none(s.Discard(ctx, boss, registry.SealID(id))) }
			}
			return rehearsal{boss, do(string(w.official(t, boss, "甲"))), do(string(w.official(t, boss, "乙"))), "seal.discard", 1}
		},
		"Grant": func(t *testing.T, w *world) rehearsal {
			boss := w.firm(t, 0)
			m, id := w.Member(t, boss, 1), w.official(t, boss, "甲")
			orgtest.Must(t, w.Grant(ctx, boss, id, m.Person, registry.Period{})) // to be modified
			do := func(p registry.Period) call {
				return func(s *registry.Service) (any, error) { return none(s.Grant(ctx, boss, id, m.Person, p)) }
			}
			return rehearsal{boss, do(registry.Period{}), do(registry.Period{To: w.Now().Add(day)}), "seal.grant", 2}
		},
		"Revoke": func(t *testing.T, w *world) rehearsal {
			boss := w.firm(t, 0)
			m, id := w.Member(t, boss, 1), w.official(t, boss, "甲")
			orgtest.Must(t, w.Grant(ctx, boss, id, m.Person, registry.Period{}))
			do := func(p string) call {
				return func(s *registry.Service) (any, error) { return none(s.Revoke(ctx, boss, id, org.PersonID(p))) }
			}
			return rehearsal{boss, do(string(m.Person)), do(string(boss.Person)), "seal.revoke", 1}
		},
		"Apply": func(t *testing.T, w *world) rehearsal {
			boss := w.firm(t, 0)
			m, id := w.Member(t, boss, 1), w.official(t, boss, "甲")
			do := func(purpose string) call {
				return func(s *registry.Service) (any, error) { return s.Apply(ctx, m, id, purpose, registry.Period{}) }
			}
			return rehearsal{m, do("采购"), do("销售"), "seal.apply", 1}
		},
		"Approve": onApplication("seal.approve", 2, (*registry.Service).Approve),
		"Refuse":  onApplication("seal.refuse", 1, (*registry.Service).Refuse),
	}
	reads := strings.Fields(`Applications Available Grants Impression List MyApplications Picture Unlent Uses Usable`)
	actor, service := reflect.TypeFor[org.Actor](), reflect.TypeFor[*registry.Service]()
	for i := range service.NumMethod() {
		m := service.Method(i)
		for j := range m.Type.NumIn() {
			if m.Type.In(j) == actor && commands[m.Name] == nil && !slices.Contains(reads, m.Name) {
				t.Errorf("%s is not tried twice", m.Name)
			}
		}
	}
	for name, prepare := range commands {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, memory.New())
			r := prepare(t, w)
			reader := r.by
			if r.by.Org != "" {
				reader = w.boss
			}
			before := len(w.trail(t, reader))
			_, err := r.one(w.Once(strings.Repeat("k", org.MaxKey+1)))
			orgtest.Want(t, err, org.ErrKey)
			first, err := r.one(w.Once("k"))
			orgtest.Must(t, err)
			after := w.trail(t, reader)
			if len(after)-before != r.lines {
				t.Fatalf("%d lines in the audit, want %d", len(after)-before, r.lines)
			}
			for _, e := range after[:r.lines] {
				if e.Command != r.name || e.By != r.by.Person || e.Org != r.by.Org || !e.At.Equal(w.Now()) || e.What == "" || e.Before == "" && e.After == "" || e.Before == e.After {
					t.Errorf("line %+v", e)
				}
			}
			w.Pass(day)
			for range 2 {
				again, err := r.one(w.Once("k"))
				if err != nil || !reflect.DeepEqual(again, first) {
					t.Errorf("repeated: %+v, %v; first %+v", again, err, first)
				}
			}
			if got := len(w.trail(t, reader)); got != len(after) {
				t.Errorf("the repetition left %d lines", got-len(after))
			}
			_, err = r.otherwise(w.Once("k"))
			orgtest.Want(t, err, org.ErrKey)
		})
	}
}

func onApplication(name string, lines int, decide func(*registry.Service, context.Context, org.Actor, string) (registry.Application, error)) func(*testing.T, *world) rehearsal {
	return func(t *testing.T, w *world) rehearsal {
		boss := w.firm(t, 0)
		m := w.Member(t, boss, 1)
		do := func(called string) call {
			a, err := w.Apply(t.Context(), m, w.official(t, boss, called), "合同", registry.Period{})
			orgtest.Must(t, err)
			return func(s *registry.Service) (any, error) { return decide(s, context.Background(), boss, a.ID) }
		}
		return rehearsal{boss, do("甲"), do("乙"), name, lines}
	}
}

// T2: a key stops working when its actor leaves the company, but not when their role
// changes: they still get the result of what they did as administrator.
func TestT2OnceAndTheRight(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		boss := w.firm(t, 0)
		sub := w.Member(t, boss, 1)
		orgtest.Must(t, w.Org.SetSubAdmin(t.Context(), boss, sub.Person, true))
		create := func() (registry.Info, error) {
			return w.Once("k").Create(t.Context(), sub, "公章", seal.Spec{Style: seal.StyleOfficial})
		}
		first, err := create()
		orgtest.Must(t, err)
		orgtest.Must(t, w.Org.SetSubAdmin(t.Context(), boss, sub.Person, false))
		again, err := create()
		if err != nil || again != first {
			t.Errorf("again: %+v, %v", again, err)
		}
		_, err = w.Create(t.Context(), sub, "二", seal.Spec{Style: seal.StyleOfficial})
		orgtest.WantDenied(t, err, org.DenyRole)
		orgtest.Must(t, w.Org.Disable(t.Context(), boss, sub.Person))
		_, err = create()
		orgtest.WantDenied(t, err, org.DenyDisabled)
	})
}
