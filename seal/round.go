package seal

import (
	"math"
	"strings"
)

// The rules for round seals that the police bureaus publish (国发〔1999〕25号 sets the outer
// limit; no national standard sets the rest): 42 mm with a rim of 1.2 mm, or 40 and 38
// mm with 1.0 mm; a star of 14 mm; the name in Song around it from left to right.
const (
	largeDiameter  = 42.0
	mediumDiameter = 40.0
	smallDiameter  = 38.0
	ruledStar      = 14.0
)

// roundKind holds the differences between the round styles.
type roundKind struct {
	diameter float64
	star     bool
	text     string // the purpose it states by default
	needText bool
	body     []string    // endings and words of a name that already states it, so that text is not needed
	sizes    []ruledSize // what the rules of the style require for each size; the first is the usual one
	line     float64     // width of a fine line inside the rim at the usual size
}

// A ruledSize is what a rule requires for one diameter, in mm.
type ruledSize struct{ diameter, border, star, rule float64 }

// 工会章: 42 mm, rim 1.2, star 16 for a basic union; 50 and 46 mm for the national
// and the provincial ones, 40 mm with a star of 14 in the rule of 1978. The seal
// has a fine line inside the rim; lists give it 0.1 to 0.4 mm and none says where
// it runs: here 0.4 mm, at 0.6 mm from the rim. Its centre is the star, not the
// emblem of the unions.
func unionSizes() []ruledSize {
	return []ruledSize{{42, 1.2, 16, 0}, {50, 1.5, 20, 0}, {46, 1.2, 17, 0}, {45, 1.2, 17, 0}, {40, 1.2, 14, 0}}
}

// 团章, (79)中青字第10号: 40 mm with a star of 6 mm and a rule of 9 mm on either side for a
// basic body, 44 and 50 mm for the provincial and the central ones; rim 1.5 mm. The
// regulation does not say how thick the rules are: here 0.5 mm. The emblem of the
// league is not a part of it.
func leagueSizes() []ruledSize {
	return []ruledSize{{40, 1.5, 6, 9}, {44, 1.5, 7, 10}, {50, 1.5, 9, 12}}
}

// ruleGap is the distance from a point of the star to the rule beside it, as a share of
// the diameter of the star.
const ruleGap = 0.12

// ruleEnd returns the distance from the centre to the end of a rule.
func (s ruledSize) ruleEnd() float64 { return s.star/2 + ruleGap*s.star + s.rule }

// ruled returns the border, star and rule of a diameter: those of the regulation, or in
// proportion to the usual size.
func (k roundKind) ruled(diameter float64) ruledSize {
	if k.sizes == nil {
		k.sizes = []ruledSize{{largeDiameter, 1.2, ruledStar, 0}}
		if diameter >= smallDiameter && diameter <= mediumDiameter {
			return ruledSize{diameter, 1.0, ruledStar, 0}
		}
	}
	for _, s := range k.sizes {
		if s.diameter == diameter {
			return s
		}
	}
	s := k.sizes[0]
	unit := diameter / s.diameter
	return ruledSize{diameter, s.border * unit, s.star * unit, s.rule * unit}
}

func (s Style) round() (roundKind, bool) {
	switch s {
	case StyleOfficial:
		return roundKind{diameter: largeDiameter, star: true}, true
	case StyleSpecial:
		return roundKind{diameter: mediumDiameter, text: "专用章"}, true
	case StyleDepartment:
		return roundKind{diameter: mediumDiameter, star: true, needText: true}, true
	case StyleYouthLeague:
		return roundKind{
			diameter: mediumDiameter, star: true, sizes: leagueSizes(),
			text: "共青团委员会", body: []string{"委员会", "支部", "团委"},
		}, true
	case StyleUnion:
		return roundKind{
			diameter: largeDiameter, star: true, sizes: unionSizes(), line: 0.4,
			text: "工会委员会", body: []string{"工会"},
		}, true
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
	line, lineGap, rule, ruleWidth  float64
	twoLines                        bool // a long text takes two lines
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

// planRound settles the texts and the measures. What the rules leave open grows with
// the diameter.
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
	p.twoLines = kind.sizes != nil && kind.line == 0
	unit := p.diameter / largeDiameter
	size := kind.ruled(p.diameter)
	if !kind.star {
		size.star = 0
	}
	radius, drop, name, gap, sweep := p.diameter/2, 9.2*unit, 5.2*unit, 0.9*unit, 270.0
	if p.text != "" {
		name = 4.5 * unit // leaves enough width to the line below the centre
	}
	if size.star == 0 {
		drop = 7.4 * unit
	}
	if kind.sizes != nil && p.text != "" {
		sweep = 240
	}
	if size.rule > 0 { // the rules reach out under the ends of the name
		gap, drop = 0.8*unit, 7.6*unit
		name = min(4.1*unit, (radius-size.border-gap-size.ruleEnd()-0.6)*p.nameFace.height)
		sweep = 150 + 50*min(max(float64(len(p.nameLetters)-8)/8, 0), 1)
	}
	m := spec.Measure
	return p, settle([]bound{
		{"Measure.Border", &p.border, m.Border, size.border, 0.1, radius / 4, true},
		{"Measure.Star", &p.star, m.Star, size.star, 1, radius, true},
		{"Measure.NameHeight", &p.nameHeight, m.NameHeight, name, minText, radius / 2, false},
		{"Measure.NameGap", &p.nameGap, m.NameGap, gap, 0.1, radius / 2, false},
		{"Measure.NameSweep", &p.nameSweep, m.NameSweep, sweep, 30, 350, false},
		{"Measure.CodeHeight", &p.codeHeight, m.CodeHeight, 1.3 * unit, minCode, radius / 4, false},
		{"Measure.CodeGap", &p.codeGap, m.CodeGap, 0.7 * unit, 0.1, radius / 2, false},
		{"Measure.TextHeight", &p.textHeight, m.TextHeight, 4.0 * unit, minText, radius / 2, false},
		{"Measure.TextDrop", &p.textDrop, m.TextDrop, drop, 0.1, radius, false},
		{"Measure.LineWidth", &p.line, m.LineWidth, kind.line * unit, 0.05, radius / 8, true},
		{"Measure.LineGap", &p.lineGap, m.LineGap, 0.6 * unit, 0.1, radius / 8, false},
		{"Measure.RuleLength", &p.rule, m.RuleLength, size.rule, 1, radius, true},
		{"Measure.RuleWidth", &p.ruleWidth, m.RuleWidth, 0.5 * unit, 0.1, radius / 8, false},
	})
}

// The least heights, in mm, at which ink on paper is legible.
const (
	minText = 1.0
	minCode = 0.5
)

// read checks the texts of spec and looks up their letters. Its error names the missing
// characters of the name and of the line below it together.
func (p *roundPlan) read(spec *Spec, kind roundKind) (err error) {
	if p.name, err = checkText("Name", spec.Name, MaxName); err != nil {
		return err
	}
	if p.text = spec.Text; p.text == "" {
		p.text = kind.states(p.name)
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

// states returns the line that the style adds to a name by itself.
func (k roundKind) states(name string) string {
	for _, word := range k.body {
		if strings.Contains(name, word) {
			return ""
		}
	}
	return k.text
}

// draw sets the code first, since the name makes way for it.
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
	if p.line > 0 {
		inside -= p.lineGap
		fine := append(ellipse(inside, inside, false), ellipse(inside-p.line, inside-p.line, true)...)
		shapes = append(shapes, shape{fine, at(point{})})
		inside -= p.line
	}
	reach := p.star / 2 // radius of what stands at the centre
	if p.rule > 0 {
		from := reach + ruleGap*p.star
		reach = from + p.rule
		for _, x := range []float64{-from - p.rule, from} {
			shapes = append(shapes, shape{polygon(
				point{X: x, Y: -p.ruleWidth / 2}, point{X: x + p.rule, Y: -p.ruleWidth / 2},
				point{X: x + p.rule, Y: p.ruleWidth / 2}, point{X: x, Y: p.ruleWidth / 2}), at(point{})})
		}
	}
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
	if !ok || feet < reach+0.3 {
		return nil, &FitError{"Name"}
	}
	ring := name.shapes(s)
	shapes = append(shapes, ring...)
	core := reach
	if p.text != "" {
		core = feet
	}
	if p.code != "" && inside-p.codeGap-p.codeHeight < core+0.3 {
		return nil, &FitError{p.codeField}
	}
	if p.text != "" {
		hold := enclosure{inside - 0.8, inside - 0.8, ring, 1.2}
		if p.code != "" {
			hold.rx -= p.codeGap + p.codeHeight - 0.4
			hold.ry = hold.rx
		}
		// The lower points of a star reach cos 36° of its radius down.
		low := p.star / 2 * math.Cos(math.Pi/5)
		if p.rule > 0 {
			low = max(low, p.ruleWidth/2)
		}
		for _, l := range p.textLines(hold) {
			if -l.centre.Y-l.height/2 < low {
				return nil, &FitError{"Text"}
			}
			text, ok := l.shapes()
			if !ok {
				return nil, &FitError{"Text"}
			}
			shapes = append(shapes, text...)
		}
	}
	return shapes, nil
}

func (p *roundPlan) nameRing(inside, sweep float64) ring {
	const width = 0.86 // ideographs on a seal are a little taller than wide
	return ring{
		letters: p.nameLetters, face: p.nameFace,
		rx: inside - p.nameGap, ry: inside - p.nameGap,
		sweep:  sweep,
		height: p.nameHeight, minHeight: minText,
		width: width, minWidth: 0.58,
		gap: spread(len(p.nameLetters)) * width * p.nameHeight,
	}
}

// spread returns the gap between the letters of a name of n, as a share of their width:
// two to four keep together at the top, longer names spread out.
func spread(n int) float64 { return min(max(0.40+0.10*float64(n-4), 0.40), 0.80) }

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

// textLines sets text in the space that the letters of the name leave: on one line, or
// on two for the long body of a 团章.
func (p *roundPlan) textLines(hold enclosure) []line {
	const onOne = 9 // characters
	one := line{
		letters: p.textLetters, face: p.textFace,
		centre: point{Y: -p.textDrop}, room: hold.widthAt(p.textDrop, p.textHeight),
		height: p.textHeight, minHeight: minText,
		width: 0.86, minWidth: 0.5, gap: 0.12,
	}
	n := len(p.textLetters)
	if n <= onOne || !p.twoLines {
		return []line{one}
	}
	// Two lines take the height of one and a half.
	out := []line{one, one}
	for i := range out {
		l := &out[i]
		l.height = 0.75 * p.textHeight
		drop := p.textDrop + (float64(i)-0.5)*1.3*l.height
		l.centre.Y, l.room = -drop, hold.widthAt(drop, l.height)
	}
	out[0].letters, out[1].letters = p.textLetters[:(n+1)/2], p.textLetters[(n+1)/2:]
	return out
}
