package tui

import (
	"image"

	tea "charm.land/bubbletea/v2"

	"coexist/tui/paint"
)

// reader is a dialog that shows text: help, details, the undo card, the
// export.
type reader struct {
	title string
	wide  bool // takes all the width there is
	write func(p *page)
	extra []hint
	on    map[string]func(*Model) tea.Cmd // further keys; they close it
	stay  map[string]func(*Model) tea.Cmd // further keys; it stays
	back  string                          // what closing it does, where "close" says too little

	top, height int
	page        *page
	th          *paint.Theme
}

func (r *reader) handle(msg tea.Msg) outcome {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		name := msg.String()
		if then := r.on[name]; then != nil {
			return closeAndDo(then)
		}
		if then := r.stay[name]; then != nil {
			return do(then)
		}
		return r.key(name)
	case tea.MouseWheelMsg:
		if msg.Button == tea.MouseWheelUp {
			r.top -= 3
		} else {
			r.top += 3
		}
	}
	return outcome{}
}

func (r *reader) key(name string) outcome {
	switch name {
	case "esc", "q", "enter":
		return closed
	case "up", "k":
		r.top -= r.step()
	case "down", "j":
		r.top += r.step()
	case "pgup", "ctrl+b":
		r.top -= r.height - 1
	case "pgdown", "ctrl+f", "space", " ":
		r.top += r.height - 1
	case "home", "g":
		r.top = 0
	case "end", "G":
		r.top = 1 << 30
	}
	return outcome{}
}

// step is how far an arrow scrolls: every row of the window is written anew for
// one line as for many.
func (r *reader) step() int { return max(r.height/3, 1) }

func (r *reader) draw(c *paint.Canvas, th *paint.Theme) *image.Point {
	cw, ch := c.Size()
	w := min(cw-4, 92)
	if r.wide {
		w = cw - 2
	}
	if r.page == nil || r.page.width != w-6 || r.th != th {
		r.page, r.th = newPage(th, w-6), th
		r.write(r.page)
	}
	h := min(len(r.page.lines)+2, ch-2)
	away := "close"
	if r.back != "" {
		away = r.back
	}
	keys := append([]hint{{key: "esc", does: away, msg: tea.KeyPressMsg{Code: tea.KeyEscape}}}, r.extra...)
	if len(r.page.lines) > h-2 {
		keys = append(keys, hint{key: "↑↓", does: "scroll"})
	}
	in := window(c, th, w, h, r.title, keys)
	_, r.height = in.Size()
	r.top = r.page.clamp(r.top, r.height)
	r.page.draw(in, r.top, -1, false, nil)
	drawBar(in, th, r.top, len(r.page.lines))
	return nil
}

// drawBar marks at the right edge where in a longer text one is.
func drawBar(c *paint.Canvas, th *paint.Theme, top, total int) {
	_, h := c.Size()
	drawThumb(c, th, top, total, max(h*h/max(total, 1), 1))
}

// drawThumb is drawBar with a thumb of a size of its own.
func drawThumb(c *paint.Canvas, th *paint.Theme, top, total, size int) {
	w, h := c.Size()
	if total <= h || h < 3 {
		return
	}
	at := top * (h - size) / max(total-h, 1)
	for y := range size {
		c.Text(w-1, at+y, 1, th.Glyphs.Thumb, th.Line)
	}
}

func newAlerts(list []string) dialog {
	return &reader{title: "Read this first", write: func(p *page) {
		for i, a := range list {
			if i > 0 {
				p.blank()
			}
			p.labelled(0, 2, p.th.Glyphs.Warn, a, p.th.Warn, p.th.Text)
		}
	}}
}
