package org_test

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/org/letter"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/store/memory"
)

// stage is a world with everyone that a command may be tried by or on.
type stage struct {
	*world
	actor                             org.Actor
	phone                             int // the actor's; 0 if they have none
	mate, deputy, gone, applicant, me string
	main                              org.Actor
	link                              string              // of the main administrator's company
	otherLink                         string              // code of a link to another company
	review                            string              // of a third company, waiting
	fen                               org.RemittanceProof // of the money that was remitted
}

// Phones and identities on the stage.
const (
	nMain = iota + 1
	nMate
	nDeputy
	nGone
	nApplicant
	nOther
	nThird
	nActor
	nFree
)

// setStage prepares a world and the actor of one column.
func setStage(t *testing.T, column string) *stage {
	t.Helper()
	ctx := t.Context()
	w := newWorld(t, memory.New())
	cfg := w.config(w.db)
	cfg.Log = nil
	var err error
	w.Service, err = org.New(cfg)
	orgtest.Must(t, err)
	s := &stage{world: w, main: w.firm(t), phone: nActor}
	s.mate, s.deputy, s.gone = string(w.member(t, s.main, nMate).Person), string(w.member(t, s.main, nDeputy).Person), string(w.member(t, s.main, nGone).Person)
	orgtest.Must(t, w.SetSubAdmin(ctx, s.main, org.PersonID(s.deputy), true))
	orgtest.Must(t, w.Disable(ctx, s.main, org.PersonID(s.gone)))
	s.applicant = string(w.verified(t, nApplicant).ID)
	orgtest.Must(t, w.join(t, nApplicant, s.applicant, w.invite(t, s.main, nApplicant)))
	_, info := w.open(t, s.main, org.LinkTerms{})
	s.link = info.ID
	other := w.newFirm(t, string(w.verified(t, nOther).ID), 1)
	s.otherLink, _ = w.open(t, other, org.LinkTerms{Life: org.MaxLinkLife})
	third := w.company(t, string(w.verified(t, nThird).ID), 2)
	s.review = w.handedIn(t, third, 2)

	person := func() org.Actor { return org.Actor{Person: w.verified(t, nActor).ID} }
	in := func(a org.Actor) org.Actor { return org.Actor{Person: a.Person, Org: s.main.Org} }
	switch column {
	case "nobody":
		s.phone = 0
	case "newcomer":
		s.actor.Person = w.register(t, nActor).ID
	case "detailed", "faced":
		s.actor.Person = w.register(t, nActor).ID
		w.details(t, nActor, string(s.actor.Person))
		if column == "faced" {
			orgtest.Must(t, w.face(w.lastFace().Session, true))
		}
	case "personal":
		s.actor = person()
	case "purged":
		s.actor = person()
		orgtest.Must(t, w.purge(t, nActor, string(s.actor.Person)))
		s.phone = 0
	case "stranger":
		s.actor = in(person())
	case "invited":
		w.invite(t, s.main, nActor)
		s.actor = in(person())
	case "applied", "rejected":
		s.actor = in(person())
		orgtest.Must(t, w.join(t, nActor, string(s.actor.Person), w.invite(t, s.main, nActor)))
		if column == "rejected" {
			orgtest.Must(t, w.Reject(ctx, s.main, s.actor.Person))
		}
	case "member":
		s.actor = w.member(t, s.main, nActor)
	case "young":
		s.actor = in(org.Actor{Person: w.register(t, nActor).ID})
		orgtest.Must(t, w.join(t, nActor, string(s.actor.Person), w.invite(t, s.main, nActor)))
		orgtest.Must(t, w.Approve(ctx, s.main, s.actor.Person))
	case "sub", "outsub":
		s.actor = w.member(t, s.main, nActor)
		orgtest.Must(t, w.SetSubAdmin(ctx, s.main, s.actor.Person, true))
		if column == "outsub" {
			orgtest.Must(t, w.Disable(ctx, s.main, s.actor.Person))
		}
	case "main":
		s.actor, s.phone = s.main, nMain
	case "disabled":
		s.actor = w.member(t, s.main, nActor)
		orgtest.Must(t, w.Disable(ctx, s.main, s.actor.Person))
	case "founder":
		s.actor = w.company(t, string(person().Person), 3)
	case "paying":
		s.actor = w.company(t, string(person().Person), 3)
		_, s.fen = w.remittance(t, s.actor)
	case "reviewing":
		s.actor = w.company(t, string(person().Person), 3)
		w.handedIn(t, s.actor, 3)
	default:
		t.Fatal("no column " + column)
	}
	s.me = string(s.actor.Person)
	w.Pass(24 * time.Hour)
	return s
}

// company makes the n-th company, unverified.
func (w *world) company(t *testing.T, person string, n int) org.Actor {
	t.Helper()
	c, err := w.CreateCompany(t.Context(), org.Actor{Person: org.PersonID(person)}, org.NewCompany{Name: strings.Repeat("企", n) + "业公司", CreditCode: orgtest.CreditCode(n)})
	orgtest.Must(t, err)
	return org.Actor{Person: org.PersonID(person), Org: c.ID}
}

// handedIn hands in the papers of the n-th company.
func (w *world) handedIn(t *testing.T, a org.Actor, n int) string {
	t.Helper()
	_, err := w.StartReview(t.Context(), a, org.ReviewForm{CreditCode: orgtest.CreditCode(n), Legal: "法人", Agreement: "2026-02"})
	orgtest.Must(t, err)
	for _, p := range org.Papers() {
		w.upload(t, a, p, pngN(int(p)))
	}
	r, err := w.SubmitReview(t.Context(), a)
	orgtest.Must(t, err)
	return r.ID
}

// ask gets a code for the actor, or one that no phone has.
func (s *stage) ask(t *testing.T, p org.Purpose) secret.Text {
	t.Helper()
	if s.phone == 0 {
		return secret.New("000000")
	}
	return s.code(t, orgtest.Phone(s.phone), p)
}

// try runs the command of a row, with everything right except the actor.
func (s *stage) try(t *testing.T, row string) error {
	t.Helper()
	ctx, a := t.Context(), s.actor
	command, as, _ := strings.Cut(row, ".")
	if as == "staff" {
		s.hire(a.Person)
		defer delete(s.staff, a.Person)
	}
	on := map[string]string{"member": s.mate, "bind": s.mate, "sub": s.deputy, "unbind": s.deputy, "main": string(s.main.Person), "self": s.me, "foreign": "no such person"}[as]
	var err error
	switch command {
	case "AcceptTerms":
		err = s.AcceptTerms(ctx, a, "2026-01")
	case "Consents":
		_, _, err = s.Consents(ctx, a, "")
	case "Editions":
		_, err = s.Editions(ctx, a.Person)
	case "StartVerification":
		_, err = s.StartVerification(ctx, a, org.Details{Name: "张三", IDNumber: orgtest.IDNumber(nFree), Code: s.ask(t, org.PurposeVerify)})
	case "RefreshFaceCheck":
		_, err = s.RefreshFaceCheck(ctx, a, "")
	case "ConfirmVerification":
		_, err = s.ConfirmVerification(ctx, a)
	case "ChangePhone":
		ch := org.PhoneChange{OldCode: s.ask(t, org.PurposeOldPhone), Phone: orgtest.Phone(nFree)}
		orgtest.Must(t, s.SendCode(ctx, orgtest.Phone(nFree), org.PurposeNewPhone))
		ch.NewCode = secret.New(sixDigits.FindString(s.lastTo(t, orgtest.Phone(nFree))))
		_, err = s.ChangePhone(ctx, a, ch)
	case "ChangePassword":
		err = s.ChangePassword(ctx, a, secret.New(password), secret.New("another password"))
	case "Purge":
		err = s.Purge(ctx, a, s.ask(t, org.PurposePurge))
	case "Join":
		err = s.Join(ctx, a, s.otherLink, s.ask(t, org.PurposeJoin))
	case "InvitingCompany":
		_, err = s.InvitingCompany(ctx, a, s.otherLink)
	case "SendSignCode":
		s.Pass(4 * time.Hour)
		err = s.Will().SendSignCode(ctx, a, [32]byte{1})
	case "StartSignFace":
		_, err = s.Will().StartSignFace(ctx, a, [32]byte{1}, "")
	case "ProvePassword":
		s.Pass(time.Hour)
		_, err = s.Will().ProvePassword(ctx, a, secret.New(password))
	case "Audit":
		_, _, err = s.Audit(ctx, a, "")
	case "CreateCompany":
		_, err = s.CreateCompany(ctx, a, org.NewCompany{Name: "又一家公司", CreditCode: orgtest.CreditCode(4)})
	case "Company":
		_, err = s.Company(ctx, a)
	case "StartLicenceScan":
		_, err = s.StartLicenceScan(ctx, a)
	case "StartRemittance":
		_, err = s.StartRemittance(ctx, a, remittanceForm())
	case "ConfirmRemittance":
		_, err = s.ConfirmRemittance(ctx, a, s.fen)
	case "RemittanceStatus":
		_, err = s.RemittanceStatus(ctx, a)
	case "StartReview":
		_, err = s.StartReview(ctx, a, org.ReviewForm{CreditCode: orgtest.CreditCode(3), Legal: "法人", Agreement: "2026-02"})
	case "Upload":
		err = s.Upload(ctx, a, org.PaperLicence, "a.png", bytes.NewReader(pngN(1)))
	case "SubmitReview":
		_, err = s.SubmitReview(ctx, a)
	case "ReviewStatus":
		_, err = s.ReviewStatus(ctx, a)
	case "AuthorityLetter":
		_, err = letter.Authority(ctx, s.Service, a)
	case "Invite":
		_, err = s.Invite(ctx, a, "张三", orgtest.Phone(nFree))
	case "CreateLink":
		_, _, err = s.CreateLink(ctx, a, org.LinkTerms{})
	case "CloseLink":
		err = s.CloseLink(ctx, a, s.link)
	case "Links":
		_, _, err = s.Links(ctx, a, "")
	case "Approve":
		err = s.Approve(ctx, a, org.PersonID(s.applicant))
	case "Reject":
		err = s.Reject(ctx, a, org.PersonID(s.applicant))
	case "Disable":
		err = s.Disable(ctx, a, org.PersonID(on))
	case "Enable":
		err = s.Enable(ctx, a, org.PersonID(s.gone))
	case "SetSubAdmin":
		err = s.SetSubAdmin(ctx, a, org.PersonID(on), as == "bind")
	case "HandOver":
		err = s.HandOver(ctx, a, org.PersonID(s.mate))
	case "FindMembers":
		_, _, err = s.Members(ctx, a, org.MemberFilter{Text: "张"}, "")
	case "Members":
		_, _, err = s.Members(ctx, a, org.MemberFilter{State: org.Active}, "")
	case "ReviewDesk/List":
		_, _, err = s.ReviewDesk().List(ctx, a, org.ReviewWaiting, "")
	case "ReviewDesk/Read":
		err = s.ReviewDesk().Read(ctx, a, s.review, org.PaperLicence, io.Discard)
	case "ReviewDesk/Decide":
		_, err = s.ReviewDesk().Decide(ctx, a, s.review, false, "理由")
	default:
		t.Fatal("no command " + command)
	}
	return err
}

// answered returns an outcome as testdata/commands.txt writes it.
func answered(err error) string {
	for name, target := range map[string]error{"verified": org.ErrVerified, "details": org.ErrDetailsFirst, "face": org.ErrFaceFirst,
		"review": org.ErrInReview, "noreview": org.ErrNoReview, "noremittance": org.ErrNoRemittance, "mainadmin": org.ErrMainAdmin} {
		if errors.Is(err, target) {
			return name
		}
	}
	return answer(err)
}

// TestM4CommandMatrix: every command by every actor, in every state of person,
// member and company (M4, M16, M34 to M38, T1 to T4).
func TestM4CommandMatrix(t *testing.T) {
	matrix := orgtest.ReadMatrix(t, "testdata/commands.txt")
	for i, column := range matrix.Columns {
		t.Run(column, func(t *testing.T) {
			var s *stage
			for _, r := range matrix.Rows {
				if s == nil {
					s = setStage(t, column)
				}
				err := s.try(t, r[0])
				if got := answered(err); got != r[i+1] {
					t.Errorf("%s: %s, want %s", r[0], got, r[i+1])
				}
				var said interface{ Zh() string }
				if err != nil && !errors.As(err, &said) {
					t.Errorf("%s: %v has no sentence", r[0], err)
				}
				if err == nil {
					s = nil // it changed something: the next command starts with a new stage
				}
			}
		})
	}
	// Every method that takes an actor has its row. What begins with Use judges what was
	// shown, and has tests of its own.
	matrix.CheckListed(t, reflect.TypeFor[*org.Service]())
	for _, name := range orgtest.Acting(reflect.TypeFor[org.Will]()) {
		if !matrix.Lists(name) && !strings.HasPrefix(name, "Use") {
			t.Errorf("Will.%s is not in the matrix", name)
		}
	}
	for _, name := range orgtest.Acting(reflect.TypeFor[org.ReviewDesk]()) {
		if !matrix.Lists("ReviewDesk/" + name) {
			t.Errorf("ReviewDesk.%s is not in the matrix", name)
		}
	}
	if len(matrix.Rows)*len(matrix.Columns) < 800 {
		t.Errorf("only %d cells", len(matrix.Rows)*len(matrix.Columns))
	}
}
