package main

import (
	"context"
	"errors"
	"os"

	"github.com/dajiaqian/dajiaqian/signer"
)

func (j *job) convert(ctx context.Context, f *os.File) error { return nil }

func (o *options) picture() (signer.Appearance, error) { return nil, errors.New("-seal: not yet") }

func (o *options) onKeyword(ctx context.Context, j *job, w, h float64) ([]signer.Place, error) {
	return nil, errors.New("not yet")
}
