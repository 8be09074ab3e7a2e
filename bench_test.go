package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"

	"coexist/runbook/migration"
)

// BenchmarkStatus carries out "coexist status" on the sample from the command
// line to the last byte, as every start does but for the process itself.
func BenchmarkStatus(b *testing.B) { benchCommand(b, "status") }

// BenchmarkExport renders the whole runbook as Markdown.
func BenchmarkExport(b *testing.B) { benchCommand(b, "export", "-o", "-") }

func benchCommand(b *testing.B, command string, flags ...string) {
	path := filepath.Join(b.TempDir(), "contoso.toml")
	if err := os.WriteFile(path, migration.Sample("2010"), 0o600); err != nil {
		b.Fatal(err)
	}
	args := append([]string{command, path}, flags...)
	b.ReportAllocs()
	for b.Loop() {
		var out bytes.Buffer
		env := fieldEnvironment()
		env.Out, env.Err = &out, io.Discard
		// A gate that is closed is an error of status, and its text is the answer.
		if err := run(context.Background(), args, env); out.Len() == 0 {
			b.Fatalf("nothing was printed: %v", err)
		}
	}
}
