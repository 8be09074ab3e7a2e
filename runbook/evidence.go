package runbook

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"coexist/runbook/migration"
)

// Evidence is the folder of a migration that keeps transcripts and imported
// files, each under the SHA-256 of its content.
type Evidence string

// EvidenceOf is the evidence folder that belongs to a migration file.
func EvidenceOf(migration string) Evidence {
	return Evidence(strings.TrimSuffix(migration, filepath.Ext(migration)) + ".evidence")
}

// Keep stores data and returns its SHA-256. What is there already is left as
// it is.
func (e Evidence) Keep(data []byte) (string, error) {
	sum := sha256.Sum256(data)
	name := hex.EncodeToString(sum[:])
	path := filepath.Join(string(e), name)
	if _, err := os.Stat(path); err == nil {
		return name, nil
	}
	if err := os.MkdirAll(string(e), 0o700); err != nil {
		return "", fmt.Errorf("evidence cannot be kept: %w", err)
	}
	if err := migration.SaveAtomic(path, data); err != nil {
		return "", fmt.Errorf("evidence cannot be kept: %w", err)
	}
	return name, nil
}

// Load returns what was kept under a SHA-256, and refuses what no longer has
// it.
func (e Evidence) Load(name string) ([]byte, error) {
	if raw, err := hex.DecodeString(name); err != nil || len(raw) != sha256.Size {
		return nil, fmt.Errorf("%q is not a SHA-256", name)
	}
	data, err := os.ReadFile(filepath.Join(string(e), name))
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != name {
		return nil, errors.New("the kept file was changed: its content no longer has the hash it is named by")
	}
	return data, nil
}
