package witness_test

import (
	"runtime"
	"slices"
	"testing"
	"time"
)

// minRounds is how often each side runs, also with -benchtime 1x.
const minRounds = 5

// race times two ways to do the same work, turn by turn, and reports the median of
// each and their ratio: below 1 ours is quicker. Who goes first alternates. A turn
// is one call, or several where a call is too short to be timed alone.
func race(b *testing.B, rival string, turn int, ours, theirs func()) {
	b.Helper()
	var mine, other []time.Duration
	timed := func(do func()) time.Duration {
		runtime.GC() // nobody pays for what the other left behind
		start := time.Now()
		for range turn {
			do()
		}
		return time.Since(start) / time.Duration(turn)
	}
	round := func() {
		if len(mine)%2 == 0 {
			mine, other = append(mine, timed(ours)), append(other, timed(theirs))
			return
		}
		theirs := timed(theirs)
		mine, other = append(mine, timed(ours)), append(other, theirs)
	}
	for b.Loop() {
		round()
	}
	for len(mine) < minRounds {
		round()
	}
	ms := func(all []time.Duration) float64 {
		slices.Sort(all)
		return float64(all[len(all)/2]) / 1e6
	}
	m, o := ms(mine), ms(other)
	b.ReportMetric(0, "ns/op") // it would be of both sides and of the collector
	b.ReportMetric(m/o, "x-"+rival)
	b.ReportMetric(m, "ours-ms")
	b.ReportMetric(o, rival+"-ms")
}
