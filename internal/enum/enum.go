// Package enum names the values of enumerations, also those that do not exist.
package enum

import "fmt"

// Name returns the name of a value, or Kind(N) where the list has none for it.
func Name[T ~int | ~uint8](kind string, names []string, value T) string {
	if i := int(value); i >= 0 && i < len(names) && names[i] != "" {
		return names[i]
	}
	return fmt.Sprintf("%s(%d)", kind, int(value))
}
