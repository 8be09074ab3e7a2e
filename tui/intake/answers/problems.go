package answers

import (
	"fmt"
	"strings"

	"coexist/runbook/migration"
)

// Problem is one answer that does not count, and where it stands.
type Problem struct {
	Place Place
	Field int    // index among the place's fields; -1 where no field is to blame
	Label string // the field's
	*Refusal
}

// Problems lists everything that keeps the answers from being a migration, page
// by page: first what is wrong in a field by itself, then what does not go
// together.
func (f *Form) Problems() []Problem {
	var out []Problem
	var all []spot
	bad := map[string]bool{}
	for _, page := range Pages {
		for _, p := range f.Places(page.ID) {
			for i, fd := range f.Fields(p) {
				all = append(all, spot{p, i, fd})
				if r := fd.Check(); r != nil {
					out = append(out, Problem{p, i, fd.Label, r})
					bad[fd.Key] = true
				}
			}
		}
	}
	for _, one := range migration.Validate(f.Migration(), f.Known) {
		at, ok := find(all, one.Key)
		if ok && bad[at.field.Key] {
			continue
		}
		out = append(out, f.told(at, ok, one))
	}
	return sortByPage(out)
}

type spot struct {
	place Place
	index int
	field Field
}

// told puts a problem of the whole file where it can be mended, in words that
// fit a form. What only the list of servers can mend belongs there, though the
// file blames a key of an earlier page.
func (f *Form) told(at spot, known bool, p migration.Problem) Problem {
	r := &Refusal{Reason: p.Message, Expected: p.Expected}
	if strings.Contains(p.Expected, "[") || strings.Contains(p.Expected, "no such key") {
		r.Expected = ""
	}
	if p.Nearest != "" {
		r.Reason += fmt.Sprintf("; did you mean %q?", p.Nearest)
	}
	switch {
	case p.Key == "site":
		r.Reason = "there is no site yet"
		return Problem{On(PageSites), -1, "Sites", r}
	case p.Key == "organization.source":
		r.Reason = strings.Replace(p.Message, `is "mixed", but`, "the organisation is mixed, but", 1)
		return Problem{On(PageSites), -1, "Servers", r}
	case p.Key == "organization.internet":
		r.Reason = "the organisation is reached from the Internet, but no site faces it"
		return Problem{On(PageSites), -1, "Sites", r}
	case !known:
		return Problem{f.pageOf(p.Key), -1, "", r}
	}
	return Problem{at.place, at.index, at.field.Label, r}
}

// find returns the field that a key of the file belongs to: the one with the
// longest key that begins it.
func find(all []spot, key string) (spot, bool) {
	best, ok := spot{index: -1}, false
	for _, s := range all {
		k := s.field.Key
		if k != key && !strings.HasPrefix(key, k+"[") && !strings.HasPrefix(key, k+".") {
			continue
		}
		if !ok || len(k) > len(best.field.Key) {
			best, ok = s, true
		}
	}
	return best, ok
}

// pageOf finds the page or the site that a key without a field belongs to.
func (f *Form) pageOf(key string) Place {
	var i int
	if _, err := fmt.Sscanf(key, "site[%d]", &i); err == nil && f.Exists(OnSite(i-1)) {
		return OnSite(i - 1)
	}
	head, _, _ := strings.Cut(strings.ReplaceAll(key, "[", "."), ".")
	switch head {
	case "site":
		return On(PageSites)
	case "probe", "network":
		return On(PageNetwork)
	case "features":
		return On(PageFeatures)
	case "target", "certificate", "dag":
		return On(PageTarget)
	case "change":
		return On(PageChange)
	}
	return On(PageNames)
}

func sortByPage(list []Problem) []Problem {
	var out []Problem
	for _, page := range Pages {
		for _, p := range list {
			if p.Place.Page == page.ID {
				out = append(out, p)
			}
		}
	}
	return out
}

// At picks the problem of one field, or nil.
func At(list []Problem, p Place, field int) *Refusal {
	for _, one := range list {
		if one.Place == p && one.Field == field {
			return one.Refusal
		}
	}
	return nil
}

// OnPage picks the problems of a page and its items.
func OnPage(list []Problem, page string) []Problem {
	var out []Problem
	for _, p := range list {
		if p.Place.Page == page {
			out = append(out, p)
		}
	}
	return out
}
