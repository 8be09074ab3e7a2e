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

// reached words how mailboxes that are still on the old servers are reached
// once the names lead to Exchange 2013.
func (l *layout) reached(s migration.Site, version string) string {
	if l.o.View != Now || !l.board.switched[lower(s.Name)] || l.board.moved[lower(s.Name)] {
		return ""
	}
	switch {
	case version == "2007":
		return "redirect + proxy"
	case s.Primary != "" && s.Name != l.sites[0].Name:
		return "redirect + proxy"
	}
	return "by proxy"
}

// wayFacts are the lines behind reached.
func (l *layout) wayFacts(s migration.Site, version string) []string {
	switch way := l.reached(s, version); {
	case way == "":
		return nil
	case version == "2007":
		return []string{"Its mailboxes are reached through Exchange 2013, which redirects OWA to the legacy name and proxies Outlook Anywhere, ActiveSync, Autodiscover, POP and IMAP. EWS clients learn the legacy name from Autodiscover."}
	case way == "by proxy":
		return []string{"Its mailboxes are reached through Exchange 2013, which proxies every protocol to these servers."}
	}
	return []string{"Its mailboxes are reached through Exchange 2013, which redirects OWA to " + s.Primary + " and proxies the other protocols."}
}

// serverFacts is the line about one server.
func (l *layout) serverFacts(s migration.Server) string {
	line := s.Name + ": Exchange " + s.Version + " " + roles(s)
	if b, ok := l.facts.Builds[lower(s.Name)]; ok {
		line += ", build " + b.Build
		if name, ok := l.r.Releases[b.Build]; ok {
			line += " (" + name + ")"
		} else if sp := b.ServicePack(); sp != "" {
			line += " (" + sp + ")"
		}
		if b.Kind == "ldap" && b.ServicePack() != "" {
			line += " as the directory has it, which does not tell the update rollup"
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
