package registry

import (
	"sync"

	"github.com/dajiaqian/dajiaqian/seal"
)

// drawings are the artworks of designs that were drawn lately: a seal is viewed, fitted
// into its box and stamped many times, and is the same each time.
type drawings struct {
	mu  sync.Mutex
	all map[design]*seal.Artwork
}

// maxDrawings is how many are kept before all are dropped; one is some 50 KB.
const maxDrawings = 200

// draw draws a design. Artworks are never changed.
func (d *drawings) draw(of design) (*seal.Artwork, error) {
	d.mu.Lock()
	art := d.all[of]
	d.mu.Unlock()
	if art != nil {
		return art, nil
	}
	spec, err := of.spec()
	if err != nil {
		return nil, err
	}
	if art, err = seal.Draw(spec); err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.all == nil || len(d.all) >= maxDrawings {
		d.all = map[design]*seal.Artwork{}
	}
	d.all[of] = art
	return art, nil
}
