package names_test

import (
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/names"
)

// T36: names that people take for the same are the same.
func TestT36Fold(t *testing.T) {
	for _, same := range [][]string{
		{"上海测试（集团）有限公司", "上海测试(集团)有限公司", "上海测试〔集团〕有限公司", "上海测试【集团】 有限公司", "上海　测试（集团)有限公司"},
		{"买买提·吐尔逊", "买买提•吐尔逊", "买买提・吐尔逊", "买买提吐尔逊", "买买提．吐尔逊"},
		{"ABC科技", "ａｂｃ科技", "Ａbc 科技"},
		{"①号公司", "1号公司"},
		{"第一工业口岸公司", "第—エ业ロ岸公司", "第⼀工业口岸公司", "第ー工业口岸公司"},
		{"istanbul", "İstanbul", "ıstanbul", "i\u0307stanbul"},
		{"a-b“c”", "a–b\"c\"", "a‐b”c“"},
	} {
		for _, s := range same[1:] {
			if names.Fold(s) != names.Fold(same[0]) {
				t.Errorf("%q and %q differ: %q, %q", s, same[0], names.Fold(s), names.Fold(same[0]))
			}
		}
	}
	for _, differ := range [][2]string{{"张三", "张叁"}, {"上海一公司", "上海二公司"}, {"电子", "電子"}} {
		if names.Fold(differ[0]) == names.Fold(differ[1]) {
			t.Errorf("%q and %q are the same", differ[0], differ[1])
		}
	}
}

// T36: a name does not mix alphabets whose letters look alike.
func TestT36Mixed(t *testing.T) {
	for s, want := range map[string]bool{"上海ABC有限公司": false, "Müller": false, "上海АВС公司": false, "上海AВC公司": true, "Αlpha": true, "李娜": false, "Ｂank": false, "Ваnk": true,
		"深圳⻢云科技": true, "㇐号公司": true} {
		if names.Mixed(s) != want {
			t.Errorf("%q: %v", s, !want)
		}
	}
}
