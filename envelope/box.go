package envelope

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/dajiaqian/dajiaqian/internal/enum"
	"github.com/dajiaqian/dajiaqian/seal"
	"github.com/dajiaqian/dajiaqian/signer"
)

// BoxKind says what goes into a box.
type BoxKind int

// The kinds of boxes. The zero value is invalid.
const (
	SignatureBox  BoxKind = iota + 1 // 签名: the person's or handler's own signature
	SealBox                          // 盖章: a seal of the party's company
	TextBox                          // 文本: a line that the party types
	DateBox                          // 日期: the day on which the party agrees, in Beijing
	ParagraphBox                     // 多行文本: lines that the party types, at most 1,000 characters
	CheckBox                         // 勾选框: its text is signer.Ticked if the party ticks it
	RadioBox                         // 单选框: a button; those of one Name are a choice, whose text is the Value of one
	DropdownBox                      // 下拉框: its text is one of Options
	PictureBox                       // 图片: takes what Attach keeps, and shows it
	AttachmentBox                    // 附件: takes what Attach keeps, and shows its name and SHA-256
)

var boxKindNames = [...][2]string{
	SignatureBox: {"signature", "签名"},
	SealBox:      {"seal", "盖章"},
	TextBox:      {"text", "文本"},
	DateBox:      {"date", "日期"},

	ParagraphBox:  {"paragraph", "多行文本"},
	CheckBox:      {"check", "勾选框"},
	RadioBox:      {"radio", "单选框"},
	DropdownBox:   {"dropdown", "下拉框"},
	PictureBox:    {"picture", "图片"},
	AttachmentBox: {"attachment", "附件"},
}

// String returns the kind in English.
func (k BoxKind) String() string { return enum.English("BoxKind", boxKindNames[:], k) }

// Zh returns the platform's word.
func (k BoxKind) Zh() string { return enum.Zh("未知", boxKindNames[:], k) }

// Box is a place on a page. X and Y are its centre in millimetres from the top
// left corner of the page as displayed.
type Box struct {
	Kind   BoxKind `json:"kind"`
	File   int     `json:"file"` // index of the file
	Page   int     `json:"page"` // from 1; ignored if Keyword or Edge gives the place
	X      float64 `json:"x"`
	Y      float64 `json:"y"`
	Width  float64 `json:"width"`  // millimetres; 0 takes the default of the kind, or of Style
	Height float64 `json:"height"` // millimetres; 0 takes the default of the kind, or of Style

	Pages   []int      `json:"pages,omitempty"`   // further pages that show the signature or seal at the same place; with Edge, all its pages
	Keyword *Keyword   `json:"keyword,omitempty"` // a word in the file gives the place
	Edge    *Edge      `json:"edge,omitempty"`    // a seal across the edges of pages (骑缝章)
	Style   seal.Style `json:"style,omitzero"`    // for a SealBox: the kind of seal that it takes, which must fit into it; 0 is any

	// What a party fills in (填写项): a TextBox, and every kind behind DateBox.

	Label   string      `json:"label,omitzero"`    // what to fill in
	Must    bool        `json:"must,omitzero"`     // it may not stay empty; the same as Rule.Required
	Rule    signer.Rule `json:"rule,omitzero"`     // what it takes; When.Field is the Name of another box of the party in the file
	Name    string      `json:"name,omitzero"`     // for conditions and choices: unique among the party's boxes in the file, except for the buttons of a choice
	Value   string      `json:"value,omitzero"`    // for a RadioBox
	Options []string    `json:"options,omitempty"` // for a DropdownBox: 1 to 100

	Found []Spot `json:"found,omitempty"` // further places of its keyword, set by Send
	Field string `json:"field,omitzero"`  // name of its field, set by Send
}

// Spot is the centre of a further place, in millimetres.
type Spot struct {
	Page int     `json:"page"`
	X    float64 `json:"x"`
	Y    float64 `json:"y"`
}

// Keyword finds the place of a box: its centre lies DX, DY millimetres from the centre
// of the word. [Service.Send] writes the place that it finds into the box.
type Keyword struct {
	Word string  `json:"word"`
	Nth  int     `json:"nth,omitzero"` // which occurrence, from 1; 0 is the first, and the others are further places
	DX   float64 `json:"dx,omitzero"`
	DY   float64 `json:"dy,omitzero"`
	Skip bool    `json:"skip,omitzero"` // there is no box if the word is absent; if false, Send then fails
}

// Edge says where on the edge of its pages a seal lies (骑缝章). Box.Pages are the pages,
// at least two, ascending; if empty, all pages of the file.
type Edge struct {
	Side signer.Side `json:"side"`
	At   float64     `json:"at"` // the seal's centre along the side, 0 to 1
}

// Default sizes of boxes, in millimetres.
const (
	signatureWidth, signatureHeight = 40, 16
	sealSide                        = 42
	textWidth, textHeight           = 40, 7
	lineWidth, paragraphHeight      = 90, 30
	attachmentHeight                = 14
	buttonSide                      = 5
	pictureWidth, pictureHeight     = 54, 36
)

// sized returns the box, with the default size of its kind if it has none.
func (b Box) sized() Box {
	w, h := float64(sealSide), float64(sealSide)
	switch b.Kind {
	case SignatureBox:
		w, h = signatureWidth, signatureHeight
	case TextBox, DateBox, DropdownBox:
		w, h = textWidth, textHeight
	case ParagraphBox:
		w, h = lineWidth, paragraphHeight
	case AttachmentBox:
		w, h = lineWidth, attachmentHeight
	case CheckBox, RadioBox:
		w, h = buttonSide, buttonSide
	case PictureBox:
		w, h = pictureWidth, pictureHeight
	case SealBox:
		if sw, sh := b.Style.Size(); sw > 0 {
			w, h = sw, sh
		}
	}
	if b.Width == 0 {
		b.Width = w
	}
	if b.Height == 0 {
		b.Height = h
	}
	return b
}

// signs reports whether a signature goes into the box, not a text.
func (b Box) signs() bool { return b.Kind == SignatureBox || b.Kind == SealBox }

// tooSmall reports whether something of w by h mm does not fit into the box.
func (b Box) tooSmall(w, h float64) bool {
	return !(signer.Box{W: b.Width, H: b.Height}).Fits(w, h)
}

// visible reports whether a box has a place on its page.
func (b Box) visible() bool { return b.Width > 0 }

// checkBoxes checks what does not depend on the page: kind, file and page exist.
// Whether a box lies on its page is checked at layout.
func (e *content) checkBoxes() error {
	total, places := 0, 0
	for i, p := range e.Parties {
		total += len(p.Boxes)
		err := checkInputs(p.Boxes)
		if err == nil && signatures(addInvisible(p.Boxes, len(e.Files))) > maxStamps {
			err = &FieldError{"boxes", "M68", fmt.Sprintf("more than %d signatures of one party", maxStamps), fmt.Sprintf("单个签署方的签名和盖章不能超过%d处", maxStamps)}
		}
		for _, b := range p.Boxes {
			if err == nil {
				err = e.checkBox(p.Kind, b)
			}
			if err == nil {
				places += b.count(e.Files[b.File].Pages)
			}
		}
		if err != nil {
			err.Field = fmt.Sprintf("signer %d, %s", i+1, err.Field)
			return err
		}
	}
	if total > maxBoxes {
		return &FieldError{"boxes", "M68", fmt.Sprintf("more than %d", maxBoxes), "签署位置过多"}
	}
	if places > maxPlaces {
		return &FieldError{"boxes", "M68", fmt.Sprintf("in more than %d places", maxPlaces), "签署位置过多"}
	}
	kept, err := json.Marshal(e.Parties)
	if err == nil && len(kept) > maxKept {
		err = &FieldError{"boxes", "M68", fmt.Sprintf("all that is said of them has more than %d KiB", maxKept>>10), "填写项的选项和说明过多"}
	}
	return err
}

// signatures returns how many boxes take a signature.
func signatures(boxes []Box) (n int) {
	for i := range boxes {
		if boxes[i].signs() {
			n++
		}
	}
	return n
}

// count returns in how many places a box of a file of some pages stands.
func (b *Box) count(pages int) int {
	if b.Edge != nil && len(b.Pages) == 0 {
		return pages
	}
	return 1 + len(b.Pages) + len(b.Found)
}

// countPlaces returns a FieldError if the boxes of some parties stand in too many places,
// once keywords are found.
func (e *content) countPlaces(parties []partyRecord) error {
	places := 0
	for _, p := range parties {
		for _, b := range p.Boxes {
			places += b.count(e.Files[b.File].Pages)
		}
	}
	if places > maxPlaces {
		return &FieldError{"boxes", "M68", fmt.Sprintf("in more than %d places", maxPlaces), "签署位置过多"}
	}
	return nil
}

func (e *content) checkBox(kind PartyKind, b Box) *FieldError {
	bad := func(reason, zh string) *FieldError { return &FieldError{"box", "M68", reason, zh} }
	switch {
	case b.Kind < SignatureBox || b.Kind > AttachmentBox:
		return bad("its kind is not set", "请选择签署位置类型")
	case b.Kind == SealBox && kind == Person:
		return bad("a person has no company seal", "个人签署方不能使用企业印章")
	case b.File < 0 || b.File >= len(e.Files):
		return bad("there is no such file", "签署位置所在文件不存在")
	case !(b.Width >= 5 && b.Width <= 200 && b.Height >= 5 && b.Height <= 200):
		return bad("its size is 5 to 200 mm", "签署位置大小超出范围")
	case !b.signs() && (len(b.Pages) > 0 || b.Edge != nil):
		return bad("a text stands in one place", "文本和日期只能指定一个位置")
	case b.Style != 0 && b.Kind != SealBox:
		return bad("only a seal has a style", "只有盖章位置可以指定印章类型")
	case !(math.Abs(b.X) <= 10_000 && math.Abs(b.Y) <= 10_000):
		return bad("it is not on a page", "签署位置超出页面范围")
	case b.tooSmall(b.Style.Size()):
		return bad(fmt.Sprintf("it is smaller than a %s", b.Style), "签署位置小于印章尺寸")
	case b.Edge != nil && (b.Kind != SealBox || b.Keyword != nil):
		return bad("only a seal lies across pages, and no word says where", "骑缝章须为印章，且不能按关键字定位")
	}
	if err := b.checkInput(); err != nil {
		return err
	}
	switch {
	case b.Keyword != nil:
		return b.Keyword.check(len(b.Pages))
	case b.Edge != nil:
		return b.checkEdge(e.Files[b.File].Pages)
	}
	return b.checkPages(e.Files[b.File].Pages)
}

func (b *Box) checkPages(pages int) *FieldError {
	seen := map[int]bool{}
	for _, n := range append([]int{b.Page}, b.Pages...) {
		if n < 1 || n > pages || seen[n] {
			return &FieldError{"box", "M68", fmt.Sprintf("there is no page %d, or it stands twice", n), "签署位置所在页不存在或重复"}
		}
		seen[n] = true
	}
	return nil
}

func (b *Box) checkEdge(pages int) *FieldError {
	if !(b.Edge.At >= 0 && b.Edge.At <= 1) {
		return &FieldError{"box", "M68", "an edge is 0 to 1 along its side", "骑缝章位置超出范围"}
	}
	n, last := pages, 0
	if len(b.Pages) > 0 {
		n = len(b.Pages)
	}
	for _, page := range b.Pages {
		if page <= last || page > pages {
			return &FieldError{"box", "M68", "the pages of an edge ascend", "骑缝章页码无效"}
		}
		last = page
	}
	if n < 2 {
		return &FieldError{"box", "M68", "one page has no edge to share", "骑缝章至少需要两页"}
	}
	return nil
}

func (k *Keyword) check(pages int) *FieldError {
	bad := func(reason, zh string) *FieldError { return &FieldError{"box", "M68", reason, zh} }
	switch {
	case k.Word == "" || len(k.Word) > 200 || !printable(k.Word):
		return bad("a keyword has 1 to 200 bytes", "请填写关键字")
	case k.Nth < 0 || k.Nth > 1000:
		return bad("an occurrence is counted from 1", "关键字序号无效")
	case !(k.DX >= -500 && k.DX <= 500 && k.DY >= -500 && k.DY <= 500):
		return bad("an offset is at most 500 mm", "关键字偏移超出范围")
	case pages > 0:
		return bad("a keyword names its pages itself", "按关键字定位时不能指定页码")
	}
	return nil
}

// places returns where a box that is not an edge is shown, page by page.
func (b Box) places() []signer.Place {
	at := signer.Around(b.X, b.Y, b.Width, b.Height)
	out := []signer.Place{{Page: b.Page, Box: at}}
	for _, n := range b.Pages {
		out = append(out, signer.Place{Page: n, Box: at})
	}
	for _, s := range b.Found {
		out = append(out, signer.Place{Page: s.Page, Box: signer.Around(s.X, s.Y, b.Width, b.Height)})
	}
	return out
}

// checkOverlaps refuses boxes of different parties that overlap. Boxes of one group may
// overlap, because only one of its parties signs. Only boxes on one page are compared, from
// left to right, with those that have not ended (T29).
func checkOverlaps(ctx context.Context, parties []partyRecord) error {
	type page struct{ file, page int }
	type placed struct {
		party int
		signer.Box
	}
	pages := map[page][]placed{}
	for i, p := range parties {
		for _, b := range p.Boxes {
			if !b.visible() || b.Edge != nil {
				continue
			}
			for _, at := range b.places() {
				k := page{b.File, at.Page}
				pages[k] = append(pages[k], placed{i, at.Box})
			}
		}
	}
	apart := func(i, j int) bool {
		p, q := &parties[i], &parties[j]
		return i == j || p.Group != 0 && p.Group == q.Group && p.Stage == q.Stage
	}
	for _, all := range pages {
		if err := ctx.Err(); err != nil {
			return err
		}
		slices.SortFunc(all, func(a, b placed) int { return cmp.Compare(a.X, b.X) })
		var open []placed
		for _, at := range all {
			open = slices.DeleteFunc(open, func(q placed) bool { return q.X+q.W <= at.X })
			for _, q := range open {
				if !apart(q.party, at.party) && overlap(q.Box, at.Box) {
					first, second := min(q.party, at.party), max(q.party, at.party)
					return &FieldError{fmt.Sprintf("signer %d, box", second+1), "M68", fmt.Sprintf("it lies over one of signer %d", first+1), "签署位置重叠"}
				}
			}
			open = append(open, at)
		}
	}
	return nil
}

func overlap(a, b signer.Box) bool {
	const touch = 0.01 // mm
	return a.X+a.W > b.X+touch && b.X+b.W > a.X+touch && a.Y+a.H > b.Y+touch && b.Y+b.H > a.Y+touch
}
