package store

// Recall returns what find answered for key earlier in this transaction, or asks it
// now. One question may come up many times on the way to a commit, such as who acts;
// within one transaction its answer is the same, until something is written: then
// everything is asked anew. Errors are not remembered. A key is of a type of its
// user's own, as those of a context are; the answer is shared, and not to be changed.
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
