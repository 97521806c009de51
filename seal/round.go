package seal

import "math"

// The rules for round seals that the police bureaus publish (国发〔1999〕25号 sets
// the outer limit; no national standard sets the rest): 42 mm with a rim of
// 1.2 mm, or 40 and 38 mm with 1.0 mm; a star of 14 mm; the name in Song from
// left to right round it.
const (
	largeDiameter  = 42.0
	mediumDiameter = 40.0
	smallDiameter  = 38.0
	ruledStar      = 14.0
)

// roundKind is what sets the round styles apart.
type roundKind struct {
	diameter float64
	star     bool
	text     string // the purpose it states by default
	needText bool
}

func (s Style) round() (roundKind, bool) {
	switch s {
	case StyleOfficial:
		return roundKind{diameter: largeDiameter, star: true}, true
	case StyleSpecial:
		return roundKind{diameter: mediumDiameter, text: "专用章"}, true
	case StyleDepartment:
		return roundKind{diameter: mediumDiameter, star: true, needText: true}, true
	case StyleFinance:
		return roundKind{diameter: smallDiameter, star: true, text: "财务专用章"}, true
	case StyleContract:
		return roundKind{diameter: largeDiameter, text: "合同专用章"}, true
	case StylePersonnel:
		return roundKind{diameter: mediumDiameter, text: "人事专用章"}, true
	}
	return roundKind{}, false
}

// roundPlan is a round seal with every measure settled, in mm.
type roundPlan struct {
	diameter, border, star          float64
	nameHeight, nameGap, nameSweep  float64
	codeHeight, codeGap             float64
	textHeight, textDrop            float64
	name, text, code, codeField     string
	nameFace, textFace, codeFace    typeface
	nameLetters, textLetters, codes []letter
}

func (spec *Spec) drawRound(kind roundKind) (*Artwork, error) {
	p, err := spec.planRound(kind)
	if err != nil {
		return nil, err
	}
	shapes, err := p.draw()
	if err != nil {
		return nil, err
	}
	return newArtwork(spec, p.diameter, p.diameter, shapes)
}

// planRound settles the texts and the measures. What the rules leave open grows
// with the diameter.
func (spec *Spec) planRound(kind roundKind) (p roundPlan, err error) {
	if p.diameter, err = side("Width", spec.Width, kind.diameter); err != nil {
		return p, err
	}
	if spec.Height != 0 && spec.Height != p.diameter {
		return p, &SizeError{"Height", spec.Height, p.diameter, p.diameter}
	}
	if err = p.read(spec, kind); err != nil {
		return p, err
	}
	unit := p.diameter / largeDiameter
	border, starSize := 1.2*unit, ruledStar*unit
	if p.diameter >= smallDiameter && p.diameter <= mediumDiameter {
		border, starSize = 1.0, ruledStar
	}
	if !kind.star {
		starSize = 0
	}
	radius, drop, name := p.diameter/2, 9.2*unit, 5.2*unit
	if p.text != "" {
		name = 4.5 * unit // leaves the line below the centre its chord
	}
	if starSize == 0 {
		drop = 7.4 * unit
	}
	m := spec.Measure
	for _, f := range []struct {
		name            string
		to              *float64
		value, standard float64
		low, high       float64
		optional        bool
	}{
		{"Measure.Border", &p.border, m.Border, border, 0.1, radius / 4, true},
		{"Measure.Star", &p.star, m.Star, starSize, 1, radius, true},
		{"Measure.NameHeight", &p.nameHeight, m.NameHeight, name, minText, radius / 2, false},
		{"Measure.NameGap", &p.nameGap, m.NameGap, 0.9 * unit, 0.1, radius / 2, false},
		{"Measure.NameSweep", &p.nameSweep, m.NameSweep, 270, 30, 350, false},
		{"Measure.CodeHeight", &p.codeHeight, m.CodeHeight, 1.3 * unit, minCode, radius / 4, false},
		{"Measure.CodeGap", &p.codeGap, m.CodeGap, 0.7 * unit, 0.1, radius / 2, false},
		{"Measure.TextHeight", &p.textHeight, m.TextHeight, 4.0 * unit, minText, radius / 2, false},
		{"Measure.TextDrop", &p.textDrop, m.TextDrop, drop, 0.1, radius, false},
	} {
		if *f.to, err = measure(f.name, f.value, f.standard, f.low, f.high, f.optional); err != nil {
			return p, err
		}
	}
	return p, nil
}

// The least heights, in mm, that ink on paper keeps legible.
const (
	minText = 1.0
	minCode = 0.5
)

// read checks the texts of spec and looks up their letters, naming the missing
// characters of the name and of the line below it together.
func (p *roundPlan) read(spec *Spec, kind roundKind) (err error) {
	if p.name, err = checkText("Name", spec.Name, MaxName); err != nil {
		return err
	}
	if p.text = spec.Text; p.text == "" {
		p.text = kind.text
	}
	if p.text != "" || kind.needText {
		if p.text, err = checkText("Text", p.text, MaxText); err != nil {
			return err
		}
	}
	if p.code, p.codeField, err = spec.code(); err != nil {
		return err
	}
	song, sans, err := spec.faces()
	if err != nil {
		return err
	}
	p.nameFace, p.textFace, p.codeFace = song, song, sans
	all, err := song.letters(p.name + p.text)
	if err != nil {
		return err
	}
	n := len([]rune(p.name))
	p.nameLetters, p.textLetters = all[:n], all[n:]
	p.codes, err = sans.letters(p.code)
	return err
}

// draw sets the code first, since the name yields to it.
func (p *roundPlan) draw() ([]shape, error) {
	var shapes []shape
	if p.border > 0 {
		rim := append(ellipse(p.diameter/2, p.diameter/2, false),
			ellipse(p.diameter/2-p.border, p.diameter/2-p.border, true)...)
		shapes = append(shapes, shape{rim, at(point{})})
	}
	if p.star > 0 {
		shapes = append(shapes, shape{star(p.star), at(point{})})
	}
	inside := p.diameter/2 - p.border
	sweep := p.nameSweep
	if p.code != "" {
		code := p.codeRing(inside)
		s, ok := code.fit()
		if !ok {
			return nil, &FitError{p.codeField}
		}
		shapes = append(shapes, code.shapes(s)...)
		const apart = 12 // degrees between an end of the code and an end of the name
		sweep = min(sweep, 360-s.degree-2*apart)
	}
	name := p.nameRing(inside, sweep)
	s, ok := name.fit()
	// The em, not the model character, bounds the feet of every letter.
	feet := inside - p.nameGap - s.em
	if !ok || feet < p.star/2+0.3 {
		return nil, &FitError{"Name"}
	}
	shapes = append(shapes, name.shapes(s)...)
	core := p.star / 2 // radius of what stands inside the rings
	if p.text != "" {
		core = feet
	}
	if p.code != "" && inside-p.codeGap-p.codeHeight < core+0.3 {
		return nil, &FitError{p.codeField}
	}
	if p.text != "" {
		// The lower points of a star reach cos 36° of its radius down.
		if p.textDrop-p.textHeight/2 < p.star/2*math.Cos(math.Pi/5) {
			return nil, &FitError{"Text"}
		}
		text, ok := p.textLine(feet).shapes()
		if !ok {
			return nil, &FitError{"Text"}
		}
		shapes = append(shapes, text...)
	}
	return shapes, nil
}

func (p *roundPlan) nameRing(inside, sweep float64) ring {
	const width = 0.86 // ideographs on a seal stand a little taller than wide
	// Two to four characters keep together at the top; longer names spread out.
	spread := min(max(0.40+0.10*float64(len(p.nameLetters)-4), 0.40), 0.80)
	return ring{
		letters: p.nameLetters, face: p.nameFace,
		rx: inside - p.nameGap, ry: inside - p.nameGap,
		sweep:  sweep,
		height: p.nameHeight, minHeight: minText,
		width: width, minWidth: 0.58,
		gap: spread * width * p.nameHeight,
	}
}

func (p *roundPlan) codeRing(inside float64) ring {
	return ring{
		letters: p.codes, face: p.codeFace,
		rx: inside - p.codeGap, ry: inside - p.codeGap,
		below: true, sweep: 110,
		height: p.codeHeight, minHeight: minCode,
		width: 1, minWidth: 0.6,
		gap: 0.22 * p.codeHeight,
	}
}

// textLine gives the line the chord of the circle inside the name's feet, at
// the edge of the line that is farther from the centre.
func (p *roundPlan) textLine(feet float64) line {
	far := p.textDrop + p.textHeight/2
	chord := 0.0
	if r := feet - 0.8; r > far {
		chord = 2 * math.Sqrt(r*r-far*far)
	}
	return line{
		letters: p.textLetters, face: p.textFace,
		centre: point{Y: -p.textDrop}, room: chord,
		height: p.textHeight, minHeight: minText,
		width: 0.86, minWidth: 0.5, gap: 0.12,
	}
}
