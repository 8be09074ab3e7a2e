package runbook

import "coexist/runbook/journal"

// undo takes one event back, as far as it still is in force.
func (f *fold) undo(e journal.Event, p *Undone) {
	switch p.Kind {
	case EventDone:
		for id, t := range f.tasks {
			if t.seq == p.Seq {
				f.reopen(e, id)
				f.uncarried(id, p.Seq)
			}
		}
	case EventWaitOver:
		for _, t := range f.tasks {
			if t.ack == p.Seq {
				t.ack = 0
			}
		}
	case EventWaiver:
		f.undoWaiver(p.Seq)
	case EventRead, EventResult:
		f.undoCheck(p)
	case EventValue:
		f.undoValue(p.Seq)
	case EventNote:
		for i, seq := range f.noteSeqs {
			if seq == p.Seq {
				f.notes = append(f.notes[:i:i], f.notes[i+1:]...)
				f.noteSeqs = append(f.noteSeqs[:i:i], f.noteSeqs[i+1:]...)
				break
			}
		}
	case EventUndone:
		f.unsettle(p.Seq)
	case EventUndoChecked:
		for _, u := range f.undos {
			for name, a := range u.answers {
				if a.Seq == p.Seq {
					delete(u.answers, name)
				}
			}
		}
	case EventBackout:
		if f.backedOut == p.Seq {
			f.backout, f.backedOut = nil, 0
		}
	}
	f.forget()
}

// undoCheck takes back that a warning was read, or a statement: the check
// then has no result in force.
func (f *fold) undoCheck(p *Undone) {
	for id, c := range f.checks {
		switch {
		case p.Kind == EventResult && c.seq == p.Seq:
			f.checks[id] = &checkFold{history: c.history, green: c.green, red: c.red}
		case p.Kind == EventRead && c.reading == p.Seq:
			c.read, c.reading = 0, 0
		}
	}
}

func (f *fold) undoValue(seq int64) {
	for key, list := range f.known {
		for i, v := range list {
			if v.seq != seq {
				continue
			}
			list = append(list[:i:i], list[i+1:]...)
			f.known[key] = list
			delete(f.values, key)
			f.revalue(key)
			if len(list) > 0 {
				f.values[key] = list[len(list)-1].value
			}
			return
		}
	}
}
