package envelope_test

import (
	"bytes"
	"context"
	"crypto"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/envelope/envelopetest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/signer"
)

// slowCredentials has keys that take a while and count, like keys in another building.
type slowCredentials struct {
	envelope.Credentials
	took  time.Duration
	asked *atomic.Int64
}

func (s slowCredentials) For(ctx context.Context, sub envelope.Subject) (signer.Credential, error) {
	cred, err := s.Credentials.For(ctx, sub)
	cred.Key = slowKey{cred.Key, s}
	return cred, err
}

type slowKey struct {
	crypto.Signer
	s slowCredentials
}

func (k slowKey) Sign(r io.Reader, digest []byte, o crypto.SignerOpts) ([]byte, error) {
	k.s.asked.Add(1)
	time.Sleep(k.s.took)
	return k.Signer.Sign(r, digest, o)
}

// rounds is how often a race is run: some by default, once with -short,
// ROUNDS if it is set.
func rounds(t *testing.T, usual int) int {
	t.Helper()
	text := os.Getenv("ROUNDS")
	if text == "" {
		if testing.Short() {
			return 1
		}
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// T20: eight parties sign one document at once with keys of 30 ms: all eight signatures
// are there and valid, and a key is wasted at most every second time.
func TestT20EightAtOnce(t *testing.T) {
	const people = 8
	var asked atomic.Int64
	c := castOf(t, envelopetest.Config{Credentials: func(cr envelope.Credentials) envelope.Credentials {
		return slowCredentials{cr, 30 * time.Millisecond, &asked}
	}})
	numbers := []string{"110101199003070011", "11010119900307002X", "110101199003070038", "110101199003070046", "110101199003070054",
		"110101199003070062", "110101199003070070", "110101199003070089"}
	type person struct {
		actor org.Actor
		phone string
		with  envelope.Choice
	}
	var all []person
	d := draft(t)
	d.Ordered, d.Signers = false, nil
	for i := range people {
		phone, name := fmt.Sprintf("1390013900%d", i), "赵"+string([]rune("甲乙丙丁戊己庚辛")[i])
		a := c.Person(name, phone, numbers[i])
		all = append(all, person{a, phone, envelope.Choice{Signature: c.Signature(a)}})
		d.Signers = append(d.Signers, envelope.Signer{Kind: envelope.Person, Name: name, Phone: phone,
			Boxes: []envelope.Box{{Kind: envelope.SignatureBox, Page: 1, X: 25 + float64(i%2)*50, Y: 15 + float64(i/2)*22, Width: 40, Height: 16}}})
	}
	signatures := int64(0)
	n := rounds(t, 5)
	c.Buy(c.boss, "32")
	for round := range n {
		if round%60 == 59 {
			for range 2 {
				c.Buy(c.boss, "32")
			}
		}
		d.Files = []envelope.Upload{{Name: "合同.pdf", Content: bytes.NewReader(page(t))}}
		e := c.send(t, d)
		c.Clock.Advance(3 * time.Hour)
		codes := make([]string, people)
		for i, p := range all {
			if err := c.Envelopes.RequestCode(t.Context(), p.actor, e.ID, p.with); err != nil {
				t.Fatal(err)
			}
			codes[i] = c.Sandbox.Code(p.phone)
		}
		var wg sync.WaitGroup
		for i, p := range all {
			wg.Go(func() {
				if _, err := c.Envelopes.Submit(t.Context(), p.actor, e.ID, p.with, envelope.Code(codes[i])); err != nil {
					t.Errorf("round %d, %d: %v", round, i, err)
				}
			})
		}
		wg.Wait()
		e, err := c.Envelopes.Get(t.Context(), c.boss, e.ID)
		if err != nil || e.Status != envelope.Completed {
			t.Fatalf("round %d: %v, %v", round, e, err)
		}
		c.result(t, e, people)
		signatures += people
	}
	if got := float64(asked.Load()) / float64(signatures); got > 1.5 {
		t.Errorf("%.2f key operations a signature", got)
	}
	t.Logf("%d rounds, %.2f key operations a signature", n, float64(asked.Load())/float64(signatures))
}
