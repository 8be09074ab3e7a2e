package answers

import (
	"fmt"
	"strings"
)

// FileField asks for the file that the migration is written to.
func (f *Form) FileField() Field {
	return Field{Key: "file", Label: "File name", Text: &f.File, Fallback: Slug(f.Name) + ".toml", check: checkFile,
		Hint: "The journal, the evidence and the exports get names beside it. Nothing is overwritten.", Example: "contoso.toml"}
}

// FileName is the name to write to.
func (f *Form) FileName() string { return f.FileField().Value() }

func checkFile(name string) error {
	if err := checkLine(name); err != nil {
		return err
	}
	stem, ok := strings.CutSuffix(strings.ToLower(name), ".toml")
	switch {
	case strings.ContainsAny(name, `/\:*?"<>|`):
		return fmt.Errorf("%q holds a character that no file name may hold; give the name alone, without a folder", name)
	case !ok:
		return fmt.Errorf("%q does not end in .toml", name)
	case stem == "" || strings.HasPrefix(stem, ".") || strings.HasSuffix(stem, " ") || strings.HasSuffix(stem, "."):
		return fmt.Errorf("%q has no name before .toml", name)
	case reserved[strings.SplitN(stem, ".", 2)[0]]:
		return fmt.Errorf("%q is a device on Windows, not a file", name)
	}
	return nil
}

var reserved = map[string]bool{
	"con": true, "prn": true, "aux": true, "nul": true,
	"com1": true, "com2": true, "com3": true, "com4": true, "com5": true, "com6": true, "com7": true, "com8": true, "com9": true,
	"lpt1": true, "lpt2": true, "lpt3": true, "lpt4": true, "lpt5": true, "lpt6": true, "lpt7": true, "lpt8": true, "lpt9": true,
}

// FreshProbe is a test mailbox before the first answer: for the first version
// that has none yet.
func (f *Form) FreshProbe() Probe {
	for _, o := range f.versionOptions() {
		taken := false
		for _, p := range f.Probes {
			taken = taken || p.Version == o.Value
		}
		if !taken {
			return Probe{Version: o.Value}
		}
	}
	return Probe{Version: "2013"}
}
