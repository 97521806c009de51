//go:build !linux

package pgtest

import "syscall"

// owner is the user that runs the test: the server refuses root.
type owner struct{}

func findOwner() (owner, error) { return owner{}, nil }

func (owner) own(string) error { return nil }

func (owner) attributes() *syscall.SysProcAttr { return nil }
