// Package arch holds the import directions between the rooms of this module as
// a test: which package may import which, and why.
package arch
