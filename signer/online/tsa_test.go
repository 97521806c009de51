package online_test

import (
	"bytes"
	"crypto"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/signer/devca"
	"github.com/dajiaqian/dajiaqian/signer/online"
)

// TestStatus (RFC 3161, 2.4.2): a token that is granted with modifications is taken, and
// said to be so; a web page in the place of an answer is named.
func TestStatus(t *testing.T) {
	ca, err := devca.New(devca.Config{Now: time.Now, Algorithm: devca.P256})
	if err != nil {
		t.Fatal(err)
	}
	change := func(b []byte) []byte { return b }
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := httptest.NewRecorder()
		ca.Handler().ServeHTTP(rec, r)
		_, _ = w.Write(change(rec.Body.Bytes()))
	}))
	defer s.Close()
	status := func(n byte) func([]byte) []byte {
		return func(b []byte) []byte {
			return bytes.Replace(b, []byte{0x30, 3, 2, 1, 0}, []byte{0x30, 3, 2, 1, n}, 1)
		}
	}
	for name, c := range map[string]struct {
		change func([]byte) []byte
		warned bool
		want   string // of the error
	}{
		"granted":            {status(0), false, ""},
		"with modifications": {status(1), true, ""},
		"rejected":           {status(2), false, "status 2"},
		"waiting":            {status(3), false, "status 3"},
		"a web page":         {func([]byte) []byte { return []byte("\r\n<!DOCTYPE html><html></html>") }, false, "web page"},
		"nothing":            {func([]byte) []byte { return nil }, false, "wrong form"},
	} {
		change = c.change
		var warned []string
		tsa := &online.TSA{URL: s.URL + "/tsa", Client: s.Client(), Warn: func(s string) { warned = append(warned, s) }}
		token, err := tsa.Timestamp(t.Context(), crypto.SHA256, make([]byte, 32))
		if (len(warned) > 0) != c.warned || (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) || err == nil && len(token) == 0 {
			t.Errorf("%s: %v, warned %q", name, err, warned)
		}
		tsa.Warn = nil
		if _, err := tsa.Timestamp(t.Context(), crypto.SHA256, make([]byte, 32)); (err == nil) != (c.want == "") {
			t.Errorf("%s, nobody to warn: %v", name, err)
		}
	}
}
