package verify

import "fmt"

// finding is one line of a list of changes, in both languages.
type finding struct{ phrase }

func newFinding(format string, args ...any) finding {
	say := func(lang Language, format string) string {
		words := make([]any, len(args))
		for i, a := range args {
			words[i] = a
			if s, ok := a.(spot); ok {
				words[i] = s.in(lang)
			}
		}
		return fmt.Sprintf(format, words...)
	}
	return finding{phrase{say(Chinese, inChinese(format)), say(English, format)}}
}

// spot is where something is shown: a page from 1, 0 for none, and a rectangle in
// mm from its top left corner.
type spot struct {
	page int
	rect [4]float64
}

func (s spot) in(lang Language) string {
	r := s.rect
	switch {
	case s.page == 0:
		return ""
	case r == [4]float64{}:
		return fmt.Sprintf(phrase{"，第 %d 页", ", page %d"}[lang], s.page)
	}
	return fmt.Sprintf(phrase{"，第 %d 页 (%.0f, %.0f) 毫米处，%.0f × %.0f 毫米", ", page %d at %.0f,%.0f mm, %.0f × %.0f mm"}[lang],
		s.page, r[0], r[1], r[2], r[3])
}

// inChinese translates what a change is called. TestEveryChangeInChinese holds
// that nothing is left out.
func inChinese(format string) string {
	switch format {
	case "field %q takes a widget of the document":
		return "域 %q 占用了文档原有的控件"
	case "object %d, a widget or an annotation, has a key twice":
		return "对象 %d 是控件或批注，有重复的键"
	case "object %d was removed, and objects stand in it":
		return "对象 %d 被删除，而其中仍存有其他对象"
	case "the form has a key twice":
		return "表单有重复的键"
	case "an entry of the DSS holds other things than members of the store":
		return "DSS 条目含有不属于该 DSS 的内容"
	case "an entry of the DSS is no dictionary, or has a key twice":
		return "DSS 条目不是字典，或有重复的键"
	case "the DSS's /VRI has a key twice":
		return "DSS 的 /VRI 有重复的键"
	case "the DSS has a key twice":
		return "DSS 有重复的键"
	case "object %d lies beyond the trailer's /Size: to some readers it is missing":
		return "对象 %d 超出文件尾的 /Size：部分阅读器看不到它"
	case "METADATA_CHANGED: document information was added":
		return "METADATA_CHANGED：添加了文档信息"
	case "METADATA_CHANGED: document information was changed":
		return "METADATA_CHANGED：文档信息被修改"
	case "METADATA_CHANGED: metadata were changed":
		return "METADATA_CHANGED：元数据被修改"
	case "a hybrid update: old and new readers see different objects":
		return "混合式更新：新旧阅读器看到的对象不同"
	case "a widget of signature field %q has a value":
		return "签名域 %q 的控件带有值"
	case "an annotation %v was added%s":
		return "添加了批注 %v%s"
	case "an annotation %v was changed":
		return "修改了批注 %v"
	case "an entry of the DSS has a /%s":
		return "DSS 条目含有 /%s"
	case "an entry of the DSS holds other things than streams":
		return "DSS 条目含有流以外的内容"
	case "an entry of the DSS is no dictionary":
		return "DSS 条目不是字典"
	case "bytes behind the last %%EOF":
		return "最后的 %%EOF 之后还有字节"
	case "document timestamp in field %q":
		return "在域 %q 中添加了文档时间戳"
	case "field %q bears a signature it does not lead to":
		return "域 %q 的签名与该域不符"
	case "field %q was filled%s":
		return "填写了域 %q%s"
	case "field %q was signed%s":
		return "签署了域 %q%s"
	case "field %q: its /%s was changed":
		return "域 %q 的 /%s 被修改"
	case "field %q: its appearance is used elsewhere too":
		return "域 %q 的外观同时用于别处"
	case "field %q: its appearance was removed":
		return "域 %q 的外观被删除"
	case "field %q: its value or appearance is a part of the document":
		return "域 %q 的值或外观取自文档其他部分"
	case "object %d changed its generation":
		return "对象 %d 的代号被修改"
	case "object %d is a new %v":
		return "对象 %d 是新的 %v"
	case "object %d is an annotation that no page shows":
		return "对象 %d 是没有页面显示的批注"
	case "object %d was changed":
		return "对象 %d 被修改"
	case "object %d was referred to before it existed":
		return "对象 %d 在存在之前已被引用"
	case "object %d was removed, and object %d refers to it":
		return "对象 %d 被删除，而对象 %d 引用它"
	case "object %d, a list of the DSS, was changed otherwise than by growing":
		return "DSS 列表对象 %d 的修改不是追加"
	case "object %d, of field %q, is used elsewhere too":
		return "对象 %d（域 %q）同时用于别处"
	case "object %d, the annotations of %d pages, was changed":
		return "对象 %d（%d 个页面共用的批注）被修改"
	case "object %d, the appearance of a field or annotation, was changed":
		return "对象 %d（域或批注的外观）被修改"
	case "object %d, which nothing refers to any more, was removed":
		return "删除了不再被引用的对象 %d"
	case "object number %d was taken up again":
		return "对象编号 %d 被重新使用"
	case "objects that nothing refers to were added":
		return "添加了未被引用的对象"
	case "page %d: a widget or a part of the document became an annotation":
		return "第 %d 页：控件或文档其他部分成为批注"
	case "page %d: annotations were removed or moved":
		return "第 %d 页：批注被删除或移动"
	case "page %d: its /%s was changed":
		return "第 %d 页：/%s 被修改"
	case "page %d: its annotations were changed":
		return "第 %d 页：批注被修改"
	case "page %d: its annotations were replaced":
		return "第 %d 页：批注被替换"
	case "page %d: the order of tabs was set":
		return "第 %d 页：设置了跳转顺序"
	case "signature field %q: its /%s was changed":
		return "签名域 %q 的 /%s 被修改"
	case "signature field %q: its appearance is a part of the document":
		return "签名域 %q 的外观取自文档其他部分"
	case "signature field %q: its flags were changed":
		return "签名域 %q 的标志被修改"
	case "signature field %q: its value is not a new signature":
		return "签名域 %q 的值不是新的签名"
	case "the DSS has a /%s":
		return "DSS 含有 /%s"
	case "the DSS has an entry /%s that names no signature":
		return "DSS 含有不对应任何签名的条目 /%s"
	case "the DSS is no dictionary":
		return "DSS 不是字典"
	case "the DSS was changed":
		return "DSS（长期验证数据）被补充"
	case "the DSS was removed":
		return "DSS 被删除"
	case "the DSS's /%s is a part of the document":
		return "DSS 的 /%s 取自文档其他部分"
	case "the DSS's /%s was changed otherwise than by growing":
		return "DSS 的 /%s 的修改不是追加"
	case "the DSS's /VRI is a part of the document":
		return "DSS 的 /VRI 取自文档其他部分"
	case "the DSS's /VRI is no dictionary":
		return "DSS 的 /VRI 不是字典"
	case "the DSS's /VRI was removed":
		return "DSS 的 /VRI 被删除"
	case "the DSS's entry of a signature was replaced":
		return "DSS 中某个签名的条目被替换"
	case "the catalog's /%s was changed":
		return "目录的 /%s 被修改"
	case "the catalog's /DSS is a part of the document":
		return "目录的 /DSS 取自文档其他部分"
	case "the catalog's /Extensions were changed":
		return "目录的 /Extensions 被修改"
	case "the catalog's /Extensions were replaced":
		return "目录的 /Extensions 被替换"
	case "the catalog's /Metadata were replaced":
		return "目录的 /Metadata 被替换"
	case "the catalog's form was replaced":
		return "目录的表单被替换"
	case "the first part of /ID was changed":
		return "/ID 的前半部分被修改"
	case "the form asks readers to draw its fields anew":
		return "表单要求阅读器重新绘制域"
	case "the form's /%s was changed":
		return "表单的 /%s 被修改"
	case "the form's /NeedAppearances was taken back":
		return "表单的 /NeedAppearances 被取消"
	case "the form's /SigFlags were changed":
		return "表单的 /SigFlags 被修改"
	case "the form's field array was replaced":
		return "表单的域数组被替换"
	case "the form's fields were changed":
		return "表单的域被修改"
	case "the structure gained elements for new widgets":
		return "文档结构为新控件增加了元素"
	case "the trailer has a key twice":
		return "文件尾有重复的键"
	case "the trailer has a new key /%s":
		return "文件尾有新的键 /%s"
	case "the trailer's /Encrypt was changed":
		return "文件尾的 /Encrypt 被修改"
	case "the trailer's /Info was changed":
		return "文件尾的 /Info 被修改"
	case "the trailer's /Root was changed":
		return "文件尾的 /Root 被修改"
	case "the trailer's /Size shrank":
		return "文件尾的 /Size 变小"
	case "the version was changed":
		return "版本被修改"
	case "the version was raised to %s":
		return "版本提升到 %s"
	case "two fields are called %q":
		return "有两个名为 %q 的域"
	}
	return format
}
