package intake

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"coexist/runbook/migration"
	"coexist/tui/intake/answers"
	"coexist/tui/paint"
)

// start is the first screen: what can be begun, opened, continued, rehearsed.
type start struct {
	found   []Found // migrations, then drafts, each newest first
	choices []choice
	at      int
	top     int
}

// choice is one line of the start screen.
type choice struct {
	key   string
	group string
	label string
	about string
	path  string // of a found file
	draft bool
	bad   bool
	act   func(m *Model) Action
}

// load looks around in the folder and makes the list of choices.
func (s *start) load(cfg Config) {
	*s = start{}
	if cfg.Find != nil {
		s.found = cfg.Find()
	}
	s.choices = append(s.choices, choice{key: "n", group: "Begin", label: "New migration", about: "asked page by page, kept as you go",
		act: func(m *Model) Action { m.begin(); return nil }})
	if cfg.Discover != nil {
		s.choices = append(s.choices, choice{key: "f", group: "Begin", label: "From Active Directory", about: "read it, accept line by line",
			act: func(m *Model) Action { m.openConnect(); return nil }})
	}
	n := 0
	for _, f := range s.found {
		if !f.Draft {
			n++
			s.choices = append(s.choices, opening(f, n))
		}
	}
	drafts := 0
	for _, f := range s.found {
		if f.Draft {
			drafts++
			s.choices = append(s.choices, continuing(cfg, f, drafts))
		}
	}
	for i, source := range []string{migration.Source2010, migration.Source2007, migration.Mixed} {
		s.choices = append(s.choices, rehearsing(string(rune('a'+i)), source))
	}
}

func opening(f Found, n int) choice {
	c := choice{path: f.Path, group: "In this folder", label: f.Name, about: strings.Join(nonEmpty(filepath.Base(f.Path), way(f.Source), f.State), "  "),
		act: func(*Model) Action { return Open{Path: f.Path} }}
	if n <= 9 {
		c.key = strconv.Itoa(n)
	}
	if f.Broken != "" {
		c.label, c.about, c.bad = filepath.Base(f.Path), f.Broken, true
		c.act = func(m *Model) Action {
			m.note = note{f.Path + " can't be opened: " + f.Broken, true}
			return nil
		}
	}
	return c
}

// continuing offers a draft: of a new migration, or of changes to one.
func continuing(cfg Config, f Found, n int) choice {
	name, source, edits := f.Name, "", ""
	form := answers.New(cfg.Known, nil, time.UTC)
	if cfg.LoadDraft != nil {
		if data, err := cfg.LoadDraft(f.Path); err == nil && form.Resume(data) == nil {
			source, edits = form.Source, form.Edits
			if form.Name != "" {
				name = form.Name
			}
		}
	}
	label := "Continue " + name
	switch {
	case edits != "":
		label = "Edit on " + name
	case name == "":
		label = "Continue unnamed"
	}
	c := choice{path: f.Path, draft: true, group: "Unfinished", label: label, about: strings.Join(nonEmpty(filepath.Base(f.Path), way(source)), "  "),
		act: func(m *Model) Action {
			wish, err := m.resume(f.Path)
			if err != nil {
				m.note = note{err.Error(), true}
			}
			return wish
		}}
	if n == 1 {
		c.key = "d"
	}
	return c
}

func rehearsing(key, source string) choice {
	return choice{key: key, group: "Rehearse with the built-in organisation", label: way(source),
		about: "Contoso on a simulated network",
		act:   func(*Model) Action { return Rehearse{source} }}
}

// way says which road a source version takes.
func way(source string) string {
	switch source {
	case migration.Mixed:
		return "2007 and 2010 to 2013"
	case "":
		return ""
	}
	return source + " to 2013"
}

// has tells whether a file was found.
func (s *start) has(path string) bool {
	for _, f := range s.found {
		if f.Path == path {
			return true
		}
	}
	return false
}

// selectPath puts the focus on a found file.
func (s *start) selectPath(path string) {
	for i, c := range s.choices {
		if c.path == path {
			s.at = i
		}
	}
}

func (m *Model) startKey(name string) Action {
	s := &m.start
	switch name {
	case "up", "k", "shift+tab":
		s.at = max(s.at-1, 0)
	case "down", "j", "tab":
		s.at = min(s.at+1, len(s.choices)-1)
	case "home":
		s.at = 0
	case "end":
		s.at = len(s.choices) - 1
	case "enter", "space":
		return s.choices[s.at].act(m)
	case "q":
		return Quit{}
	case "x", "delete":
		if c := s.choices[s.at]; c.draft {
			m.openDrop(c.path)
		}
	case "?":
		m.dialog = &helping{}
	default:
		for i, c := range s.choices {
			if c.key != "" && c.key == name {
				s.at = i
				return c.act(m)
			}
		}
	}
	return nil
}

func (m *Model) startClick(i int) Action {
	if i < 0 || i >= len(m.start.choices) {
		return nil
	}
	m.start.at = i
	return m.start.choices[i].act(m)
}

// support is when Microsoft stopped mending a version.
type support struct {
	version string
	end     time.Time
}

func supportEnds() []support {
	day := func(y int, mo time.Month, d int) time.Time { return time.Date(y, mo, d, 0, 0, 0, 0, time.UTC) }
	return []support{
		{"Exchange 2007", day(2017, time.April, 11)},
		{"Exchange 2010", day(2020, time.October, 13)},
		{"Exchange 2013", day(2023, time.April, 11)},
	}
}

// supportLine says since when a version gets no more updates.
func supportLine(s support, now time.Time) string {
	date := s.end.Format("2 Jan 2006")
	if now.Before(s.end) {
		return "support ends " + date
	}
	years := now.Year() - s.end.Year()
	if now.YearDay() < s.end.YearDay() {
		years--
	}
	switch years {
	case 0:
		return "support ended " + date
	case 1:
		return "support ended " + date + ", a year ago"
	}
	return fmt.Sprintf("support ended %s, %d years ago", date, years)
}

// brief stands for the dates where there is no room for them.
const brief = "Support has ended for Exchange 2007, 2010 and 2013 alike."

const honest = "None of the three is mended any more, Exchange 2013 included: it is a stage on the way to a version that is."

// drawSupport shows the end of support of every version that matters and
// returns the lines used.
func (m *Model) drawSupport(c *paint.Canvas, x, y, w int, only ...string) int {
	n := 0
	for _, s := range supportEnds() {
		if len(only) > 0 && !contains(only, s.version) {
			continue
		}
		c.Text(x, y+n, 15, s.version, m.theme.Text)
		c.Text(x+16, y+n, w-16, supportLine(s, m.cfg.Clock()), m.theme.Warn)
		n++
	}
	for _, l := range paint.Wrap(honest, w) {
		c.Text(x, y+n, w, l, m.theme.Dim)
		n++
	}
	return n
}

func contains(list []string, s string) bool {
	for _, one := range list {
		if one == s {
			return true
		}
	}
	return false
}

func (m *Model) drawStart(c *paint.Canvas) {
	w, h := c.Size()
	t := m.theme
	m.drawBar(c, w, "", "")
	wide := w >= 116 && h >= 20
	x, top, cw := 3, 5, w-6
	if wide {
		cw = min(w-52, 84)
	}
	c.Text(x, 2, cw, "Exchange 2007 and 2010 to Exchange 2013, side by side", t.Strong)
	c.Text(x, 3, cw, "Every step with its commands, checks and gate, all on record.", t.Dim)
	foot := 4
	if !wide {
		// What can be done comes first: the end of support takes what room is
		// left, down to one line.
		versions := 2 + len(paint.Wrap(honest, cw)) + 2
		if h-top-foot-versions >= m.start.height() {
			foot += versions
			m.drawSupport(c, x, h-foot+1, cw)
		} else {
			c.Text(x, h-4, cw, brief, m.theme.Warn)
		}
	} else {
		c.VLine(w-45, 2, h-5, paint.Solid, t.Line)
		c.Text(w-42, 2, 40, "The versions", t.Strong)
		m.drawSupportTall(c, w-42, 4, 40)
	}
	m.drawChoices(c.In(paint.R(x, top, cw, h-top-foot)), cw, h-top-foot)
	m.drawFoot(c, m.Keys())
}

func (m *Model) drawSupportTall(c *paint.Canvas, x, y, w int) {
	t := m.theme
	for _, s := range supportEnds() {
		c.Text(x, y, w, s.version, t.Text)
		c.Text(x, y+1, w, supportLine(s, m.cfg.Clock()), t.Warn)
		y += 3
	}
	for _, l := range paint.Wrap(honest, w) {
		c.Text(x, y, w, l, t.Dim)
		y++
	}
}

// height is what the list takes, with the heads of its groups.
func (s *start) height() int {
	n, group := 0, ""
	for i, ch := range s.choices {
		if ch.group != group {
			n, group = n+1, ch.group
			if i > 0 {
				n++
			}
		}
		n++
	}
	return n
}

// drawChoices lists the choices by group and keeps the chosen one in sight.
func (m *Model) drawChoices(c *paint.Canvas, w, h int) {
	s := &m.start
	ys := make([]int, len(s.choices))
	y, group := 0, ""
	for i, ch := range s.choices {
		if ch.group != group {
			if i > 0 {
				y++
			}
			y, group = y+1, ch.group
		}
		ys[i] = y
		y++
	}
	head := 0
	if s.at == 0 {
		s.top = 0
	}
	if y > h {
		head = max(min(ys[s.at]-1, s.top), ys[s.at]-h+1)
		head = max(min(head, y-h), 0)
	}
	s.top = head
	v := c.Shift(0, -head)
	group = ""
	for i, ch := range s.choices {
		if ch.group != group {
			group = ch.group
			v.Text(0, ys[i]-1, w, group, m.theme.Dim.Bold())
		}
		m.drawChoice(v, i, ys[i], w)
	}
	m.drawRest(c, w, h, head, y)
}

// drawRest shows at the edge that the list goes on.
func (m *Model) drawRest(c *paint.Canvas, w, h, head, total int) {
	if head > 0 {
		c.Text(w-1, 0, 1, "↑", m.theme.Keys)
	}
	if head+h < total {
		c.Text(w-1, h-1, 1, "↓", m.theme.Keys)
	}
}

func (m *Model) drawChoice(c *paint.Canvas, i, y, w int) {
	t, ch := m.theme, m.start.choices[i]
	line := paint.R(0, y, w, 1)
	if i == m.start.at {
		c.Fill(line, t.Select)
	}
	key := ch.key
	if key == "" {
		key = " "
	}
	c.Text(1, y, 1, key, t.Keys)
	st := t.Text
	if i == m.start.at {
		st = t.Strong
	}
	used := c.Text(4, y, min(30, w-5), ch.label, st)
	at := 4 + max(used+2, 26)
	about := t.Dim
	if ch.bad {
		about = t.Bad
	}
	c.Text(at, y, w-at-1, ch.about, about)
	c.Hit(line, onStart(i))
}
