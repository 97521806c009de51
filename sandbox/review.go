package sandbox

import (
	"context"
	"net/http"

	"github.com/dajiaqian/dajiaqian/org"
)

// Reviewers returns a client of the staff list, which is empty until [Sandbox.Hire].
func (s *Sandbox) Reviewers() org.Reviewers { return staffClient{s} }

type staffClient struct{ s *Sandbox }

type staffRequest struct{ Person org.PersonID }

type staffAnswer struct{ Reviews bool }

// Reviewer implements org.Reviewers.
func (c staffClient) Reviewer(ctx context.Context, person org.PersonID) (bool, error) {
	var a staffAnswer
	err := c.s.call(ctx, http.MethodPost, "/staff", staffRequest{person}, &a)
	return a.Reviews, err
}

func (s *Sandbox) serveStaff(w http.ResponseWriter, r *http.Request) {
	var q staffRequest
	if !read(w, r, &q) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	write(w, staffAnswer{s.staff[q.Person]})
}

// Hire puts a person on the reviewing staff (审核人员).
func (s *Sandbox) Hire(person org.PersonID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.staff[person] = true
}
