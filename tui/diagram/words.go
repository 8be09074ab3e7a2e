package diagram

import (
	"fmt"

	"coexist/runbook/migration"
)

// nameFacts are the lines about a host name.
func (l *layout) nameFacts(host, step string) []string {
	out := []string{"Name: " + host}
	a, seen := l.facts.Answers[lower(host)]
	if !seen {
		out = append(out, "Nobody has checked yet who answers it; run the checks of the step with R.")
	} else {
		line := "Answered by " + join(a.Server, a.Version)
		if a.Address != "" {
			line += " at " + a.Address
		}
		out = append(out, line+fmt.Sprintf(", seen by a %s check at %s UTC.", a.Kind, a.At.UTC().Format("2006-01-02 15:04:05")))
	}
	switch step {
	case "legacy":
		out = append(out, fmt.Sprintf("Made in step %d; it leads to the Exchange 2007 Client Access servers while both versions live side by side.", l.steps.number["legacy"]))
	default:
		out = append(out, fmt.Sprintf("Moves to Exchange 2013 in step %d.", l.steps.number["switch"]))
	}
	return out
}

// serverFacts is the line about one server.
func (l *layout) serverFacts(s migration.Server) string {
	line := s.Name + ": Exchange " + s.Version + " " + roles(s)
	if b, ok := l.facts.Builds[lower(s.Name)]; ok {
		line += ", build " + b.Build
		if sp := b.ServicePack(); sp != "" {
			line += " (" + sp + ")"
		}
		line += fmt.Sprintf(", seen %s UTC", b.At.UTC().Format("2006-01-02 15:04"))
	} else if l.board.stages[lower(s.Name)] == there {
		line += ", build not checked yet"
	}
	if st := l.board.stages[lower(s.Name)]; st != there {
		line += ", " + string(st)
	}
	if s.Address != "" {
		line += ", address " + s.Address
	}
	return line + "."
}

// allFacts are the lines about several servers.
func (l *layout) allFacts(list []migration.Server) []string {
	var out []string
	for _, s := range list {
		out = append(out, l.serverFacts(s))
	}
	return out
}

func (l *layout) siteFacts(i int, s migration.Site) []string {
	out := []string{l.siteTitle(s)}
	if i == 0 {
		out = append(out, "It is upgraded first: it owns the organisation's names.")
	} else {
		out = append(out, fmt.Sprintf("Its round is part of step %d.", l.steps.number["sites"]))
	}
	if s.Entry != "" {
		line := "Entry address after the switch: " + s.Entry
		if s.ExternalEntry != "" {
			line += ", from outside " + s.ExternalEntry
		}
		out = append(out, line+".")
	}
	return append(out, l.allFacts(s.Servers)...)
}
