//go:build (linux || darwin) && (amd64 || arm64)

package pkcs11

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"sync"
	"unsafe"

	"github.com/ebitengine/purego"
)

// Places of functions in CK_FUNCTION_LIST (PKCS #11, 3.6).
const (
	fnInitialize        = 0
	fnFinalize          = 1
	fnGetSlotList       = 4
	fnGetTokenInfo      = 6
	fnOpenSession       = 12
	fnCloseSession      = 13
	fnLogin             = 18
	fnGetAttributeValue = 24
	fnFindObjectsInit   = 26
	fnFindObjects       = 27
	fnFindObjectsFinal  = 28
	fnSignInit          = 42
	fnSign              = 43
	functions           = 68
)

// Values and flags.
const (
	rvInitialized  = 0x191 // CKR_CRYPTOKI_ALREADY_INITIALIZED
	rvLoggedIn     = 0x100 // CKR_USER_ALREADY_LOGGED_IN
	rvPIN          = 0xa0  // CKR_PIN_INCORRECT
	rvSensitive    = 0x11  // CKR_ATTRIBUTE_SENSITIVE
	rvNoAttribute  = 0x12  // CKR_ATTRIBUTE_TYPE_INVALID
	osLocking      = 2     // CKF_OS_LOCKING_OK
	serialSession  = 4     // CKF_SERIAL_SESSION
	user           = 1     // CKU_USER
	unavailable    = ^uint64(0)
	maxObjects     = 1000
	maxValue       = 64 << 10 // bytes of an attribute or a signature
	tokenInfoSize  = 512      // more than CK_TOKEN_INFO has
	tokenLabelSize = 32
)

// module is a loaded library. A process initialises each once.
type module struct {
	path  string
	fn    [functions]uintptr
	users int
	ours  bool // initialised here

	mu     sync.Mutex // logins happen one after the other
	logins map[uint64]*login
}

// login is who is logged in to the token of a slot.
type login struct {
	sessions int
	salt     [16]byte
	pin      [sha256.Size]byte // of salt and PIN
}

var (
	modulesMu sync.Mutex
	modules   = map[string]*module{} // by path, without links
)

// load loads and initialises a module, or uses one that is loaded.
func load(path string) (*module, error) {
	if !filepath.IsAbs(path) {
		return nil, fmt.Errorf("pkcs11: the path of a module is absolute, not %q", path)
	}
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return nil, fmt.Errorf("pkcs11: %w", err)
	}
	modulesMu.Lock()
	defer modulesMu.Unlock()
	if m := modules[path]; m != nil && m.users > 0 {
		m.users++
		return m, nil
	}
	m := modules[path]
	if m == nil {
		lib, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
		if err != nil {
			return nil, fmt.Errorf("pkcs11: %w", err)
		}
		get, err := purego.Dlsym(lib, "C_GetFunctionList")
		if err != nil {
			return nil, fmt.Errorf("pkcs11: not a PKCS #11 module: %w", err)
		}
		m = &module{path: path, logins: map[uint64]*login{}}
		var p runtime.Pinner
		defer p.Unpin()
		list := new(*struct {
			version [8]byte
			fn      [functions]uintptr
		})
		p.Pin(list)
		if rv, _, _ := purego.SyscallN(get, uintptr(unsafe.Pointer(list))); rv != 0 || *list == nil {
			return nil, &Error{"C_GetFunctionList", uint64(rv)}
		}
		m.fn = (*list).fn
		modules[path] = m // a library stays loaded: few can be loaded twice
	}
	var p runtime.Pinner
	defer p.Unpin()
	args := &[6]uint64{4: osLocking} // CK_C_INITIALIZE_ARGS
	p.Pin(args)
	rv, _, _ := purego.SyscallN(m.fn[fnInitialize], uintptr(unsafe.Pointer(args)))
	if rv != 0 && rv != rvInitialized {
		return nil, &Error{"C_Initialize", uint64(rv)}
	}
	m.users, m.ours = 1, rv == 0
	return m, nil
}

// unload ends the use of a module.
func (m *module) unload() error {
	modulesMu.Lock()
	defer modulesMu.Unlock()
	if m.users--; m.users > 0 || !m.ours {
		return nil
	}
	return m.call(fnFinalize, "C_Finalize", 0)
}

// call calls a function, and returns an *Error unless it answers CKR_OK.
func (m *module) call(fn int, name string, args ...uintptr) error {
	if rv, _, _ := purego.SyscallN(m.fn[fn], args...); rv != 0 {
		return &Error{name, uint64(rv)}
	}
	return nil
}

// at returns the address of what is pinned until p is unpinned.
func at[T any](p *runtime.Pinner, v *T) uintptr {
	p.Pin(v)
	return uintptr(unsafe.Pointer(v))
}

// bytesAt is at for bytes.
func bytesAt(p *runtime.Pinner, b []byte) uintptr {
	if len(b) == 0 {
		return 0
	}
	return at(p, &b[0])
}

func (m *module) slots() ([]uint64, error) {
	var p runtime.Pinner
	defer p.Unpin()
	const withToken = 1
	n, list := new(uint64), new([64]uint64)
	*n = uint64(len(list))
	if err := m.call(fnGetSlotList, "C_GetSlotList", withToken, at(&p, list), at(&p, n)); err != nil {
		return nil, err
	}
	return list[:min(*n, uint64(len(list)))], nil
}

// label returns the label of the token in a slot.
func (m *module) label(slot uint64) (string, error) {
	var p runtime.Pinner
	defer p.Unpin()
	info := new([tokenInfoSize]byte)
	if err := m.call(fnGetTokenInfo, "C_GetTokenInfo", uintptr(slot), at(&p, info)); err != nil {
		return "", err
	}
	return trimmed(info[:tokenLabelSize]), nil
}

func (m *module) openSession(slot uint64) (uint64, error) {
	var p runtime.Pinner
	defer p.Unpin()
	s := new(uint64)
	err := m.call(fnOpenSession, "C_OpenSession", uintptr(slot), serialSession, 0, 0, at(&p, s))
	return *s, err
}

func (m *module) closeSession(s uint64) error {
	return m.call(fnCloseSession, "C_CloseSession", uintptr(s))
}

// login logs a session of a slot in. If another session is logged in, the token does not
// look at the PIN, so that it is compared with the one of that session.
func (m *module) login(slot, session uint64, pin string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if l := m.logins[slot]; l != nil {
		if got := l.hash(pin); subtle.ConstantTimeCompare(got[:], l.pin[:]) != 1 {
			return &Error{"C_Login", rvPIN}
		}
		l.sessions++
		return nil
	}
	var p runtime.Pinner
	defer p.Unpin()
	b := []byte(pin)
	err := m.call(fnLogin, "C_Login", uintptr(session), user, bytesAt(&p, b), uintptr(len(b)))
	clear(b)
	var e *Error
	if errors.As(err, &e) && e.Value == rvLoggedIn {
		return ErrLoggedIn
	}
	if err != nil {
		return err
	}
	l := &login{sessions: 1}
	if _, err := rand.Read(l.salt[:]); err != nil {
		return err
	}
	l.pin = l.hash(pin)
	m.logins[slot] = l
	return nil
}

func (l *login) hash(pin string) [sha256.Size]byte {
	return sha256.Sum256(append(l.salt[:], pin...))
}

// logout closes a session that is logged in; the last one of a slot ends the login.
func (m *module) logout(slot, session uint64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if l := m.logins[slot]; l != nil {
		if l.sessions--; l.sessions == 0 {
			delete(m.logins, slot)
		}
	}
	return m.closeSession(session)
}

// template is an array of CK_ATTRIBUTE.
type template []struct {
	kind  uint64
	value uintptr
	n     uint64
}

func (m *module) findObjects(s uint64, query attributes) ([]uint64, error) {
	var p runtime.Pinner
	defer p.Unpin()
	t := make(template, len(query))
	for i, a := range query {
		t[i].kind, t[i].value, t[i].n = a.kind, bytesAt(&p, a.value), uint64(len(a.value))
	}
	if err := m.call(fnFindObjectsInit, "C_FindObjectsInit", uintptr(s), at(&p, &t[0]), uintptr(len(t))); err != nil {
		return nil, err
	}
	n, found := new(uint64), new([maxObjects]uint64)
	err := m.call(fnFindObjects, "C_FindObjects", uintptr(s), at(&p, found), maxObjects, at(&p, n))
	if ferr := m.call(fnFindObjectsFinal, "C_FindObjectsFinal", uintptr(s)); err == nil {
		err = ferr
	}
	if err != nil {
		return nil, err
	}
	return found[:min(*n, maxObjects)], nil
}

// attribute reads an attribute of an object; nil if it has none.
func (m *module) attribute(s, object, kind uint64) ([]byte, error) {
	var p runtime.Pinner
	defer p.Unpin()
	t := template{{kind: kind}}
	get := func() error {
		return m.call(fnGetAttributeValue, "C_GetAttributeValue", uintptr(s), uintptr(object), at(&p, &t[0]), 1)
	}
	err := get()
	var e *Error
	if errors.As(err, &e) && (e.Value == rvSensitive || e.Value == rvNoAttribute) {
		return nil, nil
	}
	if err != nil || t[0].n == unavailable || t[0].n == 0 {
		return nil, err
	}
	if t[0].n > maxValue {
		return nil, fmt.Errorf("pkcs11: an attribute of %d bytes", t[0].n)
	}
	b := make([]byte, t[0].n)
	t[0].value = bytesAt(&p, b)
	if err := get(); err != nil {
		return nil, err
	}
	return b[:min(t[0].n, uint64(len(b)))], nil
}

func (m *module) sign(s, key uint64, how mechanism, data []byte) ([]byte, error) {
	var p runtime.Pinner
	defer p.Unpin()
	mech := &struct { // CK_MECHANISM
		kind   uint64
		params uintptr
		n      uint64
	}{kind: how.kind}
	if len(how.params) > 0 {
		mech.params, mech.n = at(&p, &how.params[0]), uint64(8*len(how.params))
	}
	if err := m.call(fnSignInit, "C_SignInit", uintptr(s), at(&p, mech), uintptr(key)); err != nil {
		return nil, err
	}
	n, out := new(uint64), make([]byte, 4096)
	*n = uint64(len(out))
	if err := m.call(fnSign, "C_Sign", uintptr(s), bytesAt(&p, data), uintptr(len(data)), bytesAt(&p, out), at(&p, n)); err != nil {
		return nil, err
	}
	return out[:min(*n, uint64(len(out)))], nil
}
