package seal

import (
	"math"
	"strconv"
)

// The rules for oval seals. 外企章（中文）: 45 by 30 mm with a rim of 1 mm, Chinese in Song,
// no star (the lists of the police bureaus; a logo is allowed there, and the host adds
// it). 发票专用章: 国家税务总局公告2011年第7号 and its annex: 40 by 30 mm, a rim of 1 mm, the name 4.2
// mm high at 0.5 mm from the rim over 210 to 260 degrees, the tax number of 18 digits
// in the middle, 3.7 by 1.3 mm each and 26 mm together, 发票专用章 4.6 by 3 mm with its head
// 4.2 mm below the centre, and the number of the seal, 2.2 by 1.7 mm, with its head 10
// mm below. The rule asks for 仿宋: give one as Spec.Font; without it the Song face takes
// those heights and widths. Characters that nearly have these sizes are stretched to
// them.
type ovalKind struct {
	width, height, border float64
	nameHeight, nameGap   float64
	nameWidth             float64 // horizontal scale: wished
	nameNarrow            float64 // and the least
	wide                  bool    // long names may take 260 degrees rather than 230
	textHeight, textWidth float64
	textDrop              float64
	codeHeight, codeGap   float64
	text                  string
	invoice               bool
}

func (s Style) oval() (ovalKind, bool) {
	switch s {
	case StyleForeign:
		return ovalKind{
			width: 45, height: 30, border: 1,
			nameHeight: 4.6, nameGap: 0.8, nameWidth: 0.86, nameNarrow: 0.5,
			textHeight: 3.6, textWidth: 3, textDrop: 1.6,
			codeHeight: 1.3, codeGap: 0.7,
		}, true
	case StyleInvoice:
		return ovalKind{
			width: 40, height: 30, border: 1,
			nameHeight: 4.2, nameGap: 0.5, nameWidth: 0.8, nameNarrow: 0.4, wide: true,
			textHeight: 4.6, textWidth: 3, textDrop: 4.2 + 4.6/2,
			codeHeight: 1.2, codeGap: 0.4,
			text: "发票专用章", invoice: true,
		}, true
	}
	return ovalKind{}, false
}

// sweep returns the degrees that a name of n characters may take.
func (k ovalKind) sweep(n int) float64 {
	if !k.wide {
		return 230
	}
	return 210 + 50*min(max(float64(n-12)/11, 0), 1)
}

// ovalPlan is an oval seal with every measure settled, in mm.
type ovalPlan struct {
	kind                                   ovalKind
	width, height, border                  float64
	nameHeight, nameGap, nameSweep         float64
	codeHeight, codeGap                    float64
	textHeight, textWidth, textDrop        float64
	numberHeight, numberWidth, numberSpan  float64
	serialHeight, serialWidth, serialDrop  float64
	code, codeField                        string
	song, sans                             typeface
	names, texts, codes, number, serialNum []letter
}

func (spec *Spec) drawOval(kind ovalKind) (*Artwork, error) {
	p, err := spec.planOval(kind)
	if err != nil {
		return nil, err
	}
	shapes, err := p.draw()
	if err != nil {
		return nil, err
	}
	return newArtwork(spec, p.width, p.height, shapes)
}

// planOval settles the texts and the measures. What the rules leave open grows with the
// seal.
func (spec *Spec) planOval(kind ovalKind) (p ovalPlan, err error) {
	p.kind = kind
	if p.width, err = side("Width", spec.Width, kind.width); err != nil {
		return p, err
	}
	if p.height, err = side("Height", spec.Height, p.width*kind.height/kind.width); err != nil {
		return p, err
	}
	if p.height < MinSide { // follows from a small Width
		return p, &SizeError{"Width", p.width, MinSide * kind.width / kind.height, MaxSide}
	}
	if err = p.read(spec); err != nil {
		return p, err
	}
	unit := min(p.width/kind.width, p.height/kind.height)
	radius := min(p.width, p.height) / 2
	m := spec.Measure
	err = settle([]bound{
		{"Measure.Border", &p.border, m.Border, kind.border * unit, 0.1, radius / 4, true},
		{"Measure.NameHeight", &p.nameHeight, m.NameHeight, kind.nameHeight * unit, minText, radius / 2, false},
		{"Measure.NameGap", &p.nameGap, m.NameGap, kind.nameGap * unit, 0.1, radius / 2, false},
		{"Measure.NameSweep", &p.nameSweep, m.NameSweep, kind.sweep(len(p.names)), 30, 350, false},
		{"Measure.CodeHeight", &p.codeHeight, m.CodeHeight, kind.codeHeight * unit, minCode, radius / 4, false},
		{"Measure.CodeGap", &p.codeGap, m.CodeGap, kind.codeGap * unit, 0.1, radius / 2, false},
		{"Measure.TextHeight", &p.textHeight, m.TextHeight, kind.textHeight * unit, minText, radius / 2, false},
		{"Measure.TextWidth", &p.textWidth, m.TextWidth, kind.textWidth * unit, minText / 2, radius / 2, false},
		{"Measure.TextDrop", &p.textDrop, m.TextDrop, kind.textDrop * unit, 0.1, radius, false},
		{"Measure.NumberHeight", &p.numberHeight, m.NumberHeight, 3.7 * unit, minCode, radius / 2, false},
		{"Measure.NumberWidth", &p.numberWidth, m.NumberWidth, 1.3 * unit, minCode / 4, radius / 4, false},
		{"Measure.NumberSpan", &p.numberSpan, m.NumberSpan, 26 * unit, 1, p.width, false},
		{"Measure.SerialHeight", &p.serialHeight, m.SerialHeight, 2.2 * unit, minCode, radius / 2, false},
		{"Measure.SerialWidth", &p.serialWidth, m.SerialWidth, 1.7 * unit, minCode / 4, radius / 4, false},
		{"Measure.SerialDrop", &p.serialDrop, m.SerialDrop, 10 * unit, 0.1, radius, false},
	})
	return p, err
}

// read checks the texts of spec and looks up their letters.
func (p *ovalPlan) read(spec *Spec) error {
	name, err := checkText("Name", spec.Name, MaxName)
	if err != nil {
		return err
	}
	text := spec.Text
	if text == "" {
		text = p.kind.text
	}
	if text != "" {
		if text, err = checkText("Text", text, MaxText); err != nil {
			return err
		}
	}
	var number string
	if p.kind.invoice && spec.Code != "" {
		if err := checkCredit(spec.Code); err != nil {
			return err
		}
		number = spec.Code
		spec = &Spec{RingCode: spec.RingCode, Font: spec.Font, Serial: spec.Serial}
	}
	if p.code, p.codeField, err = spec.code(); err != nil {
		return err
	}
	if p.song, p.sans, err = spec.faces(); err != nil {
		return err
	}
	all, err := p.song.letters(name + text)
	if err != nil {
		return err
	}
	n := len([]rune(name))
	p.names, p.texts = all[:n], all[n:]
	if p.kind.invoice {
		p.names, p.texts = p.song.even(p.names, false), p.song.even(p.texts, true)
	}
	if p.codes, err = p.sans.letters(p.code); err != nil {
		return err
	}
	if p.number, err = p.sans.letters(number); err != nil {
		return err
	}
	p.number = p.sans.even(p.number, false) // numberLine sets the width
	if spec.Serial != 0 {
		p.serialNum, err = p.sans.letters("(" + strconv.Itoa(spec.Serial) + ")")
		p.serialNum = p.sans.even(p.serialNum, true)
	}
	return err
}

// draw sets the code first, since the name makes way for it, and the middle last.
func (p *ovalPlan) draw() ([]shape, error) {
	a, b := p.width/2-p.border, p.height/2-p.border // inside of the rim
	var out []shape
	if p.border > 0 {
		rim := append(ellipse(p.width/2, p.height/2, false), ellipse(a, b, true)...)
		out = append(out, shape{rim, at(point{})})
	}
	sweep, free := p.nameSweep, 0.5 // free is the mm inside the rim that the lines leave
	if p.code != "" {
		code := ring{
			letters: p.codes, face: p.sans, rx: a - p.codeGap, ry: b - p.codeGap,
			below: true, sweep: 110,
			height: p.codeHeight, minHeight: minCode, width: 1, minWidth: 0.6, gap: 0.22 * p.codeHeight,
		}
		s, ok := code.fit()
		if !ok {
			return nil, &FitError{p.codeField}
		}
		out = append(out, code.shapes(s)...)
		const apart = 10 // degrees between an end of the code and an end of the name
		sweep = min(sweep, 360-s.degree-2*apart)
		free = p.codeGap + s.em*p.sans.height + 0.2
	}
	ring, hold, err := p.nameRing(a, b, sweep, free)
	if err != nil {
		return nil, err
	}
	out = append(out, ring...)
	if len(p.number) > 0 {
		digits, ok := p.numberLine()
		if !ok {
			return nil, &FitError{"Code"}
		}
		out = append(out, digits...)
	}
	if len(p.texts) > 0 {
		if len(p.number) > 0 && p.textDrop-p.textHeight/2 < p.numberHeight/2+0.2 {
			return nil, &FitError{"Text"}
		}
		em := p.textHeight / p.song.height
		width := p.textWidth / (em * p.song.width)
		text, ok := line{
			letters: p.texts, face: p.song,
			centre: point{Y: -p.textDrop}, room: hold.widthAt(p.textDrop, p.textHeight),
			height: p.textHeight, minHeight: minText,
			width: width, minWidth: 0.6 * width, gap: 0.05,
		}.shapes()
		if !ok {
			return nil, &FitError{"Text"}
		}
		out = append(out, text...)
	}
	if len(p.serialNum) == 0 {
		return out, nil
	}
	serial, ok := p.serialLine(hold)
	if !ok {
		return nil, &FitError{"Serial"}
	}
	return append(out, serial...), nil
}

// nameRing sets the name inside the rim, whose half axes are a and b. It returns the
// area between the name and the lower rim, of which it leaves out free mm at the rim.
// The tax number keeps its width: a name whose letters reach into it, as a p does,
// shrinks.
func (p *ovalPlan) nameRing(a, b, sweep, free float64) ([]shape, enclosure, error) {
	name := ring{
		letters: p.names, face: p.song, rx: a - p.nameGap, ry: b - p.nameGap, sweep: sweep,
		height: p.nameHeight, minHeight: minText, width: p.kind.nameWidth, minWidth: p.kind.nameNarrow,
		gap: spread(len(p.names)) * p.kind.nameWidth * p.nameHeight,
	}
	for field := "Name"; ; field = "Code" {
		s, ok := name.fit()
		if !ok {
			return nil, enclosure{}, &FitError{field}
		}
		// The em bounds the feet; a letter may not reach over the centre.
		if feet := b - p.nameGap - s.em; feet < 0.3 || len(p.number) > 0 && feet < p.numberHeight/2+0.3 {
			return nil, enclosure{}, &FitError{"Name"}
		}
		letters := name.shapes(s)
		hold := enclosure{a - free, b - free, letters, 0.6}
		if len(p.number) == 0 || hold.widthAt(0, p.numberHeight) >= p.numberSpan {
			return letters, hold, nil
		}
		name.height, name.gap = shrink*name.height, shrink*name.gap
	}
}

// numberLine sets the tax number in equal cells. Its digits take the ruled width
// each; a 1, which is narrow by nature, keeps its shape.
func (p *ovalPlan) numberLine() ([]shape, bool) {
	pitch := (p.numberSpan - p.numberWidth) / float64(len(p.number)-1)
	if pitch < p.numberWidth+0.05 {
		return nil, false
	}
	em := p.numberHeight / p.sans.height
	out := make([]shape, len(p.number))
	for i, l := range p.number {
		ink := l.ink
		if ink < 0.75*p.sans.width {
			ink = p.sans.width
		}
		x := -p.numberSpan/2 + p.numberWidth/2 + float64(i)*pitch
		out[i] = l.upon(point{X: x}, point{X: 1}, p.numberWidth/ink, em, p.sans.middle)
	}
	return out, true
}

// serialLine sets (1) at the foot, if the line above and the rim leave enough space.
func (p *ovalPlan) serialLine(hold enclosure) ([]shape, bool) {
	em := p.serialHeight / p.sans.height
	if p.serialDrop < p.textDrop+p.textHeight/2+0.3 {
		return nil, false
	}
	drop := p.serialDrop + p.serialHeight/2
	width := p.serialWidth / (em * p.sans.width)
	// The brackets reach lower than the digits.
	low := 0.0
	for _, l := range p.serialNum {
		low = max(low, (p.sans.middle-l.glyph.Bounds.Min.Y)*em)
	}
	return line{
		letters: p.serialNum, face: p.sans, centre: point{Y: -drop},
		room: hold.widthAt(drop, 2*low), height: p.serialHeight, minHeight: p.serialHeight,
		width: width, minWidth: width, gap: 0.04,
	}.shapes()
}

// An enclosure is the area that a straight line must stay in: an ellipse about the
// origin, less the letters of a ring.
type enclosure struct {
	rx, ry float64
	ring   []shape
	beside float64 // mm from a line to a letter of the ring
}

// widthAt returns the width, centred, of a line of the given height whose middle
// lies drop below the centre, in mm.
func (e enclosure) widthAt(drop, height float64) float64 {
	const (
		above = 0.35 // mm that the band reaches beyond the line
		steps = 8    // points on each side of a letter's box
	)
	top, foot := -drop+height/2+above, -drop-height/2-above
	// The ellipse already keeps its distance.
	far := max(math.Abs(top-above), math.Abs(foot+above))
	if far >= e.ry {
		return 0
	}
	room := 2 * e.rx * math.Sqrt(1-far*far/(e.ry*e.ry))
	for _, s := range e.ring {
		box := s.corners()
		for i, p := range box {
			q := box[(i+1)%4]
			for k := range steps {
				t := float64(k) / steps
				if y := p.Y + (q.Y-p.Y)*t; y >= foot && y <= top {
					room = min(room, 2*(math.Abs(p.X+(q.X-p.X)*t)-e.beside))
				}
			}
		}
	}
	return max(room, 0)
}
