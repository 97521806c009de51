package witness_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
)

// TestMain gives pdfcpu, which keeps its trusted certificates in one directory
// for the whole process, a directory of its own.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "witness-*")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	api.DisableConfigDir()
	model.TrustedCertDir = dir
	status := m.Run()
	if err := os.RemoveAll(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		status = 1
	}
	os.Exit(status)
}
