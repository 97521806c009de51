package sandbox

import (
	"context"
	"net/http"
	"strings"

	"github.com/dajiaqian/dajiaqian/org"
)

// Credit is a line on the statement of a company's bank account.
type Credit struct {
	ID     string // of the order
	Payee  string
	Fen    int64
	Remark string // 附言
}

// remittanceOrder is the request to the bank. Account and amount leave the host here,
// in clear.
type remittanceOrder struct {
	ID, Payee, Bank, Account string
	Fen                      int64
	Remark                   string
}

// BankPort returns a client of the bank. An account whose number ends in 0000 does not
// exist: the bank takes the order and reports that it could not pay.
func (s *Sandbox) BankPort() org.Remitter { return bankClient{s} }

type bankClient struct{ s *Sandbox }

// Remit implements [org.Remitter].
func (c bankClient) Remit(ctx context.Context, o org.RemittanceOrder) error {
	return c.s.call(ctx, http.MethodPost, "/remittances", remittanceOrder{o.ID, o.Payee, o.Bank, o.Account.Reveal(), o.Fen, o.Remark.Reveal()}, nil)
}

// ParseCallback implements [org.Remitter].
func (c bankClient) ParseCallback(header http.Header, body []byte) (org.RemittanceResult, error) {
	var r org.RemittanceResult
	err := c.s.open(Bank, header, body, &r)
	return r, err
}

// serveRemittance pays an order once, and reports it.
func (s *Sandbox) serveRemittance(w http.ResponseWriter, r *http.Request) {
	var q remittanceOrder
	if !read(w, r, &q) {
		return
	}
	if q.ID == "" || q.Account == "" || q.Payee == "" || q.Fen < 1 {
		http.Error(w, "an order that cannot be paid", http.StatusBadRequest)
		return
	}
	exists := !strings.HasSuffix(q.Account, "0000")
	s.mu.Lock()
	known := s.remittances[q.ID]
	s.remittances[q.ID] = true
	if !known && exists {
		s.statements[q.Account] = append(s.statements[q.Account], Credit{q.ID, q.Payee, q.Fen, q.Remark})
	}
	s.mu.Unlock()
	if !known {
		s.wait.Go(func() { // a bank reports later
			if err := s.report(Bank, org.RemittanceResult{ID: q.ID, Arrived: exists, Transaction: "bank-" + q.ID}); err != nil {
				s.log.Warn("sandbox: callback", "provider", Bank, "error", err)
			}
		})
	}
	write(w, struct{}{})
}

// Statement returns what came to an account, oldest first. The company's accountant
// reads the amount there.
func (s *Sandbox) Statement(account string) []Credit {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Credit(nil), s.statements[account]...)
}
