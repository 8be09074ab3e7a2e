package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"coexist/runbook/journal"
)

// events is how long the journal is that the wizard is measured with.
const events = 1000

// record makes a migration with a journal of that many events: a rehearsal that
// was carried out to its end, written again as if it had been real work. What is
// missing is filled up with its last results, as if they had been run again.
func record(bin, dir string) (string, error) {
	if out, err := exec.Command(bin, "rehearse", dir, "--headless", "--operator", "measured").CombinedOutput(); err != nil {
		return "", fmt.Errorf("rehearse: %w: %s", err, out)
	}
	found, err := filepath.Glob(filepath.Join(dir, "rehearsal-*", "contoso.journal"))
	if err != nil || len(found) != 1 {
		return "", fmt.Errorf("expected one rehearsal in %s, found %d (%w)", dir, len(found), err)
	}
	was, err := journal.Open(found[0], journal.Options{ReadOnly: true})
	if err != nil {
		return "", err
	}
	defer was.Close()
	file := filepath.Join(dir, "recorded.toml")
	text, err := os.ReadFile(filepath.Join(filepath.Dir(found[0]), "contoso.toml"))
	if err == nil {
		err = os.WriteFile(file, text, 0o600)
	}
	if err != nil {
		return "", err
	}
	return file, writeAgain(was.Events(), filepath.Join(dir, "recorded.journal"))
}

// writeAgain writes events to a new journal, with the times that they had.
func writeAgain(list []journal.Event, path string) error {
	var results, all []journal.Event
	for _, e := range list {
		if e.Kind == "result" {
			results = append(results, e)
		}
	}
	if len(results) == 0 {
		return fmt.Errorf("the rehearsal recorded no result")
	}
	all = append(all, list...)
	for i := 0; len(all) < events; i++ {
		again := results[len(results)-1-i%len(results)]
		again.Time = list[len(list)-1].Time
		all = append(all, again)
	}
	var entries []journal.Entry
	for _, e := range all {
		var data map[string]any
		if err := json.Unmarshal(e.Data, &data); err != nil {
			return err
		}
		delete(data, "rehearsal")
		entries = append(entries, journal.Entry{Kind: e.Kind, Data: data})
	}
	next := 0
	j, err := journal.Open(path, journal.Options{Operator: "measured", Host: "measured", Clock: func() time.Time {
		at := all[min(next, len(all)-1)].Time
		next++
		return at
	}})
	if err != nil {
		return err
	}
	if _, err := j.AppendAll(entries); err != nil {
		return err
	}
	return j.Close()
}
