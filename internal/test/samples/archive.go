package samples

import (
	"fmt"
	"strings"
)

// Colours of an output intent for PDF/A.
const (
	SRGB = ""
	Gray = "gray"
	CMYK = "cmyk"
	None = "none" // no intent at all: colours that depend on no device
)

// claimed is the standard that a Spec conforms to: "1a" to "4f" of PDF/A, "ua1" and "ua2"
// of PDF/UA.
func (s Spec) claimed() (archive, level, accessible string) {
	if part, ok := strings.CutPrefix(s.Archive, "ua"); ok {
		return "", "", part
	}
	if s.Archive == "" {
		return "", "", ""
	}
	return s.Archive[:1], strings.ToUpper(s.Archive[1:]), ""
}

// tagged reports whether the standard requires a structure.
func (s Spec) tagged() bool {
	_, level, accessible := s.claimed()
	return level == "A" || accessible != ""
}

// version is the version of PDF in the header.
func (s Spec) version() string {
	switch archive, _, accessible := s.claimed(); {
	case archive == "1":
		return "1.4"
	case archive == "4" || accessible == "2":
		return "2.0"
	}
	return "1.7"
}

// ink returns the operator that sets the colour of the frame, and the resources it needs.
func (s Spec) ink() (op, resources string) {
	switch s.Intent {
	case Gray:
		return "0.5 G", ""
	case CMYK:
		return "1 0.5 0 0 K", ""
	case None:
		return "/Lab CS 40 20 -60 SC", "/ColorSpace<</Lab[/Lab<</WhitePoint[0.9505 1 1.089]>>]>>"
	}
	return "0 0 1 RG", ""
}

// archive adds what the standard requires of the catalog: metadata, an output intent, a
// structure.
func (b *builder) archive() string {
	s := b.spec
	archive, level, accessible := s.claimed()
	said := ""
	if archive != "" {
		said = "<pdfaid:part>" + archive + "</pdfaid:part>"
		if level != "" {
			said += "<pdfaid:conformance>" + level + "</pdfaid:conformance>"
		}
		if archive == "4" {
			said += "<pdfaid:rev>2020</pdfaid:rev>"
		}
	}
	if accessible != "" {
		said += "<pdfuaid:part>" + accessible + "</pdfuaid:part>"
		if accessible == "2" {
			said += "<pdfuaid:rev>2024</pdfuaid:rev>"
		}
		said += `<dc:title><rdf:Alt><rdf:li xml:lang="x-default">Sample</rdf:li></rdf:Alt></dc:title>`
	}
	xmp := "<?xpacket begin=\"\ufeff\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n" +
		`<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">` +
		`<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" xmlns:dc="http://purl.org/dc/elements/1.1/">` +
		said + "</rdf:Description></rdf:RDF></x:xmpmeta>\n<?xpacket end=\"w\"?>"
	meta := b.add(streamOf("/Type/Metadata/Subtype/XML", xmp))
	out := fmt.Sprintf("/Metadata %d 0 R", meta)
	if archive != "" && s.Intent != None {
		profile, n := sRGB(), 3
		switch s.Intent {
		case Gray:
			profile, n = grayProfile(), 1
		case CMYK:
			profile, n = cmykProfile(), 4
		}
		icc := b.add(streamOf(fmt.Sprintf("/N %d", n), string(profile)))
		out += fmt.Sprintf("/OutputIntents[<</Type/OutputIntent/S/GTS_PDFA1/OutputConditionIdentifier(Sample)/Info(Sample)/DestOutputProfile %d 0 R>>]", icc)
	}
	if level == "F" {
		file := b.add(streamOf("/Type/EmbeddedFile/Subtype/text#2Fplain", "attached"))
		spec := b.add(fmt.Sprintf("<</Type/Filespec/F(a.txt)/UF(a.txt)/AFRelationship/Data/EF<</F %d 0 R/UF %d 0 R>>>>", file, file))
		out += fmt.Sprintf("/AF[%d 0 R]/Names<</EmbeddedFiles<</Names[(a.txt)%d 0 R]>>>>", spec, spec)
	}
	if s.tagged() {
		out += b.structure(accessible == "2")
	}
	return out
}

// structure adds a structure of one element. What the pages show is decoration.
func (b *builder) structure(version2 bool) string {
	root := len(b.objs) + 1
	namespace, element := "", ""
	if version2 {
		namespace, element = fmt.Sprintf("/Namespaces[%d 0 R]", root+2), fmt.Sprintf("/NS %d 0 R", root+2)
	}
	b.add(fmt.Sprintf("<</Type/StructTreeRoot/K[%d 0 R]/ParentTree<</Nums[]>>/ParentTreeNextKey 0%s>>", root+1, namespace))
	b.add(fmt.Sprintf("<</Type/StructElem/S/Document/P %d 0 R%s>>", root, element))
	if version2 {
		b.add("<</Type/Namespace/NS(http://iso.org/pdf2/ssn)>>")
	}
	return fmt.Sprintf("/StructTreeRoot %d 0 R/MarkInfo<</Marked true>>/Lang(zh-CN)/ViewerPreferences<</DisplayDocTitle true>>", root)
}
