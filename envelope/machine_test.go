package envelope_test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/envelope/envelopetest"
	"github.com/dajiaqian/dajiaqian/store"
)

// machineStates are the kinds of states that commands distinguish: a person and then a
// company in order, or a group of which one signs and then a company.
func machineStates() map[string]envelope.Life {
	const now, later = time.Hour, 48 * time.Hour
	two := func(status envelope.Status, a, b envelope.PartyState) envelope.Life {
		return envelope.NewLife(status, []envelope.File{{}}, envelope.PartyRecord{Kind: envelope.Person, Stage: 0, State: a, PhoneIx: "a"},
			envelope.PartyRecord{Kind: envelope.Company, Stage: 1, State: b, PhoneIx: "b", Company: "乙"})
	}
	group := func(a, b, c envelope.PartyState) envelope.Life {
		return envelope.NewLife(envelope.InProgress, []envelope.File{{}},
			envelope.PartyRecord{Kind: envelope.Company, State: a, Group: 1, PhoneIx: "a", Company: "甲"},
			envelope.PartyRecord{Kind: envelope.Company, State: b, Group: 1, PhoneIx: "b", Company: "甲"},
			envelope.PartyRecord{Kind: envelope.Company, Stage: 1, State: c, PhoneIx: "c", Company: "乙"})
	}
	until := func(e envelope.Life, d time.Duration) envelope.Life {
		e.Deadline = envelopetest.Start.Add(d)
		return e
	}
	reminded := two(envelope.InProgress, envelope.Active, envelope.Waiting)
	reminded.Parties[0].Reminded = envelope.MaxReminder
	archived := two(envelope.Completed, envelope.Signed, envelope.Signed)
	archived.ArchivedAt = envelopetest.Start
	reported := archived
	reported.Evidence = store.Digest{1}
	return map[string]envelope.Life{
		"draft":          two(envelope.Draft, 0, 0),
		"draft, late":    until(two(envelope.Draft, 0, 0), -now),
		"first active":   two(envelope.InProgress, envelope.Active, envelope.Waiting),
		"first, in time": until(two(envelope.InProgress, envelope.Active, envelope.Waiting), later),
		"first, late":    until(two(envelope.InProgress, envelope.Active, envelope.Waiting), -now),
		"first reminded": reminded,
		"first signing":  two(envelope.InProgress, envelope.Signing, envelope.Waiting),
		"signing, late":  until(two(envelope.InProgress, envelope.Signing, envelope.Waiting), -now),
		"second active":  two(envelope.InProgress, envelope.Signed, envelope.Active),
		"second signing": two(envelope.InProgress, envelope.Signed, envelope.Signing),
		"group active":   group(envelope.Active, envelope.Active, envelope.Waiting),
		"group signing":  group(envelope.Signing, envelope.Active, envelope.Waiting),
		"group both":     group(envelope.Signing, envelope.Signing, envelope.Waiting),
		"group done":     group(envelope.Signed, envelope.Skipped, envelope.Active),
		"completed":      two(envelope.Completed, envelope.Signed, envelope.Signed),
		"archived":       archived,
		"reported":       reported,
		"withdrawn":      two(envelope.Withdrawn, envelope.Active, envelope.Waiting),
		"declined":       two(envelope.Declined, envelope.Refused, envelope.Waiting),
		"expired":        two(envelope.Expired, envelope.Active, envelope.Waiting),
		"voided":         two(envelope.Voided, envelope.Signed, envelope.Signed),
	}
}

func machineCommands() map[string]envelope.Command {
	heads := []store.Digest{{1}}
	agree := func(party int) envelope.Command {
		return envelope.AgreeCommand{Party: party, Consent: envelope.Consent{Method: envelope.ByCode}}
	}
	at := func(d time.Duration) time.Time { return envelopetest.Start.Add(d) }
	return map[string]envelope.Command{
		"keep": envelope.DraftCommand{}, "open 1": envelope.OpenCommand{Party: 1}, "open 2": envelope.OpenCommand{Party: 2},
		"know 1": envelope.KnowCommand{Party: 1, Person: "p"}, "know 9": envelope.KnowCommand{Party: 9, Person: "p"},
		"send":    envelope.SendCommand{Layouts: heads, Parties: []envelope.PartyRecord{{}, {Stage: 1}}},
		"agree 1": agree(1), "agree 2": agree(2), "agree 9": agree(9),
		"release 1": envelope.ReleaseCommand{Party: 1},
		"sign 1":    envelope.SignCommand{Party: 1, Heads: heads}, "sign 2": envelope.SignCommand{Party: 2, Heads: heads},
		"sign 1, no heads": envelope.SignCommand{Party: 1},
		"decline 1":        envelope.DeclineCommand{Party: 1}, "decline 2": envelope.DeclineCommand{Party: 2},
		"withdraw":  envelope.WithdrawCommand{},
		"extend":    envelope.ExtendCommand{Until: at(72 * time.Hour)},
		"shorten":   envelope.ExtendCommand{Until: at(2 * time.Hour)},
		"remind 1":  envelope.RemindCommand{Party: 1},
		"hand on 1": envelope.DelegateCommand{Party: 1, To: envelope.PartyRecord{PhoneIx: "z"}}, "hand on 2": envelope.DelegateCommand{Party: 2, To: envelope.PartyRecord{PhoneIx: "z"}},
		"hand on 1 to 2": envelope.DelegateCommand{Party: 1, To: envelope.PartyRecord{PhoneIx: "b"}},
		"expire":         envelope.ExpireCommand{}, "void": envelope.VoidCommand{By: "v"}, "report": envelope.ReportCommand{},
		"archive": envelope.ArchiveCommand{Heads: heads}, "archive, no heads": envelope.ArchiveCommand{},
	}
}

// TestMachine checks M69 and M71 and the whole machine, state by command, against
// testdata/machine.txt, which was written by hand: what is not in it is refused.
func TestMachine(t *testing.T) {
	text, err := os.ReadFile("testdata/machine.txt")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(line, " | ")
		if len(f) != 3 || want[f[0]+" | "+f[1]] != "" {
			t.Fatalf("line %q", line)
		}
		want[f[0]+" | "+f[1]] = f[2]
	}
	for state, e := range machineStates() {
		for name, c := range machineCommands() {
			evs, err := envelope.Decide(&e, c, envelopetest.Start)
			var got []string
			for _, ev := range evs {
				word := string(ev.Kind)
				if ev.Party > 0 && ev.Kind != envelope.EventSigned {
					word += " " + string(rune('0'+ev.Party))
				}
				got = append(got, word)
			}
			key := state + " | " + name
			w, allowed := want[key]
			delete(want, key)
			switch {
			case err != nil && allowed:
				t.Errorf("%s: %v, want %q", key, err, w)
			case err == nil && strings.Join(got, ", ") != w:
				t.Errorf("%s: %q, want %q", key, got, w)
			case err != nil:
				var z interface{ Zh() string }
				if !errors.As(err, &z) && !strings.HasSuffix(name, "no heads") || z != nil && z.Zh() == "" {
					t.Errorf("%s: %v has no sentence", key, err)
				}
			}
		}
	}
	for key := range want {
		t.Errorf("no such state or command: %s", key)
	}
}

// apply never forgets: an event counts in the trail, and the state before it does not
// change.
func TestApplyKeepsTheStateBefore(t *testing.T) {
	for state, e := range machineStates() {
		for name, c := range machineCommands() {
			evs, err := envelope.Decide(&e, c, envelopetest.Start)
			if err != nil || name == "agree 1" {
				continue
			}
			before := e.Parties[0]
			next := e
			for _, ev := range evs {
				if next, err = envelope.Apply(next, ev, envelopetest.Start); err != nil {
					t.Fatalf("%s, %s: %v", state, name, err)
				}
			}
			if next.Events != e.Events+int64(len(evs)) || e.Parties[0].State != before.State || e.Parties[0].Reminded != before.Reminded {
				t.Errorf("%s, %s: %d events, party %+v", state, name, next.Events, e.Parties[0])
			}
		}
	}
}

// TestT18ApplyRefuses: where a command is refused because of the state, apply refuses the
// event that it gives elsewhere. A trail into which such an event was written is no trail.
func TestT18ApplyRefuses(t *testing.T) {
	elsewhere := map[string]envelope.Event{}
	for _, e := range machineStates() {
		for name, c := range machineCommands() {
			if evs, err := envelope.Decide(&e, c, envelopetest.Start); err == nil && len(evs) > 0 {
				elsewhere[name] = evs[0]
			}
		}
	}
	tried := 0
	for state, e := range machineStates() {
		for name, c := range machineCommands() {
			ev, ok := elsewhere[name]
			_, err := envelope.Decide(&e, c, envelopetest.Start)
			var unfit *envelope.StateError
			because := errors.As(err, &unfit) || errors.Is(err, envelope.ErrNotYourTurn) || errors.Is(err, envelope.ErrSigned) || errors.Is(err, envelope.ErrSkipped)
			if !ok || !because {
				continue
			}
			tried++
			if next, err := envelope.Apply(e, ev, envelopetest.Start); err == nil {
				t.Errorf("%s, %s: %s makes %v", state, name, ev.Kind, next.Status)
			}
		}
	}
	if tried < 100 {
		t.Errorf("only %d tried", tried)
	}
}

// The diagram in docs/envelope.md shows what decide and apply do: every command that
// changes the state of an envelope.
func TestDiagram(t *testing.T) {
	edges := map[string]bool{}
	for _, e := range machineStates() {
		for name, c := range machineCommands() {
			evs, err := envelope.Decide(&e, c, envelopetest.Start)
			if err != nil || len(evs) == 0 || strings.HasPrefix(name, "agree") {
				continue
			}
			next := e
			for _, ev := range evs {
				if next, err = envelope.Apply(next, ev, envelopetest.Start); err != nil {
					t.Fatal(err)
				}
			}
			if next.Status != e.Status {
				verb, _, _ := strings.Cut(name, " ")
				edges[fmt.Sprintf("    %s --> %s : %s", e.Status.Zh(), next.Status.Zh(), verb)] = true
			}
		}
	}
	lines := slices.Sorted(maps.Keys(edges))
	want := "```mermaid\nstateDiagram-v2\n    [*] --> 草稿\n" + strings.Join(lines, "\n") + "\n```\n"
	text, err := os.ReadFile("../docs/envelope.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), want) {
		t.Errorf("docs/envelope.md lacks the diagram as it is:\n%s", want)
	}
}
