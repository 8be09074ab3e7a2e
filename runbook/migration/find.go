package migration

import (
	"os"
	"path/filepath"
	"sort"
	"strings"
	"time"
)

// Found is a migration or an unfinished intake in a folder.
type Found struct {
	Path         string
	Organization string
	Source       string
	Changed      time.Time
	Draft        bool  // an unfinished intake
	Started      bool  // it has a journal
	Err          error // why it cannot be opened; nil if it can
}

// maxFound bounds how many files of a folder are looked at.
const maxFound = 200

// Find lists the migrations and drafts of a folder, newest first. A TOML file
// that is something else altogether is left out.
func Find(dir string, known Known) []Found {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var list []Found
	for _, e := range entries {
		name := e.Name()
		draft := strings.HasSuffix(name, ".toml.draft")
		if e.IsDir() || !draft && !strings.HasSuffix(name, ".toml") {
			continue
		}
		if len(list) == maxFound {
			break
		}
		if f, ok := look(filepath.Join(dir, name), draft, known); ok {
			list = append(list, f)
		}
	}
	sort.SliceStable(list, func(i, j int) bool { return list[i].Changed.After(list[j].Changed) })
	return list
}

// look reads one file as far as the list shows it.
func look(path string, draft bool, known Known) (Found, bool) {
	f := Found{Path: path, Draft: draft}
	if info, err := os.Stat(path); err == nil {
		f.Changed = info.ModTime()
	}
	if draft {
		return f, true
	}
	m, err := Load(path, known)
	if err != nil {
		text, readErr := os.ReadFile(path)
		plain := strings.ReplaceAll(string(text), "\x00", "") // UTF-16 is told of too
		if readErr == nil && !strings.Contains(plain, "[organization]") {
			return f, false
		}
		f.Err = err
		return f, true
	}
	f.Organization, f.Source = m.Organization.Name, m.Organization.Source
	journal := strings.TrimSuffix(path, ".toml") + ".journal"
	if info, err := os.Stat(journal); err == nil {
		f.Started = true
		if info.ModTime().After(f.Changed) {
			f.Changed = info.ModTime()
		}
	}
	return f, true
}
