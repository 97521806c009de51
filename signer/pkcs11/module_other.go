//go:build !((linux || darwin) && (amd64 || arm64))

package pkcs11

// module is not there on this platform: load returns ErrPlatform.
type module struct{}

func load(string) (*module, error) { return nil, ErrPlatform }

func (*module) unload() error                                          { return ErrPlatform }
func (*module) slots() ([]uint64, error)                               { return nil, ErrPlatform }
func (*module) label(uint64) (string, error)                           { return "", ErrPlatform }
func (*module) openSession(uint64) (uint64, error)                     { return 0, ErrPlatform }
func (*module) closeSession(uint64) error                              { return ErrPlatform }
func (*module) login(uint64, uint64, string) error                     { return ErrPlatform }
func (*module) logout(uint64, uint64) error                            { return ErrPlatform }
func (*module) findObjects(uint64, attributes) ([]uint64, error)       { return nil, ErrPlatform }
func (*module) attribute(uint64, uint64, uint64) ([]byte, error)       { return nil, ErrPlatform }
func (*module) sign(uint64, uint64, mechanism, []byte) ([]byte, error) { return nil, ErrPlatform }
