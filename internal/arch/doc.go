// Package arch is the order of this module as tests: which package may import
// which and why, which third-party modules each may pull in, what each shows to
// hosts, and that the tables of docs name code and tests that exist.
package arch
