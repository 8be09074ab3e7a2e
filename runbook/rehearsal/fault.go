package rehearsal

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"coexist/checks/blueprint"
	"coexist/runbook/migration"
)

// Fault is something that can go wrong in a rehearsal, and where it comes to
// light.
type Fault struct {
	Name    string   `toml:"name"`
	Doc     string   `toml:"doc"`     // what goes wrong
	Sources []string `toml:"sources"` // where it can happen; empty: everywhere
	Needs   string   `toml:"needs"`   // "dag", "child-domain", …: what the organisation must have; empty: nothing
	Found   []string `toml:"found"`   // the checks, any of them, as task/check without the target
	Names   string   `toml:"names"`   // what the check says of it, as a part of its words
	Remedy  string   `toml:"remedy"`  // a part of the remedy that the check gives
	Again   []string `toml:"again"`   // the tasks to be carried out once more; empty: the one of the check
	// Kind and Params are those of the effect that does not take the first time.
	// Without them the laboratory knows the fault by its name.
	Kind   string            `toml:"kind"`
	Params map[string]string `toml:"params"`
}

// fault returns one by its name, where it can happen.
func (c *Content) fault(name, source string) (Fault, error) {
	i := slices.IndexFunc(c.Faults, func(f Fault) bool { return f.Name == name })
	if i < 0 {
		var known []string
		for _, f := range c.Faults {
			known = append(known, f.Name)
		}
		return Fault{}, fmt.Errorf("there is no fault %q; expected one of %s, or random", name, strings.Join(known, ", "))
	}
	if f := c.Faults[i]; len(f.Sources) > 0 && !slices.Contains(f.Sources, source) {
		return Fault{}, fmt.Errorf("the fault %s cannot happen on the way from %s; it needs --source %s", name, source, strings.Join(f.Sources, " or "))
	}
	return c.Faults[i], nil
}

// draw replaces "random" and "random:N" by faults drawn with a seed. Equal
// seeds draw equal faults.
func (c *Content) draw(names []string, source, seed string) ([]string, bool, error) {
	var out []string
	count := 0
	for _, name := range names {
		word, number, given := strings.Cut(name, ":")
		if word != "random" {
			if _, err := c.fault(name, source); err != nil {
				return nil, false, err
			}
			out = append(out, name)
			continue
		}
		n := 1
		if given {
			var err error
			if n, err = strconv.Atoi(number); err != nil || n < 1 {
				return nil, false, fmt.Errorf("--fault %s: expected random or random:N with N from 1", name)
			}
		}
		count += n
	}
	var pool []string
	for _, f := range c.Faults {
		if _, err := c.fault(f.Name, source); err == nil && f.Needs == "" && !slices.Contains(out, f.Name) {
			pool = append(pool, f.Name)
		}
	}
	if count > len(pool) {
		return nil, false, fmt.Errorf("--fault: %d faults are to be drawn and there are %d", count, len(pool))
	}
	sum := sha256.Sum256([]byte("faults\x00" + seed))
	rng := rand.New(rand.NewPCG(binary.LittleEndian.Uint64(sum[:]), binary.LittleEndian.Uint64(sum[8:])))
	for _, i := range rng.Perm(len(pool))[:count] {
		out = append(out, pool[i])
	}
	return out, count > 0, nil
}

// describeFaults are those of a rehearsal as the laboratory takes them: the
// places that a fault names by their part are named as the migration does.
func describeFaults(m *migration.Migration, list []Fault) []blueprint.Fault {
	places := places(m)
	var out []blueprint.Fault
	for _, f := range list {
		b := blueprint.Fault{Name: f.Name, Kind: f.Kind, Params: map[string]string{}}
		for key, value := range f.Params {
			b.Params[key] = places.Replace(value)
		}
		out = append(out, b)
	}
	return out
}

// places are the parts that a fault may name.
func places(m *migration.Migration) *strings.Replacer {
	first := m.FirstSite()
	pairs := []string{"{primary}", m.Namespace.Primary, "{autodiscover}", m.Namespace.Autodiscover, "{legacy}", m.Namespace.Legacy, "{entry}", first.Entry}
	server := map[string]string{}
	for _, v := range first.Servers {
		old := v.Version != "2013"
		switch {
		case old && v.Has(migration.ClientAccess) && server["{old}"] == "":
			server["{old}"] = v.Name
		case !old && v.Has(migration.ClientAccess) && server["{new}"] == "":
			server["{new}"] = v.Name
		}
		if !old && v.Has(migration.ClientAccess) {
			server["{last-new}"] = v.Name
		}
		if !old && v.Has(migration.MailboxRole) {
			server["{last-store}"] = v.Name
		}
	}
	for key, name := range server {
		pairs = append(pairs, key, name)
	}
	return strings.NewReplacer(pairs...)
}
