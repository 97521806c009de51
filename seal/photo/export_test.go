package photo

import "image"

// CleanSmall is Clean with other limits.
func CleanSmall(data []byte, o Options, pixels, side int) (*Photo, error) {
	return clean(data, o, limits{pixels: pixels, side: side, crop: 8, memory: int64(pixels) * 20})
}

// ReadPNG reads a whole PNG as Clean does.
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
