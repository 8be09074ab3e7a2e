package tui

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"coexist/checks"
	"coexist/tui/diagram"
	"coexist/tui/tuitest"
)

// hostile are names and texts that could break out of their place: wide,
// right-to-left, combining, controlling, long.
var hostile = []string{"Redmond", "東京 本社", "مكتب القاهرة", "a\u0301\u0327\u0302bc", "e\u202evil", "x\x1b[31mred", "🏢 Büro 🏢", strings.Repeat("長", 45), "tab\there", "nul\x00",
	strings.Repeat("long ", 30), "Łódź–Śródmieście", "ｆｕｌｌ", "\u2066iso\u2069", "a\u200bb", "Ω≈ç√∫", "line\nbreak", "\r\nx", "`|*_#", "日"}

// disfigure gives a runbook hostile names. A migration file admits none of them;
// the screens must not depend on that.
func disfigure(b *bench, r *rand.Rand) {
	pick := func() string { return hostile[r.IntN(len(hostile))] }
	book := b.m.snap.Runbook
	m := book.Migration
	m.Organization.Name, m.Namespace.Primary = pick(), pick()
	for i := range m.Sites {
		m.Sites[i].Name = pick()
		for j := range m.Sites[i].Servers {
			m.Sites[i].Servers[j].Name = pick()
		}
	}
	for _, p := range book.Phases {
		p.Title = pick()
		for _, t := range p.Tasks {
			t.Title, t.Label, t.Why, t.NoReturn = pick(), pick(), pick(), pick()
			t.Pitfalls = append(t.Pitfalls, pick())
			for _, c := range t.Checks {
				c.Title, c.Remedy = pick(), pick()
			}
		}
	}
	b.m.facts = diagram.Learn(book, b.m.snap.Progress)
	b.m.data++
}

// TestNoFrameLeavesItsPlace walks through organisations of any shape with random
// keys at random sizes, on a network that answers with hostile texts. What a
// terminal shows must be what was drawn: a row that is too long, half a wide
// character or a control character would show elsewhere. Esc always leads back.
func TestNoFrameLeavesItsPlace(t *testing.T) {
	t.Parallel()
	names := []string{"up", "down", "left", "right", "tab", "shift+tab", "enter", "esc", "space", "1", "2", "5", "R", "r", "y", "Y", "v", "a", "i", "w", "n", "O", "D",
		"t", "b", "[", "]", "/", "z", "e", ":", "?", "pgup", "pgdown", "home", "end", "ctrl+g", "ctrl+s", ".", "=日本", "=\u0301", "backspace", "s", "I", "u", "o"}
	for seed := range uint64(10) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 99))
			pick := func() string { return hostile[r.IntN(len(hostile))] }
			b := benchOf(t, organization(1+r.IntN(6)), 100, 30)
			if seed > 1 {
				disfigure(b, r)
			}
			b.answer("prepare", checks.Result{Verdict: checks.Fail, Reason: "x", Summary: pick(), Expected: pick(), Found: pick(), Causes: []string{pick(), pick()},
				Rows: []checks.Row{{"name": {pick()}, pick(): {pick(), pick()}}}})
			if r.IntN(4) == 0 {
				b.m.cfg.ASCII = true
				b.m.retheme()
			}
			var done []string
			for range 80 {
				if r.IntN(5) == 0 {
					size := tea.WindowSizeMsg{Width: 1 + r.IntN(180), Height: 1 + r.IntN(60)}
					done = append(done, fmt.Sprintf("%dx%d", size.Width, size.Height))
					b.send(size)
				}
				if r.IntN(9) == 0 {
					b.send(tea.PasteMsg{Content: pick()})
				}
				name := names[r.IntN(len(names))]
				done = append(done, name)
				b.keys(name)
				asDrawn(t, b.m, done)
			}
			b.escLeadsBack(t, done)
		})
	}
}

// asDrawn wants a terminal to show the frame cell for cell.
func asDrawn(t *testing.T, m *Model, done []string) {
	t.Helper()
	checkFrame(t, m, done)
	if m.w < 2 || m.h < 1 {
		return
	}
	content := m.View().Content
	want := strings.Split(ansi.Strip(content), "\n")
	got := strings.Split(tuitest.Draw(content, m.w, m.h).Text(), "\n")
	for y := range m.h {
		line := ""
		if y < len(want) {
			line = strings.TrimRight(want[y], " ")
		}
		if got[y] != line {
			t.Fatalf("row %d of %dx%d was drawn as\n%q\nand shows as\n%q\nafter %v", y, m.w, m.h, line, got[y], done)
		}
	}
}
