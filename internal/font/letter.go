package font

import "sync"

// Letter is a glyph as text is set with it: its path is written already.
type Letter struct {
	Advance float64 // as in Glyph
	PDF     []byte  // what AppendPDF writes of the path; nil for a blank. It must not change
}

// maxLetters is how many bytes of letters a face remembers: a thousand ideographs take
// about half of them.
const maxLetters = 2 << 20

// letters is what a face remembers of the letters that it gave out.
type letters struct {
	mu    sync.RWMutex
	known map[rune]Letter
	bytes int
}

// Letter returns the letter of r, with the errors of [Face.Outline]. It is read from the
// font once, as long as the face remembers it.
func (f *Face) Letter(r rune) (Letter, error) {
	f.letters.mu.RLock()
	l, ok := f.letters.known[r]
	f.letters.mu.RUnlock()
	if ok {
		return l, nil
	}
	g, err := f.Outline(r)
	if err != nil {
		return Letter{}, err
	}
	l = Letter{Advance: g.Advance}
	if len(g.Path) > 0 {
		l.PDF = AppendPDF(nil, g.Path)
	}
	f.letters.remember(r, l)
	return l, nil
}

// remember keeps a letter, and forgets all others if they are too many.
func (m *letters) remember(r rune, l Letter) {
	const entry = 64 // bytes of the map
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.bytes += cap(l.PDF) + entry; m.known == nil || m.bytes > maxLetters {
		m.known, m.bytes = map[rune]Letter{}, cap(l.PDF)+entry
	}
	if m.bytes <= maxLetters {
		m.known[r] = l
	}
}
