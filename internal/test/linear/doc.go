// Package linear has only tests. Clients work on one object at once, through the public
// services, on every store. A checker then finds out, for each history, whether some
// order of its operations, one after the other, explains everything that the clients
// saw.
package linear
