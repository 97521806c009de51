package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/beijing"
	typeset "github.com/dajiaqian/dajiaqian/internal/report"
	"github.com/dajiaqian/dajiaqian/verify"
)

// phrase is a text in both languages.
type phrase [2]string

// say returns a phrase in a language, Chinese if it is not known.
func (p phrase) say(lang verify.Language) string {
	if lang == verify.English {
		return p[verify.English]
	}
	return p[verify.Chinese]
}

// verdict returns what the report says of the whole file.
func verdict(v verify.Verdict) (phrase, typeset.Tone) {
	switch v {
	case verify.Valid:
		return phrase{"验证通过：全部签名有效且可信", "Passed: every signature is valid and trusted"}, typeset.Good
	case verify.Indeterminate:
		return phrase{"无法确认：有签名不能确认是否可信", "Undetermined: a signature could not be established as trusted"}, typeset.Doubt
	case verify.Invalid:
		return phrase{"验证不通过：有签名无效，或文件有问题", "Failed: a signature is not valid, or something is wrong with the file"}, typeset.Bad
	case verify.Unsigned:
		return phrase{"文件没有签名", "The file has no signature"}, typeset.Plain
	}
	return phrase{"文件无法验签", "The file cannot be judged"}, typeset.Doubt
}

func tone(i verify.Indication) typeset.Tone {
	switch i {
	case verify.TotalPassed:
		return typeset.Good
	case verify.TotalFailed:
		return typeset.Bad
	}
	return typeset.Doubt
}

func coverage(c verify.Coverage) phrase {
	switch c {
	case verify.CoversFile:
		return phrase{"整个文件", "the whole file"}
	case verify.CoversRevision:
		return phrase{"签署时的整个文件（其后又有保存）", "the whole file of its time (it was saved again since)"}
	case verify.CoversPart:
		return phrase{"文件的一部分", "a part of the file"}
	}
	return phrase{"无", "nothing"}
}

func changeWords(c verify.ChangeLevel) phrase {
	switch c {
	case verify.ChangeNone:
		return phrase{"无", "none"}
	case verify.ChangeLTA:
		return phrase{"长期验证数据和文档时间戳", "validation data and document timestamps"}
	case verify.ChangeSign:
		return phrase{"后续签署", "further signatures"}
	case verify.ChangeForm:
		return phrase{"填写了表单", "form fields were filled in"}
	case verify.ChangeAnnotation:
		return phrase{"添加了批注", "annotations were added"}
	case verify.ChangeOther:
		return phrase{"其他修改", "other changes"}
	}
	return phrase{"未检查", "not checked"}
}

func level(s string) phrase {
	switch s {
	case "B-B":
		return phrase{"B-B（基本签名，不含时间戳）", "B-B (basic, without a timestamp)"}
	case "B-T":
		return phrase{"B-T（含时间戳）", "B-T (with a timestamp)"}
	case "B-LT":
		return phrase{"B-LT（含时间戳和长期验证数据）", "B-LT (with a timestamp and validation data)"}
	case "B-LTA":
		return phrase{"B-LTA（含长期验证数据与归档时间戳）", "B-LTA (with validation data and an archive timestamp)"}
	case "TS":
		return phrase{"文档时间戳", "document timestamp"}
	case "CMS":
		return phrase{"旧式签名，不属于 PAdES 基线级别", "an older profile, of no PAdES baseline level"}
	}
	return phrase{s, s}
}

// docMDP says what a certification permits (ISO 32000-2, table 257).
func docMDP(p int) phrase {
	switch p {
	case 1:
		return phrase{"认证签名：不允许任何修改", "certifies: no change is permitted"}
	case 2:
		return phrase{"认证签名：允许填写表单和签名", "certifies: forms may be filled in and signed"}
	case 3:
		return phrase{"认证签名：允许填写表单、签名和批注", "certifies: forms, signatures and annotations are permitted"}
	}
	return phrase{}
}

// hash writes the name of a hash with its dash.
func hash(name string) string {
	if n, ok := strings.CutPrefix(name, "SHA"); ok {
		return "SHA-" + n
	}
	return name
}

// when writes a time as people in Beijing read it.
func when(t time.Time, lang verify.Language) string {
	s := t.In(beijing.Zone).Format(time.DateTime)
	if lang == verify.English {
		s += " +08:00"
	}
	return s
}

// where describes a place on a page.
func where(p verify.Place, lang verify.Language) string {
	if p.Rect[2] == 0 || p.Rect[3] == 0 {
		return fmt.Sprintf(phrase{"第%d页，不可见", "page %d, invisible"}.say(lang), p.Page)
	}
	return fmt.Sprintf(phrase{"第%d页，距左上角%s、%s毫米，%s×%s毫米", "page %d, %s and %s mm from the top left corner, %s × %s mm"}.say(lang),
		p.Page, tenth(p.Rect[0]), tenth(p.Rect[1]), tenth(p.Rect[2]), tenth(p.Rect[3]))
}

func tenth(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }
