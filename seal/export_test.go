package seal

import "image"

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

// CleanSmallPhoto is CleanPhoto with limits of its own.
func CleanSmallPhoto(data []byte, o PhotoOptions, pixels, side int) (*Photo, error) {
	return cleanPhoto(data, o, photoLimits{pixels: pixels, side: side, crop: 8, memory: int64(pixels) * 20})
}

// ReadPNG reads a whole PNG as CleanPhoto does.
func ReadPNG(data []byte) (*image.NRGBA, error) {
	s, _, err := openPNG(data)
	if err != nil {
		return nil, err
	}
	m := image.NewNRGBA(image.Rect(0, 0, s.w, s.h))
	return m, s.rows(s.h, func(x, dx, y int, row []byte) {
		for i := 0; i < len(row); i, x = i+4, x+dx {
			copy(m.Pix[y*m.Stride+4*x:], row[i:i+4])
		}
	})
}
