package handover

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"time"

	"coexist/checks"
	"coexist/runbook"
	"coexist/runbook/journal"
)

// Pack is what Write is told.
type Pack struct {
	Path    string // of the migration
	Tool    string
	From    string // who hands over; empty: the last operator
	To      string
	Overlay string // folder of the house's own procedures; empty: none are in use
	Runbook *runbook.Runbook
	Events  []journal.Event // as they were read; the packet may hold more, never fewer
}

// Write writes a packet. The same files give the same bytes.
func Write(w io.Writer, p Pack) (Manifest, error) {
	files, err := gather(p)
	if err != nil {
		return Manifest{}, err
	}
	overlay, err := gatherOverlay(p.Overlay, files)
	if err != nil {
		return Manifest{}, err
	}
	m, err := p.manifest(files)
	if err != nil {
		return Manifest{}, err
	}
	m.Overlay = overlay
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return Manifest{}, err
	}
	z := zip.NewWriter(w)
	z.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) { return flate.NewWriter(out, flate.DefaultCompression) })
	if err := put(z, manifestName, append(text, '\n'), m.AsOf); err != nil {
		return Manifest{}, err
	}
	for _, f := range m.Files {
		if err := put(z, f.Name, files[f.Name], m.AsOf); err != nil {
			return Manifest{}, err
		}
	}
	return m, z.Close()
}

func put(z *zip.Writer, name string, data []byte, at time.Time) error {
	h := &zip.FileHeader{Name: name, Method: zip.Deflate}
	if at.Year() >= 1980 {
		h.Modified = at.UTC().Truncate(2 * time.Second) // what the format can hold
	}
	h.SetMode(0o644)
	w, err := z.CreateHeader(h)
	if err == nil {
		_, err = w.Write(data)
	}
	return err
}

// gather reads the files of a packet.
func gather(p Pack) (map[string][]byte, error) {
	dir, name := filepath.Split(p.Path)
	stem := strings.TrimSuffix(name, filepath.Ext(name))
	files := map[string][]byte{}
	read := func(file string, must bool) error {
		data, err := os.ReadFile(filepath.Join(dir, file))
		switch {
		case errors.Is(err, fs.ErrNotExist) && !must:
			return nil
		case err != nil:
			return fmt.Errorf("%s cannot be packed: %w", file, err)
		case bytes.Contains(data, []byte(privateKey)):
			return holdsKey(file)
		}
		files[file] = data
		return nil
	}
	if err := read(name, true); err != nil {
		return nil, err
	}
	list := []string{stem + ".journal", "rehearsal.json"}
	for _, pattern := range []string{".journal.broken-", ".journal.torn-"} {
		beside, _ := filepath.Glob(filepath.Join(escapeGlob(dir), escapeGlob(stem)+pattern+"*"))
		for _, path := range beside {
			list = append(list, filepath.Base(path))
		}
	}
	for _, file := range list {
		if err := read(file, false); err != nil {
			return nil, err
		}
	}
	for _, pem := range p.Runbook.Migration.Network.Trust {
		if filepath.Base(pem) != pem {
			return nil, fmt.Errorf("network.trust names %s, which is not beside the migration and would be missing where the packet is opened; put it there", pem)
		}
		if taken := ownName(pem, stem, files); taken != "" {
			return nil, fmt.Errorf("network.trust names %s, and %s is a name that the packet needs itself; rename the file of certificates", pem, taken)
		}
		if err := read(pem, true); err != nil {
			return nil, err
		}
	}
	return files, gatherEvidence(p.Path, name, files)
}

const privateKey = "PRIVATE KEY-----"

func holdsKey(file string) error {
	return fmt.Errorf("%s holds a private key; a packet holds no secrets: take the key out of the file, or put it elsewhere", file)
}

// ownName returns the name of the packet's own that a file of certificates would
// have too, on a file system that makes no difference of case; empty for none.
func ownName(pem, stem string, files map[string][]byte) string {
	own := []string{manifestName, proceduresFolder, evidenceFolder(stem), stem + ".journal", "rehearsal.json"}
	for file := range files {
		if file != pem || strings.HasSuffix(file, ".toml") { // the same file may be named twice
			own = append(own, file)
		}
	}
	for _, name := range own {
		if strings.EqualFold(name, pem) {
			return name
		}
	}
	return ""
}

func escapeGlob(s string) string {
	return strings.NewReplacer("[", `[[]`, "*", `[*]`, "?", `[?]`).Replace(s)
}

// gatherEvidence reads every kept file, and refuses one that was changed.
func gatherEvidence(path, name string, files map[string][]byte) error {
	evidence := runbook.EvidenceOf(path)
	list, err := os.ReadDir(string(evidence))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the evidence cannot be packed: %w", err)
	}
	for _, e := range list {
		if !isEvidence(e.Name()) {
			continue
		}
		data, err := evidence.Load(e.Name())
		if err != nil {
			return fmt.Errorf("the evidence %s cannot be packed: %w; bring the original back, or move the file away and it is told as missing", e.Name(), err)
		}
		files[evidenceFolder(name)+"/"+e.Name()] = data
	}
	return nil
}

// manifest describes the files.
func (p Pack) manifest(files map[string][]byte) (Manifest, error) {
	name := filepath.Base(p.Path)
	m := Manifest{Format: 1, Organization: p.Runbook.Migration.Organization.Name, Source: p.Runbook.Source, Release: p.Runbook.Release.Name,
		Procedure: p.Runbook.Hash, Tool: p.Tool, Migration: name, From: p.From, To: p.To}
	report := journal.VerifyBytes(files[journalName(name)])
	m.Entries, m.Head = report.Entries, report.Head
	if report.Broken != nil {
		m.Broken = report.Broken.String()
	}
	if n := len(p.Events); n > 0 {
		m.AsOf = p.Events[n-1].Time.UTC()
		if m.From == "" {
			m.From = p.Events[n-1].Operator
		}
	}
	m.Rehearsal = rehearsalOf(p.Events)
	for _, hash := range named(p.Events) {
		if _, there := files[evidenceFolder(name)+"/"+hash]; !there {
			m.Missing = append(m.Missing, hash)
		}
	}
	for file, data := range files {
		if err := checkName(file, evidenceFolder(name)); err != nil {
			return m, err
		}
		sum := sha256.Sum256(data)
		m.Files = append(m.Files, File{Name: file, Size: int64(len(data)), SHA256: hex.EncodeToString(sum[:])})
	}
	total := int64(0)
	for _, f := range m.Files {
		total += f.Size
		if err := checkSize(f.Name, f.Size, total); err != nil {
			return m, err
		}
	}
	sort.Slice(m.Files, func(i, j int) bool { return m.Files[i].Name < m.Files[j].Name })
	return m, nil
}

func journalName(migration string) string { return filepath.Base(runbook.JournalPath(migration)) }

func rehearsalOf(events []journal.Event) string {
	for _, e := range events {
		if data, err := runbook.Decode(e); err == nil {
			if start, is := data.(*runbook.RunStarted); is {
				return start.Rehearsal
			}
		}
	}
	return ""
}

// named lists the evidence that the journal names: transcripts and imports, in
// their order.
func named(events []journal.Event) []string {
	var out []string
	seen := map[string]bool{"": true}
	add := func(hash string) {
		if !seen[hash] {
			seen[hash] = true
			out = append(out, hash)
		}
	}
	var walk func(r *checks.Result)
	walk = func(r *checks.Result) {
		add(r.Transcript)
		for i := range r.Sub {
			walk(&r.Sub[i])
		}
	}
	for _, e := range events {
		data, err := runbook.Decode(e)
		if err != nil {
			continue
		}
		switch d := data.(type) {
		case *runbook.Recorded:
			walk(&d.Result)
		case *runbook.Imported:
			add(d.SHA256)
		}
	}
	return out
}
