package enum_test

import (
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/enum"
)

// The table has no words for 0 and 2, and ends at 3.
func TestWords(t *testing.T) {
	names := []string{1: "one", 3: "three"}
	words := [][2]string{1: {"one", "一"}, 3: {"three", "三"}}
	for _, c := range []struct {
		value    int
		name, zh string
	}{
		{-1, "Kind(-1)", "未知"}, {0, "Kind(0)", "未知"}, {1, "one", "一"}, {2, "Kind(2)", "未知"}, {3, "three", "三"}, {4, "Kind(4)", "未知"},
	} {
		if got := enum.Name("Kind", names, c.value); got != c.name {
			t.Errorf("the name of %d is %q, want %q", c.value, got, c.name)
		}
		if got := enum.English("Kind", words, c.value); got != c.name {
			t.Errorf("the English word of %d is %q, want %q", c.value, got, c.name)
		}
		if got := enum.Zh("未知", words, c.value); got != c.zh {
			t.Errorf("the Chinese word of %d is %q, want %q", c.value, got, c.zh)
		}
	}
	if got := enum.Name("Kind", names, uint8(255)); got != "Kind(255)" {
		t.Errorf("the name of 255 is %q", got)
	}
}
