package linear

import (
	"errors"
	"strings"

	"coexist/tui/intake/answers"
)

// sites lets the list of sites and servers be made.
func (q *intakeTalk) sites() error {
	for {
		places := q.form.Places(answers.PageSites)[1:]
		q.con.say("Sites and servers so far:")
		q.tell(places)
		if len(places) == 0 {
			q.con.say("Adding the first site.")
			if err := q.add(answers.OnSite(q.form.AddSite(-1))); err != nil {
				return err
			}
			continue
		}
		line, err := q.con.ask("A number changes it, site, server N (to site N), paste N, copy N, remove N, or an empty line to go on: ")
		if err != nil {
			return err
		}
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch word {
		case "":
			return nil
		case "<":
			return errBack
		case ".":
			return errLeft
		case "site":
			err = q.add(answers.OnSite(q.form.AddSite(len(q.form.Sites) - 1)))
		default:
			err = q.onItem(word, rest, places)
		}
		if err != nil {
			return err
		}
	}
}

// tell lists items with numbers and what they hold.
func (q *intakeTalk) tell(places []answers.Place) {
	for i, p := range places {
		text := q.form.PlaceName(p)
		switch {
		case p.IsServer():
			s := q.form.Sites[p.Site].Servers[p.Server]
			text += ", Exchange " + s.Version + ", " + strings.Join(s.Roles(), ", ")
		case p.IsSite() && q.form.First() == p.Site:
			text += ", upgraded first"
		}
		q.con.say("%d. %s", i+1, text)
	}
	if len(places) == 0 {
		q.con.say("none")
	}
}

// onItem acts on one item of the list.
func (q *intakeTalk) onItem(word, rest string, places []answers.Place) error {
	if n, ok := number(word, len(places)); ok {
		return q.ask(places[n-1])
	}
	n, ok := number(rest, len(places))
	if !ok && rest == "" && len(q.form.Sites) == 1 && (word == "server" || word == "paste") {
		n, ok = 1, true
	}
	if !ok {
		q.con.say("Refused: expected a number of the list, or one of site, server, paste, copy, remove with a number.")
		return nil
	}
	p := places[n-1]
	switch word {
	case "server":
		if p.Site < 0 {
			break
		}
		return q.add(answers.OnServer(p.Site, q.form.AddServer(p.Site, len(q.form.Sites[p.Site].Servers)-1)))
	case "paste":
		return q.pasteServers(p.Site)
	case "copy":
		to := q.form.Duplicate(p)
		q.con.say("Added: %s", q.form.PlaceName(to))
		return q.ask(to)
	case "remove":
		name := q.form.PlaceName(p)
		if yes, err := q.con.sure("Remove " + name + "?"); err != nil || !yes {
			return err
		}
		q.form.Remove(p)
		q.con.say("Removed: %s", name)
		return nil
	}
	q.con.say("Refused: %s is not understood here.", word)
	return nil
}

// add asks for a new item; going back before the first answer drops it.
func (q *intakeTalk) add(p answers.Place) error {
	err := q.ask(p)
	if q.form.Exists(p) && q.form.Blank(p) {
		q.form.Remove(p)
	}
	return err
}

func (q *intakeTalk) ask(p answers.Place) error {
	if err := q.fields(p, 0); !errors.Is(err, errBack) {
		return err
	}
	return nil
}

func (q *intakeTalk) pasteServers(site int) error {
	text, err := q.con.lines("One server a line: its name, and behind it, if you like, version and roles. What Get-ExchangeServer prints is understood too.")
	if err != nil {
		return err
	}
	version, err := q.versionOfNames()
	if err != nil {
		return err
	}
	list := q.form.ReadServers(text, q.form.Like(version))
	for _, p := range list {
		if p.Wrong != "" {
			q.con.say("Left out: %s %s", p.Server.Name, p.Wrong)
			continue
		}
		q.con.say("Read: %s, Exchange %s, %s", p.Server.Name, p.Server.Version, strings.Join(p.Server.Roles(), ", "))
	}
	q.con.say("Added: %s", answers.Count(q.form.Take(list, site), "server", "servers"))
	return nil
}

// versionOfNames asks which version names alone are.
func (q *intakeTalk) versionOfNames() (string, error) {
	known := append(q.form.OldVersions(), "2013")
	for {
		s, err := q.con.ask("Names alone are which version, " + strings.Join(known, " or ") + " [" + known[0] + "]: ")
		if err != nil {
			return "", err
		}
		s = strings.TrimSpace(s)
		if s == "" {
			return known[0], nil
		}
		for _, k := range known {
			if s == k {
				return s, nil
			}
		}
		q.con.say("Refused: expected one of %s.", strings.Join(known, ", "))
	}
}

// probes lets the list of test mailboxes be made.
func (q *intakeTalk) probes() error {
	for {
		places := q.form.Places(answers.PageNetwork)[1:]
		q.con.say("Test mailboxes so far:")
		q.tell(places)
		line, err := q.con.ask("A number changes it, add, remove N, or an empty line to go on: ")
		if err != nil {
			return err
		}
		switch line = strings.TrimSpace(line); line {
		case "":
			return nil
		case "<":
			return errBack
		case ".":
			return errLeft
		case "add":
			q.form.Probes = append(q.form.Probes, q.form.FreshProbe())
			err = q.add(answers.OnProbe(len(q.form.Probes) - 1))
		default:
			word, rest, _ := strings.Cut(line, " ")
			err = q.onItem(word, rest, places)
		}
		if err != nil {
			return err
		}
	}
}
