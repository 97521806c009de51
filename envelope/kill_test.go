package envelope_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/envelope/envelopetest"
)

var kills = flag.Int("kills", 5, "how often TestKilled kills")

// killChild and killStart tell a process that it is to be killed: on which site, and
// from which time on.
const killChild, killStart = "ENVELOPE_KILL_CHILD", "ENVELOPE_KILL_START"

// TestKilled: a process makes, signs and completes envelopes on SQLite and a directory
// and is killed (SIGKILL) at a random moment, again and again on the same files. What
// it was told is done stays done; every charge and every use of a seal is there once;
// every document verifies.
func TestKilled(t *testing.T) {
	if folder := os.Getenv(killChild); folder != "" {
		toBeKilled(t, folder)
	}
	if testing.Short() {
		t.Skip("starts many processes; not in the short run")
	}
	folder := t.TempDir()
	s := newSite(t, folder)
	at := envelopetest.Start.Add(30 * 24 * time.Hour)
	seen, midway := 0, 0
	for n := range *kills {
		at = at.Add(time.Hour)
		killed := s.killOne(t, at)
		diary := readDiary(t, folder)
		drv, blobs := s.files(t)
		at = at.Add(time.Hour)
		c := s.open(t, at, drv, blobs)
		c.kept(t, diary[seen:])
		for _, e := range c.books(t) {
			if e.Status == envelope.InProgress {
				midway++
			}
		}
		if n%3 == 2 { // otherwise the next process, and the next kill, get the unfinished work
			c.recover(t)
			at = c.Clock.Now()
		}
		seen = len(diary)
		if err := c.DB.Close(); err != nil {
			t.Fatal(err)
		}
		if t.Failed() {
			t.Fatalf("after kill %d, %s", n+1, killed)
		}
	}
	drv, blobs := s.files(t)
	c := s.open(t, at.Add(time.Hour), drv, blobs)
	c.recover(t)
	c.kept(t, readDiary(t, folder))
	states := c.settled(t)
	t.Logf("%d kills, %d acknowledged, %d seen in progress; at the end %v", *kills, seen, midway, states)
	if states[envelope.Completed] == 0 || *kills >= 50 && midway == 0 {
		t.Error("no process came far enough, or none was killed on the way")
	}
}

// killOne starts a process and kills it: mostly while it works, sometimes while it
// starts.
func (s *site) killOne(t *testing.T, at time.Time) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilled$", "-test.timeout=1m")
	cmd.Env = append(os.Environ(), killChild+"="+s.folder, killStart+"="+at.Format(time.RFC3339))
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	lines, said := bufio.NewScanner(out), ""
	if rand.IntN(10) > 0 {
		for lines.Scan() && lines.Text() != "ready" {
			said += lines.Text() + "\n"
		}
	}
	after := time.Duration(rand.IntN(400_000)) * time.Microsecond
	time.Sleep(after)
	_ = cmd.Process.Kill() // if it ended by itself, Wait returns that
	for lines.Scan() {
		said += lines.Text() + "\n"
	}
	if err := cmd.Wait(); cmd.ProcessState.Exited() {
		t.Fatalf("the process ended by itself: %v\n%s", err, said)
	}
	return fmt.Sprintf("%v after its start", after)
}

// toBeKilled works until it is killed.
func toBeKilled(t *testing.T, folder string) {
	at, err := time.Parse(time.RFC3339, os.Getenv(killStart))
	if err != nil {
		t.Fatal(err)
	}
	diary, err := os.OpenFile(filepath.Join(folder, "diary"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	s := readSite(t, folder)
	drv, blobs := s.files(t)
	c := s.open(t, at, drv, blobs)
	fmt.Println("ready")
	go c.Envelopes.Run(t.Context(), 5*time.Millisecond, nil)
	err = c.work(t.Context(), t, func(n note) error {
		b, err := json.Marshal(n)
		if err != nil {
			return err
		}
		if _, err := diary.Write(append(b, '\n')); err != nil {
			return err
		}
		return diary.Sync()
	})
	t.Fatal(err)
}

// readDiary reads what processes were told. The last line may be incomplete.
func readDiary(t *testing.T, folder string) []note {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(folder, "diary"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	var out []note
	for line := range bytes.Lines(b) {
		var n note
		if json.Unmarshal(line, &n) == nil {
			out = append(out, n)
		}
	}
	return out
}
