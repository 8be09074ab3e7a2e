package answers

import (
	"errors"
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
	for _, one := range f.whole() {
		at, ok := find(all, one.Key)
		if ok && bad[at.field.Key] {
			continue
		}
		out = append(out, at.problem(one, ok))
	}
	return sortByPage(out)
}

type spot struct {
	place Place
	index int
	field Field
}

func (s spot) problem(p migration.Problem, known bool) Problem {
	r := &Refusal{Reason: p.Message, Expected: p.Expected}
	if !known {
		r.Reason = p.Key + ": " + r.Reason
		return Problem{pageOf(p.Key), -1, "", r}
	}
	return Problem{s.place, s.index, s.field.Label, r}
}

// whole asks for the rules of a whole file.
func (f *Form) whole() []migration.Problem {
	var list *migration.Problems
	if err := migration.Validate(f.Migration(), f.Known); errors.As(err, &list) {
		return list.List
	}
	return nil
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

// pageOf finds the page, or the site or server, that a key without a field
// belongs to.
func pageOf(key string) Place {
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
