package org

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/store"
)

// TopicKnown is the outbox topic of events that a phone and a name now belong to a
// verified person: their identity was confirmed, or they moved to another phone. The
// event is written in the transaction that makes it so. Packages that keep what was
// sent to a phone and a name consume it, and read it with [Inside.ReadKnown].
const TopicKnown = "org.known"

// Known says which person a phone and a name belong to.
type Known struct {
	Person  PersonID `json:"person"`
	Name    string   `json:"name"`
	PhoneIx string   `json:"phone_ix"` // the index that EncryptPhone gives
}

// knownBody is the body of an event. Known is encrypted in it, because an event may
// outlive the account of its person.
type knownBody struct {
	ID    string            `json:"id"`
	Known secret.Ciphertext `json:"known"`
}

func knownPlace(id string) secret.Place {
	return secret.Place{Table: "outbox", Column: "known", ID: id}
}

// tellKnown writes the event for a verified person, and nothing for others.
func (s *Service) tellKnown(ctx context.Context, tx *store.Tx, p *person) error {
	if p.State != PersonVerified {
		return nil
	}
	text, err := json.Marshal(Known{Person: p.ID, Name: p.Name, PhoneIx: p.PhoneIx})
	if err != nil {
		return err
	}
	b := knownBody{ID: tx.NewID()}
	if b.Known, err = s.keys.Encrypt(s.random, knownPlace(b.ID), secret.New(string(text))); err != nil {
		return err
	}
	body, err := json.Marshal(b)
	if err != nil {
		return err
	}
	return store.Emit(ctx, tx, store.Event{Topic: TopicKnown, Body: body})
}

// ReadKnown reads the body of an event of [TopicKnown].
func (in Inside) ReadKnown(body []byte) (Known, error) {
	var b knownBody
	if err := json.Unmarshal(body, &b); err != nil {
		return Known{}, err
	}
	text, err := in.s.keys.Decrypt(knownPlace(b.ID), b.Known)
	if err != nil {
		return Known{}, err
	}
	var k Known
	return k, json.Unmarshal([]byte(text.Reveal()), &k)
}

// Verified returns the id of the verified person who has this phone and this name, or
// [ErrNotFound]. phoneIx is the index from [Inside.EncryptPhone].
func (in Inside) Verified(ctx context.Context, tx *store.Tx, phoneIx, name string) (PersonID, error) {
	p, err := in.s.byPhone(ctx, tx, phoneIx)
	if err == nil && (p.State != PersonVerified || p.Name != name) {
		err = ErrNotFound
	}
	if errors.Is(err, ErrNotFound) {
		return "", ErrNotFound
	}
	return p.ID, err
}

// IndexName returns the keyed index of a person's name, for a column by which packages find
// what was sent to a phone and a name: names do not stand in columns (T11).
func (in Inside) IndexName(name string) string { return in.s.keys.Index("name", secret.New(name)) }
