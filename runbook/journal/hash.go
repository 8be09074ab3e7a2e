package journal

// Hash returns what the event after e carries as prev: the SHA-256 of its
// line. It is empty when e cannot be a line.
func (e Event) Hash() string {
	line, err := encode(e)
	if err != nil {
		return ""
	}
	return hash(line)
}
