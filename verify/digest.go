package verify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"sync"

	"github.com/dajiaqian/dajiaqian/internal/cms"
)

// hashRanges hashes the signed ranges of all signatures in one pass for each hash
// algorithm. At a signature's gap the state is cloned; the clone continues only over
// the rest of that signature's range.
func (v *verifier) hashRanges(ctx context.Context) error {
	type pass struct {
		hash   cms.Hash
		prefix string
	}
	passes := map[pass][]*candidate{}
	for _, c := range v.sigs {
		// Ranges that cross could make the same bytes be hashed again and again.
		if !c.placed || slices.Contains(c.Reasons, SigCrossing) {
			continue
		}
		if err := c.read(v.memory); err != nil {
			c.cmsFailure(err)
			continue
		}
		if c.hash != 0 {
			p := pass{c.hash, string(c.prefix)}
			if passes[p] == nil && len(passes) == maxPasses {
				c.fail(Undetermined, FormatFailure, LimitExceeded)
				continue
			}
			passes[p] = append(passes[p], c)
		}
	}
	for p, sigs := range passes {
		slices.SortFunc(sigs, func(a, b *candidate) int { return cmp.Compare(a.b, b.b) })
		if err := v.hashAll(ctx, p.hash, []byte(p.prefix), sigs); err != nil {
			return err
		}
	}
	return nil
}

// maxPasses is how often the file is read to be hashed (A46): once for each hash, and for each
// key of SM2 signatures without attributes.
const maxPasses = 12

func (v *verifier) hashAll(ctx context.Context, h cms.Hash, prefix []byte, sigs []*candidate) error {
	state := h.New()
	state.Write(prefix)
	var at int64
	for _, c := range sigs {
		if err := v.feed(ctx, state, at, c.b); err != nil {
			return err
		}
		at = c.b
		own, err := h.Clone(state)
		if err != nil {
			return err
		}
		if err := v.feed(ctx, own, c.c, c.end); err != nil {
			return err
		}
		c.digest = own.Sum(nil)
	}
	return nil
}

// chunk is how much of a file is read at once.
const chunk = 256 << 10

var chunks = sync.Pool{New: func() any { return new([chunk]byte) }}

// feed hashes the bytes from one offset to another.
func (v *verifier) feed(ctx context.Context, h hash.Hash, from, to int64) error {
	r := io.NewSectionReader(v.r, from, to-from)
	pooled, _ := chunks.Get().(*[chunk]byte)
	defer chunks.Put(pooled)
	buf := pooled[:]
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := r.Read(buf)
		h.Write(buf[:n])
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("verify: reading: %w", err)
		}
	}
}
