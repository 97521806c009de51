package seal

// A 个人签名章 is a name on one line, without a border, cut close to the ink.
const (
	signatureHeight = 8.0  // mm of an ideograph
	signatureRoom   = 60.0 // mm that the name takes at most unless Width says more
)

func (spec *Spec) drawSignature() (*Artwork, error) {
	if spec.Code != "" || spec.RingCode != "" {
		return nil, &CodeError{"Code", spec.Code + spec.RingCode, CodePlace}
	}
	height, err := side("Height", spec.Height, signatureHeight)
	if err != nil {
		return nil, err
	}
	room, err := side("Width", spec.Width, signatureRoom)
	if err != nil {
		return nil, err
	}
	name, err := checkText("Name", spec.Name, MaxName)
	if err != nil {
		return nil, err
	}
	face, _, err := spec.faces()
	if err != nil {
		return nil, err
	}
	letters, err := face.letters(name)
	if err != nil {
		return nil, err
	}
	text := line{
		letters: letters, face: face, room: room,
		height: height * face.height, minHeight: minText,
		width: 1, minWidth: 0.7, gap: 0.04,
	}
	shapes, ok := text.shapes()
	if !ok {
		return nil, &FitError{"Name"}
	}
	return newTightArtwork(spec, shapes, boxOf(shapes))
}
