package pdf

// LinearizedLength returns the length that the file states in its linearization
// dictionary, the first object of a linearized file (ISO 32000-2, annex F), or 0. Readers
// that find the file to have just this length take the first section, at its start, for
// the newest.
func (f *File) LinearizedLength() int64 {
	var d *Dict
	err := f.parse(f.base, func(p *parser) error {
		p.space() // the header is a comment
		for _, read := range []func() error{
			func() error { _, err := p.integer(); return err },
			func() error { _, err := p.integer(); return err },
			func() error { return p.keyword("obj") },
		} {
			if err := read(); err != nil {
				return err
			}
		}
		o, err := p.object()
		d, _ = o.(*Dict)
		return err
	})
	if err != nil || d.Entry("Linearized") == nil {
		return 0
	}
	o, err := f.Resolve(d.Get("L"))
	if err != nil {
		return 0
	}
	n, _ := Number(o)
	return int64(n)
}
