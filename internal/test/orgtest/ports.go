package orgtest

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/dajiaqian/dajiaqian/org"
)

type carrier struct{ w *World }

func (c carrier) Send(_ context.Context, m org.Message) error {
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	c.w.texts[m.Phone.Reveal()] = m.Text.Reveal()
	return nil
}

type faces struct{ w *World }

func (f faces) Start(_ context.Context, r org.FaceRequest) (string, error) {
	f.w.session = r.Session
	return "https://face.example", nil
}

func (faces) ParseCallback(_ http.Header, body []byte) (r org.FaceResult, err error) {
	return r, json.Unmarshal(body, &r)
}

type licences struct{ w *World }

func (l licences) Start(_ context.Context, r org.LicenceRequest) (string, error) {
	l.w.session = r.Session
	return "https://licence.example", nil
}

func (licences) ParseCallback(_ http.Header, body []byte) (r org.LicenceResult, err error) {
	return r, json.Unmarshal(body, &r)
}

// report makes a provider's callback.
func report[V any](t T, take func(context.Context, http.Header, []byte) error, v V) {
	t.Helper()
	body, err := json.Marshal(v)
	Must(t, err)
	Must(t, take(context.Background(), nil, body))
}
