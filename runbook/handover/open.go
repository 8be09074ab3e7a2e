package handover

import (
	"archive/zip"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"coexist/runbook/journal"
)

// Packet is an opened packet whose hashes and chain are verified.
type Packet struct {
	Manifest Manifest
	SHA256   string // of the packet itself
	files    map[string]*zip.File
}

// Inspect verifies a packet without writing anything: the list of its files,
// their hashes, and the chain of the journal.
func Inspect(r io.ReaderAt, size int64) (*Packet, error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, fmt.Errorf("this is no handover packet: %w; expected the ZIP that coexist handover wrote, whole", err)
	}
	p := &Packet{files: map[string]*zip.File{}}
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(r, 0, size)); err != nil {
		return nil, err
	}
	p.SHA256 = hex.EncodeToString(sum.Sum(nil))
	if err := p.list(z); err != nil {
		return nil, err
	}
	if err := p.compare(); err != nil {
		return nil, err
	}
	for _, f := range p.Manifest.Files {
		if err := p.read(f, io.Discard); err != nil {
			return nil, err
		}
	}
	if err := p.checkOverlay(z); err != nil {
		return nil, err
	}
	return p, p.checkJournal()
}

// list reads the manifest and the names of what is packed.
func (p *Packet) list(z *zip.Reader) error {
	if len(z.File) > maxFiles {
		return fmt.Errorf("the packet holds %d files, more than any migration has", len(z.File))
	}
	for _, f := range z.File {
		key := strings.ToLower(f.Name)
		if p.files[key] != nil {
			return fmt.Errorf("the packet holds %q twice", f.Name)
		}
		if f.Mode()&fs.ModeType != 0 {
			return fmt.Errorf("the packet holds %q, which is no plain file", f.Name)
		}
		p.files[key] = f
	}
	f := p.files[manifestName]
	if f == nil || f.Name != manifestName {
		return errors.New("this is no handover packet: it holds no " + manifestName)
	}
	text, err := readAll(f, maxManifest)
	if err != nil {
		return fmt.Errorf("%s: %w", manifestName, err)
	}
	if err := json.Unmarshal(text, &p.Manifest); err != nil {
		return fmt.Errorf("%s cannot be read: %w", manifestName, err)
	}
	if p.Manifest.Format != 1 {
		return fmt.Errorf("%s has format %d; this coexist reads format 1: use a newer one", manifestName, p.Manifest.Format)
	}
	delete(p.files, manifestName)
	return nil
}

// compare holds the list against what is there: nothing more, nothing less.
func (p *Packet) compare() error {
	m := p.Manifest
	if err := checkName(m.Migration, ""); err != nil || filepath.Ext(m.Migration) != ".toml" {
		return fmt.Errorf("%s names the migration %q: expected a file like contoso.toml", manifestName, m.Migration)
	}
	total, listed := int64(0), map[string]bool{}
	for _, f := range m.Files {
		key := strings.ToLower(f.Name)
		if err := checkName(f.Name, evidenceFolder(m.Migration)); err != nil {
			return err
		}
		zipped := p.files[key]
		total += max(0, f.Size)
		switch err := checkSize(f.Name, f.Size, total); {
		case err != nil:
			return fmt.Errorf("%w; it was not unpacked", err)
		case listed[key]:
			return fmt.Errorf("%s lists %q twice", manifestName, f.Name)
		case zipped == nil || zipped.Name != f.Name:
			return fmt.Errorf("%q is missing: %s lists it", f.Name, manifestName)
		case zipped.UncompressedSize64 != uint64(f.Size):
			return fmt.Errorf("%q has %d bytes: expected %d", f.Name, zipped.UncompressedSize64, f.Size)
		}
		listed[key] = true
	}
	for key, f := range p.files {
		if !listed[key] {
			return fmt.Errorf("the packet holds %q, which %s does not list: it was put there later", f.Name, manifestName)
		}
	}
	if !listed[strings.ToLower(m.Migration)] {
		return fmt.Errorf("the packet holds no %s", m.Migration)
	}
	return nil
}

// read copies a file out and verifies its length and hash. It reads no more
// than the list allows, whatever the file unpacks to.
func (p *Packet) read(f File, w io.Writer) error {
	r, err := p.files[strings.ToLower(f.Name)].Open()
	if err != nil {
		return fmt.Errorf("%q: %w", f.Name, err)
	}
	defer r.Close()
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(w, sum), io.LimitReader(r, f.Size+1))
	switch got := hex.EncodeToString(sum.Sum(nil)); {
	case err != nil:
		return fmt.Errorf("%q: %w; the packet is damaged: fetch it anew", f.Name, err)
	case n != f.Size:
		return fmt.Errorf("%q does not have the %d bytes that %s lists", f.Name, f.Size, manifestName)
	case got != f.SHA256:
		return fmt.Errorf("%q was changed or damaged: expected SHA-256 %q, found %s", f.Name, f.SHA256, got)
	case strings.HasPrefix(f.Name, evidenceFolder(p.Manifest.Migration)+"/") && !strings.HasSuffix(f.Name, "/"+got):
		return fmt.Errorf("%q is evidence that no longer has the hash it is named by: found %s", f.Name, got)
	}
	return nil
}

// checkJournal verifies the chain and holds it against the list.
func (p *Packet) checkJournal() error {
	data, err := p.Bytes(journalName(p.Manifest.Migration))
	if err != nil {
		return err
	}
	report, m := journal.VerifyBytes(data), &p.Manifest
	broken := ""
	if report.Broken != nil {
		broken = report.Broken.String()
	}
	switch {
	case broken != m.Broken:
		return fmt.Errorf("the journal is not the one that was packed: %s", cmp.Or(broken, "its chain holds, and the list says that it breaks"))
	case report.Entries != m.Entries || report.Head != m.Head:
		return fmt.Errorf("the journal is not the one that was packed: expected %d entries with head %q, found %d with head %q", m.Entries, cmp.Or(m.Head, "none"), report.Entries, cmp.Or(report.Head, "none"))
	}
	return nil
}

// Bytes returns one file of the packet, verified; one that is not there is
// empty.
func (p *Packet) Bytes(name string) ([]byte, error) {
	for _, f := range p.Manifest.Files {
		if f.Name == name {
			var b strings.Builder
			err := p.read(f, &b)
			return []byte(b.String()), err
		}
	}
	return nil, nil
}

// Extract writes the files into a folder that does not exist yet or is empty,
// all of them or none, and returns the path of the migration.
func (p *Packet) Extract(dir string) (string, error) {
	if list, err := os.ReadDir(dir); err == nil && len(list) > 0 {
		return "", fmt.Errorf("%s is not empty: a packet is opened in a folder of its own, so that nothing is overwritten; name another one", dir)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return "", err
	}
	aside, err := os.MkdirTemp(filepath.Dir(dir), ".handover-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(aside)
	for _, f := range p.Manifest.Files {
		if err := p.extract(f, aside); err != nil {
			return "", err
		}
	}
	if err := os.Remove(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	if err := os.Rename(aside, dir); err != nil {
		return "", err
	}
	return filepath.Join(dir, p.Manifest.Migration), nil
}

func (p *Packet) extract(f File, dir string) error {
	path := filepath.Join(dir, filepath.FromSlash(f.Name))
	if !filepath.IsLocal(filepath.FromSlash(f.Name)) {
		return fmt.Errorf("%q leads out of the folder", f.Name)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	w, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	err = p.read(f, w)
	if err == nil {
		err = w.Sync()
	}
	if closed := w.Close(); err == nil {
		err = closed
	}
	return err
}

func readAll(f *zip.File, limit int64) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("it is longer than %d bytes", limit)
	}
	return data, err
}
