package export

import (
	"fmt"
	"strings"

	"coexist/runbook"
)

// Filter chooses commands; a zero field takes all.
type Filter struct {
	Step   int    // number on the diagram
	Site   string // name of a site
	Server string // name of a server: what is typed on it or done to it
}

// CommandReport is what `coexist commands` tells, format 1.
type CommandReport struct {
	Format    int            `json:"format"`
	Rehearsal string         `json:"rehearsal,omitempty"`
	Tasks     []CommandsTask `json:"tasks"`
}

// CommandsTask is one task with its commands.
type CommandsTask struct {
	ID       string    `json:"id"`
	Step     int       `json:"step"`
	Phase    string    `json:"phase"`
	Title    string    `json:"title"`
	Target   string    `json:"target"`
	Status   string    `json:"status"`
	RunOn    string    `json:"run_on,omitempty"`
	Rights   string    `json:"rights,omitempty"`
	NoReturn string    `json:"no_return,omitempty"`
	Commands []Command `json:"commands"`
}

// Commands lists the exact commands as text, by task. A command that waits for
// a value is listed as pending, with the task that brings it.
func Commands(r *runbook.Runbook, p *runbook.Progress, f Filter) string {
	return CommandsOf(r, p, f).Text()
}

// CommandsOf gathers what [Commands] shows.
func CommandsOf(r *runbook.Runbook, p *runbook.Progress, f Filter) CommandReport {
	out := CommandReport{Format: 1, Rehearsal: p.Rehearsal, Tasks: []CommandsTask{}}
	for _, ph := range r.Phases {
		if f.Step != 0 && ph.Step != f.Step {
			continue
		}
		for _, t := range ph.Tasks {
			if f.Site != "" && !strings.EqualFold(t.Site, f.Site) && !strings.EqualFold(ph.Site, f.Site) {
				continue
			}
			task := CommandsTask{
				ID: t.ID, Step: ph.Step, Phase: ph.Title, Title: t.Title, Target: t.Label, Status: string(taskState(p, t.ID).Status),
				RunOn: t.RunOn, Rights: t.Rights, NoReturn: t.NoReturn,
			}
			for _, c := range t.Commands {
				if f.Server == "" || t.Target == runbook.Encode(f.Server) || mentions(c.On, f.Server) || c.On == "" && mentions(t.RunOn, f.Server) {
					task.Commands = append(task.Commands, renderCommand(c, p.Values))
				}
			}
			if len(task.Commands) > 0 {
				out.Tasks = append(out.Tasks, task)
			}
		}
	}
	return out
}

// mentions tells whether a place names a server, by itself or with its domain.
func mentions(place, server string) bool {
	lower, name := strings.ToLower(place), strings.ToLower(server)
	for at := 0; ; {
		i := strings.Index(lower[at:], name)
		if i < 0 {
			return false
		}
		begin, end := at+i, at+i+len(name)
		if (begin == 0 || !nameByte(lower[begin-1])) && (end == len(lower) || lower[end] == '.' || !nameByte(lower[end])) {
			return true
		}
		at = begin + 1
	}
}

// Text writes the commands so that each stands on a line of its own; all other
// lines begin with a number sign.
func (c CommandReport) Text() string {
	var b strings.Builder
	line := func(format string, args ...any) {
		fmt.Fprintf(&b, "# %s\n", oneLine(fmt.Sprintf(format, args...), maxProse))
	}
	if c.Rehearsal != "" {
		line("REHEARSAL, scenario %s", c.Rehearsal)
	}
	if len(c.Tasks) == 0 {
		line("no command matches")
	}
	phase := ""
	for _, t := range c.Tasks {
		if head := fmt.Sprintf("[%d] %s", t.Step, t.Phase); head != phase {
			phase = head
			line("==== %s", head)
			b.WriteByte('\n')
		}
		line("%s: %s", titled(t.Title, t.Target), strings.ToUpper(t.Status))
		line("task %s", t.ID)
		if t.RunOn != "" {
			line("where: %s", t.RunOn)
		}
		if t.Rights != "" {
			line("rights: %s", t.Rights)
		}
		if t.NoReturn != "" {
			line("NO WAY BACK: %s", t.NoReturn)
		}
		for _, k := range t.Commands {
			writeCommand(&b, k, line)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func writeCommand(b *strings.Builder, k Command, line func(string, ...any)) {
	head := shellName(k.Shell)
	if k.On != "" {
		head += " on " + k.On
	}
	if k.About != "" {
		head += ": " + k.About
	}
	line("-- %s", head)
	if k.Error != "" {
		line("CANNOT BE WRITTEN: %s", k.Error)
		return
	}
	for _, w := range k.Pending {
		line("PENDING: %s", pendingLine(w))
	}
	for _, l := range k.Lines {
		l = Visible(l)
		if len(k.Pending) > 0 {
			l = "# " + l // never to be pasted by mistake
		}
		b.WriteString(l + "\n")
	}
}
