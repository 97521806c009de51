package pdf

import (
	"cmp"
	"slices"
)

// fewSections is how many sections are searched one after the other.
const fewSections = 8

// listing says that a section lists an object.
type listing struct {
	num uint32
	at  uint32 // place of the section in the file that was opened, the newest is 0
}

// indexSections returns what all sections but the oldest list, by number and then the
// newest first. The oldest, which mostly lists the most, is asked last without it. It
// returns nil for few sections.
func indexSections(sections []*Section) []listing {
	if len(sections) <= fewSections {
		return nil
	}
	var out []listing
	for i, s := range sections[:len(sections)-1] {
		for _, num := range s.Numbers() {
			out = append(out, listing{num, uint32(i)})
		}
	}
	slices.SortFunc(out, func(a, b listing) int { return cmp.Or(cmp.Compare(a.num, b.num), cmp.Compare(a.at, b.at)) })
	return out
}

// search returns the newest entry of an object number.
func (f *File) search(num uint32) (XRefEntry, bool, error) {
	if f.index == nil {
		for _, s := range f.sections {
			if e, ok, err := s.Find(num); ok || err != nil {
				return e, ok, err
			}
		}
		return XRefEntry{}, false, nil
	}
	newest := listing{num, uint32(f.newer)}
	i, _ := slices.BinarySearchFunc(f.index, newest, func(a, b listing) int { return cmp.Or(cmp.Compare(a.num, b.num), cmp.Compare(a.at, b.at)) })
	if i < len(f.index) && f.index[i].num == num {
		return f.sections[int(f.index[i].at)-f.newer].Find(num)
	}
	return f.sections[len(f.sections)-1].Find(num)
}
