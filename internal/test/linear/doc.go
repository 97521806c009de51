// Package linear holds tests alone: clients that work on one object at once, through
// the public services, on every store, and a checker that asks of each history whether
// some order of its operations, one after the other, explains all that the clients saw.
package linear
