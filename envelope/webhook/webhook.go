// Package webhook posts the notices of envelopes to an address in the form of
// Standard Webhooks:
//
//	hook, err := webhook.New(webhook.Config{URL: "https://erp.example.com/notices", Secret: secret, Now: time.Now})
//	svc, err := envelope.New(envelope.Config{Sinks: map[string]envelope.Sink{"erp": hook}, ...})
//
// The receiver checks the signature and the time over the raw body, and processes each
// id only once, as examples/erp does.
package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"

	webhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/internal/fault"
)

// Sink is an [envelope.Sink] that posts notices to an address in the form of Standard
// Webhooks: the headers webhook-id, webhook-timestamp and webhook-signature (v1,
// HMAC-SHA256), and a body of type, timestamp and data, where data is the
// [envelope.Notice]. Every answer except 2xx is a refusal; redirections are not
// followed (T16).
type Sink struct {
	url    string
	sign   *webhooks.Webhook
	client *http.Client
	now    func() time.Time
}

// Config is the configuration of a [Sink].
type Config struct {
	URL    string           // required: https
	Secret string           // required: whsec_ and 24 to 64 bytes in base64, shared with the receiver
	Now    func() time.Time // required
	// Private allows addresses that are not on the public internet, and plain http, for
	// receivers in the host's own network and for tests.
	Private bool
}

// ErrPrivateAddress means that the name in a webhook's URL leads to an address that is
// not on the public internet.
var ErrPrivateAddress = errors.New("webhook: the address is not public")

func refuse(field, reason string) error {
	return &fault.ConfigError{Package: "webhook", Field: field, Reason: reason}
}

// New checks a configuration: the error is an [org.ConfigError]. Each delivery checks the address when it connects: a name
// that later leads elsewhere is refused too.
func New(c Config) (*Sink, error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && (u.Scheme != "http" || !c.Private) {
		return nil, refuse("Config.URL", "is not https, or holds a password")
	}
	sign, err := webhooks.NewWebhook(c.Secret)
	if err != nil {
		return nil, refuse("Config.Secret", "is not base64")
	}
	if n := len(c.Secret); n < len("whsec_")+32 || n > len("whsec_")+88 || c.Secret[:len("whsec_")] != "whsec_" {
		return nil, refuse("Config.Secret", "is not whsec_ and 24 to 64 bytes")
	}
	if c.Now == nil {
		return nil, refuse("Config.Now", "is required")
	}
	dialer := &net.Dialer{Timeout: 5 * time.Second}
	if !c.Private {
		dialer.Control = publicOnly
	}
	return &Sink{url: c.URL, sign: sign, now: c.Now, client: &http.Client{
		Timeout:       15 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{DialContext: dialer.DialContext, TLSHandshakeTimeout: 5 * time.Second,
			ResponseHeaderTimeout: 10 * time.Second, MaxIdleConnsPerHost: 2, IdleConnTimeout: time.Minute},
	}}, nil
}

// publicOnly refuses connections to addresses that are not on the public internet
// (T16).
func publicOnly(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %s", ErrPrivateAddress, address)
	}
	ip := at.Addr().Unmap()
	if !ip.IsGlobalUnicast() || ip.IsPrivate() {
		return ErrPrivateAddress
	}
	for _, p := range reserved {
		if p.Contains(ip) {
			return ErrPrivateAddress
		}
	}
	return nil
}

// reserved are ranges that netip counts as global but that lead nowhere public (RFC
// 6890, RFC 9637, RFC 9602), or into private networks by translation (RFC 4291, RFC 6052, RFC
// 3056, RFC 4380, RFC 7526).
var reserved = prefixes("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24",
	"203.0.113.0/24", "240.0.0.0/4", "::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16",
	"3fff::/20", "5f00::/16", "fec0::/10")

func prefixes(texts ...string) (out []netip.Prefix) {
	for _, t := range texts {
		out = append(out, netip.MustParsePrefix(t))
	}
	return out
}

// Deliver implements [envelope.Sink].
func (h *Sink) Deliver(ctx context.Context, n envelope.Notice) error {
	at := h.now()
	body, err := json.Marshal(struct {
		Type      string          `json:"type"`
		Timestamp time.Time       `json:"timestamp"`
		Data      envelope.Notice `json:"data"`
	}{"envelope." + string(n.Kind), n.At, n})
	if err != nil {
		return err
	}
	signature, err := h.sign.Sign(n.ID, at, body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(webhooks.HeaderWebhookID, n.ID)
	req.Header.Set(webhooks.HeaderWebhookTimestamp, fmt.Sprint(at.Unix()))
	req.Header.Set(webhooks.HeaderWebhookSignature, signature)
	res, err := h.client.Do(req)
	if err != nil {
		return withoutURL(err)
	}
	_, err = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10))
	if err = errors.Join(err, res.Body.Close()); err != nil {
		return err
	}
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("webhook: it answered %d", res.StatusCode)
	}
	return nil
}

// withoutURL drops the address from an error, because its query may be a secret and errors
// are stored.
func withoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return fmt.Errorf("webhook: %w", u.Err)
	}
	return err
}
