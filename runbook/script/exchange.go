package script

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"time"

	"coexist/checks"
	"coexist/runbook"
)

// Save writes a script for a session and records it. put stores the bytes
// under a path.
func Save(s *runbook.Session, o Options, path string, put func(path string, data []byte) error) (Manifest, error) {
	snap := s.Snapshot()
	var nonce [16]byte
	if _, err := rand.Read(nonce[:]); err != nil {
		return Manifest{}, err
	}
	o.Nonce, o.Values = hex.EncodeToString(nonce[:]), snap.Progress.Values
	data, m, err := Write(snap.Runbook, o)
	if err != nil {
		return Manifest{}, err
	}
	if err := put(path, data); err != nil {
		return Manifest{}, err
	}
	sum := sha256.Sum256(data)
	return m, s.RecordScript(runbook.ScriptWritten{
		Nonce: m.Nonce, Path: filepath.Base(path), Step: m.Step, Shell: m.Shell, Server: m.Server, Content: m.Content,
		Checks: m.Checks, Captures: m.Captures, SHA256: hex.EncodeToString(sum[:]),
	})
}

// Import takes a result file, or its pasted text, into a session. keep stores
// the raw bytes as evidence and returns their SHA-256; nothing is kept of a
// file that is refused.
func Import(s *runbook.Session, name string, data []byte, keep func([]byte) (string, error)) (runbook.Outcome, error) {
	r, err := Parse(data)
	if err != nil {
		return runbook.Outcome{}, fmt.Errorf("%s: %w", filepath.Base(name), err)
	}
	written, at, ok := s.Script(r.Nonce)
	if !ok {
		return runbook.Outcome{}, fmt.Errorf("%s: no script of this run has the nonce %s…: it belongs to another run or another migration", filepath.Base(name), r.Nonce[:8])
	}
	if err := r.Matches(Manifest{Nonce: written.Nonce, Step: written.Step, Shell: written.Shell, Server: written.Server,
		Content: written.Content, Checks: written.Checks, Captures: written.Captures}); err != nil {
		return runbook.Outcome{}, fmt.Errorf("%s: %w", filepath.Base(name), err)
	}
	sum, err := keep(data)
	if err != nil {
		return runbook.Outcome{}, err
	}
	in := runbook.Import{
		Imported: runbook.Imported{Nonce: r.Nonce, Path: filepath.Base(name), SHA256: sum, From: r.Computer},
		Started:  notBefore(r.Ended, at),
	}
	for _, o := range r.Observations {
		obs := runbook.Observation{ID: o.ID, Rows: o.Rows}
		if o.Error != nil {
			obs.Error = checks.Escape(*o.Error)
		}
		if o.Kind == "capture" {
			obs.Property = written.Captures[o.ID]
		}
		in.Observations = append(in.Observations, obs)
	}
	return s.RecordImport(in)
}

// notBefore corrects a server's clock that is behind: nothing was read before
// the script was written.
func notBefore(ran, written time.Time) time.Time {
	if ran.Before(written) {
		return written
	}
	return ran
}
