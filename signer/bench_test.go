package signer_test

import (
	"crypto"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/test/floor"
	"github.com/dajiaqian/dajiaqian/internal/test/samples"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
)

// signFile signs a file into another as a host would.
func signFile(b testing.TB, in, out string, req signer.Request) {
	f, err := os.Open(in)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		b.Fatal(err)
	}
	doc, err := signer.Open(f, st.Size())
	if err != nil {
		b.Fatal(err)
	}
	w, err := os.Create(out)
	if err != nil {
		b.Fatal(err)
	}
	if err := signer.Sign(b.Context(), w, doc, req); err != nil {
		b.Fatal(err)
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
}

// least measures the floor: the file copied and hashed once, and one signature.
func least(b testing.TB, n int, path string, key crypto.Signer) time.Duration {
	dir, digest := b.TempDir(), sha256.Sum256(nil)
	start := time.Now()
	for range n {
		if _, err := key.Sign(nil, digest[:], crypto.SHA256); err != nil {
			b.Fatal(err)
		}
		if err := floor.Copy(path, dir); err != nil {
			b.Fatal(err)
		}
	}
	return time.Since(start)
}

// peakMB returns the most memory that the process has held, in MB (VmHWM, on Linux).
func peakMB(b testing.TB) float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		if runtime.GOOS != "linux" {
			b.Skip("the peak is read from /proc")
		}
		b.Fatal(err)
	}
	for _, line := range strings.Split(string(status), "\n") {
		if v, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, err := strconv.Atoi(strings.Fields(v)[0])
			if err != nil {
				b.Fatal(err)
			}
			return float64(kb) / 1024
		}
	}
	b.Fatal("no VmHWM in /proc/self/status")
	return 0
}

// BenchmarkSign: B-B with an RSA-2048 key, invisible. peak-MB is of the whole
// process, so the files are made and written before.
func BenchmarkSign(b *testing.B) {
	ca := newCA(b, devca.RSA2048)
	cred := credential(b, ca)
	dir := b.TempDir()
	for _, c := range []struct {
		name string
		spec samples.Spec
	}{
		{"100KB", samples.Spec{Bulk: 100 << 10}},
		{"10MB", samples.Spec{Bulk: 10 << 20}},
		{"10MB-40000-objects", samples.Spec{Bulk: 7 << 20, Objects: 40_000}},
		{"10MB-40000-objects-streams", samples.Spec{Form: samples.Stream, Bulk: 10 << 20, Objects: 19_000}},
		{"100MB", samples.Spec{Bulk: 100 << 20}},
	} {
		path := filepath.Join(dir, c.name+".pdf")
		if err := os.WriteFile(path, samples.PDF(c.spec), 0o600); err != nil {
			b.Fatal(err)
		}
		b.Run("B-B/RSA-2048/"+c.name, func(b *testing.B) {
			req := signer.Request{Credential: cred, Level: signer.BB, Time: signingTime, NewField: &signer.Field{Name: "S"}}
			b.ReportAllocs()
			for b.Loop() {
				signFile(b, path, filepath.Join(dir, "out.pdf"), req)
			}
			b.ReportMetric(float64(b.Elapsed())/float64(least(b, b.N, path, cred.Key)), "x-floor")
		})
	}
}

// BenchmarkHundredSignatures signs one file a hundred times, one signature on top of
// the other. x-floor is the worst signature's, bytes/signature the growth.
func BenchmarkHundredSignatures(b *testing.B) {
	ca := newCA(b, devca.RSA2048)
	cred := credential(b, ca)
	dir := b.TempDir()
	for b.Loop() {
		path := filepath.Join(dir, "0.pdf")
		if err := os.WriteFile(path, samples.PDF(samples.Spec{Bulk: 500 << 10}), 0o600); err != nil {
			b.Fatal(err)
		}
		first, err := os.Stat(path)
		if err != nil {
			b.Fatal(err)
		}
		// Each signature is compared with its own floor; both are the quickest of seven
		// runs.
		worst, sum := 0.0, 0.0
		for i := range 100 {
			next := filepath.Join(dir, fmt.Sprintf("%d.pdf", i%2+1))
			req := signer.Request{Credential: cred, Level: signer.BB, Time: signingTime, NewField: &signer.Field{Name: fmt.Sprintf("S%d", i)}}
			took := fastest(func() { signFile(b, path, next, req) })
			x := float64(took) / float64(fastest(func() { least(b, 1, path, cred.Key) }))
			worst, sum = max(worst, x), sum+x
			path = next
		}
		last, err := os.Stat(path)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(worst, "worst-x-floor")
		b.ReportMetric(sum/100, "x-floor")
		b.ReportMetric(float64(last.Size()-first.Size())/100, "bytes/signature")
	}
}

// fastest returns the time of the quickest of seven runs: what the work costs without
// disturbance.
func fastest(do func()) time.Duration {
	var best time.Duration
	for i := range 7 {
		start := time.Now()
		do()
		if took := time.Since(start); i == 0 || took < best {
			best = took
		}
	}
	return best
}

// BenchmarkMemory signs a file of 100 MB in its own process (-benchtime 1x -bench
// Memory) and reports how much its peak rose over idle.
func BenchmarkMemory(b *testing.B) {
	ca := newCA(b, devca.RSA2048)
	cred := credential(b, ca)
	path := filepath.Join(b.TempDir(), "in.pdf")
	w, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	if err := samples.Big(w, 100<<20); err != nil {
		b.Fatal(err)
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	idle := peakMB(b)
	for b.Loop() {
		signFile(b, path, filepath.Join(b.TempDir(), "out.pdf"),
			signer.Request{Credential: cred, Level: signer.BT, Services: signer.Services{Timestamper: ca}, Time: signingTime, NewField: &signer.Field{Name: "S"}})
	}
	b.ReportMetric(peakMB(b)-idle, "MB-over-idle")
	b.ReportMetric(peakMB(b), "MB-peak")
}
