package command

import (
	"context"

	"coexist/runbook"
	"coexist/runbook/discovery"
	"coexist/runbook/rehearsal"
	"coexist/runbook/script"
	"coexist/tui/linear"
)

// linear talks in numbered prompts and plain lines. An interruption ends one
// run of checks or, at a prompt, the talk; between two prompts nothing listens,
// and it ends nothing.
func (a *app) linear(opening func() (*runbook.Session, error)) error {
	_, hold := a.interruptible(a.life)
	defer hold()
	cfg := linear.Config{In: a.keys, Out: a.Out, ASCII: a.ascii, Clock: a.clock, Context: a.interruptible, Operator: a.operator, Intake: a.intake(),
		Open: func(path string) (linear.Session, error) { return session(a.open(path)) },
		Rehearse: func(source string) (linear.Session, error) {
			return session(a.rehearse(rehearsal.Request{Dir: a.Dir, Source: source}))
		},
		Export:     func(s linear.Session, path string) (string, error) { return a.exportTo(s.Snapshot(), path) },
		Transcript: func(s linear.Session, sum string) (string, error) { return transcript(own(s), sum) },
		SaveScript: func(s linear.Session, o script.Options) (string, script.Manifest, error) {
			return a.saveScript(own(s), o)
		},
		ImportFile: func(s linear.Session, path string) (script.Outcome, error) { return a.importFile(own(s), path) },
		ImportText: func(s linear.Session, data []byte) (script.Outcome, error) { return importText(own(s), data) },
		Discover:   a.proposeTo,
		Compare: func(ctx context.Context, s linear.Session, from linear.Source) (string, error) {
			return a.compareFor(ctx, own(s), from)
		},
		Already: func(ctx context.Context, s linear.Session, from linear.Source) ([]discovery.Claim, error) {
			return a.alreadyFor(ctx, own(s), from)
		},
		Inherit: func(s linear.Session, list []discovery.Claim, name string) ([]string, error) {
			return own(s).Inherit(discovery.InheritedOf(list), name)
		},
	}
	if opening != nil {
		opened, err := opening()
		if err != nil {
			return err
		}
		defer opened.Close()
		cfg.Session = opened
	}
	return linear.Run(a.life, cfg)
}

// session hands a session to the linear mode; a nil one is no session there.
func session(s *runbook.Session, err error) (linear.Session, error) {
	if err != nil {
		return nil, err
	}
	return s, nil
}

// own is the session that was handed to the linear mode.
func own(s linear.Session) *runbook.Session { return s.(*runbook.Session) }
