package seal_test

import (
	"math"
	"testing"

	"github.com/dajiaqian/dajiaqian/seal"
)

// The pitch is equal along the arc, not in the angle: on the ellipse of a
// 发票专用章 equal angles would vary it by 1.4.
func TestCurveMeasuresByArc(t *testing.T) {
	const n, fine = 20, 2000
	for _, axes := range [][2]float64{{16.4, 11.4}, {11.4, 16.4}, {18, 18}, {40, 5}} {
		rx, ry := axes[0], axes[1]
		points, _, perimeter := seal.EllipsePoints(rx, ry, n)
		for i, p := range points {
			q := points[(i+1)%n]
			from, to := math.Atan2(p[0]/rx, p[1]/ry), math.Atan2(q[0]/rx, q[1]/ry)
			if to <= from {
				to += 2 * math.Pi
			}
			length, x, y := 0.0, p[0], p[1]
			for k := 1; k <= fine; k++ {
				sin, cos := math.Sincos(from + (to-from)*float64(k)/fine)
				length += math.Hypot(rx*sin-x, ry*cos-y)
				x, y = rx*sin, ry*cos
			}
			near(t, "pitch", length/(perimeter/n), 1, 1e-5)
		}
	}
	_, _, circle := seal.EllipsePoints(10, 10, 1)
	near(t, "perimeter", circle, 20*math.Pi, 1e-9)
}

// Every tangent is a unit vector that points clockwise, below the axis too,
// where an angle taken from the slope alone would flip.
func TestCurveTangents(t *testing.T) {
	points, tangents, _ := seal.EllipsePoints(16.4, 11.4, 36)
	for i, u := range tangents {
		p := points[i]
		near(t, "length of the tangent", math.Hypot(u[0], u[1]), 1, 1e-9)
		if p[0]*u[1]-p[1]*u[0] >= 0 {
			t.Errorf("at %v the tangent %v runs anticlockwise", p, u)
		}
		near(t, "slope", p[0]*u[0]/(16.4*16.4)+p[1]*u[1]/(11.4*11.4), 0, 1e-9)
	}
}
