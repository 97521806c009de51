package store

// Recall returns what find returned for key earlier in this transaction, or calls it
// now. The same question, such as who acts, may be asked many times before a commit.
// Within one transaction its answer stays the same until something is written; then
// every question is asked again. Errors are not remembered. A key has a type of its
// package's own, like the keys of a context. The answer is shared and must not be
// changed.
func Recall[V any](tx *Tx, key any, find func() (V, error)) (V, error) {
	if v, ok := tx.recalled[key].(V); ok && !tx.done {
		return v, nil
	}
	v, err := find()
	if err != nil {
		return v, err
	}
	if tx.recalled == nil {
		tx.recalled = map[any]any{}
	}
	tx.recalled[key] = v
	return v, nil
}
