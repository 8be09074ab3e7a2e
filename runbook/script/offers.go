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
		list, err := candidates(r, Options{Step: step, Shell: shell, Capture: true, Values: v})
		if err != nil {
			return nil, err
		}
		out = append(out, offered(shell, list)...)
	}
	return out, nil
}

// offered counts what the scripts of one shell would read.
func offered(shell string, list []candidate) []Offer {
	offers := []Offer{{Shell: shell}}
	at := map[string]int{"": 0} // by lower-cased server
	for _, c := range list {
		server := strings.ToLower(c.label)
		if _, has := at[server]; c.local && !has {
			at[server] = len(offers)
			offers = append(offers, Offer{Shell: shell, Server: c.label})
		}
	}
	type place struct {
		offer int
		id    string
	}
	seen := map[place]bool{}
	for _, c := range list {
		for _, server := range []string{"", strings.ToLower(c.label)} {
			i, has := at[server]
			if !has || !c.on(server) || seen[place{i, c.ID}] {
				continue
			}
			seen[place{i, c.ID}] = true
			if c.Capture {
				offers[i].Captures++
			} else {
				offers[i].Checks++
			}
		}
	}
	return slices.DeleteFunc(offers, func(o Offer) bool { return o.Checks+o.Captures == 0 })
}

// ErrNothing tells that a step has nothing to read in a shell right now.
var ErrNothing = errors.New("nothing of this step can be read in a management shell yet: values are missing that its commands need")

// ResultName is the name of the file that a written script saves.
func (m Manifest) ResultName() string { return "coexist-" + m.Nonce[:8] + ".json" }
