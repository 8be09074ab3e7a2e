package script

import (
	"errors"
	"slices"
	"strings"

	"coexist/runbook"
)

// Offer is a script that a step can have: what it would read right now.
type Offer struct {
	Shell    string // "2007", "2010", "2013"
	Server   string // empty: on any server of the version
	Checks   int
	Captures int // values that are not known yet and can be captured before the change
}

// shells are the versions of the management shell, in the order of offers.
var shells = []string{"2007", "2010", "2013"}

// Needed tells whether anything of a step is read in a management shell,
// whether or not it can be read yet.
func Needed(r *runbook.Runbook, step int) bool {
	for _, p := range r.Phases {
		if p.Step == step && slices.ContainsFunc(p.Tasks, ForTask) {
			return true
		}
	}
	return false
}

// ForTask tells whether a management shell reads anything for a task.
func ForTask(t *runbook.Task) bool {
	return slices.ContainsFunc(t.Checks, func(c *runbook.Check) bool { return c.Kind == "cmdlet" && c.Shell != "" }) ||
		slices.ContainsFunc(t.Captures, func(c runbook.Capture) bool { return c.Shell != "" && c.Command != nil })
}

// Offers lists the scripts of a step that would read something with the values
// that are known: for every shell the general one, then one for each server
// that something must be read on itself.
func Offers(r *runbook.Runbook, step int, v runbook.Values) ([]Offer, error) {
	var out []Offer
	for _, shell := range shells {
		servers, err := ownServers(r, step, shell, v)
		if err != nil {
			return nil, err
		}
		for _, server := range append([]string{""}, servers...) {
			items, err := collect(r, Options{Step: step, Shell: shell, Server: server, Capture: true, Values: v})
			if err != nil {
				return nil, err
			}
			o := Offer{Shell: shell, Server: server}
			for _, it := range items {
				if it.Capture {
					o.Captures++
				} else {
					o.Checks++
				}
			}
			if len(items) > 0 {
				out = append(out, o)
			}
		}
	}
	return out, nil
}

// ownServers lists the servers that a check of the step must be read on.
func ownServers(r *runbook.Runbook, step int, shell string, v runbook.Values) ([]string, error) {
	var out []string
	for _, p := range r.Phases {
		if p.Step != step {
			continue
		}
		for _, t := range p.Tasks {
			for _, c := range t.Checks {
				if c.Kind != "cmdlet" || c.Shell != shell {
					continue
				}
				ready, pending, err := c.Ready(v)
				if err != nil {
					return nil, err
				}
				same := func(s string) bool { return strings.EqualFold(s, t.Label) }
				if len(pending) == 0 && ready.Params.Bool("local") && !slices.ContainsFunc(out, same) {
					out = append(out, t.Label)
				}
			}
		}
	}
	return out, nil
}

// ErrNothing tells that a step has nothing to read in a shell right now.
var ErrNothing = errors.New("nothing of this step can be read in a management shell yet: values are missing that its commands need")

// ResultName is the name of the file that a written script saves.
func (m Manifest) ResultName() string { return "coexist-" + m.Nonce[:8] + ".json" }
