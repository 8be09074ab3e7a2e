package rehearsal

import (
	"fmt"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"coexist/checks/effect"
	"coexist/runbook/migration"
)

// Scenario is a rehearsal that one can ask for by name.
type Scenario struct {
	Format  int      `toml:"format"` // 1
	Name    string   `toml:"name"`
	Order   int      `toml:"order"`
	Doc     string   `toml:"doc"`
	Sources []string `toml:"sources"`
	Faults  []string `toml:"faults"`
	// Done are tasks whose effects are there before the rehearsal begins, as
	// "task" or "task/target".
	Done     []string        `toml:"done"`
	Effects  []effect.Effect `toml:"effect"`   // what is there besides, after those
	Features map[string]bool `toml:"features"` // on top of those of Contoso
	Domains  []string        `toml:"domains"`  // besides the forest's root
	Sites    []ScenarioSite  `toml:"site"`     // none: those of Contoso
}

// ScenarioSite is a site of a scenario. In a mixed organisation every group of
// old servers is there in both versions.
type ScenarioSite struct {
	Name           string  `toml:"name"`
	InternetFacing bool    `toml:"internet_facing"`
	Primary        string  `toml:"primary"`
	Legacy         string  `toml:"legacy"`
	DAG            bool    `toml:"dag"`
	Old            []Group `toml:"old"`
	New            []Group `toml:"new"`
}

// Group is a number of servers with the same roles.
type Group struct {
	Count int      `toml:"count"`
	Roles []string `toml:"roles"`
}

// Migration is the scenario's migration from a source version.
func (s Scenario) Migration(source string) (*migration.Migration, error) {
	if !slices.Contains(s.Sources, source) {
		return nil, fmt.Errorf("the scenario %s is for --source %s, not %s", s.Name, strings.Join(s.Sources, " or "), source)
	}
	m := &migration.Migration{}
	if _, err := toml.Decode(string(migration.Sample(source)), m); err != nil {
		return nil, err
	}
	m.Organization.Domains = append(m.Organization.Domains, s.Domains...)
	if err := s.features(&m.Features); err != nil {
		return nil, err
	}
	if len(s.Sites) > 0 {
		s.sites(m)
	}
	return m, nil
}

// features sets what the scenario says of the features.
func (s Scenario) features(f *migration.Features) error {
	if len(s.Features) == 0 {
		return nil
	}
	var b strings.Builder
	for key, on := range s.Features {
		fmt.Fprintf(&b, "%s = %t\n", key, on)
	}
	meta, err := toml.Decode(b.String(), f)
	if err == nil && len(meta.Undecoded()) > 0 {
		err = fmt.Errorf("there is no feature %s", meta.Undecoded()[0])
	}
	if err != nil {
		return fmt.Errorf("scenarios/%s.toml: features: %w", s.Name, err)
	}
	return nil
}

// sites replaces Contoso's sites by those of the scenario.
func (s Scenario) sites(m *migration.Migration) {
	m.Sites, m.DAG = nil, nil
	versions := []string{"2007", "2010"}
	if m.Organization.Source != migration.Mixed {
		versions = []string{m.Organization.Source}
	}
	for i, from := range s.Sites {
		site := migration.Site{Name: from.Name, InternetFacing: from.InternetFacing, Primary: from.Primary, Entry: fmt.Sprintf("10.%d.0.80", i)}
		if m.Organization.Source != migration.Source2010 {
			site.Legacy = from.Legacy
		}
		if from.InternetFacing {
			site.ExternalEntry = fmt.Sprintf("203.0.113.%d", 80+i)
		}
		if from.DAG {
			dag := &migration.DAG{Name: fmt.Sprintf("DAG%02d", i+1), WitnessServer: fmt.Sprintf("FS%d1", i), WitnessDirectory: fmt.Sprintf(`C:\DAG%02d`, i+1),
				Addresses: []string{fmt.Sprintf("10.%d.0.50", i)}}
			if i == 0 {
				m.DAG = dag
			} else {
				site.DAG = dag
			}
		}
		for _, version := range versions {
			site.Servers = append(site.Servers, members(from.Old, version, i, from.Name)...)
		}
		site.Servers = append(site.Servers, members(from.New, "2013", i, from.Name)...)
		m.Sites = append(m.Sites, site)
	}
	for i := range m.Probes {
		m.Probes[i].Site = m.Sites[0].Name
	}
}

// members are the servers of one version in a site, numbered through.
func members(groups []Group, version string, site int, name string) []migration.Server {
	var out []migration.Server
	for _, g := range groups {
		for range max(g.Count, 1) {
			v := migration.Server{Name: fmt.Sprintf("EX%s-%d%d", version[2:], site, len(out)+1), Version: version, Roles: g.Roles}
			if version == "2013" {
				v.OS = "2012R2"
			}
			if v.Has(migration.EdgeTransport) {
				v.SubscribedSite = name
			}
			out = append(out, v)
		}
	}
	return out
}
