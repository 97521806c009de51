package pdf

// Limits limits what a file may cost. The zero value of a field means the default named
// beside it.
type Limits struct {
	Input       int64 // bytes of the file: 256 MiB
	Sections    int   // cross-reference sections: 1,100
	Objects     int64 // objects: 500,000
	Object      int64 // bytes of one object without stream data: 8 MiB
	Filters     int   // filters of one stream: 8
	Decoded     int64 // decoded bytes of one stream: 64 MiB
	XRefDecoded int64 // decoded bytes of a cross-reference stream: 16 MiB
	ObjStm      int   // objects in one object stream: 200,000
	Pages       int   // pages: 5,000
	PageDepth   int   // depth of the page tree: 1,000
	Fields      int   // form fields: 10,000
	FieldDepth  int   // depth of the field tree: 32
}

// DefaultLimits returns the default limits.
func DefaultLimits() Limits {
	return Limits{
		Input: 256 << 20, Sections: 1_100, Objects: 500_000, Object: 8 << 20,
		Filters: 8, Decoded: 64 << 20, XRefDecoded: 16 << 20, ObjStm: 200_000,
		Pages: 5_000, PageDepth: 1_000, Fields: 10_000, FieldDepth: 32,
	}
}

const (
	maxDepth  = 100 // nesting of direct objects
	maxName   = 4 << 10
	maxString = 4 << 20
	maxNumber = 1_000

	maxNumbered = 8_388_607 // ISO 32000-2, annex C: the highest number of an object that readers take
	maxElements = 1_000_000 // of an array
	maxRow      = 1 << 20   // bytes of one predictor row
)
