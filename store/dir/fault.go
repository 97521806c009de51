package dir

import (
	"errors"
	"fmt"
	"syscall"

	"github.com/dajiaqian/dajiaqian/store"
)

// failed wraps err with what was being done and which fault of the disk it was.
func failed(what string, err error) error {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("%w: dir: %s: %w", store.ErrFull, what, err)
	case errors.Is(err, syscall.EIO):
		return fmt.Errorf("%w: dir: %s: %w", store.ErrDisk, what, err)
	}
	return fmt.Errorf("dir: %s: %w", what, err)
}
