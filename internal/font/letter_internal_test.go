package font

import (
	"bytes"
	"sync"
	"testing"
)

// A letter is what its outline says, asked once or often, by one or by many.
func TestLetterIsItsOutline(t *testing.T) {
	f, err := Song()
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for _, r := range "合同 abc，。合同" {
				g, err := f.Outline(r)
				l, lerr := f.Letter(r)
				if err != nil || lerr != nil || l.Advance != g.Advance || !bytes.Equal(l.PDF, AppendPDF(nil, g.Path)) {
					t.Errorf("%q: %v, %v", r, err, lerr)
				}
			}
		})
	}
	all.Wait()
	if _, err := f.Letter('😀'); err == nil {
		t.Error("a letter that the face has not")
	}
}

// What a face remembers has a bound, whatever it is asked for (T28).
func TestLettersAreBounded(t *testing.T) {
	song, err := Song()
	if err != nil {
		t.Fatal(err)
	}
	f := &Face{font: song.font, unit: song.unit, size: song.size}
	most := 0
	for r := rune(0x4e00); r < 0x9fff; r++ {
		_, _ = f.Letter(r)
		most = max(most, f.letters.bytes)
	}
	if most > maxLetters || len(f.letters.known) == 0 {
		t.Errorf("%d bytes, %d letters", most, len(f.letters.known))
	}
}
