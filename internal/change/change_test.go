package change

import "testing"

// TestGrade: the level of changes of single objects that no signature covers.
func TestGrade(t *testing.T) {
	const form = "<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Length 1>>\nstream\nn\nendstream"
	for name, tt := range map[string]struct {
		objects map[int]string
		want    Level
		code    Code
	}{
		"nothing":           {nil, None, ""},
		"an orphan":         {map[int]string{10: "<</A 1>>"}, LTA, OrphanAdded},
		"a stream alone":    {map[int]string{10: form}, Other, OrphanStream},
		"an own container":  {map[int]string{6: "<</Type/Annot/Subtype/Widget/FT/Tx/T(text)/V(9)/Rect[10 10 60 30]/P 3 0 R/AP<</N 10 0 R>>>>", 10: "<</Type/ObjStm/N 0/First 0/Length 0>>\nstream\n\nendstream"}, Other, ""},
		"the page's paint":  {map[int]string{4: "<</Length 1>>\nstream\nq\nendstream"}, Other, ObjectChanged},
		"its box":           {map[int]string{3: "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 800]/Contents 4 0 R/Resources<<>>/Annots[6 0 R 7 0 R 8 0 R]>>"}, Other, PageKeyChanged},
		"a text is filled":  {map[int]string{6: "<</Type/Annot/Subtype/Widget/FT/Tx/T(text)/V(9)/Rect[10 10 60 30]/P 3 0 R/AP<</N 10 0 R>>>>", 10: form}, Form, FieldFilled},
		"a note":            {map[int]string{8: "<</Type/Annot/Subtype/Text/Contents(other)/Rect[100 100 120 120]>>"}, Annotation, AnnotationChanged},
		"an action":         {map[int]string{1: "<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R/OpenAction<</S/JavaScript>>>>"}, Other, CatalogKeyChanged},
		"readers may paint": {map[int]string{5: "<</Fields[6 0 R 7 0 R]/SigFlags 3/NeedAppearances true>>"}, Other, NeedAppearancesSet},
	} {
		_, revs := gradeAll(t, build(base(), tableOf(base()), tt.objects))
		if len(revs) != 2 || revs[0].Level != Unchecked || revs[1].Level != tt.want {
			t.Errorf("%s: %+v", name, revs)
			continue
		}
		if items := revs[1].Items; tt.code != "" && (len(items) == 0 || items[0].Code != tt.code) {
			t.Errorf("%s: %+v, want %s", name, items, tt.code)
		}
	}
}
