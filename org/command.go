package org

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/digest"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/store"
)

const (
	// MaxKey is the longest idempotency key, in bytes.
	MaxKey = 128
	// KeyTTL is how long a key is remembered.
	KeyTTL = 7 * 24 * time.Hour
)

// Once returns this service with an idempotency key (幂等键) of the caller, 1 to [MaxKey]
// bytes, for one command: service.Once(key).Approve(…). The command and the memory of
// it are one commit. If the same actor repeats the command with the same key, it
// changes nothing and returns the same result. An actor who has left the company or was
// disabled meanwhile gets the refusal for a stranger or a disabled member instead. The
// command returns [ErrKey] if the key was used with another command or other arguments.
// Passwords and codes are not compared: a code that was used up is not needed again. A
// refused command is not remembered, and may be tried again. Keys are remembered for
// [KeyTTL].
//
// Reads ignore the key. So do three commands: [Service.RefreshFaceCheck], because each
// call is a new check; [Service.Purge], because the actor no longer exists afterwards;
// and [ReviewDesk.Read], because each reading is audited. Logins and [Service.SendCode]
// are not commands. The result may be used concurrently, like the service.
func (s *Service) Once(key string) *Service {
	c := *s
	c.keyed, c.key = true, key
	return &c
}

// unkeyed returns the service without a key, for other work of a command.
func (s *Service) unkeyed() *Service {
	c := *s
	c.keyed, c.key = false, ""
	return &c
}

// command is one act on the platform, with what is needed to authorize, recognise and
// audit it.
type command struct {
	name  string   // in the audit, such as member.approve
	actor Actor    // Person is empty before there is an account
	right Action   // empty for what a person does with their own account
	scope string   // stands for the actor before there is an account: index of the phone
	args  []string // a repetition has the same; no passwords, no codes
	codes []codeUse
}

// act is a command under way in its transaction.
type act struct {
	s       *Service
	tx      *store.Tx
	command command
	st      Standing
	refused error // the refusal, if refusing must be counted and so committed
}

// done is a command that was carried out under a key.
type done struct {
	ID      string            `json:"id"` // digest of scope and key
	Person  PersonID          `json:"person"`
	Command string            `json:"command"` // keyed digest of name and arguments
	Result  secret.Ciphertext `json:"result"`
	At      time.Time         `json:"at"`
}

var dones = store.NewTable("org_done", func(d *done) string { return d.ID },
	store.Text("person", func(d *done) string { return string(d.Person) }),
	store.Time("at", func(d *done) time.Time { return d.At })).
	Index("by_person", "person").
	Index("by_time", "at")

// do carries a command out in one transaction. It finds out who acts, whether the
// command was already done under this key, whether the actor may do it, and whether the
// codes are right; then it calls change. result, if not nil, receives the result of the
// command; repeated reports that it came from memory.
func (s *Service) do(ctx context.Context, c command, result any, change func(ctx context.Context, a *act) error, locks ...store.Lock) (repeated bool, err error) {
	if err := s.checkKey(); err != nil {
		return false, err
	}
	var refused error
	err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		a := &act{s: s, tx: tx, command: c}
		refused = nil
		var err error
		if a.st, repeated, err = s.admitActor(ctx, tx, c, result); err != nil || repeated {
			return err
		}
		if refused = s.useCodes(ctx, tx, c.codes); refused != nil {
			return Counted(refused)
		}
		if err := change(ctx, a); err != nil {
			return err
		}
		if refused = a.refused; refused != nil {
			return nil
		}
		kept := c
		kept.actor.Person = a.command.actor.Person // who has an account now: their purge erases it (T11)
		return s.remember(ctx, tx, kept, result)
	}, locks...)
	if err != nil {
		return false, err
	}
	return repeated, refused
}

func (s *Service) checkKey() error {
	if s.keyed && (s.key == "" || len(s.key) > MaxKey) {
		return ErrKey
	}
	return nil
}

// admitActor returns who acts. If the command was already done under this key, it fills in
// the result; otherwise it authorizes the actor.
func (s *Service) admitActor(ctx context.Context, tx *store.Tx, c command, result any) (st Standing, repeated bool, err error) {
	var f facts
	if c.scope == "" {
		if st, f, err = s.standing(ctx, tx, c.actor); err != nil {
			return Standing{}, false, err
		}
	}
	if repeated, err = s.recall(ctx, tx, c, result); err != nil {
		return Standing{}, false, err
	}
	if repeated {
		return st, true, checkPresent(c.right, f)
	}
	if c.right != "" {
		err = decide(c.right, f)
	}
	return st, false, err
}

// checkPresent is the check for an actor whose command was already done: they must not be a
// stranger to the company, nor disabled in it. Pure.
func checkPresent(a Action, f facts) error {
	switch {
	case f.inCompany && f.role == NoMember:
		return ErrNotFound
	case f.disabled:
		return &DeniedError{a, DenyDisabled}
	}
	return nil
}

func (s *Service) doneID(c command) string {
	scope := c.scope
	if scope == "" {
		scope = string(c.actor.Person) + "/" + string(c.actor.Org)
	}
	sum := sha256.Sum256(digest.Frame("org/once", scope, s.key))
	return hex.EncodeToString(sum[:])
}

func (s *Service) commandDigest(c command) string {
	return hex.EncodeToString(s.keys.IndexMAC(append([]string{"command", c.name}, c.args...)...))
}

// Command is one act in another package, which [Inside.Carry] carries out under the
// rules of this package's own commands.
type Command struct {
	Name  string // in the audit, such as seal.grant
	Actor Actor
	Right Action   // the action that Authorize checks; required
	Args  []string // the same for a repetition under the same key
}

// UnderWay is a command in its transaction: who acts, and its lines in the audit.
type UnderWay struct{ a *act }

// Tx returns the transaction.
func (u UnderWay) Tx() *store.Tx { return u.a.tx }

// Standing returns who acts, as [Inside.Authorize] returns it.
func (u UnderWay) Standing() Standing { return u.a.st }

// Record writes a line in the audit (操作日志). what names the record by kind and id;
// before and after are the old and the new record, nil for none. Only their SHA-256 is
// kept.
func (u UnderWay) Record(ctx context.Context, what string, before, after any) error {
	return u.a.log(ctx, what, before, after)
}

// Carry carries out a command of another package in one transaction. It authorizes the
// actor. If the service has a key (see [Service.Once]) under which the same command was
// done, it returns the remembered result; otherwise it calls change, which may run more
// than once. result points to the result of the command, which is kept, encrypted, as
// JSON; nil for none. repeated reports that the result was remembered: the work after
// the commit was already done. Carry returns the errors of [Inside.Authorize] and of
// change, and [ErrKey].
func (in Inside) Carry(ctx context.Context, c Command, result any, change func(ctx context.Context, u UnderWay) error, locks ...store.Lock) (repeated bool, err error) {
	s := in.s
	own, err := c.own()
	if err != nil {
		return false, err
	}
	return s.do(ctx, own, result, func(ctx context.Context, a *act) error { return change(ctx, UnderWay{a}) }, locks...)
}

// Ask makes the checks of [Inside.Carry] and changes nothing. A command that does work
// outside its transaction calls it first, to save the work if the actor may not do it
// or has already done it. look, if not nil, makes the package's own checks; it is not
// called for a repetition. The commit checks again.
func (in Inside) Ask(ctx context.Context, c Command, result any, look func(ctx context.Context, tx *store.Tx, st Standing) error) (repeated bool, err error) {
	s := in.s
	own, err := c.own()
	if err == nil {
		err = s.checkKey()
	}
	if err != nil {
		return false, err
	}
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		var st Standing
		var err error
		if st, repeated, err = s.admitActor(ctx, tx, own, result); err != nil || repeated || look == nil {
			return err
		}
		return look(ctx, tx, st)
	})
	return repeated && err == nil, err
}

// Report writes a line in the audit for what a provider reported to another package
// about a company, in the transaction that accepts the report. AuditEntry.By is empty.
// before and after are as for [UnderWay.Record].
func (in Inside) Report(ctx context.Context, tx *store.Tx, name string, company CompanyID, what string, before, after any) error {
	s := in.s
	a := &act{s: s, tx: tx, command: command{name: name, actor: Actor{Org: company}}}
	return a.log(ctx, what, before, after)
}

// own returns the command in the form of this package.
func (c Command) own() (command, error) {
	if c.Name == "" || c.Right == "" {
		return command{}, errors.New("org: a Command needs a Name and a Right")
	}
	return command{name: c.Name, actor: c.Actor, right: c.Right, args: c.Args}, nil
}

// recall fills in the result of a command that was already done under the same key.
func (s *Service) recall(ctx context.Context, tx *store.Tx, c command, result any) (bool, error) {
	if !s.keyed {
		return false, nil
	}
	rec, err := dones.Get(ctx, tx, s.doneID(c))
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if rec.V.Command != s.commandDigest(c) {
		return false, ErrKey
	}
	if result == nil {
		return true, nil
	}
	text, err := s.keys.Decrypt(secret.Place{Table: "org_done", Column: "result", ID: rec.V.ID}, rec.V.Result)
	if err != nil {
		return false, err
	}
	return true, json.Unmarshal([]byte(text.Reveal()), result)
}

// remember stores the result of a command for its repetition, and again after a
// provider has answered.
func (s *Service) remember(ctx context.Context, tx *store.Tx, c command, result any) error {
	if !s.keyed {
		return nil
	}
	text, err := json.Marshal(result)
	if err != nil {
		return err
	}
	d := done{ID: s.doneID(c), Person: c.actor.Person, Command: s.commandDigest(c), At: tx.Now()}
	if d.Result, err = s.keys.Encrypt(s.random, secret.Place{Table: "org_done", Column: "result", ID: d.ID}, secret.New(string(text))); err != nil {
		return err
	}
	rec, err := dones.Get(ctx, tx, d.ID)
	if errors.Is(err, store.ErrNotFound) {
		return dones.Insert(ctx, tx, d)
	}
	if err != nil {
		return err
	}
	rec.V = d
	return dones.Update(ctx, tx, rec)
}

// amendAnswer stores what a provider answered after the commit.
func (s *Service) amendAnswer(ctx context.Context, c command, result any) error {
	if !s.keyed {
		return nil
	}
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error { return s.remember(ctx, tx, c, result) })
}
