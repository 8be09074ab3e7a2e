package discovery

// Selection is which lines of a proposal are accepted.
type Selection struct {
	Proposal *Proposal
	Take     []bool // of each line
}

// Select accepts every line but those with more than one reading: they are
// looked at first.
func Select(p *Proposal) *Selection {
	s := &Selection{p, make([]bool, len(p.Lines))}
	for n, l := range p.Lines {
		s.Take[n] = !l.Unsure
	}
	return s
}

// All accepts every line, or none.
func (s *Selection) All(yes bool) {
	for n := range s.Take {
		s.Take[n] = yes
	}
}

// Count is how many lines are accepted.
func (s *Selection) Count() int {
	n := 0
	for _, one := range s.Take {
		if one {
			n++
		}
	}
	return n
}

// Accepts tells whether a line of the proposal is accepted.
func (s *Selection) Accepts(l Line) bool {
	for n := range s.Proposal.Lines {
		if s.Proposal.Lines[n].Key == l.Key && s.Proposal.Lines[n].Value == l.Value {
			return s.Take[n]
		}
	}
	return false
}
