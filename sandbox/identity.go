package sandbox

import (
	"context"
	"errors"
	"fmt"
	"html"
	"net/http"
	"strings"

	"github.com/dajiaqian/dajiaqian/org"
)

// session is a face check or a licence scan that waits for the phone.
type session struct {
	provider Provider
	result   any // what the callback will say once it passed
	fail     any
	title    string
}

type faceResult struct {
	Session, Transaction string
	Passed               bool
}

type licenceResult struct {
	Session, Transaction, Company, CreditCode, LegalPerson string
	Passed                                                 bool
}

// sessionRequest opens a session. The identity number travels to the provider and is
// not stored.
type sessionRequest struct{ Session, Name, IDNumber, Company, CreditCode string }

type sessionAnswer struct{ URL string }

// FaceChecker returns a client of the face check.
func (s *Sandbox) FaceChecker() org.FaceChecker { return faceClient{s} }

type faceClient struct{ s *Sandbox }

// Start implements [org.FaceChecker].
func (c faceClient) Start(ctx context.Context, r org.FaceRequest) (string, error) {
	var a sessionAnswer
	err := c.s.call(ctx, http.MethodPost, "/face", sessionRequest{Session: r.Session, Name: r.Name, IDNumber: r.IDNumber.Reveal()}, &a)
	return a.URL, err
}

// ParseCallback implements [org.FaceChecker].
func (c faceClient) ParseCallback(header http.Header, body []byte) (org.FaceResult, error) {
	var r faceResult
	if err := c.s.open(Faces, header, body, &r); err != nil {
		return org.FaceResult{}, err
	}
	return org.FaceResult{Session: r.Session, Passed: r.Passed, Transaction: r.Transaction}, nil
}

// LicenceChecker returns a client of the licence scan.
func (s *Sandbox) LicenceChecker() org.LicenceChecker { return licenceClient{s} }

type licenceClient struct{ s *Sandbox }

// Start implements [org.LicenceChecker].
func (c licenceClient) Start(ctx context.Context, r org.LicenceRequest) (string, error) {
	var a sessionAnswer
	err := c.s.call(ctx, http.MethodPost, "/licence", sessionRequest{Session: r.Session, Company: r.Company, CreditCode: r.CreditCode}, &a)
	return a.URL, err
}

// ParseCallback implements [org.LicenceChecker].
func (c licenceClient) ParseCallback(header http.Header, body []byte) (org.LicenceResult, error) {
	var r licenceResult
	if err := c.s.open(Licences, header, body, &r); err != nil {
		return org.LicenceResult{}, err
	}
	return org.LicenceResult{Session: r.Session, Passed: r.Passed, Company: r.Company, CreditCode: r.CreditCode,
		LegalPerson: r.LegalPerson, Transaction: r.Transaction}, nil
}

func (s *Sandbox) serveFace(w http.ResponseWriter, r *http.Request) {
	var q sessionRequest
	if !read(w, r, &q) {
		return
	}
	pass := faceResult{q.Session, "face-" + q.Session, true}
	fail := pass
	fail.Passed = false
	s.awaitPhone(w, q.Session, &session{Faces, pass, fail, "人脸识别：" + q.Name})
}

func (s *Sandbox) serveLicence(w http.ResponseWriter, r *http.Request) {
	var q sessionRequest
	if !read(w, r, &q) {
		return
	}
	pass := licenceResult{q.Session, "licence-" + q.Session, q.Company, q.CreditCode, "法定代表人", true}
	fail := pass
	fail.Passed = false
	s.awaitPhone(w, q.Session, &session{Licences, pass, fail, "电子营业执照：" + q.Company})
}

func (s *Sandbox) awaitPhone(w http.ResponseWriter, id string, se *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if id == "" || s.sessions[id] != nil {
		http.Error(w, "a session is used once", http.StatusConflict)
		return
	}
	s.sessions[id] = se
	write(w, sessionAnswer{s.url + "/phone/" + id})
}

const phonePage = `<!doctype html><html lang="zh-CN"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>%[1]s</title><h1>%[1]s</h1><p>沙箱环境，没有法律效力。</p>
<form method="post"><button name="do" value="pass">通过</button> <button name="do" value="fail">不通过</button></form></html>`

// servePhonePage serves what the phone shows after scanning the QR code.
func (s *Sandbox) servePhonePage(w http.ResponseWriter, r *http.Request) {
	se := s.session(r.PathValue("session"))
	if se == nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprintf(w, phonePage, html.EscapeString(se.title))
}

func (s *Sandbox) session(id string) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sessions[id]
}

func (s *Sandbox) servePhone(w http.ResponseWriter, r *http.Request) {
	se := s.session(r.PathValue("session"))
	if se == nil {
		http.NotFound(w, r)
		return
	}
	result := se.fail
	if r.FormValue("do") == "pass" {
		result = se.result
	}
	if err := s.report(se.provider, result); err != nil {
		s.log.Warn("sandbox: callback", "provider", se.provider, "error", err)
		http.Error(w, "the platform did not take the result", http.StatusBadGateway)
		return
	}
	_, _ = w.Write([]byte("ok"))
}

// Pass does what a person does on their phone at the address of a face check or a
// licence scan: the check passes.
func (s *Sandbox) Pass(ctx context.Context, url string) error { return s.press(ctx, url, "do=pass") }

// Fail is [Sandbox.Pass] for a check that does not pass.
func (s *Sandbox) Fail(ctx context.Context, url string) error { return s.press(ctx, url, "do=fail") }

// press sends a form to one of the sandbox's own pages.
func (s *Sandbox) press(ctx context.Context, url, form string) error {
	if !strings.HasPrefix(url, s.url+"/") {
		return errors.New("sandbox: not an address of this sandbox")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(form))
	if err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := s.client.Do(req)
	if err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("sandbox: the page answers %s", resp.Status)
	}
	return nil
}
