package billing

// ShortName shortens an envelope's name in the middle as the platform's charge list
// does (M60): the first two characters, three dots, the last four of a long name. A
// name of up to eight characters would not become shorter and stays whole.
//
// The samples of the manual are 公有...多份计量, with four characters at the end, and
// 测试...签过期 and 上海...习协议, with three. They do not show which rule the platform uses, so
// names of nine characters end in three.
func ShortName(name string) string {
	const whole, head = 8, 2
	r := []rune(name)
	tail := 4
	switch {
	case len(r) <= whole:
		return name
	case len(r) == whole+1:
		tail = 3
	}
	return string(r[:head]) + "..." + string(r[len(r)-tail:])
}
