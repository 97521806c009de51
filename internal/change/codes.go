package change

// Code names a kind of change.
type Code string

// The kinds of changes.
const (
	FieldTakesWidget             Code = "FIELD_TAKES_WIDGET"
	WidgetKeyTwice               Code = "WIDGET_KEY_TWICE"
	RemovedObjectStream          Code = "REMOVED_OBJECT_STREAM"
	FormKeyTwice                 Code = "FORM_KEY_TWICE"
	VRIForeignMember             Code = "VRI_FOREIGN_MEMBER"
	VRIEntryMalformed            Code = "VRI_ENTRY_MALFORMED"
	VRIKeyTwice                  Code = "VRI_KEY_TWICE"
	DSSKeyTwice                  Code = "DSS_KEY_TWICE"
	ObjectBeyondSize             Code = "OBJECT_BEYOND_SIZE"
	InfoAdded                    Code = "INFO_ADDED"
	InfoChanged                  Code = "INFO_CHANGED"
	MetadataChanged              Code = "METADATA_CHANGED"
	HybridUpdate                 Code = "HYBRID_UPDATE"
	WidgetHasValue               Code = "WIDGET_HAS_VALUE"
	WidgetOffPage                Code = "WIDGET_OFF_PAGE"
	WidgetCovers                 Code = "WIDGET_COVERS"
	WidgetMoved                  Code = "WIDGET_MOVED"
	WidgetIsOther                Code = "WIDGET_IS_OTHER"
	ElementSays                  Code = "ELEMENT_SAYS"
	ActionAdded                  Code = "ACTION_ADDED"
	AnnotationAdded              Code = "ANNOTATION_ADDED"
	AnnotationChanged            Code = "ANNOTATION_CHANGED"
	AnnotationRemoved            Code = "ANNOTATION_REMOVED"
	VRIUnknownKey                Code = "VRI_UNKNOWN_KEY"
	TrailingBytes                Code = "TRAILING_BYTES"
	DocumentTimestamp            Code = "DOCUMENT_TIMESTAMP"
	FieldNotOfSignature          Code = "FIELD_NOT_OF_SIGNATURE"
	FieldFilled                  Code = "FIELD_FILLED"
	FieldReplaced                Code = "FIELD_REPLACED"
	FieldRedrawn                 Code = "FIELD_REDRAWN"
	FieldSigned                  Code = "FIELD_SIGNED"
	FieldKeyChanged              Code = "FIELD_KEY_CHANGED"
	AppearanceShared             Code = "APPEARANCE_SHARED"
	AppearanceRemoved            Code = "APPEARANCE_REMOVED"
	FieldTakesPart               Code = "FIELD_TAKES_PART"
	GenerationChanged            Code = "GENERATION_CHANGED"
	ObjectNewKind                Code = "OBJECT_NEW_KIND"
	AnnotationNotShown           Code = "ANNOTATION_NOT_SHOWN"
	ObjectChanged                Code = "OBJECT_CHANGED"
	ObjectAwaited                Code = "OBJECT_AWAITED"
	NumberAwaited                Code = "NUMBER_AWAITED"
	ObjectRemovedInUse           Code = "OBJECT_REMOVED_IN_USE"
	DSSListObjectChanged         Code = "DSS_LIST_OBJECT_CHANGED"
	FieldObjectShared            Code = "FIELD_OBJECT_SHARED"
	AnnotationsShared            Code = "ANNOTATIONS_SHARED"
	AppearanceChanged            Code = "APPEARANCE_CHANGED"
	OrphanRemoved                Code = "ORPHAN_REMOVED"
	NumberReused                 Code = "NUMBER_REUSED"
	OrphanAdded                  Code = "ORPHAN_ADDED"
	OrphanStream                 Code = "ORPHAN_STREAM"
	SavedAgain                   Code = "SAVED_AGAIN"
	AnnotationTakesPart          Code = "ANNOTATION_TAKES_PART"
	AnnotationsMoved             Code = "ANNOTATIONS_MOVED"
	PageKeyChanged               Code = "PAGE_KEY_CHANGED"
	AnnotationsUnreadable        Code = "ANNOTATIONS_UNREADABLE"
	AnnotationsReplaced          Code = "ANNOTATIONS_REPLACED"
	TabOrderSet                  Code = "TAB_ORDER_SET"
	SignatureFieldKeyChanged     Code = "SIGNATURE_FIELD_KEY_CHANGED"
	SignatureAppearanceTakesPart Code = "SIGNATURE_APPEARANCE_TAKES_PART"
	SignatureFlagsChanged        Code = "SIGNATURE_FLAGS_CHANGED"
	SignatureValueNotNew         Code = "SIGNATURE_VALUE_NOT_NEW"
	DSSUnknownKey                Code = "DSS_UNKNOWN_KEY"
	VRIUnknownEntry              Code = "VRI_UNKNOWN_ENTRY"
	DSSNoDictionary              Code = "DSS_NO_DICTIONARY"
	DSSChanged                   Code = "DSS_CHANGED"
	DSSRemoved                   Code = "DSS_REMOVED"
	DSSListTakesPart             Code = "DSS_LIST_TAKES_PART"
	DSSListChanged               Code = "DSS_LIST_CHANGED"
	VRITakesPart                 Code = "VRI_TAKES_PART"
	VRINoDictionary              Code = "VRI_NO_DICTIONARY"
	VRIGrew                      Code = "VRI_GREW"
	VRIRemoved                   Code = "VRI_REMOVED"
	VRIEntryReplaced             Code = "VRI_ENTRY_REPLACED"
	CatalogKeyChanged            Code = "CATALOG_KEY_CHANGED"
	DSSTakesPart                 Code = "DSS_TAKES_PART"
	ExtensionsChanged            Code = "EXTENSIONS_CHANGED"
	ExtensionsReplaced           Code = "EXTENSIONS_REPLACED"
	MetadataReplaced             Code = "METADATA_REPLACED"
	FormReplaced                 Code = "FORM_REPLACED"
	IDChanged                    Code = "ID_CHANGED"
	NeedAppearancesSet           Code = "NEED_APPEARANCES_SET"
	FormKeyChanged               Code = "FORM_KEY_CHANGED"
	NeedAppearancesCleared       Code = "NEED_APPEARANCES_CLEARED"
	SigFlagsChanged              Code = "SIG_FLAGS_CHANGED"
	FieldArrayReplaced           Code = "FIELD_ARRAY_REPLACED"
	FormFieldsChanged            Code = "FORM_FIELDS_CHANGED"
	StructureGrew                Code = "STRUCTURE_GREW"
	TrailerKeyTwice              Code = "TRAILER_KEY_TWICE"
	TrailerKeyAdded              Code = "TRAILER_KEY_ADDED"
	EncryptChanged               Code = "ENCRYPT_CHANGED"
	InfoReplaced                 Code = "INFO_REPLACED"
	RootChanged                  Code = "ROOT_CHANGED"
	SizeShrank                   Code = "SIZE_SHRANK"
	VersionChanged               Code = "VERSION_CHANGED"
	VersionRaised                Code = "VERSION_RAISED"
	FieldNameTwice               Code = "FIELD_NAME_TWICE"
	Unreadable                   Code = "UNREADABLE"
	TwoReadings                  Code = "TWO_READINGS"
	Linearized                   Code = "LINEARIZED"
)

// texts describe a change in English and in Chinese.
var texts = map[Code][2]string{
	FieldTakesWidget:             {"field %q takes a widget of the document", "域 %q 占用了文档原有的控件"},
	WidgetKeyTwice:               {"object %d, a widget or an annotation, has a key twice", "对象 %d 是控件或批注，有重复的键"},
	RemovedObjectStream:          {"object %d was removed, and objects stand in it", "对象 %d 被删除，而其中仍存有其他对象"},
	FormKeyTwice:                 {"the form has a key twice", "表单有重复的键"},
	VRIForeignMember:             {"an entry of the DSS holds other things than members of the store", "DSS 条目含有不属于该 DSS 的内容"},
	VRIEntryMalformed:            {"an entry of the DSS is no dictionary, or has a key twice", "DSS 条目不是字典，或有重复的键"},
	VRIKeyTwice:                  {"the DSS's /VRI has a key twice", "DSS 的 /VRI 有重复的键"},
	DSSKeyTwice:                  {"the DSS has a key twice", "DSS 有重复的键"},
	ObjectBeyondSize:             {"object %d lies beyond the trailer's /Size: to some readers it is missing", "对象 %d 超出文件尾的 /Size：部分阅读器看不到它"},
	InfoAdded:                    {"document information was added", "添加了文档信息"},
	InfoChanged:                  {"document information was changed", "文档信息被修改"},
	MetadataChanged:              {"metadata were changed", "元数据被修改"},
	HybridUpdate:                 {"a hybrid update: old and new readers see different objects", "混合式更新：新旧阅读器看到的对象不同"},
	WidgetHasValue:               {"a widget of signature field %q has a value", "签名域 %q 的控件带有值"},
	WidgetOffPage:                {"field %q leaves its page%s", "域 %q 超出页面范围%s"},
	WidgetIsOther:                {"object %d, a part of a signature field, is no widget", "对象 %d 属于签名域，但不是控件"},
	ElementSays:                  {"object %d, a new structure element, describes more than a new field", "对象 %d 是新增的结构元素，描述的内容超出新域"},
	WidgetMoved:                  {"field %q was moved; before%s", "域 %q 的位置改变，原位置%s"},
	WidgetCovers:                 {"field %q covers content%s", "域 %q 覆盖了页面内容%s"},
	ActionAdded:                  {"object %d acts by itself: it has a /%s", "对象 %d 会自行执行动作：含有 /%s"},
	AnnotationAdded:              {"an annotation %v was added%s", "添加了批注 %v%s"},
	AnnotationRemoved:            {"an annotation %v was removed%s", "删除了批注 %v%s"},
	AnnotationChanged:            {"an annotation %v was changed", "修改了批注 %v"},
	VRIUnknownKey:                {"an entry of the DSS has a /%s", "DSS 条目含有 /%s"},
	TrailingBytes:                {"data behind the end of the file", "文件末尾有多余数据"},
	DocumentTimestamp:            {"document timestamp in field %q", "在域 %q 中添加了文档时间戳"},
	FieldNotOfSignature:          {"field %q bears a signature it does not lead to", "域 %q 的签名与该域不符"},
	FieldFilled:                  {"field %q was filled%s", "填写了域 %q%s"},
	FieldReplaced:                {"field %q: %q was replaced by %q%s", "域 %q 的值由 %q 改为 %q%s"},
	FieldRedrawn:                 {"field %q: what it shows was changed, its value was not%s", "域 %q 的值未变，显示内容被修改%s"},
	FieldSigned:                  {"field %q was signed%s", "签署了域 %q%s"},
	FieldKeyChanged:              {"field %q: its /%s was changed", "域 %q 的 /%s 被修改"},
	AppearanceShared:             {"field %q: its appearance is used elsewhere too", "域 %q 的外观同时用于别处"},
	AppearanceRemoved:            {"field %q: its appearance was removed", "域 %q 的外观被删除"},
	FieldTakesPart:               {"field %q: its value or appearance is a part of the document", "域 %q 的值或外观取自文档其他部分"},
	GenerationChanged:            {"object %d changed its generation", "对象 %d 的代号被修改"},
	ObjectNewKind:                {"object %d is a new %v", "对象 %d 是新的 %v"},
	AnnotationNotShown:           {"object %d is an annotation that no page shows", "对象 %d 是没有页面显示的批注"},
	ObjectChanged:                {"object %d was changed", "对象 %d 被修改"},
	ObjectAwaited:                {"object %d was referred to before it existed", "对象 %d 在存在之前已被引用"},
	NumberAwaited:                {"object %d has a number that an older object already named", "对象 %d 的编号此前已被旧对象引用"},
	ObjectRemovedInUse:           {"object %d was removed, and object %d refers to it", "对象 %d 被删除，而对象 %d 引用它"},
	DSSListObjectChanged:         {"object %d, a list of the DSS, was changed otherwise than by growing", "DSS 列表对象 %d 的修改不是追加"},
	FieldObjectShared:            {"object %d, of field %q, is used elsewhere too", "对象 %d（域 %q）同时用于别处"},
	AnnotationsShared:            {"object %d, the annotations of %d pages, was changed", "对象 %d（%d 个页面共用的批注）被修改"},
	AppearanceChanged:            {"object %d, the appearance of a field or annotation, was changed", "对象 %d（域或批注的外观）被修改"},
	OrphanRemoved:                {"object %d, which nothing refers to any more, was removed", "删除了不再被引用的对象 %d"},
	NumberReused:                 {"object number %d was taken up again", "对象编号 %d 被重新使用"},
	OrphanAdded:                  {"object %d, which nothing leads to, was added", "添加了未被引用的对象 %d"},
	OrphanStream:                 {"object %d, a stream that nothing leads to, was added: readers that repair files may show it", "添加了未被引用的流对象 %d：会修复文件的阅读器可能显示它"},
	SavedAgain:                   {"the document was saved again without a change", "文档被再次保存，内容没有变化"},
	AnnotationTakesPart:          {"page %d: a widget or a part of the document became an annotation", "第 %d 页：控件或文档其他部分成为批注"},
	AnnotationsMoved:             {"page %d: annotations were moved, or a widget was removed", "第 %d 页：批注被移动，或控件被删除"},
	PageKeyChanged:               {"page %d: its /%s was changed", "第 %d 页：/%s 被修改"},
	AnnotationsUnreadable:        {"page %d: its annotations were changed", "第 %d 页：批注被修改"},
	AnnotationsReplaced:          {"page %d: its annotations were replaced", "第 %d 页：批注被替换"},
	TabOrderSet:                  {"page %d: the order of tabs was set", "第 %d 页：设置了跳转顺序"},
	SignatureFieldKeyChanged:     {"signature field %q: its /%s was changed", "签名域 %q 的 /%s 被修改"},
	SignatureAppearanceTakesPart: {"signature field %q: its appearance is a part of the document", "签名域 %q 的外观取自文档其他部分"},
	SignatureFlagsChanged:        {"signature field %q: its flags were changed", "签名域 %q 的标志被修改"},
	SignatureValueNotNew:         {"signature field %q: its value is not a new signature", "签名域 %q 的值不是新的签名"},
	DSSUnknownKey:                {"the DSS has a /%s", "DSS 含有 /%s"},
	VRIUnknownEntry:              {"the DSS has an entry /%s that names no signature", "DSS 含有不对应任何签名的条目 /%s"},
	DSSNoDictionary:              {"the DSS is no dictionary", "DSS 不是字典"},
	DSSChanged:                   {"the DSS was changed", "DSS（长期验证数据）被补充"},
	DSSRemoved:                   {"the DSS was removed", "DSS 被删除"},
	DSSListTakesPart:             {"the DSS's /%s is a part of the document", "DSS 的 /%s 取自文档其他部分"},
	DSSListChanged:               {"the DSS's /%s was changed otherwise than by growing", "DSS 的 /%s 的修改不是追加"},
	VRITakesPart:                 {"the DSS's /VRI is a part of the document", "DSS 的 /VRI 取自文档其他部分"},
	VRINoDictionary:              {"the DSS's /VRI is no dictionary", "DSS 的 /VRI 不是字典"},
	VRIGrew:                      {"the DSS's entry of a signature gained evidence", "DSS 中某个签名的条目被补充"},
	VRIRemoved:                   {"the DSS's /VRI was removed", "DSS 的 /VRI 被删除"},
	VRIEntryReplaced:             {"the DSS's entry of a signature was replaced", "DSS 中某个签名的条目被替换"},
	CatalogKeyChanged:            {"the catalog's /%s was changed", "目录的 /%s 被修改"},
	DSSTakesPart:                 {"the catalog's /DSS is a part of the document", "目录的 /DSS 取自文档其他部分"},
	ExtensionsChanged:            {"the catalog's /Extensions were changed", "目录的 /Extensions 被修改"},
	ExtensionsReplaced:           {"the catalog's /Extensions were replaced", "目录的 /Extensions 被替换"},
	MetadataReplaced:             {"the catalog's /Metadata were replaced", "目录的 /Metadata 被替换"},
	FormReplaced:                 {"the catalog's form was replaced", "目录的表单被替换"},
	IDChanged:                    {"the first part of /ID was changed", "/ID 的前半部分被修改"},
	NeedAppearancesSet:           {"the form asks readers to draw its fields anew", "表单要求阅读器重新绘制域"},
	FormKeyChanged:               {"the form's /%s was changed", "表单的 /%s 被修改"},
	NeedAppearancesCleared:       {"the form's /NeedAppearances was taken back", "表单的 /NeedAppearances 被取消"},
	SigFlagsChanged:              {"the form's /SigFlags were changed", "表单的 /SigFlags 被修改"},
	FieldArrayReplaced:           {"the form's field array was replaced", "表单的域数组被替换"},
	FormFieldsChanged:            {"the form's fields were changed", "表单的域被修改"},
	StructureGrew:                {"the structure gained elements for new widgets", "文档结构为新控件增加了元素"},
	TrailerKeyTwice:              {"the trailer has a key twice", "文件尾有重复的键"},
	TrailerKeyAdded:              {"the trailer has a new key /%s", "文件尾有新的键 /%s"},
	EncryptChanged:               {"the trailer's /Encrypt was changed", "文件尾的 /Encrypt 被修改"},
	InfoReplaced:                 {"the trailer's /Info was changed", "文件尾的 /Info 被修改"},
	RootChanged:                  {"the trailer's /Root was changed", "文件尾的 /Root 被修改"},
	SizeShrank:                   {"the trailer's /Size shrank", "文件尾的 /Size 变小"},
	VersionChanged:               {"the version was changed", "版本被修改"},
	VersionRaised:                {"the version was raised to %s", "版本提升到 %s"},
	FieldNameTwice:               {"two fields are called %q", "有两个名为 %q 的域"},
	TwoReadings:                  {"readers may take the revision for different things: %v", "不同阅读器对该次保存的解读可能不同：%v"},
	Linearized:                   {"the file has just the length that its first object states: readers may show an earlier state of it", "文件长度恰好等于其首个对象声明的长度：部分阅读器可能显示更早的内容"},
	Unreadable:                   {"the revision cannot be read: %v", "该次保存无法读取：%v"},
}
