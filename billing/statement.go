package billing

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/dajiaqian/dajiaqian/org"
)

// Statement writes the charges of the actor's company from from until just before to
// (对账单; a zero time leaves a side open) as CSV, newest first. It has the columns of the
// charge list (M58): 消费日期 in Beijing time, 消费份数, 消费信封 with its whole name, 业务系统, and
// 信封编号, the envelope's id. Its last line is 合计 with the sum of copies: a file without
// it was cut off.
//
// It is UTF-8 with a byte order mark, as a Chinese Excel needs, and RFC 4180 with CR
// LF. A cell that a spreadsheet would treat as a formula begins with an apostrophe. It
// reads 50 lines at a time and holds no transaction while it writes; it authorizes the
// actor again for each page.
//
// Before anything is written it returns a [*org.DeniedError] or [org.ErrNotFound] if
// the actor may not read the charges, and [ErrPeriod] if from is not before to. Later
// it returns errors of w and of the store, or the refusal of an actor who lost the
// right meanwhile.
func (s *Service) Statement(ctx context.Context, actor org.Actor, from, to time.Time, w io.Writer) error {
	if !to.IsZero() && !from.Before(to) {
		return ErrPeriod
	}
	filter := ChargeFilter{From: from, To: to}
	page, next, err := s.Charges(ctx, actor, filter, "")
	if err != nil {
		return err
	}
	if _, err := io.WriteString(w, "\uFEFF"); err != nil {
		return fmt.Errorf("billing: statement: %w", err)
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	lines := [][]string{{"消费日期", "消费份数", "消费信封", "业务系统", "信封编号"}}
	total := int64(0)
	for {
		for _, c := range page {
			lines = append(lines, c.cells())
			total += c.Copies
		}
		if next == "" {
			lines = append(lines, []string{"合计", strconv.FormatInt(total, 10), "", "", ""})
		}
		if err := out.WriteAll(lines); err != nil {
			return fmt.Errorf("billing: statement: %w", err)
		}
		if next == "" {
			return nil
		}
		if page, next, err = s.Charges(ctx, actor, filter, next); err != nil {
			return err
		}
		lines = lines[:0]
	}
}

func (c *Charge) cells() []string {
	return []string{ShowTime(c.At), strconv.FormatInt(c.Copies, 10), plainCell(c.Name), c.Source.Zh(), plainCell(c.Envelope)}
}

// plainCell keeps a text from being a formula: spreadsheets calculate a cell that
// begins with one of these signs, also full-width and after blanks.
func plainCell(text string) string {
	blank := func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }
	start := strings.TrimLeftFunc(text, blank)
	if start != "" && strings.ContainsRune("=+-@＝＋－＠|%", []rune(start)[0]) || start != text {
		return "'" + text
	}
	return text
}
