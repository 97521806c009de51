package pdf

import "math"

// Rect is a rectangle in points, normalised so that X0 ≤ X1 and Y0 ≤ Y1.
type Rect struct{ X0, Y0, X1, Y1 float64 }

// Width returns the horizontal extent in points.
func (r Rect) Width() float64 { return r.X1 - r.X0 }

// Height returns the vertical extent in points.
func (r Rect) Height() float64 { return r.Y1 - r.Y0 }

// Array returns r as a PDF array.
func (r Rect) Array() Array { return Array{Float(r.X0), Float(r.Y0), Float(r.X1), Float(r.Y1)} }

// Page is a leaf of the page tree with its inherited attributes.
type Page struct {
	Ref    Ref // zero if it stands in its node itself
	Node   Ref // the page tree node above it; zero if that is direct
	Kid    int // its place there
	Dict   *Dict
	Crop   Rect    // what is shown: CropBox within MediaBox
	Rotate int     // 0, 90, 180 or 270, clockwise
	Unit   float64 // points in one unit of user space

	Resources Object // its own, or those of a node above it
}

// Size returns the width and height of the page as it is displayed, in points.
func (p Page) Size() (w, h float64) {
	w, h = p.Crop.Width()*p.Unit, p.Crop.Height()*p.Unit
	if p.Rotate%180 != 0 {
		w, h = h, w
	}
	return w, h
}

// ToUser maps a box of the displayed page (x and y in points from its top left
// corner) to a rectangle in the page's user space.
func (p Page) ToUser(x, y, w, h float64) Rect {
	x, y, w, h = x/p.Unit, y/p.Unit, w/p.Unit, h/p.Unit
	c := p.Crop
	switch p.Rotate {
	case 90:
		return Rect{c.X0 + y, c.Y0 + x, c.X0 + y + h, c.Y0 + x + w}
	case 180:
		return Rect{c.X1 - x - w, c.Y0 + y, c.X1 - x, c.Y0 + y + h}
	case 270:
		return Rect{c.X1 - y - h, c.Y1 - x - w, c.X1 - y, c.Y1 - x}
	}
	return Rect{c.X0 + x, c.Y1 - y - h, c.X0 + x + w, c.Y1 - y}
}

// ToDisplay is the inverse of [Page.ToUser].
func (p Page) ToDisplay(r Rect) (x, y, w, h float64) {
	c := p.Crop
	switch p.Rotate {
	case 90:
		x, y, w, h = r.Y0-c.Y0, r.X0-c.X0, r.Height(), r.Width()
	case 180:
		x, y, w, h = c.X1-r.X1, r.Y0-c.Y0, r.Width(), r.Height()
	case 270:
		x, y, w, h = c.Y1-r.Y1, c.X1-r.X1, r.Height(), r.Width()
	default:
		x, y, w, h = r.X0-c.X0, c.Y1-r.Y1, r.Width(), r.Height()
	}
	return x * p.Unit, y * p.Unit, w * p.Unit, h * p.Unit
}

// inherited are the attributes that a page takes from the nodes above it.
type inherited struct{ media, crop, rotate, resources Object }

// node is a page tree node on the way to a page.
type node struct {
	ref   Ref   // zero if it is direct
	dict  *Dict // of a direct one, until it is read
	kid   int   // its place in the node above
	above *node
	attrs inherited
	depth int
}

// within reports whether the node is one of those above it.
func (n *node) within() bool {
	for a := n.above; a != nil; a = a.above {
		if a.ref == n.ref && n.ref != (Ref{}) {
			return true
		}
	}
	return false
}

// Pages calls yield for every page in order until it returns false. A page that the tree
// names twice is there twice; a node within itself is left out, as readers do. Pages
// returns an error if the tree is deeper or larger than the limits.
func (f *File) Pages(yield func(i int, p Page) bool) error {
	cat, _, err := f.Catalog()
	if err != nil {
		return err
	}
	root, ok := cat.Get("Pages").(Ref)
	if !ok {
		return malformed(CodePages, -1, "the catalog names no page tree")
	}
	stack := []*node{{ref: root}}
	count := 0
	for visited := 0; len(stack) > 0; visited++ {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if n.within() {
			continue
		}
		if n.depth > f.limits.PageDepth {
			return &LimitError{"PAGE_DEPTH", int64(f.limits.PageDepth)}
		}
		if visited > 4*f.limits.Pages {
			return &LimitError{"PAGES", int64(f.limits.Pages)}
		}
		if n.ref != (Ref{}) {
			if n.dict, err = f.Dict(n.ref); err != nil {
				return err
			}
		}
		if n.dict == nil {
			return malformed(CodePages, -1, "page tree node %d is missing", n.ref.Num)
		}
		n.attrs = n.attrs.with(n.dict)
		if n.dict.Get("Kids") == nil {
			if count == f.limits.Pages {
				return &LimitError{"PAGES", int64(f.limits.Pages)}
			}
			page, err := f.page(n)
			if err != nil {
				return err
			}
			if !yield(count, page) {
				return nil
			}
			count++
			continue
		}
		kids, err := f.Array(n.dict.Get("Kids"))
		if err != nil {
			return err
		}
		if len(stack)+len(kids) > 4*f.limits.Pages {
			return &LimitError{"PAGES", int64(f.limits.Pages)}
		}
		for i := len(kids) - 1; i >= 0; i-- {
			below := &node{kid: i, above: n, attrs: n.attrs, depth: n.depth + 1}
			switch k := kids[i].(type) {
			case Ref:
				below.ref = k
			case *Dict:
				below.dict = k
			default:
				return malformed(CodePages, -1, "a page that is not a dictionary")
			}
			stack = append(stack, below)
		}
	}
	return nil
}

func (a inherited) with(d *Dict) inherited {
	if v := d.Get("MediaBox"); v != nil {
		a.media = v
	}
	if v := d.Get("CropBox"); v != nil {
		a.crop = v
	}
	if v := d.Get("Rotate"); v != nil {
		a.rotate = v
	}
	if v := d.Get("Resources"); v != nil {
		a.resources = v
	}
	return a
}

// Page returns page i, counted from 0.
func (f *File) Page(i int) (Page, error) {
	var out Page
	found := false
	err := f.Pages(func(n int, p Page) bool {
		if n == i {
			out, found = p, true
		}
		return n < i
	})
	if err == nil && !found {
		err = malformed(CodePages, -1, "the file has no page %d", i+1)
	}
	return out, err
}

// PageCount walks the tree and returns the number of pages.
func (f *File) PageCount() (int, error) {
	n := 0
	err := f.Pages(func(int, Page) bool { n++; return true })
	return n, err
}

func (f *File) page(n *node) (Page, error) {
	p := Page{Ref: n.ref, Kid: n.kid, Dict: n.dict, Unit: 1, Resources: n.attrs.resources}
	if n.above != nil {
		p.Node = n.above.ref
	}
	media, ok, err := f.rect(n.attrs.media)
	if err != nil {
		return p, err
	}
	if !ok {
		// QUIRK: ISO 32000-2, table 31: MediaBox is required; readers take US Letter where it is absent.
		media = Rect{0, 0, 612, 792}
	}
	p.Crop = media
	if crop, ok, err := f.rect(n.attrs.crop); err != nil {
		return p, err
	} else if ok {
		cut := Rect{max(media.X0, crop.X0), max(media.Y0, crop.Y0), min(media.X1, crop.X1), min(media.Y1, crop.Y1)}
		if cut.Width() > 0 && cut.Height() > 0 {
			p.Crop = cut
		}
	}
	rot, err := f.Resolve(n.attrs.rotate)
	if err != nil {
		return p, err
	}
	if r, ok := Number(rot); ok && math.Mod(r, 90) == 0 { // a real is one too to readers
		p.Rotate = int(math.Mod(math.Mod(r, 360)+360, 360))
	}
	unit, err := f.Resolve(n.dict.Get("UserUnit"))
	if err != nil {
		return p, err
	}
	if u, ok := Number(unit); ok && u > 0 && u < 75000 {
		p.Unit = u
	}
	return p, nil
}

// farthest is the coordinate in points beyond which a page has nothing.
const farthest = 1e7

// rect reads the rectangle of a page; false if it is absent, has no area, or leads too far.
func (f *File) rect(o Object) (Rect, bool, error) {
	r, ok, err := f.corners(o)
	far := max(-r.X0, -r.Y0, r.X1, r.Y1) > farthest
	return r, ok && !far && r.Width() > 0 && r.Height() > 0, err
}

// corners reads a rectangle; false if it is absent.
func (f *File) corners(o Object) (Rect, bool, error) {
	a, err := f.Array(o)
	if err != nil || len(a) != 4 {
		return Rect{}, false, err
	}
	var v [4]float64
	for i := range v {
		e, err := f.Resolve(a[i])
		if err != nil {
			return Rect{}, false, err
		}
		n, ok := Number(e)
		if !ok {
			return Rect{}, false, nil
		}
		v[i] = n
	}
	return Rect{min(v[0], v[2]), min(v[1], v[3]), max(v[0], v[2]), max(v[1], v[3])}, true, nil
}

// Rect reads a rectangle that may have no area, such as that of a hidden field. What lies
// beyond all pages is cut off.
func (f *File) Rect(o Object) (Rect, error) {
	r, _, err := f.corners(o)
	cut := func(v float64) float64 { return max(-farthest, min(farthest, v)) }
	return Rect{cut(r.X0), cut(r.Y0), cut(r.X1), cut(r.Y1)}, err
}
