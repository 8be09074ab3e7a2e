package journal

// Events returns everything that is recorded, in its order. The slice must not
// be changed; later events do not appear in it.
func (j *Journal) Events() []Event {
	j.mu.Lock()
	defer j.mu.Unlock()
	n := len(j.chain.events)
	return j.chain.events[:n:n]
}

// Head is the hash of the last line; empty in an empty journal.
func (j *Journal) Head() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.chain.head
}

// Path is the journal's file.
func (j *Journal) Path() string { return j.path }

// ReadOnly tells whether Append would refuse.
func (j *Journal) ReadOnly() bool { return j.Why() != "" }

// Why says why the journal is read-only; empty when it is not.
func (j *Journal) Why() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.why
}

// Holder is the other instance that had the lock when this one was opened, or
// nil.
func (j *Journal) Holder() *Holder {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.holder
}

// Broken tells where the chain breaks, or nil. The events before the break are
// there all the same.
func (j *Journal) Broken() *Break {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.chain.broken
}

// Torn lists the unfinished last line that was found, if there was one.
func (j *Journal) Torn() []Torn {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.torn
}

// SetOperator names who acts from now on.
func (j *Journal) SetOperator(name string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.o.Operator = name
	if j.release != nil {
		j.signHolder()
	}
}
