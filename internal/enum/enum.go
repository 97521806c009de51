// Package enum gives the values of enumerations their words, also those that do not
// exist. The words stand in a table at the place of the value; an empty one is none.
package enum

import "fmt"

// Name returns the word of a value, or Kind(N) if the table has none.
func Name[T ~int | ~uint8](kind string, names []string, value T) string {
	if i := int(value); i >= 0 && i < len(names) && names[i] != "" {
		return names[i]
	}
	return fmt.Sprintf("%s(%d)", kind, int(value))
}

// English returns the English word of a value, or Kind(N) if the table has none. Each
// row of the table has the English and the Chinese word.
func English[T ~int | ~uint8](kind string, words [][2]string, value T) string {
	if i := int(value); i >= 0 && i < len(words) && words[i][0] != "" {
		return words[i][0]
	}
	return fmt.Sprintf("%s(%d)", kind, int(value))
}

// Zh returns the Chinese word of a value, or unknown if the table has none.
func Zh[T ~int | ~uint8](unknown string, words [][2]string, value T) string {
	if i := int(value); i >= 0 && i < len(words) && words[i][1] != "" {
		return words[i][1]
	}
	return unknown
}
