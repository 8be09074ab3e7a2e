package answers

import (
	"cmp"
	"slices"
	"strings"

	"coexist/runbook/procedure"
)

// The fallbacks: what counts while a field is left empty.

func (f *Form) domainsOr() string     { return or(f.Domains, trim(f.Forest)) }
func (f *Form) mailDomainsOr() string { return or(f.MailDomains, trim(f.Forest)) }

// clientDomain is the domain that client host names are derived from: what
// people see behind the @, not the forest's inner name.
func (f *Form) clientDomain() string {
	if list := splitWords(f.mailDomainsOr()); len(list) > 0 {
		return strings.ToLower(list[0])
	}
	return ""
}

func (f *Form) clientName(label string) string {
	if d := f.clientDomain(); d != "" {
		return label + "." + d
	}
	return ""
}

// release is the last one that can be chosen.
func (f *Form) release() string {
	if list := f.releaseOptions(); len(list) > 0 {
		return list[len(list)-1].Value
	}
	return ""
}

// Targets lists the releases of Exchange 2013 that may stand beside older
// versions, oldest first.
func (f *Form) Targets() []procedure.Release {
	var out []procedure.Release
	for _, r := range f.Releases {
		if r.Version == "2013" && r.Coexists {
			out = append(out, r)
		}
	}
	slices.SortStableFunc(out, func(a, b procedure.Release) int { return compareBuilds(a.Build, b.Build) })
	return out
}

// compareBuilds compares dotted build numbers by their parts.
func compareBuilds(a, b string) int {
	return slices.CompareFunc(strings.Split(a, "."), strings.Split(b, "."), func(x, y string) int {
		return cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(x, y))
	})
}

const defaultMedia = `D:\`

func witnessDirectory(d DAG) string {
	if n := trim(d.Name); n != "" {
		return `C:\` + n
	}
	return ""
}

// Slug turns an organisation's name into a file name's stem.
func Slug(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	if s := strings.Trim(b.String(), "-"); s != "" {
		return s
	}
	return "migration"
}

func trim(s string) string { return strings.TrimSpace(s) }

func or(typed, fallback string) string {
	if t := trim(typed); t != "" {
		return t
	}
	return fallback
}
