package diagram

import (
	"slices"
	"strings"

	"coexist/runbook"
	"coexist/runbook/migration"
)

// stage is how far a server of the plan has come.
type stage string

const (
	planned stage = "planned"   // an Exchange 2013 server that is not installed yet
	there   stage = "in place"  // serves
	under   stage = "under way" // some work on it has begun
	retired stage = "removed"
)

// board is what the picture needs to know about the run, gathered in one pass.
type board struct {
	stages   map[string]stage            // by lower-cased server name
	worst    map[string]runbook.Status   // by target: failed wins
	rounds   map[string][]runbook.Status // of the phases of each site, by lower-cased name
	switched map[string]bool             // by lower-cased site: its namespace switch is complete
	moved    map[string]bool             // its mailboxes are moved
	move     map[string][2]int           // done and all tasks of its move step
}

func survey(r *runbook.Runbook, p *runbook.Progress) *board {
	b := &board{rounds: map[string][]runbook.Status{}, stages: map[string]stage{}, worst: map[string]runbook.Status{}, switched: map[string]bool{}, moved: map[string]bool{}, move: map[string][2]int{}}
	for _, site := range r.Migration.Sites {
		for _, s := range site.Servers {
			b.stages[lower(s.Name)] = there
			if s.Version == "2013" {
				b.stages[lower(s.Name)] = planned
			}
		}
	}
	if p == nil {
		return b
	}
	for _, phase := range r.Phases {
		st := p.Phases[phase.ID]
		if st != nil {
			site := siteOf(phase, r.Migration)
			if phase.Site != "" {
				b.rounds[site] = append(b.rounds[site], st.Status)
			}
			switch phase.StepID {
			case "switch":
				b.switched[site] = st.Complete
			case "move":
				b.moved[site], b.move[site] = st.Complete, [2]int{st.Done, st.Total}
			}
		}
		for _, task := range phase.Tasks {
			b.task(task, p.Tasks[task.ID])
		}
	}
	return b
}

func (b *board) task(task *runbook.Task, st *runbook.TaskState) {
	if st == nil {
		return
	}
	if st.Status == runbook.Failed {
		b.worst[task.Target] = runbook.Failed
	}
	carried := !st.DoneAt.IsZero()
	for _, e := range task.Effects {
		name := lower(e.Params["server"])
		switch {
		case e.Kind == "server.install" && carried:
			b.stages[name] = there
		case e.Kind == "server.remove" && carried:
			b.stages[name] = retired
		case e.Kind == "server.install" && !st.Started.IsZero():
			b.stages[name] = under
		}
	}
}

// siteOf is the lower-cased name of the site that a phase works on; for what is
// no round that is the first site.
func siteOf(p *runbook.Phase, m *migration.Migration) string {
	if p.Round == "" && len(m.Sites) > 0 {
		return lower(first(m).Name)
	}
	return lower(p.Site)
}

// first is the site that owns the organisation's names: the first one that
// faces the Internet, else the first one.
func first(m *migration.Migration) migration.Site {
	for _, s := range m.Sites {
		if s.InternetFacing {
			return s
		}
	}
	return m.Sites[0]
}

// steps finds the numbers and the states of the kinds of work for badges. A
// state is kept by kind, and by site for what is repeated in rounds.
type steps struct {
	number map[string]int
	status map[string]runbook.Status
}

func numberSteps(r *runbook.Runbook, p *runbook.Progress) steps {
	s := steps{map[string]int{}, map[string]runbook.Status{}}
	ids := []string{"prepare", "deploy", "certificates", "switch", "move", "sites"}
	if r.Source != migration.Source2010 && r.Source != "" {
		ids = []string{"prepare", "deploy", "legacy", "certificates", "switch", "move", "sites"}
	}
	for i, id := range ids {
		s.number[id] = i + 1
	}
	for _, step := range r.Steps {
		s.number[step.ID] = step.Number
		s.status[step.ID] = StepStatus(step, p)
		for _, phase := range step.Phases {
			if st := phaseState(p, phase.ID); st != nil && phase.Round != "" {
				s.status[lower(phase.Site)+"/"+phase.StepID] = st.Status
			}
		}
	}
	return s
}

func phaseState(p *runbook.Progress, id string) *runbook.PhaseState {
	if p == nil {
		return nil
	}
	return p.Phases[id]
}

// StepStatus is the state of a step on the picture: that of its phase, or of
// all its phases taken together.
func StepStatus(step *runbook.Step, p *runbook.Progress) runbook.Status {
	if p == nil || len(step.Phases) == 0 {
		return runbook.Locked
	}
	if len(step.Phases) == 1 {
		if st := p.Phases[step.Phases[0].ID]; st != nil {
			return st.Status
		}
		return runbook.Locked
	}
	count := map[runbook.Status]int{}
	for _, phase := range step.Phases {
		if st := p.Phases[phase.ID]; st != nil {
			count[st.Status]++
		}
	}
	switch all := len(step.Phases); {
	case count[runbook.Failed] > 0:
		return runbook.Failed
	case count[runbook.Done]+count[runbook.Waived] == all && count[runbook.Waived] > 0:
		return runbook.Waived
	case count[runbook.Done] == all:
		return runbook.Done
	case count[runbook.Locked] == all:
		return runbook.Locked
	case count[runbook.Ready]+count[runbook.Locked] == all:
		return runbook.Ready
	}
	return runbook.Running
}

var roleWords = []struct{ role, word string }{
	{migration.ClientAccess, "CAS"}, {migration.HubTransport, "HUB"}, {migration.MailboxRole, "MBX"},
	{migration.UnifiedMessaging, "UM"}, {migration.EdgeTransport, "EDGE"},
}

// roles writes the roles of a server as the slide does.
func roles(s migration.Server) string {
	var out []string
	for _, r := range roleWords {
		if s.Has(r.role) {
			out = append(out, r.word)
		}
	}
	return strings.Join(out, " ")
}

// olds groups a site's servers before 2013 by version.
func olds(site migration.Site) map[string][]migration.Server {
	out := map[string][]migration.Server{}
	for _, s := range site.Servers {
		if s.Version != "2013" {
			out[s.Version] = append(out[s.Version], s)
		}
	}
	return out
}

func newest(site migration.Site, role string) []migration.Server {
	var out []migration.Server
	for _, s := range site.Servers {
		if s.Version == "2013" && s.Has(role) {
			out = append(out, s)
		}
	}
	return out
}

// clients names the clients that the organisation has.
func clients(f migration.Features) string {
	list := []string{"Outlook", "OWA", "ActiveSync", "EWS"}
	if f.POPIMAP {
		list = append(list, "POP/IMAP")
	}
	if f.UnifiedMessaging {
		list = append(list, "UM")
	}
	return strings.Join(list, "  ")
}

func names(servers []migration.Server) []string {
	var out []string
	for _, s := range servers {
		out = append(out, s.Name)
	}
	slices.Sort(out)
	return out
}
