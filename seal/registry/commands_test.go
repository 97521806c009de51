package registry_test

import (
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/internal/test/pictures"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/seal"
	"github.com/dajiaqian/dajiaqian/seal/photo"
	"github.com/dajiaqian/dajiaqian/seal/registry"
	"github.com/dajiaqian/dajiaqian/store/memory"
)

// stage is a world with one actor, and everyone that a command may be tried on.
type stage struct {
	*world
	actor, main, other org.Actor // other administers another company
	mate, gone         org.Actor // members of main's company; gone is disabled
	photo              *photo.Photo
	member             bool // the actor is an active member of main's company
	verified           bool
	mates, foreign     string // a mate's signature, another company's seal
}

func setStage(t *testing.T, column string, photo *photo.Photo) *stage {
	t.Helper()
	ctx, w := t.Context(), newWorld(t, memory.New())
	s := &stage{world: w, main: w.firm(t, 0), other: w.firm(t, 1), photo: photo}
	s.mate, s.gone = w.Member(t, s.main, 1), w.Member(t, s.main, 2)
	orgtest.Must(t, w.Org.Disable(ctx, s.main, s.gone.Person))
	s.foreign = string(w.official(t, s.other, "公章"))
	made, err := w.Create(ctx, org.Actor{Person: s.mate.Person}, "签名", seal.Spec{})
	orgtest.Must(t, err)
	s.mates = string(made.ID)
	s.actor = w.Stand(t, column, s.main, 9)
	s.verified = column != "nobody" && column != "newcomer"
	s.member = column == "member" || column == "sub" || column == "main"
	return s
}

// seal makes the seal that a row is about.
func (s *stage) seal(t *testing.T, state string) string {
	t.Helper()
	ctx := t.Context()
	switch state {
	case "foreign":
		return s.foreign
	case "another's":
		return s.mates
	case "own":
		if !s.verified {
			return s.mates // a person who is not verified has none
		}
		made, err := s.Create(ctx, org.Actor{Person: s.actor.Person}, s.NewID(), seal.Spec{})
		orgtest.Must(t, err)
		return string(made.ID)
	}
	id := s.official(t, s.main, s.NewID())
	grant := func(p registry.Period) {
		if s.member {
			orgtest.Must(t, s.Grant(ctx, s.main, id, s.actor.Person, p))
		}
	}
	switch state {
	case "granted":
		grant(registry.Period{})
	case "early":
		grant(registry.Period{From: s.Now().Add(day)})
	case "over":
		grant(registry.Period{To: s.Now().Add(time.Hour)})
		s.Pass(time.Hour)
	case "revoked":
		grant(registry.Period{})
		orgtest.Must(t, s.Revoke(ctx, s.main, id, s.actor.Person))
	case "discarded":
		grant(registry.Period{})
		orgtest.Must(t, s.Discard(ctx, s.main, id))
	}
	return string(id)
}

// application makes the application that a row is about.
func (s *stage) application(t *testing.T, state string) string {
	t.Helper()
	ctx, by, id := t.Context(), s.mate, ""
	boss := s.main
	switch {
	case state == "foreign":
		by, boss, id = s.other, s.other, s.foreign
		if all, _, err := s.MyApplications(ctx, by, ""); err == nil && len(all) > 0 {
			return all[0].ID
		}
	case state == "mine" && s.member:
		by = s.actor
		fallthrough
	default:
		id = string(s.official(t, s.main, s.NewID()))
	}
	if state == "disabled" {
		orgtest.Must(t, s.Org.Enable(ctx, s.main, s.gone.Person))
		by = s.gone
	}
	a, err := s.Apply(ctx, by, registry.SealID(id), "合同", registry.Period{})
	orgtest.Must(t, err)
	switch state {
	case "discarded":
		orgtest.Must(t, s.Discard(ctx, s.main, registry.SealID(id)))
	case "disabled":
		orgtest.Must(t, s.Org.Disable(ctx, s.main, s.gone.Person))
	case "refused":
		_, err = s.Refuse(ctx, boss, a.ID)
		orgtest.Must(t, err)
	case "approved":
		_, err = s.Approve(ctx, boss, a.ID)
		orgtest.Must(t, err)
	}
	return a.ID
}

// try carries out the command of a row.
func (s *stage) try(t *testing.T, row string) error {
	t.Helper()
	ctx, a := t.Context(), s.actor
	command, state, _ := strings.Cut(row, ".")
	var err error
	switch command {
	case "Create":
		spec, called := seal.Spec{}, s.NewID()
		if a.Org != "" {
			spec.Style = seal.StyleOfficial
		}
		if state == "taken" {
			_, _ = s.Create(ctx, a, called, spec)
		}
		_, err = s.Create(ctx, a, called, spec)
	case "CreateWritten":
		_, err = s.CreateWritten(ctx, a, s.NewID(), scribble(), seal.Pen{})
	case "CreateFromPicture":
		_, err = s.CreateFromPicture(ctx, a, s.NewID(), pictures.PNG(t, stroke(60, 20)), 40)
	case "CreateFromPhoto":
		_, err = s.CreateFromPhoto(ctx, a, s.NewID(), s.photo)
	case "Discard":
		err = s.Discard(ctx, a, registry.SealID(s.seal(t, state)))
	case "Grant":
		to := s.mate.Person
		switch state {
		case "disabled":
			to, state = s.gone.Person, "live"
		case "stranger":
			to, state = s.other.Person, "live"
		}
		err = s.Grant(ctx, a, registry.SealID(s.seal(t, state)), to, registry.Period{})
	case "Revoke":
		err = s.Revoke(ctx, a, registry.SealID(s.seal(t, state)), s.mate.Person)
	case "Apply":
		id := s.seal(t, state)
		if state == "waiting" {
			_, _ = s.Apply(ctx, a, registry.SealID(id), "合同", registry.Period{})
		}
		_, err = s.Apply(ctx, a, registry.SealID(id), "合同", registry.Period{})
	case "Approve":
		_, err = s.Approve(ctx, a, s.application(t, state))
	case "Refuse":
		_, err = s.Refuse(ctx, a, s.application(t, state))
	case "Usable":
		_, err = s.usable(a, registry.SealID(s.seal(t, state)))
	case "Impression":
		_, err = s.Impression(ctx, a, registry.SealID(s.seal(t, state)))
	case "Picture":
		err = s.Picture(ctx, a, registry.SealID(s.seal(t, state)), io.Discard)
	case "List":
		_, _, err = s.List(ctx, a, false, "")
	case "Available":
		_, err = s.Available(ctx, a)
	case "Unlent":
		_, err = s.Unlent(ctx, a)
	case "Grants":
		_, _, err = s.Grants(ctx, a, registry.SealID(s.seal(t, state)), registry.GrantFilter{}, "")
	case "Grants+text":
		_, _, err = s.Grants(ctx, a, registry.SealID(s.seal(t, state)), registry.GrantFilter{Text: orgtest.Phone(1)}, "")
	case "Grants+all":
		_, _, err = s.Grants(ctx, a, registry.SealID(s.seal(t, state)), registry.GrantFilter{All: true}, "")
	case "Grants+at":
		_, _, err = s.Grants(ctx, a, registry.SealID(s.seal(t, state)), registry.GrantFilter{At: s.Now()}, "")
	case "Uses":
		_, _, err = s.Uses(ctx, a, registry.SealID(s.seal(t, state)), "")
	case "Applications":
		_, _, err = s.Applications(ctx, a, registry.Pending, "")
	case "MyApplications":
		_, _, err = s.MyApplications(ctx, a, "")
	default:
		t.Fatal("no such command: ", command)
	}
	return err
}

// answer returns an outcome as testdata/commands.txt writes it.
func answer(err error) string {
	return orgtest.Answer(err, map[string]error{"nf": registry.ErrNotFound, "style": registry.ErrOwnerStyle, "taken": registry.ErrNameTaken,
		"discarded": registry.ErrDiscarded, "notgranted": registry.ErrNotGranted, "nomember": registry.ErrNotMember, "pending": registry.ErrPending,
		"own": registry.ErrOwnApplication, "decided": registry.ErrDecided})
}

// TestM48CommandMatrix: every command by every kind of actor, on seals and applications
// in every state, against the table written by hand (M39 to M51).
func TestM48CommandMatrix(t *testing.T) {
	m := orgtest.ReadMatrix(t, "testdata/commands.txt")
	m.CheckListed(t, reflect.TypeFor[*registry.Service]())
	photo := cleaned(t)
	for _, column := range m.Columns {
		t.Run(column, func(t *testing.T) {
			s := setStage(t, column, photo)
			m.Try(t, column, func(command string) error { return s.try(t, command) }, answer)
		})
	}
}
