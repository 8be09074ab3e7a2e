package export

import (
	"fmt"
	"reflect"
	"strings"

	"coexist/runbook"
	"coexist/runbook/journal"
	"coexist/runbook/migration"
)

// CompareSites tells what differs between the work in two sites of one run. The
// names of a site and of its servers are put down as their places, so that only
// what was really done otherwise is told.
func CompareSites(r *runbook.Runbook, events []journal.Event, nameA, nameB string) (Comparison, error) {
	siteA, err := siteNamed(r.Migration, nameA)
	if err != nil {
		return Comparison{}, err
	}
	siteB, err := siteNamed(r.Migration, nameB)
	if err != nil {
		return Comparison{}, err
	}
	if siteA.Name == siteB.Name {
		return Comparison{}, fmt.Errorf("%s cannot be compared with itself; name two sites", siteA.Name)
	}
	a, err := siteDocument(r, events, siteA, siteB)
	if err != nil {
		return Comparison{}, err
	}
	b, err := siteDocument(r, events, siteB, siteA)
	if err != nil {
		return Comparison{}, err
	}
	d := newDifference(Side{"site " + siteA.Name, a.State, siteLine(a)}, Side{"site " + siteB.Name, b.State, siteLine(b)})
	d.taskLists(a, b)
	d.checkLists(a, b)
	return d.out, nil
}

func siteNamed(m *migration.Migration, name string) (*migration.Site, error) {
	var known []string
	for i := range m.Sites {
		if strings.EqualFold(m.Sites[i].Name, name) {
			return &m.Sites[i], nil
		}
		known = append(known, m.Sites[i].Name)
	}
	return nil, fmt.Errorf("there is no site %q; the sites are %s", name, strings.Join(known, ", "))
}

func siteLine(d *Document) string {
	done, total := 0, 0
	for _, ph := range d.Phases {
		done, total = done+ph.Done, total+ph.Total
	}
	return fmt.Sprintf("%d of %s complete", done, plural(total, "task", "tasks"))
}

// siteDocument is a record that holds the work of one site alone, with places
// instead of names, those of the site it is compared with among them.
func siteDocument(r *runbook.Runbook, events []journal.Event, site, other *migration.Site) (*Document, error) {
	d, err := gather(r, events, Options{})
	if err != nil {
		return nil, err
	}
	var phases []Phase
	for _, ph := range d.Phases {
		var tasks []Task
		for _, t := range ph.Tasks {
			if task := r.Task(t.ID); strings.EqualFold(ph.Site, site.Name) && task != nil && task.Site != "" && strings.EqualFold(task.Site, site.Name) {
				tasks = append(tasks, t)
			}
		}
		if ph.Tasks = tasks; len(tasks) > 0 {
			phases = append(phases, ph)
		}
	}
	d.Phases = phases
	x := &redactor{names: map[string]string{}, places: true}
	place := func(name, is string) {
		if name = strings.ToLower(strings.TrimSpace(name)); name != "" {
			x.names[name] = is
			x.names[strings.ToLower(runbook.Encode(name))] = is
		}
	}
	for _, of := range []struct {
		site *migration.Site
		word string
	}{{other, "the other site's "}, {site, ""}} {
		count := map[string]int{}
		for _, s := range of.site.Servers {
			count[s.Version]++
			is := fmt.Sprintf("‹%s%s server %d›", of.word, s.Version, count[s.Version])
			place(s.Name, is)
			place(s.FQDN, is)
			place(r.Migration.FQDN(s), is)
			place(s.Address, is+" address")
		}
	}
	place(other.Name, "‹the other site›")
	place(site.Entry, "‹entry›")
	place(site.ExternalEntry, "‹external entry›")
	for _, n := range []string{site.Primary, site.InternalName} {
		place(n, "‹name of the site›")
	}
	if site.DAG != nil {
		place(site.DAG.Name, "‹DAG›")
	}
	place(site.Name, "‹site›")
	x.compile()
	x.value(reflect.ValueOf(&d.Phases).Elem(), "")
	return d, nil
}
