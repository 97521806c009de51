// Package raster reads what is around the pixels of PNG and JPEG files: chunks,
// segments, frame headers, EXIF and density. It decodes no pixel. The length of its
// input limits every reader, and results share memory only with the input.
package raster

// Limits of a picture that a signed page shows, unless a caller says otherwise.
const (
	MaxBytes  = 10 << 20   // of its file
	MaxPixels = 40_000_000 // width times height
)

// Density rounds pixels per inch to hundredths, because a metre is not a whole number
// of inches. It returns 0, 0 for values that no camera, scanner or screen has.
func Density(x, y float64) (float64, float64) {
	const low, high = 10, 20_000
	if !(x >= low && x <= high && y >= low && y <= high) {
		return 0, 0
	}
	return float64(int64(x*100+0.5)) / 100, float64(int64(y*100+0.5)) / 100
}
