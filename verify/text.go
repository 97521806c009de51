package verify

import (
	"fmt"
	"strings"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/beijing"
	"github.com/dajiaqian/dajiaqian/internal/change"
	"github.com/dajiaqian/dajiaqian/internal/enum"
)

// Language is the language of a report's text.
type Language int

// The languages.
const (
	Chinese Language = iota
	English
)

var languageNames = [...]string{
	Chinese: "Chinese",
	English: "English",
}

// String returns the language in English.
func (l Language) String() string { return enum.Name("Language", languageNames[:], l) }

// phrase is a sentence in both languages.
type phrase [2]string

// in returns the sentence in a language, in Chinese if the language is not known.
func (p phrase) in(lang Language) string {
	if lang == English {
		return p[English]
	}
	return p[Chinese]
}

// Text returns the report as the manual's page shows it (M80): one block per signature.
// It does not count document timestamps.
func (r *Report) Text(lang Language) string {
	say := func(p phrase) string { return p.in(lang) }
	var b strings.Builder
	var sigs []Signature
	for _, s := range r.Signatures {
		if s.Kind == KindSignature {
			sigs = append(sigs, s)
		}
	}
	switch {
	case r.Verdict == Unreadable:
		fmt.Fprintf(&b, "%s\n", say(phrase{"文件无法验签", "The file cannot be judged"}))
	default:
		fmt.Fprintf(&b, say(phrase{"文件中共有 %d 个签名", "The file has %d signatures"})+"\n", len(sigs))
	}
	if len(r.Reasons) > 0 {
		fmt.Fprintf(&b, "%s: %s\n", say(phrase{"文件问题", "Document"}), join(r.Reasons).in(lang))
	}
	for _, m := range r.Mentions {
		fmt.Fprintf(&b, "%s\n", m.Text(lang))
	}
	for _, s := range sigs {
		b.WriteString("\n")
		for _, l := range s.lines() {
			fmt.Fprintf(&b, "%s: %s\n", say(l.label), say(l.value))
		}
	}
	return b.String()
}

// Row is a label with its value.
type Row struct{ Label, Value string }

// Rows returns the rows of the manual's page (M80): result, signer, time, algorithm and
// status, then why it did not pass, what a careful reader should know, and the later
// changes that are more than further signatures.
func (s Signature) Rows(lang Language) []Row {
	var out []Row
	for _, l := range s.lines() {
		out = append(out, Row{l.label.in(lang), l.value.in(lang)})
	}
	return out
}

type line struct{ label, value phrase }

func both(s string) phrase { return phrase{s, s} }

// lines returns the rows of the manual's page, followed by what is wrong.
func (s Signature) lines() []line {
	out := []line{
		{phrase{"签章结果", "Result"}, s.result()},
		{phrase{"签章人", "Signer"}, both(s.Signer)},
		{phrase{"签章人标识", "Signer ID"}, both(s.SignerID)},
		{phrase{"签名时间", "Signing time"}, s.time()},
		{phrase{"是否使用时间戳", "Timestamped"}, yes(s.TimeSource == TimeTimestamp)},
		{phrase{"签名算法", "Algorithm"}, both(s.Algorithm)},
		{phrase{"签名状态", "Status"}, s.status()},
	}
	if len(s.Reasons) > 0 {
		out = append(out, line{phrase{"原因", "Reasons"}, join(s.Reasons)})
	}
	if len(s.Warnings) > 0 {
		out = append(out, line{phrase{"注意", "Note"}, join(s.Warnings)})
	}
	if s.ChangeLevel > ChangeSign {
		out = append(out, line{phrase{"签名后变更", "Changed since"}, s.grave()})
	} else if said := s.obtrusive(); said != (phrase{}) {
		out = append(out, line{phrase{"后续签署", "Signed since"}, said})
	}
	return out
}

// obtrusive lists the later signatures that cover what a page shows, leave it, or were moved
// (A43). At most ten are listed.
func (s Signature) obtrusive() phrase {
	const most = 10
	var zh, en []string
	for _, c := range s.Changes {
		switch change.Code(c.Code) {
		case change.WidgetCovers, change.WidgetOffPage, change.WidgetMoved:
			if len(zh) < most {
				zh, en = append(zh, c.dated(Chinese)), append(en, c.dated(English))
			}
		}
	}
	return phrase{strings.Join(zh, "；"), strings.Join(en, "; ")}
}

// grave lists the changes that are more than validation data and further signatures, and
// counts the others.
func (s Signature) grave() phrase {
	var lists [2][]string
	lawful := 0
	for _, c := range s.Changes {
		if c.Level <= ChangeSign {
			lawful++
			continue
		}
		for _, lang := range []Language{Chinese, English} {
			lists[lang] = append(lists[lang], c.dated(lang))
		}
	}
	if lawful > 0 {
		lists[Chinese] = append(lists[Chinese], fmt.Sprintf("后续正常签署 %d 项", lawful))
		lists[English] = append(lists[English], fmt.Sprintf("%d of further signatures", lawful))
	}
	return phrase{strings.Join(lists[Chinese], "；"), strings.Join(lists[English], "; ")}
}

func (s Signature) result() phrase {
	switch {
	case s.Indication == TotalPassed:
		return phrase{"签名有效且可信", "The signature is valid and trusted"}
	case s.Indication == Undetermined && s.Intact:
		return phrase{"签名有效，但无法确认可信", "The signature is intact, but could not be established as trusted"}
	case s.Indication == Undetermined:
		return phrase{"签名无法验证", "The signature could not be judged"}
	}
	return phrase{"签名无效", "The signature is not valid"}
}

func (s Signature) status() phrase {
	switch s.Indication {
	case TotalPassed:
		return phrase{"有效", "valid"}
	case Undetermined:
		return phrase{"未确定", "undetermined"}
	}
	return phrase{"无效", "invalid"}
}

func (s Signature) time() phrase {
	t := s.SigningTime.In(beijing.Zone).Format(time.DateTime)
	switch s.TimeSource {
	case TimeTimestamp:
		if s.from != nil && s.from.claims {
			return phrase{t + " (该时间为时间戳所载, 时间戳服务机构未经确认)", t + " +08:00 (stated by a timestamp whose authority was not established)"}
		}
		return phrase{t + " (该时间为权威时间戳, 经验证有效)", t + " +08:00 (proved by a verified timestamp)"}
	case TimeClaimed:
		return phrase{t + " (该时间为签名人声明的时间, 未经验证)", t + " +08:00 (claimed by the signer, not proved)"}
	}
	return phrase{"无", "none"}
}

func yes(b bool) phrase {
	if b {
		return phrase{"是", "yes"}
	}
	return phrase{"否", "no"}
}
