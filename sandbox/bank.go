package sandbox

import (
	"context"
	"net/http"
	"strings"

	"github.com/dajiaqian/dajiaqian/org"
)

// Credit is a line on the statement of a company's bank account.
type Credit struct {
	ID    string // of the order
	Payee string
	Fen   int64
}

// transferOrder is what the bank is asked. Account and amount leave the host here,
// in clear.
type transferOrder struct {
	ID, Payee, Bank, Account string
	Fen                      int64
}

// BankPort returns a client of the bank. An account whose number ends in 0000 does
// not exist: the bank takes the order and reports that it could not pay.
func (s *Sandbox) BankPort() org.BankTransfer { return bankClient{s} }

type bankClient struct{ s *Sandbox }

// SendTransfer implements org.BankTransfer.
func (c bankClient) SendTransfer(ctx context.Context, o org.TransferOrder) error {
	return c.s.call(ctx, http.MethodPost, "/transfers", transferOrder{o.ID, o.Payee, o.Bank, o.Account.Reveal(), o.Fen}, nil)
}

// ParseCallback implements org.BankTransfer.
func (c bankClient) ParseCallback(header http.Header, body []byte) (org.TransferResult, error) {
	var r org.TransferResult
	err := c.s.open(Bank, header, body, &r)
	return r, err
}

// serveTransfer pays an order once, and reports.
func (s *Sandbox) serveTransfer(w http.ResponseWriter, r *http.Request) {
	var q transferOrder
	if !read(w, r, &q) {
		return
	}
	if q.ID == "" || q.Account == "" || q.Payee == "" || q.Fen < 1 {
		http.Error(w, "an order that cannot be paid", http.StatusBadRequest)
		return
	}
	exists := !strings.HasSuffix(q.Account, "0000")
	s.mu.Lock()
	known := s.transfers[q.ID]
	s.transfers[q.ID] = true
	if !known && exists {
		s.statements[q.Account] = append(s.statements[q.Account], Credit{q.ID, q.Payee, q.Fen})
	}
	s.mu.Unlock()
	if !known {
		s.wait.Go(func() { // a bank reports in its own time
			if err := s.report(Bank, org.TransferResult{ID: q.ID, Arrived: exists, Transaction: "bank-" + q.ID}); err != nil {
				s.log.Warn("sandbox: callback", "provider", Bank, "error", err)
			}
		})
	}
	write(w, struct{}{})
}

// Statement returns what came to an account, oldest first: the company's accountant
// reads the amount there.
func (s *Sandbox) Statement(account string) []Credit {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Credit(nil), s.statements[account]...)
}
