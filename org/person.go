package org

import (
	"context"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/dajiaqian/dajiaqian/internal/fault"
	"github.com/dajiaqian/dajiaqian/internal/names"
	"github.com/dajiaqian/dajiaqian/internal/plain"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/store"
)

// Registration is what a person fills in (M1, M2).
type Registration struct {
	Phone    string
	Code     secret.Text // sent by SendCode with PurposeRegister
	Name     string      // real name as on the identity card
	Password secret.Text // 8 characters to 128 bytes
	Terms    string      // version of the terms that were ticked
}

// Register makes an account (立即注册); the person is then 未认证 (M3). It stores that the
// terms were accepted, with version and time: see [Service.Consents]. It returns
// [ErrPhoneTaken] if the phone has an account, [ErrTerms] if the terms are not those in
// force, a [*CodeError] if the code is refused, and a [*FieldError] if a field cannot
// be right.
func (s *Service) Register(ctx context.Context, r Registration) (Person, error) {
	phone, err := ParsePhone(r.Phone)
	if err != nil {
		return Person{}, err
	}
	name, err := cleanName("name", r.Name, 50)
	if err != nil {
		return Person{}, err
	}
	if r.Terms != s.terms {
		return Person{}, ErrTerms
	}
	if err := checkPassword(r.Password); err != nil {
		return Person{}, err
	}
	if err := s.guard(ctx, "register"); err != nil {
		return Person{}, err
	}
	ix := s.keys.Index("phone", phone)
	c := command{name: "person.register", scope: "phone/" + ix, args: []string{ix, name, r.Terms},
		codes: []codeUse{{PurposeRegister, phone, r.Code}}}
	hash, err := s.hashFor(ctx, c, r.Password)
	if err != nil {
		return Person{}, err
	}
	var made Person
	_, err = s.do(ctx, c, &made, func(ctx context.Context, a *act) error {
		id := a.tx.NewID()
		a.command.actor.Person = PersonID(id)
		encrypted, err := s.keys.Encrypt(s.random, secret.Place{Table: "org_person", Column: "phone", ID: id}, phone)
		if err != nil {
			return err
		}
		p := person{ID: PersonID(id), Name: name, Phone: encrypted, PhoneIx: ix, PhoneMask: phone.Mask(), Password: hash,
			SecuredAt: a.tx.Now(), CreatedAt: a.tx.Now()}
		err = insert(ctx, a, persons, "person/"+id, p)
		if errors.Is(err, store.ErrExists) {
			return ErrPhoneTaken
		}
		if err != nil {
			return err
		}
		made = p.public()
		return s.consent(ctx, a, DocumentTerms, r.Terms)
	})
	if err != nil {
		return Person{}, err
	}
	s.log.InfoContext(ctx, "person registered", "person", made.ID, "terms", r.Terms)
	return made, nil
}

// cleanName trims a name and refuses what no name contains (T36, T37).
func cleanName(field, name string, most int) (string, error) {
	name = strings.TrimSpace(name)
	n, fold := utf8.RuneCountInString(name), names.Fold(name)
	if n == 0 || n > most || !plain.Printable(name, "") || names.Mixed(name) || fold == "" || len(fold) > store.MaxText {
		return "", &FieldError{field, "empty, too long, with characters that are not seen, or of several alphabets", "请输入正确的名称"}
	}
	return name, nil
}

func (s *Service) phoneOf(p *person) (secret.Text, error) {
	sec, err := s.keys.Decrypt(secret.Place{Table: "org_person", Column: "phone", ID: string(p.ID)}, p.Phone)
	if err != nil {
		return secret.Text{}, err
	}
	return ParsePhone(sec.Reveal())
}

// Login checks phone and password (账密登录, M5). It returns [ErrLogin], which does not say
// which of the two is wrong, and takes as long for a phone without an account. It
// returns a [*LimitError] after ten wrong tries in a quarter of an hour in either case.
// It replaces a hash of an older cost. What a login means is the host's decision: the
// session belongs to the host.
func (s *Service) Login(ctx context.Context, phone string, password secret.Text) (Person, error) {
	to, err := ParsePhone(phone)
	if err != nil {
		return Person{}, err
	}
	if err := s.guard(ctx, "login"); err != nil {
		return Person{}, err
	}
	subject := s.keys.Index("phone", to)
	var p person
	// The try is counted before it is checked, so that many at once are limited too.
	err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := s.spendOne(ctx, tx, loginLimits(), subject); err != nil {
			return err
		}
		var err error
		p, err = s.byPhone(ctx, tx, subject)
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		return err
	})
	if err != nil {
		return Person{}, err
	}
	ok, stale, err := s.matchPassword(ctx, password, p.Password)
	if err != nil {
		return Person{}, err
	}
	if !ok {
		return Person{}, ErrLogin
	}
	err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		return s.forgive(ctx, tx, loginLimits(), subject)
	})
	if err != nil {
		return Person{}, err
	}
	if stale {
		if err := s.rehash(ctx, p, password); err != nil {
			return Person{}, err
		}
	}
	return p.public(), nil
}

// rehash stores the password at today's cost, unless it was changed meanwhile.
func (s *Service) rehash(ctx context.Context, p person, password secret.Text) error {
	hash, err := s.hashPassword(ctx, password)
	if err != nil {
		return err
	}
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		rec, err := persons.Get(ctx, tx, string(p.ID))
		if err != nil || rec.V.Password != p.Password {
			return err
		}
		rec.V.Password = hash
		return persons.Update(ctx, tx, rec)
	})
}

// LoginByCode checks phone and code (验证码登录, M5). It returns a [*CodeError] if the code
// is refused, and [ErrLogin] if the phone has no account, but only after its code was
// proved.
func (s *Service) LoginByCode(ctx context.Context, phone string, code secret.Text) (Person, error) {
	to, err := ParsePhone(phone)
	if err != nil {
		return Person{}, err
	}
	if err := s.guard(ctx, "login"); err != nil {
		return Person{}, err
	}
	var p person
	var refused error
	err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if refused = s.Inside().UseCode(ctx, tx, PurposeLogin, to, code); refused != nil {
			return Counted(refused)
		}
		var err error
		p, err = s.byPhone(ctx, tx, s.keys.Index("phone", to))
		if errors.Is(err, ErrNotFound) {
			return ErrLogin
		}
		return err
	})
	if err != nil {
		return Person{}, err
	}
	if refused != nil {
		return Person{}, refused
	}
	return p.public(), nil
}

func (s *Service) byPhone(ctx context.Context, tx *store.Tx, ix string) (person, error) {
	page, err := persons.Page(ctx, tx, store.Where("phone_ix", ix), store.Limit(1))
	if err != nil {
		return person{}, err
	}
	if len(page.Items) == 0 {
		return person{}, ErrNotFound
	}
	return page.Items[0].V, nil
}

// Person returns what may be known of a person, or [ErrNotFound] if there is none. It
// takes no actor: the host decides who may see the result (T24).
func (s *Service) Person(ctx context.Context, id PersonID) (Person, error) {
	var p Person
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		rec, err := persons.Get(ctx, tx, string(id))
		p = rec.V.public()
		return fault.NotFound(err, ErrNotFound)
	})
	return p, err
}
