package linear

import "fmt"

func (t *talk) setOperator(rest string) error {
	if rest == "" {
		t.con.say("Operator: %s. Change it with operator NAME.", t.snap.Progress.Operator)
		return nil
	}
	if err := t.s.SetOperator(rest); err != nil {
		return err
	}
	t.refresh()
	t.con.say("Operator: %s", rest)
	return nil
}

func (t *talk) export(rest string) error {
	if t.cfg.Export == nil {
		return fmt.Errorf("there is no export here; use coexist export FILE")
	}
	said, err := t.cfg.Export(t.s, rest)
	if err != nil {
		return err
	}
	t.refresh()
	t.con.say("Exported to %s", said)
	return nil
}
