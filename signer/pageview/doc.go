// Package pageview draws pages of PDF files as pictures and finds where a word stands,
// so that a page can be shown and a seal can be centred on a keyword. It is PDFium,
// compiled to WebAssembly and run by wazero, without cgo. A hostile file stays inside a
// sandbox without files, network or clock, and with limits of memory and time.
//
//	v, err := pageview.New(ctx, pageview.Config{CacheDir: "/var/cache/pageview"})
//	defer v.Close()
//	doc, err := v.Open(ctx, f, size, "")
//	defer doc.Close()
//	err = doc.PNG(ctx, w, 1, 150)                 // page 1 at 150 dpi
//	hits, err := doc.Find(ctx, "甲方（盖章）")          // where a seal belongs
//	last := hits[len(hits)-1]
//	x, y := last.Centre()
//	field := &signer.Field{Name: "Seal", Page: last.Page, Box: signer.Around(x, y, 42, 42)}
//
// New compiles five megabytes of WebAssembly: about 3 s on one core without CacheDir,
// 0.08 s from a CacheDir that is filled (21 MB). A document then takes 2.5 ms to open
// and a page of text about 30 ms at 150 dpi. Make one [Viewer] and keep it.
//
// Text whose font is not embedded in the file is drawn and found. In the sandbox are a Song
// face (宋体), which stands in for every face of simplified Chinese, emboldened where the file
// asks for a bold one, and PDFium's own Latin faces. Traditional Chinese, kana and Korean
// without an embedded font are found, but drawn only from Config.Fonts.
//
// No signature depends on this package: signer and verify read files with their own
// parser.
package pageview
