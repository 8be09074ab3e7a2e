package intake

import (
	"fmt"
	"math/rand"
	"path/filepath"
	"strings"
	"testing"

	"coexist/runbook/migration"
	"coexist/tui/intake/answers"
	"coexist/tui/paint"
	"coexist/tui/tuitest"
)

// frames are all pages, by their names.
func frames(t *testing.T) map[string]*Model {
	t.Helper()
	was, err := migration.Parse("contoso.toml", migration.Sample("mixed"), migration.Known{})
	if err != nil {
		t.Fatal(err)
	}
	filled := func() *Model {
		m := New(disk{}.config())
		do(m, "n")
		m.form.Answers = answers.From(was)
		m.form.Features.UnifiedMessaging = true
		m.form.Features.EdgeTransport = false
		m.changed()
		return m
	}
	show := func(p answers.Place, script string) *Model {
		m := filled()
		m.enter(p)
		do(m, script)
		return m
	}
	frames := map[string]*Model{
		"start":       New(disk{"contoso.toml": nil, "fabrikam.toml.draft": nil}.config()),
		"source":      show(answers.On(answers.PageSource), ""),
		"names":       show(answers.On(answers.PageNames), "tab"),
		"names-wrong": show(answers.On(answers.PageNames), "tab*5 ctrl+u =mail enter"),
		"sites":       show(answers.On(answers.PageSites), "down*2"),
		"site":        show(answers.OnSite(0), ""),
		"server":      show(answers.OnServer(0, 2), "tab"),
		"features":    show(answers.On(answers.PageFeatures), "down*3"),
		"target":      show(answers.On(answers.PageTarget), ""),
		"network":     show(answers.On(answers.PageNetwork), "down*7"),
		"probe":       show(answers.OnProbe(0), "tab*2"),
		"change":      show(answers.On(answers.PageChange), ""),
		"review":      show(answers.On(answers.PageReview), ""),
		"paste":       show(answers.On(answers.PageSites), "p =EX10-21_2010_cas_hub enter =EX10-01"),
		"remove":      show(answers.On(answers.PageSites), "x"),
		"help":        show(answers.On(answers.PageFeatures), "?"),
		"edit":        Edit(disk{}.config(), "contoso.toml", nil, was),
	}
	frames["review-wrong"] = func() *Model {
		m := filled()
		m.form.Sites[0].Servers[0].Name = "has a blank"
		m.form.Forest = ""
		m.changed()
		m.enter(answers.On(answers.PageReview))
		return m
	}()
	edited := frames["edit"]
	edited.form.Sites[0].Servers[1].Name = "EX10-09"
	edited.form.Media = `E:\`
	edited.form.DAG.Wanted = false
	edited.changed()
	return frames
}

// TestGoldenFrames shows every page at the two design sizes.
func TestGoldenFrames(t *testing.T) {
	t.Parallel()
	for name, m := range frames(t) {
		for _, size := range [][2]int{{80, 24}, {120, 40}} {
			golden(t, fmt.Sprintf("%s-%dx%d", name, size[0], size[1]), frame(m, size[0], size[1]))
		}
	}
}

// looks are the ways in which every page is shown.
var looks = []struct {
	name  string
	theme *paint.Theme
}{
	{"dark", paint.NewTheme(true, paint.FullColor, false)},
	{"light", paint.NewTheme(false, paint.FullColor, false)},
	{"sixteen", paint.NewTheme(true, paint.Sixteen, false)},
	{"colourless", paint.NewTheme(true, paint.Monochrome, false)},
	{"ascii", paint.NewTheme(true, paint.FullColor, true)},
}

// TestEveryPageInEveryLook holds the looks of all pages at both design sizes
// against testdata/looks.sum.
func TestEveryPageInEveryLook(t *testing.T) {
	t.Parallel()
	sums := tuitest.OpenLooks(filepath.Join("testdata", "looks.sum"), *update)
	t.Run("pages", func(t *testing.T) {
		for name, m := range frames(t) {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				for _, size := range [][2]int{{80, 24}, {120, 40}} {
					words := ""
					for _, look := range looks {
						c := paint.New()
						c.Reset(size[0], size[1], look.theme.ASCII)
						m.SetTheme(look.theme)
						m.SetSize(size[0], size[1])
						m.Draw(c, paint.R(0, 0, size[0], size[1]))
						words = sums.Look(t, fmt.Sprintf("%s-%dx%d", name, size[0], size[1]), look.name, tuitest.Draw(c.Render(), size[0], size[1]), words)
					}
				}
			})
		}
	})
	sums.Close(t)
}

// TestAnyKeys presses what may come and wants no panic, nothing outside the
// given rectangle, and that esc always leads back to the start.
func TestAnyKeys(t *testing.T) {
	t.Parallel()
	keys := strings.Fields("n enter enter enter tab tab shift+tab up down left right space pgup pgdown pgdown esc ctrl+s ctrl+u ctrl+t home end " +
		"backspace delete a s d x y p J K e j k 1 > = . @ - ? Ä 日 q c")
	for seed := range int64(40) {
		rng := rand.New(rand.NewSource(seed))
		m := New(disk{}.config())
		do(m, "n enter =Contoso enter =contoso.com")
		for range 250 {
			switch rng.Intn(12) {
			case 0:
				m.paste([]string{"EX10-01, EX10-02\nEX13-01 2013 cas mbx", "a\tb\x1b[31m", "contoso.com", strings.Repeat("x", 300)}[rng.Intn(4)])
			case 1:
				overflow(t, m, 20+rng.Intn(140), 5+rng.Intn(40))
			case 2:
				c := paint.New()
				c.Reset(90, 30, false)
				m.Draw(c, paint.R(0, 0, 90, 30))
				if msg := c.At(rng.Intn(90), rng.Intn(30)); msg != nil {
					m.Update(msg)
				}
			default:
				do(m, keys[rng.Intn(len(keys))])
			}
		}
		do(m, "esc*3")
		if m.form != nil {
			t.Fatalf("seed %d: esc does not lead back:\n%s", seed, frame(m, 80, 24))
		}
	}
}

// overflow draws into a part of a larger canvas and wants the rest untouched.
func overflow(t *testing.T, m *Model, w, h int) {
	t.Helper()
	c := paint.New()
	c.Reset(w+6, h+4, false)
	for y := range h + 4 {
		c.Text(0, y, -1, strings.Repeat("#", w+6), paint.Style{})
	}
	c.Fill(paint.R(3, 2, w, h), paint.Style{})
	m.SetSize(w, h)
	p, on := m.Draw(c, paint.R(3, 2, w, h))
	if on && !p.In(paint.R(3, 2, w, h)) {
		t.Fatalf("cursor at %v outside %dx%d", p, w, h)
	}
	lines := strings.Split(c.Plain(), "\n")
	for _, y := range []int{0, 1, h + 2, h + 3} {
		if lines[y] != strings.Repeat("#", w+6) {
			t.Fatalf("line %d of %dx%d was drawn over: %q", y, w, h, lines[y])
		}
	}
	for y := 2; y < h+2; y++ {
		if !strings.HasPrefix(lines[y], "###") || !strings.HasSuffix(lines[y], "###") {
			t.Fatalf("beside %dx%d something was drawn: %q", w, h, lines[y])
		}
	}
}

func BenchmarkDraw(b *testing.B) {
	was, err := migration.Parse("contoso.toml", migration.Sample("mixed"), migration.Known{})
	if err != nil {
		b.Fatal(err)
	}
	m := Edit(disk{}.config(), "contoso.toml", nil, was)
	m.enter(answers.On(answers.PageNames))
	c := paint.New()
	for b.Loop() {
		c.Reset(120, 40, false)
		m.Draw(c, paint.R(0, 0, 120, 40))
	}
}

func BenchmarkKey(b *testing.B) {
	was, err := migration.Parse("contoso.toml", migration.Sample("mixed"), migration.Known{})
	if err != nil {
		b.Fatal(err)
	}
	m := Edit(disk{}.config(), "contoso.toml", nil, was)
	m.enter(answers.On(answers.PageNames))
	for b.Loop() {
		do(m, "x backspace")
	}
}
