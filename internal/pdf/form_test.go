package pdf_test

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

// paper is a file that is written one revision after the other, by hand.
type paper struct {
	b    bytes.Buffer
	last int            // offset of the newest section
	root int            // number of the catalog
	objs map[int]string // as they are now
	next map[int]string // what the next revision writes
}

func (p *paper) set(num int, body string) { p.objs[num], p.next[num] = body, body }

// save writes a revision.
func (p *paper) save() {
	if p.b.Len() == 0 {
		p.b.WriteString("%PDF-1.7\n")
	}
	at := map[int]int{}
	for _, num := range slices.Sorted(maps.Keys(p.next)) {
		at[num] = p.b.Len()
		fmt.Fprintf(&p.b, "%d 0 obj\n%s\nendobj\n", num, p.next[num])
	}
	xref := p.b.Len()
	p.b.WriteString("xref\n")
	if p.last == 0 {
		p.b.WriteString("0 1\n0000000000 65535 f \n")
	}
	for _, num := range slices.Sorted(maps.Keys(at)) {
		fmt.Fprintf(&p.b, "%d 1\n%010d 00000 n \n", num, at[num])
	}
	fmt.Fprintf(&p.b, "trailer\n<</Size 1000/Root %d 0 R", p.root)
	if p.last > 0 {
		fmt.Fprintf(&p.b, "/Prev %d", p.last)
	}
	fmt.Fprintf(&p.b, ">>\nstartxref\n%d\n%%%%EOF\n", xref)
	p.last, p.next = xref, map[int]string{}
}

// describe writes a form so that two are equal if their descriptions are.
func describe(t interface{ Fatal(...any) }, f *pdf.File) string {
	fm, err := f.Form()
	if err != nil {
		return "error " + err.Error()
	}
	var b strings.Builder
	for _, fd := range fm.Fields {
		v, _ := fd.Dict.Get("V").(pdf.String)
		fmt.Fprintf(&b, "%v %q %q %v %s\n", fd.Ref, fd.Name, fd.Type, fd.Kids, v.Bytes)
	}
	for num := range uint32(60) {
		if fd, ok := fm.ByObject(num); ok {
			fmt.Fprintf(&b, "%d is of %v\n", num, fd.Ref)
		}
	}
	fmt.Fprintf(&b, "%v %q %v", fm.Ref, fm.Doubled(), fm.Dict != nil)
	return b.String()
}

// TestFormFollows: what a form becomes from one revision to the next is what reading it
// from the beginning gives, whatever the revision does to it.
func TestFormFollows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := &paper{root: 1, objs: map[int]string{}, next: map[int]string{}}
		fields, free := []int{3, 4}, 10
		inCatalog, listed := false, false
		form := func() {
			list := "["
			for _, n := range fields {
				list += fmt.Sprintf("%d 0 R ", n)
			}
			list += "]"
			if listed {
				p.set(8, list)
				list = "8 0 R"
			}
			if inCatalog {
				p.set(p.root, "<</Type/Catalog/AcroForm<</Fields "+list+">>>>")
				return
			}
			p.set(2, "<</Fields "+list+">>")
			p.set(p.root, "<</Type/Catalog/AcroForm 2 0 R>>")
		}
		field := func(num int) {
			name := rapid.SampledFrom([]string{"A", "B", "C", "D"}).Draw(t, "name")
			value := rapid.SampledFrom([]string{"", "/V(x)", "/V(y)"}).Draw(t, "value")
			body := fmt.Sprintf("<</FT/Tx/T(%s)%s", name, value)
			switch rapid.IntRange(0, 3).Draw(t, "kids") {
			case 0:
				p.set(free, "<</Subtype/Widget>>")
				body += fmt.Sprintf("/Kids[%d 0 R]", free)
				free++
			case 1:
				p.set(free, "<</FT/Sig/T(k)>>")
				body += fmt.Sprintf("/Kids[%d 0 R]", free)
				free++
			}
			p.set(num, body+">>")
		}
		for _, n := range fields {
			field(n)
		}
		form()
		p.save()
		for range rapid.IntRange(1, 6).Draw(t, "revisions") {
			if free > 50 {
				break
			}
			for range rapid.IntRange(1, 2).Draw(t, "changes") {
				switch rapid.IntRange(0, 9).Draw(t, "change") {
				case 0, 1, 2:
					field(free)
					fields = append(fields, free)
					free++
					form()
				case 3:
					field(free)
					fields = append([]int{free}, fields...)
					free++
					form()
				case 4:
					field(fields[rapid.IntRange(0, len(fields)-1).Draw(t, "which")])
				case 5:
					fields = fields[:max(1, len(fields)-1)]
					form()
				case 6:
					inCatalog = !inCatalog
					form()
				case 7:
					listed = !listed
					form()
				case 8:
					fields = append(fields, rapid.IntRange(3, free).Draw(t, "again"))
					form()
				case 9:
					p.root = 61 + rapid.IntRange(0, 3).Draw(t, "root")
					form()
				}
			}
			p.save()
		}
		b := p.b.Bytes()
		open := func() (*pdf.File, []pdf.Revision) {
			f, err := pdf.Open(bytes.NewReader(b), int64(len(b)), pdf.DefaultLimits())
			if err != nil {
				t.Fatal(err)
			}
			revs, err := f.Revisions(0)
			if err != nil {
				t.Fatal(err)
			}
			return f, revs
		}
		f, revs := open()
		g, fresh := open()
		at := f.At(revs[0])
		for i := range revs {
			if i > 0 {
				at = at.Next(f, revs[i])
			}
			if got, want := describe(t, at), describe(t, g.At(fresh[i])); got != want {
				t.Fatalf("revision %d:\n%s\nwant\n%s", i+1, got, want)
			}
		}
	})
}
