package answers

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"coexist/runbook/migration"
)

// The judgements of single fields that the migration package has no rule of
// its own for, or only one for whole files.

// each applies a rule to every word of a list.
func each(rule func(string) error) func(string) error {
	return func(v string) error { return every(splitWords(v), rule) }
}

// eachItem applies a rule to every item of a list whose items may hold blanks.
func eachItem(rule func(string) error) func(string) error {
	return func(v string) error { return every(SplitList(v), rule) }
}

func every(list []string, rule func(string) error) error {
	if len(list) == 0 {
		return fmt.Errorf("the list holds nothing")
	}
	for i, e := range list {
		if err := rule(e); err != nil {
			return err
		}
		for _, before := range list[:i] {
			if strings.EqualFold(before, e) {
				return fmt.Errorf("%q stands there twice", e)
			}
		}
	}
	return nil
}

func checkLine(v string) error {
	for _, r := range v {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return fmt.Errorf("%q holds the invisible character %U", v, r)
		}
	}
	if n := len([]rune(v)); n > 200 {
		return fmt.Errorf("it has %d characters; at most 200 are allowed", n)
	}
	return nil
}

func checkUser(v string) error {
	if err := checkLine(v); err != nil {
		return err
	}
	domain, name, ok := strings.Cut(v, `\`)
	if !ok {
		name, domain, ok = strings.Cut(v, "@")
	}
	if !ok || name == "" || domain == "" || strings.ContainsAny(name, `\@"/[]:;|=,+*?<>`) {
		return fmt.Errorf("%q names no domain and account", v)
	}
	return nil
}

func (f *Form) checkMoment(v string) error {
	_, err := parseMoment(v, f.Zone)
	return err
}

func (f *Form) checkWindowEnd(v string) error {
	end, err := parseMoment(v, f.Zone)
	if err != nil {
		return err
	}
	if start, err := parseMoment(f.Change.WindowStart, f.Zone); err == nil && !end.After(start) {
		return fmt.Errorf("the window would close before it opens (%s)", start.Format(time.DateTime))
	}
	return nil
}

// serverName refuses a name that another server has: at the one being typed,
// whichever comes first in the file.
func (f *Form) serverName(i, j int) func(string) error {
	return func(v string) error {
		if err := migration.ValidateServerName(v); err != nil {
			return err
		}
		if site := f.serverNamed(v, i, j); site != "" {
			return fmt.Errorf("%q is already a server of the site %q; Exchange 2013 needs a machine and a name of its own", v, site)
		}
		return nil
	}
}

func (f *Form) siteName(i int) func(string) error {
	return func(v string) error {
		if err := migration.ValidateSiteName(v); err != nil {
			return err
		}
		for k, s := range f.Sites {
			if k != i && strings.EqualFold(trim(s.Name), v) {
				return fmt.Errorf("there is another site named %q", v)
			}
		}
		return nil
	}
}
