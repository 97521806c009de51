package sandbox

import (
	"context"
	"net/http"
	"regexp"
	"time"

	"github.com/dajiaqian/dajiaqian/org"
)

// Message is a short message that reached a phone.
type Message struct {
	ID   string
	Text string
	At   time.Time
}

// smsRequest is the request to the carrier. Only here phone and text leave the host in
// clear.
type smsRequest struct{ ID, Phone, Text string }

// SMS returns a client of the carrier.
func (s *Sandbox) SMS() org.SMS { return smsClient{s} }

type smsClient struct{ s *Sandbox }

// Send implements [org.SMS].
func (c smsClient) Send(ctx context.Context, m org.Message) error {
	return c.s.call(ctx, http.MethodPost, "/sms", smsRequest{m.ID, m.Phone.Reveal(), m.Text.Reveal()}, nil)
}

// serveSMS delivers a message once for each id.
func (s *Sandbox) serveSMS(w http.ResponseWriter, r *http.Request) {
	var q smsRequest
	if !read(w, r, &q) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.sent[q.ID] {
		s.sent[q.ID] = true
		s.inbox[q.Phone] = append(s.inbox[q.Phone], Message{q.ID, q.Text, s.now()})
	}
	write(w, struct{}{})
}

// Inbox returns the messages that a phone has received, oldest first.
func (s *Sandbox) Inbox(phone string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Message(nil), s.inbox[phone]...)
}

var codePattern = regexp.MustCompile(`[0-9]{6}`)

// Code returns the six digits in the newest message to a phone that contains six
// digits.
func (s *Sandbox) Code(phone string) string {
	in := s.Inbox(phone)
	for i := len(in) - 1; i >= 0; i-- {
		if code := codePattern.FindString(in[i].Text); code != "" {
			return code
		}
	}
	return ""
}
