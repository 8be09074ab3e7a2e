// Package handover packs a migration with its journal and evidence into one
// file for the next engineer, and opens such a file. What is opened is verified
// whole before anything is put where it is worked on: every hash, the chain of
// the journal, and the names of the files.
package handover

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"coexist/runbook"
)

// Manifest is the list of a packet's contents, format 1.
type Manifest struct {
	Format       int       `json:"format"`
	Organization string    `json:"organization"`
	Source       string    `json:"source"`
	Release      string    `json:"release"`
	Rehearsal    string    `json:"rehearsal,omitempty"`
	Procedure    string    `json:"procedure"`         // content hash of the procedure that was in use
	Overlay      string    `json:"overlay,omitempty"` // content hash of the house's own procedures, which are packed then
	Tool         string    `json:"tool,omitempty"`    // version of coexist that packed it
	Migration    string    `json:"migration"`         // name of the migration file
	Entries      int       `json:"entries"`           // of the journal
	Head         string    `json:"head"`
	AsOf         time.Time `json:"as_of,omitzero"` // time of the last entry
	From         string    `json:"from,omitempty"` // who hands over
	To           string    `json:"to,omitempty"`
	Broken       string    `json:"broken,omitempty"`  // where the chain of the journal breaks
	Missing      []string  `json:"missing,omitempty"` // evidence that the journal names and that was not there any more
	Files        []File    `json:"files"`
}

// File is one file of a packet.
type File struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// manifestName is the first file of a packet.
const manifestName = "handover.json"

// Bounds on what a packet may hold. A journal of thousands of results with all
// its evidence takes some tens of megabytes; more than this is neither packed nor
// unpacked, as an opened packet takes its whole size on the disk.
const (
	maxManifest = 16 << 20
	maxFile     = 256 << 20
	maxTotal    = 512 << 20
	maxFiles    = 200_000
)

// checkName refuses a name that is not a file of a packet: what leads out of the
// folder, what Windows cannot hold, and folders other than the evidence.
func checkName(name, evidence string) error {
	base := name
	if folder, file, deep := strings.Cut(name, "/"); deep && folder == proceduresFolder && strings.HasSuffix(file, ".toml") {
		base = file
	} else if deep {
		if folder != evidence || !isEvidence(file) {
			return fmt.Errorf("the packet holds %q: expected files beside the migration, *.toml in %s, and evidence named by its SHA-256 in %s", name, proceduresFolder, evidence)
		}
		base = folder
	}
	if !plainName(base) || strings.Trim(base, ". ") != base && !strings.HasPrefix(base, ".") || strings.HasSuffix(base, ".") || strings.HasSuffix(base, " ") || strings.HasPrefix(base, "..") || reservedName(base) {
		return fmt.Errorf("the packet holds %q, which is no name of a file beside a migration", name)
	}
	return nil
}

// isEvidence tells whether a name is a SHA-256 in hex.
func isEvidence(name string) bool {
	return len(name) == 64 && strings.Trim(name, "0123456789abcdef") == ""
}

// plainName tells whether a name has a sensible length and holds nothing that a
// file system of any kind refuses.
func plainName(name string) bool {
	n := utf8.RuneCountInString(name)
	return n > 0 && n <= 200 && !strings.ContainsFunc(name, func(r rune) bool { return strings.ContainsRune(`/\:*?"<>|`, r) || unicode.Is(unicode.C, r) })
}

// reservedName tells whether Windows keeps a name for a device, with or without
// something behind a dot.
func reservedName(name string) bool {
	device, _, _ := strings.Cut(strings.ToLower(name), ".")
	switch device {
	case "con", "prn", "aux", "nul":
		return true
	}
	port, numbered := strings.CutPrefix(device, "com")
	if !numbered {
		port, numbered = strings.CutPrefix(device, "lpt")
	}
	return numbered && len(port) == 1 && port[0] >= '0' && port[0] <= '9'
}

// checkSize refuses what is larger than a packet may be; total counts what comes
// before the file too.
func checkSize(name string, size, total int64) error {
	if size < 0 || size > maxFile || total > maxTotal {
		return fmt.Errorf("%q: a packet holds at most %d MiB in one file and %d MiB in all, and this would be %d MiB and %d MiB; move evidence away that nobody needs, or carry the folder over as it is",
			name, maxFile>>20, maxTotal>>20, size>>20, total>>20)
	}
	return nil
}

// evidenceFolder is the name of the folder that belongs to a migration file.
func evidenceFolder(migration string) string { return string(runbook.EvidenceOf(migration)) }
