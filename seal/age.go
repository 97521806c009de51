package seal

import (
	"image"
	"io"
	"math"
)

// Age makes an impression look as if it was stamped by hand long ago (做旧): uneven ink,
// pinholes, a rough rim. It only decorates the picture and proves nothing: what is
// signed is the document under it.
type Age struct {
	Seed uint64  // the same seed wears the same places, at any resolution
	Wear float64 // how much, above 0 to 1; 0 is 0.5
}

// What wears, in mm.
const (
	tideSize   = 7.0  // patches of more and less ink
	cloudSize  = 1.6  // patches within them
	grainSize  = 0.13 // the paper's grain, which shows where ink is thin
	roughSize  = 0.45 // teeth of a rough edge
	fineSize   = 0.16 // teeth on those teeth
	roughReach = 0.07 // how far an edge strays at most, at full wear
	holeCell   = 1.0  // one pinhole at most in a square of this side
	holeRadius = 0.16 // of the largest pinhole, at full wear
)

// AgedPNG is [Artwork.PNG] with an aged impression. It returns a [*SizeError] if Wear
// is outside its limits.
func (a *Artwork) AgedPNG(w io.Writer, dpi int, age Age) error {
	if age.Wear == 0 {
		age.Wear = 0.5
	}
	if !(age.Wear > 0 && age.Wear <= 1) {
		return &SizeError{Field: "Wear", Value: age.Wear, Max: 1}
	}
	return a.encode(w, dpi, func(fresh *image.Paletted) *image.Paletted {
		return age.wear(fresh, float64(dpi)/mmPerInch)
	})
}

// wear returns the picture as age leaves it. Its indexes are opacities.
func (age Age) wear(fresh *image.Paletted, scale float64) *image.Paletted {
	worn := image.NewPaletted(fresh.Rect, fresh.Palette)
	inked := tiles(fresh)
	width, height := fresh.Rect.Dx(), fresh.Rect.Dy()
	tilt := age.tilt(float64(width)/scale, float64(height)/scale)
	for ty, row := range inked {
		for tx, ink := range row {
			if !ink {
				continue
			}
			for y := ty * tileSide; y < min((ty+1)*tileSide, height); y++ {
				for x := tx * tileSide; x < min((tx+1)*tileSide, width); x++ {
					p := point{X: (float64(x) + 0.5) / scale, Y: (float64(y) + 0.5) / scale}
					strayed := age.stray(p)
					if v := sample(fresh, strayed.X*scale-0.5, strayed.Y*scale-0.5); v > 0 {
						worn.Pix[y*worn.Stride+x] = uint8(math.Round(v * age.ink(p, tilt)))
					}
				}
			}
		}
	}
	return worn
}

// stray moves a place a little: edges become rough.
func (age Age) stray(p point) point {
	reach := roughReach * age.Wear
	dx := 0.7*age.noise(1, p, roughSize) + 0.3*age.noise(2, p, fineSize)
	dy := 0.7*age.noise(3, p, roughSize) + 0.3*age.noise(4, p, fineSize)
	return point{X: p.X + reach*(2*dx-1), Y: p.Y + reach*(2*dy-1)}
}

// ink returns how much ink is left at a place, 0 to 1.
func (age Age) ink(p point, tilt func(point) float64) float64 {
	thin := 0.55*age.noise(5, p, tideSize) + 0.25*age.noise(6, p, cloudSize) + 0.2*tilt(p) // 0 to 1
	grain := 0.6*age.noise(7, p, grainSize) + 0.4*age.noise(8, p, grainSize/2)
	left := 1 - age.Wear*(0.1+0.45*thin)
	// The grain shows where the ink is thin.
	dry := 0.84 - 0.24*age.Wear
	left *= 1 - ramp(dry, dry+0.16, grain+age.Wear*0.9*(thin-0.5))
	return left * (1 - age.holes(p))
}

// holes returns how far a place lies in a pinhole, 0 to 1.
func (age Age) holes(p point) float64 {
	cx, cy := int64(math.Floor(p.X/holeCell)), int64(math.Floor(p.Y/holeCell))
	deep := 0.0
	for x := cx - 1; x <= cx+1; x++ {
		for y := cy - 1; y <= cy+1; y++ {
			if age.hash(9, x, y) > 0.2+0.5*age.Wear {
				continue
			}
			middle := point{X: (float64(x) + age.hash(10, x, y)) * holeCell, Y: (float64(y) + age.hash(11, x, y)) * holeCell}
			size := age.hash(12, x, y)
			radius := holeRadius * (0.15 + 0.85*size*size*size) * (0.4 + 0.6*age.Wear)
			deep = max(deep, 1-ramp(0.7*radius, 1.3*radius, distance(p, middle)))
		}
	}
	return deep
}

// tilt returns how much less the hand pressed towards one side, 0 to 1.
func (age Age) tilt(width, height float64) func(point) float64 {
	sin, cos := math.Sincos(2 * math.Pi * age.hash(13, 0, 0))
	return func(p point) float64 {
		return ramp(-0.6, 0.6, (p.X/width-0.5)*cos+(p.Y/height-0.5)*sin)
	}
}

// noise returns smooth noise of the given grain in mm, 0 to 1: the values of a
// lattice, blended.
func (age Age) noise(layer uint64, p point, grain float64) float64 {
	x, y := p.X/grain, p.Y/grain
	fx, fy := math.Floor(x), math.Floor(y)
	ix, iy := int64(fx), int64(fy)
	tx, ty := ramp(0, 1, x-fx), ramp(0, 1, y-fy)
	a, b := age.hash(layer, ix, iy), age.hash(layer, ix+1, iy)
	c, d := age.hash(layer, ix, iy+1), age.hash(layer, ix+1, iy+1)
	a, c = a+(b-a)*tx, c+(d-c)*tx
	return a + (c-a)*ty
}

// hash returns a number of 0 to 1 for a square of a lattice (the finalizer of
// SplitMix64).
func (age Age) hash(layer uint64, x, y int64) float64 {
	h := age.Seed ^ layer*0x9E3779B97F4A7C15 ^ uint64(x)*0xD6E8FEB86659FD93 ^ uint64(y)*0xA0761D6478BD642F
	h = (h ^ h>>30) * 0xBF58476D1CE4E5B9
	h = (h ^ h>>27) * 0x94D049BB133111EB
	return float64((h^h>>31)>>11) / (1 << 53)
}

// ramp rises smoothly from 0 at low to 1 at high.
func ramp(low, high, v float64) float64 {
	t := min(max((v-low)/(high-low), 0), 1)
	return t * t * (3 - 2*t)
}

// tileSide is in pixels, more than an edge strays at MaxDPI.
const tileSide = 16

// tiles returns, by row and column, which squares of the picture have ink in them
// or beside them.
func tiles(m *image.Paletted) [][]bool {
	columns, rows := (m.Rect.Dx()+tileSide-1)/tileSide, (m.Rect.Dy()+tileSide-1)/tileSide
	near := make([][]bool, rows)
	for i := range near {
		near[i] = make([]bool, columns)
	}
	for y := range m.Rect.Dy() {
		for x, v := range m.Pix[y*m.Stride : y*m.Stride+m.Rect.Dx()] {
			if v == 0 {
				continue
			}
			tx, ty := x/tileSide, y/tileSide
			for i := max(ty-1, 0); i <= min(ty+1, rows-1); i++ {
				for j := max(tx-1, 0); j <= min(tx+1, columns-1); j++ {
					near[i][j] = true
				}
			}
		}
	}
	return near
}

// sample returns the opacity between pixels, 0 to 255.
func sample(m *image.Paletted, x, y float64) float64 {
	fx, fy := math.Floor(x), math.Floor(y)
	ix, iy, tx, ty := int(fx), int(fy), x-fx, y-fy
	at := func(x, y int) float64 {
		if x < 0 || y < 0 || x >= m.Rect.Dx() || y >= m.Rect.Dy() {
			return 0
		}
		return float64(m.Pix[y*m.Stride+x])
	}
	a, b, c, d := at(ix, iy), at(ix+1, iy), at(ix, iy+1), at(ix+1, iy+1)
	a, c = a+(b-a)*tx, c+(d-c)*tx
	return a + (c-a)*ty
}
