package procedure

// Releases is the table of builds, assets/releases.toml.
type Releases struct {
	Format int       `toml:"format"`
	List   []Release `toml:"release"`
}

// Release is one build of Exchange.
type Release struct {
	Name             string   `toml:"name"`               // "2013 CU23", "2010 SP3 RU32", "2007 SP3 RU23"
	Version          string   `toml:"version"`            // "2007", "2010", "2013"
	Build            string   `toml:"build"`              // "15.0.1497.2"
	RangeUpper       int      `toml:"range_upper"`        // schema, after /PrepareSchema
	OrgVersion       int      `toml:"org_version"`        // organisation's objectVersion, after /PrepareAD
	DomainVersion    int      `toml:"domain_version"`     // Microsoft Exchange System Objects' objectVersion
	SchemaWithUpdate int      `toml:"schema_with_update"` // rangeUpper once the last security update's schema step ran; 0: none
	DotNet           []string `toml:"dotnet"`             // supported .NET Framework versions, newest first
	Coexists         bool     `toml:"coexists"`           // may stand beside the old versions (2013 CU2 or later; 2010 SP3; 2007 SP3 RU10)
	SupportEnd       string   `toml:"support_end"`        // date, YYYY-MM-DD
	Notes            []string `toml:"notes"`
	Sources          []string `toml:"sources"`
}

// Targets lists the names of the releases that an upgrade may install: those
// of Exchange 2013 that may stand beside older versions.
func (r Releases) Targets() []string {
	var names []string
	for _, x := range r.List {
		if x.Version == "2013" && x.Coexists {
			names = append(names, x.Name)
		}
	}
	return names
}
