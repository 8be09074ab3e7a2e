package handover

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"coexist/runbook/procedure"
)

// proceduresFolder is where a packet keeps the overlay of procedures, and where
// opening one puts it: beside the migration.
const proceduresFolder = "procedures"

// Bounds on an overlay, which is text that people write.
const (
	maxOverlayFile  = 4 << 20
	maxOverlayFiles = 500
)

// gatherOverlay reads the files of an overlay of procedures, and its hash.
func gatherOverlay(folder string, files map[string][]byte) (string, error) {
	if folder == "" {
		return "", nil
	}
	list, err := os.ReadDir(folder)
	if err != nil {
		return "", fmt.Errorf("the procedures cannot be packed: %w", err)
	}
	n := 0
	for _, e := range list {
		if path.Ext(e.Name()) != ".toml" {
			continue
		}
		info, err := e.Info()
		switch n++; {
		case err != nil:
			return "", fmt.Errorf("the procedures cannot be packed: %w", err)
		case !info.Mode().IsRegular():
			return "", fmt.Errorf("the procedures cannot be packed: %s is no plain file; put the file itself there", filepath.Join(folder, e.Name()))
		case info.Size() > maxOverlayFile || n > maxOverlayFiles:
			return "", fmt.Errorf("the procedures cannot be packed: expected at most %d files of at most %d MiB, found %s with %d bytes as number %d", maxOverlayFiles, maxOverlayFile>>20, e.Name(), info.Size(), n)
		}
		data, err := os.ReadFile(filepath.Join(folder, e.Name()))
		if err != nil {
			return "", fmt.Errorf("the procedures cannot be packed: %w", err)
		}
		if bytes.Contains(data, []byte(privateKey)) {
			return "", holdsKey(e.Name())
		}
		files[proceduresFolder+"/"+e.Name()] = data
	}
	hash, err := procedure.OverlayHash(os.DirFS(folder))
	if err != nil {
		return "", fmt.Errorf("%s: %w", folder, err)
	}
	return hash, nil
}

// checkOverlay holds the packed overlay, whose files are verified, against the
// hash that the list tells.
func (p *Packet) checkOverlay(z *zip.Reader) error {
	packed := false
	for _, f := range p.Manifest.Files {
		packed = packed || strings.HasPrefix(f.Name, proceduresFolder+"/")
	}
	if !packed && p.Manifest.Overlay == "" {
		return nil
	}
	overlay, err := fs.Sub(z, proceduresFolder)
	if err != nil {
		return err
	}
	hash, err := procedure.OverlayHash(overlay)
	if err != nil || hash != p.Manifest.Overlay {
		return errors.Join(fmt.Errorf("the procedures in the packet are not those that were packed: expected %q, found %q", p.Manifest.Overlay, hash), err)
	}
	return nil
}

// Overlay is the folder of the packet's procedures beside its migration, once
// it is extracted; empty where it brings none.
func (p *Packet) Overlay(migration string) string {
	if p.Manifest.Overlay == "" {
		return ""
	}
	return filepath.Join(filepath.Dir(migration), proceduresFolder)
}
