package verify

import (
	"cmp"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"

	"github.com/dajiaqian/dajiaqian/internal/cms"
)

// digests hashes the signed ranges of all signatures in one pass for each hash
// algorithm: at a signature's gap the state is cloned, and the clone goes on
// over the rest of that signature's range alone.
func (v *verifier) digests() error {
	byHash := map[cms.Hash][]*candidate{}
	for _, c := range v.sigs {
		if !c.placed || (c.SubFilter != subCAdES && c.SubFilter != subTimestamp) {
			continue
		}
		sd, err := cms.Parse(c.contents)
		if err != nil {
			c.cmsFailure(err)
			continue
		}
		c.sd = sd
		h, err := sd.DigestAlgorithm()
		if c.Kind == KindTimestamp {
			// The imprint's hash counts here, which judgeCMS compares.
			var ts *cms.Timestamp
			if ts, err = cms.ParseTimestamp(c.contents); err == nil {
				h = ts.Hash
			}
		}
		if err != nil {
			c.cmsFailure(err)
			continue
		}
		byHash[h] = append(byHash[h], c)
	}
	for h, sigs := range byHash {
		slices.SortFunc(sigs, func(a, b *candidate) int { return cmp.Compare(a.b, b.b) })
		if err := v.hashAll(h, sigs); err != nil {
			return err
		}
	}
	return nil
}

func (v *verifier) hashAll(h cms.Hash, sigs []*candidate) error {
	state := h.New()
	var at int64
	for _, c := range sigs {
		if err := v.feed(state, at, c.b); err != nil {
			return err
		}
		at = c.b
		own, err := h.Clone(state)
		if err != nil {
			return err
		}
		if err := v.feed(own, c.c, c.end); err != nil {
			return err
		}
		c.digest = own.Sum(nil)
	}
	return nil
}

// feed hashes the bytes from one offset to another.
func (v *verifier) feed(h hash.Hash, from, to int64) error {
	r := io.NewSectionReader(v.r, from, to-from)
	buf := make([]byte, min(256<<10, max(1, to-from)))
	for {
		if err := v.ctx.Err(); err != nil {
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
