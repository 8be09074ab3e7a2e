package journal

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// journalOf writes a journal of n results.
func journalOf(b *testing.B, n int) (path string, size int64) {
	b.Helper()
	path = filepath.Join(b.TempDir(), "x.journal")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	j := &Journal{path: path, o: options().filled()}
	for i := range n {
		lines, next, err := j.lines([]Entry{{"result", map[string]string{"id": fmt.Sprintf("prepare.schema/contoso.com/%d", i),
			"verdict": "pass", "expected": "rangeUpper 15312", "found": "rangeUpper 15312", "summary": "every domain controller has the schema"}}})
		if err != nil {
			b.Fatal(err)
		}
		j.chain = next
		if _, err := w.Write(lines); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	return path, j.chain.good
}

func BenchmarkOpen(b *testing.B) {
	for _, n := range []int{100_000, 1_000_000} {
		b.Run(fmt.Sprintf("%d events", n), func(b *testing.B) {
			path, size := journalOf(b, n)
			b.SetBytes(size)
			b.ReportAllocs()
			runtime.GC()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			b.ResetTimer()
			for range b.N {
				j, err := Open(path, Options{ReadOnly: true})
				if err != nil || len(j.Events()) != n {
					b.Fatal(err, j.Broken())
				}
				b.StopTimer()
				runtime.GC()
				runtime.ReadMemStats(&after)
				b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/(1<<20), "MiB-held")
				b.ReportMetric(float64(size)/(1<<20), "MiB-file")
				j.Close()
				b.StartTimer()
			}
		})
	}
}

func BenchmarkAppend(b *testing.B) {
	j, err := Open(filepath.Join(b.TempDir(), "x.journal"), Options{Operator: "bench"})
	if err != nil {
		b.Fatal(err)
	}
	defer j.Close()
	for b.Loop() {
		if _, err := j.Append("note", "some text"); err != nil {
			b.Fatal(err)
		}
	}
}
