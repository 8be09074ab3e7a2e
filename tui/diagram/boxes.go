package diagram

import (
	"fmt"

	"coexist/runbook"
	"coexist/runbook/migration"
	"coexist/tui/paint"
)

// column is a box of servers still to be placed.
type column struct {
	panel Panel
	h     int
}

func (l *layout) gap() int {
	if l.inner >= 70 {
		return 9
	}
	return 5
}

func (l *layout) widths() (lw, rw int) {
	room := l.inner - 8 - l.gap()
	return room / 2, room - room/2
}

func (l *layout) siteHeight(i int, s migration.Site) int {
	lefts, rights := l.columns(s)
	return 2 + max(stacked(lefts), stacked(rights)) + len(l.ownNames(i, s))
}

func stacked(c []column) int {
	h := 0
	for i, b := range c {
		h += b.h
		if i > 0 {
			h++
		}
	}
	return h
}

// ownNames are the names that a further Internet-facing site has of its own.
func (l *layout) ownNames(i int, s migration.Site) []string {
	var out []string
	for _, n := range []string{s.Primary, s.Legacy} {
		if n != "" && (i > 0 || n != l.r.Migration.Namespace.Primary && n != l.r.Migration.Namespace.Legacy) {
			out = append(out, n)
		}
	}
	return out
}

// columns makes the boxes of a site: old servers left, Exchange 2013 right.
func (l *layout) columns(s migration.Site) (lefts, rights []column) {
	lw, rw := l.widths()
	id := "site/" + lower(s.Name) + "\x1f"
	groups := olds(s)
	for _, v := range []string{"2007", "2010"} {
		if len(groups[v]) == 0 {
			continue
		}
		title := "Exchange " + v
		if lw < 21 {
			title = "E" + v
		}
		p := Panel{ID: id + "old" + v, Kind: OldPanel, Title: title, Site: s.Name, Servers: names(groups[v]), framed: true, tone: old,
			badges: []badge{l.badge("prepare")}}
		if l.o.View == After {
			p.line, p.tone = paint.Dashed, dim
		}
		for _, srv := range groups[v] {
			p.rows = append(p.rows, l.oldRows(srv, lw-4)...)
		}
		if way := l.reached(s, v); way != "" {
			p.rows = append(p.rows, row{left: []span{{way, fresh}}})
		}
		p.Facts = func() []string { return append(l.allFacts(groups[v]), l.wayFacts(s, v)...) }
		lefts = append(lefts, column{p, 2 + len(p.rows)})
	}
	if cas := newest(s, migration.ClientAccess); len(cas) > 0 {
		rights = append(rights, l.freshBox(s, CASPanel, id+"cas", "E2013 CAS", cas, rw, "deploy", "certificates"))
	}
	if mbx := newest(s, migration.MailboxRole); len(mbx) > 0 {
		b := l.freshBox(s, MBXPanel, id+"mbx", "E2013 MBX", mbx, rw, "deploy", "move")
		b.panel.foot = l.dag(s)
		if n := l.board.move[lower(s.Name)]; n[0] > 0 && l.o.View == Now {
			b.panel.rows = append(b.panel.rows, row{left: []span{{"move tasks", dim}}, right: []span{{fmt.Sprintf("%d/%d", n[0], n[1]), info}}})
			b.h++
		}
		rights = append(rights, b)
	}
	return lefts, rights
}

func (l *layout) dag(s migration.Site) string {
	if s.DAG != nil {
		return s.DAG.Name
	}
	if l.r.Migration.DAG != nil {
		return l.r.Migration.DAG.Name
	}
	return ""
}

func (l *layout) freshBox(s migration.Site, k Kind, id, title string, list []migration.Server, w int, steps ...string) column {
	p := Panel{ID: id, Kind: k, Title: title, Site: s.Name, Servers: names(list), framed: true, tone: fresh}
	for _, st := range steps {
		p.badges = append(p.badges, l.siteBadge(st, s))
	}
	ghost := true
	for _, srv := range list {
		st := l.stage(srv)
		ghost = ghost && st == planned
		p.rows = append(p.rows, l.freshRows(srv, st, w-4)...)
	}
	p.Facts = func() []string { return l.allFacts(list) }
	if ghost {
		p.line, p.tone = paint.Dashed, dim
	}
	return column{p, 2 + len(p.rows)}
}

func (l *layout) stage(s migration.Server) stage {
	switch l.o.View {
	case Before:
		if s.Version == "2013" {
			return planned
		}
		return there
	case After:
		if s.Version == "2013" {
			return there
		}
		return retired
	}
	return l.board.stages[lower(s.Name)]
}

// freshRows draws an Exchange 2013 server in one line, or in two where it is
// narrow.
func (l *layout) freshRows(s migration.Server, st stage, w int) []row {
	t := map[stage]tone{planned: dim, under: info, there: good, retired: dim}[st]
	word := string(st)
	if b, ok := l.facts.Builds[lower(s.Name)]; ok && st == there && l.o.View == Now {
		word = b.Badge(l.r.Releases)
	}
	if l.board.worst[lower(s.Name)] == runbook.Failed && l.o.View == Now {
		word, t = "failed", bad
	}
	if paint.Width(s.Name)+1+paint.Width(word) > w {
		return []row{{left: []span{{s.Name, strong}}}, {left: []span{{word, t}}}}
	}
	return []row{{left: []span{{s.Name, strong}}, right: []span{{word, t}}}}
}

// oldRows draws an old server in one line, or in two where it is narrow.
func (l *layout) oldRows(s migration.Server, w int) []row {
	mark, t := "SP ?", dim
	if b, ok := l.facts.Builds[lower(s.Name)]; ok {
		if b.ServicePack() != "" {
			mark, t = b.Badge(l.r.Releases), good
		}
	}
	switch {
	case l.stage(s) == retired:
		mark, t = "removed", dim
	case l.o.View == Now && l.board.worst[lower(s.Name)] == runbook.Failed:
		mark, t = "failed", bad
	}
	what := roles(s)
	if paint.Width(s.Name)+paint.Width(what)+paint.Width(mark)+4 <= w {
		return []row{{left: []span{{s.Name, strong}, {"  " + what, dim}}, right: []span{{mark, t}}}}
	}
	if paint.Width(s.Name)+1+paint.Width(mark) > w {
		return []row{{left: []span{{s.Name, strong}}}, {left: []span{{what, dim}}}, {left: []span{{mark, t}}}}
	}
	return []row{{left: []span{{s.Name, strong}}, right: []span{{mark, t}}}, {left: []span{{what, dim}}}}
}
