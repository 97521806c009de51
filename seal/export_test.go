package seal

// EllipsePoints places n points at equal arc lengths on an ellipse, clockwise
// from the top, with the tangents there.
func EllipsePoints(rx, ry float64, n int) (points, tangents [][2]float64, perimeter float64) {
	c := newCurve(rx, ry)
	for i := range n {
		p, t := c.at(c.perimeter() * float64(i) / float64(n))
		points = append(points, [2]float64{p.X, p.Y})
		tangents = append(tangents, [2]float64{t.X, t.Y})
	}
	return points, tangents, c.perimeter()
}
