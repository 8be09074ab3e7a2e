package journal

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// gremlin is a disk on which one operation, counted from the first, goes wrong
// in a way of its own. It keeps apart what was synced and what a power cut
// would take.
type gremlin struct {
	dir   string
	at    int // the operation that goes wrong; 0: none
	way   way
	count int
	ops   []string // what was asked for, in order
	dead  bool     // nothing works any more
	now   map[string]*inode
	kept  map[string]*inode // names that a power cut leaves
}

// inode is a file, whatever its name.
type inode struct{ synced []byte }

type way int

const (
	failsBefore  way = iota // an error, and nothing was done
	failsAfter              // done, and an error all the same
	writesHalf              // a full disk: half is written, with an error
	writesSilent            // half is written, without an error
	diesBefore              // from here on nothing works
	diesAfter               // done, and from then on nothing works
	locksNot                // another one holds the lock
	numberOfWays = iota
)

var errGremlin = errors.New("gremlin")

func newGremlin(t *testing.T, files map[string][]byte) *gremlin {
	t.Helper()
	g := &gremlin{dir: folder(t), now: map[string]*inode{}, kept: map[string]*inode{}}
	for name, data := range files {
		path := filepath.Join(g.dir, name)
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		g.now[path] = &inode{synced: data}
		g.kept[path] = g.now[path]
	}
	return g
}

// do carries one operation out, or not.
func (g *gremlin) do(name string, work func() error) error {
	if g.dead {
		return errGremlin
	}
	g.count++
	g.ops = append(g.ops, name)
	if g.count != g.at {
		return work()
	}
	switch g.way {
	case failsAfter, diesAfter:
		g.dead = g.way == diesAfter
		if err := work(); err != nil {
			return err
		}
	}
	return errGremlin
}

// hit tells whether the operation about to come goes wrong in a way.
func (g *gremlin) hit(w way) bool { return !g.dead && g.count+1 == g.at && g.way == w }

func (g *gremlin) OpenFile(name string, flag int, perm fs.FileMode) (File, error) {
	var f File
	err := g.do("open", func() (err error) {
		_, before := os.Stat(name)
		if f, err = (Disk{}).OpenFile(name, flag, perm); err == nil && (before != nil || flag&os.O_TRUNC != 0) && flag&os.O_CREATE != 0 {
			g.now[name] = &inode{}
		}
		return err
	})
	if err != nil {
		if f != nil {
			f.Close()
		}
		return nil, err
	}
	return &gremlinFile{f, g, name}, nil
}

func (g *gremlin) Stat(name string) (info fs.FileInfo, err error) {
	err = g.do("stat", func() (err error) { info, err = os.Stat(name); return err })
	return info, err
}

func (g *gremlin) Rename(from, to string) error {
	return g.do("rename", func() error {
		if err := os.Rename(from, to); err != nil {
			return err
		}
		g.now[to] = g.now[from]
		delete(g.now, from)
		return nil
	})
}

func (g *gremlin) Remove(name string) error {
	return g.do("remove", func() error { delete(g.now, name); return os.Remove(name) })
}

func (g *gremlin) SyncDir(string) error {
	return g.do("sync of the folder", func() error {
		g.kept = map[string]*inode{}
		for name, n := range g.now {
			g.kept[name] = n
		}
		return nil
	})
}

func (g *gremlin) Lock(name string) (release func() error, ok bool, err error) {
	if g.hit(locksNot) {
		g.count++
		g.ops = append(g.ops, "lock")
		return nil, false, nil
	}
	err = g.do("lock", func() (err error) { release, ok, err = Disk{}.Lock(name); return err })
	if err != nil && release != nil {
		release()
	}
	return release, ok, err
}

type gremlinFile struct {
	f    File
	g    *gremlin
	name string
}

func (f *gremlinFile) Read(p []byte) (n int, err error) {
	err = f.g.do("read", func() (err error) { n, err = f.f.Read(p); return err })
	return n, err
}

func (f *gremlinFile) ReadAt(p []byte, at int64) (n int, err error) {
	err = f.g.do("read", func() (err error) { n, err = f.f.ReadAt(p, at); return err })
	return n, err
}

func (f *gremlinFile) Write(p []byte) (n int, err error) {
	half, silent := f.g.hit(writesHalf), f.g.hit(writesSilent)
	if half || silent {
		f.g.count++
		f.g.ops = append(f.g.ops, "write")
		if n, err = f.f.Write(p[:len(p)/2]); half {
			err = syscall.ENOSPC
		}
		return n, err
	}
	err = f.g.do("write", func() (err error) { n, err = f.f.Write(p); return err })
	return n, err
}

func (f *gremlinFile) Close() error {
	if f.g.dead {
		f.f.Close()
		return errGremlin
	}
	return f.g.do("close", f.f.Close)
}

func (f *gremlinFile) Stat() (info fs.FileInfo, err error) {
	err = f.g.do("stat", func() (err error) { info, err = f.f.Stat(); return err })
	return info, err
}

func (f *gremlinFile) Sync() error {
	return f.g.do("sync", func() error {
		if n := f.g.now[f.name]; n != nil {
			n.synced, _ = os.ReadFile(f.name)
		}
		return nil
	})
}

func (f *gremlinFile) Truncate(size int64) error {
	return f.g.do("truncate", func() error { return f.f.Truncate(size) })
}

// folder makes a folder that goes with the test. A thousand of testing's own
// take longer than all that is tested in them.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "journal")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// left is a file as it is now.
func (g *gremlin) left(name string) []byte {
	data, _ := os.ReadFile(filepath.Join(g.dir, name))
	return data
}

// cutPower returns a file as it is found after the power came back: with what
// was synced and a part of the rest.
func (g *gremlin) cutPower(name string, part float64) []byte {
	path := filepath.Join(g.dir, name)
	n := g.kept[path]
	if n == nil {
		return nil
	}
	data := n.synced
	if all, err := os.ReadFile(path); err == nil && g.now[path] == n && len(all) > len(data) {
		data = all[:len(data)+int(part*float64(len(all)-len(data)))]
	}
	return data
}

// lived is what happened while the journal was in use.
type lived struct {
	accepted []string // Append returned without an error
	refused  []string // it said that nothing was recorded
}

// live uses a journal as a session does: it opens it, appends, closes it and
// opens it once more. What is shown is at every moment what was accepted.
func live(t *testing.T, g *gremlin, before int) lived {
	t.Helper()
	var out lived
	path := filepath.Join(g.dir, "x.journal")
	for round := range 2 {
		o := options()
		o.FS = g
		j, err := Open(path, o)
		if err != nil {
			continue
		}
		for n := range 2 - round {
			text := string(rune('a'+round)) + strings.Repeat(string(rune('0'+n)), 30)
			shown := len(j.Events())
			switch _, err := j.Append("note", text); {
			case err == nil:
				out.accepted = append(out.accepted, text)
				if len(j.Events()) != shown+1 {
					t.Errorf("accepted, and %d events are shown", len(j.Events()))
				}
			case len(j.Events()) != shown:
				t.Errorf("%v, and yet %d events are shown", err, len(j.Events()))
			case strings.Contains(err.Error(), "nothing was recorded"), strings.Contains(err.Error(), "read-only") && !strings.Contains(err.Error(), "not known"):
				out.refused = append(out.refused, text)
			case !strings.Contains(err.Error(), "not known whether"):
				t.Errorf("the refusal says neither: %v", err)
			}
			if why := j.Why(); why != "" && !strings.Contains(why, ";") {
				t.Errorf("the journal is read-only and does not say what to do: %s", why)
			}
		}
		if len(j.Events()) < before && j.Holder() == nil { // a follower waits for the end of a line
			t.Errorf("%d events are shown, %d were there before", len(j.Events()), before)
		}
		j.Close()
	}
	return out
}

// judge reads what is left.
func judge(t *testing.T, data []byte, before int, l lived) {
	t.Helper()
	var c chain
	c.read(data)
	if c.broken != nil {
		t.Fatalf("afterwards %s", c.broken)
	}
	if c.completes() {
		c.take(c.tail)
	}
	var texts []string
	for _, e := range c.events {
		texts = append(texts, strings.Trim(string(e.Data), `"`))
	}
	if len(texts) < before {
		t.Fatalf("%d of the %d events from before are left", len(texts), before)
	}
	rest := texts[before:]
	for _, want := range l.accepted {
		at := -1
		for i, text := range rest {
			if text == want {
				at = i
				break
			}
		}
		if at < 0 {
			t.Fatalf("accepted, and lost or out of its order: %s among %q", want, texts)
		}
		rest = rest[at+1:]
	}
	for _, text := range l.refused {
		for _, there := range texts {
			if text == there {
				t.Errorf("nothing was recorded, it said, but %s is there", text)
			}
		}
	}
}

// Every operation on the disk goes wrong in every way, one at a time, from every
// state a journal may be found in: what was accepted is never lost, what was
// refused is never there, and every refusal says what to do.
func TestEveryOperationMayFail(t *testing.T) {
	t.Parallel()
	whole := written(t, filepath.Join(t.TempDir(), "whole.journal"), 3)
	ends := lineEnds(whole)
	starts := map[string]struct {
		files  map[string][]byte
		before int
	}{
		"no journal":         {nil, 0},
		"a journal":          {map[string][]byte{"x.journal": whole}, 3},
		"a torn last line":   {map[string][]byte{"x.journal": whole[:ends[1]+40]}, 2},
		"a line without end": {map[string][]byte{"x.journal": whole[:len(whole)-1]}, 3},
	}
	for name, start := range starts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			calm := newGremlin(t, start.files)
			if l := live(t, calm, start.before); len(l.accepted) != 3 {
				t.Fatalf("without a fault %d events were accepted", len(l.accepted))
			}
			judge(t, calm.left("x.journal"), start.before, lived{})
			for at := 1; at <= calm.count; at++ {
				for w := range numberOfWays {
					op := calm.ops[at-1]
					if (way(w) == writesHalf || way(w) == writesSilent) && op != "write" || way(w) == locksNot && op != "lock" {
						continue
					}
					g := newGremlin(t, start.files)
					g.at, g.way = at, way(w)
					l := live(t, g, start.before)
					judge(t, g.left("x.journal"), start.before, l)
					for _, part := range []float64{0, 0.5} {
						// what was refused may be there: the power went before it was taken back
						judge(t, g.cutPower("x.journal", part), start.before, lived{accepted: l.accepted})
					}
					if t.Failed() {
						t.Fatalf("operation %d (%s), way %d", at, op, w)
					}
				}
			}
		})
	}
}

// The same for going on after a break: the old file or the new one is there,
// whole, and never neither.
func TestEveryOperationOfAContinuationMayFail(t *testing.T) {
	t.Parallel()
	whole := written(t, filepath.Join(t.TempDir(), "whole.journal"), 4)
	ends := lineEnds(whole)
	broken := append(append(append([]byte{}, whole[:ends[1]]...), "edited by hand\n"...), whole[ends[2]:]...)
	for at := 1; ; at++ {
		worked := 0
		for w := range numberOfWays {
			for _, part := range []float64{-1, 0, 0.5, 1} {
				g := newGremlin(t, map[string][]byte{"x.journal": broken})
				g.at, g.way = at, way(w)
				o := options()
				o.FS = g
				_, err := Continue(filepath.Join(g.dir, "x.journal"), o)
				if g.count < at {
					worked++
				}
				read := g.left
				if part >= 0 {
					read = func(name string) []byte { return g.cutPower(name, part) }
				}
				now := read("x.journal")
				var c chain
				c.read(now)
				switch {
				case c.broken == nil && len(c.events) != 3:
					t.Fatalf("operation %d, way %d: the new journal has %d entries", at, w, len(c.events))
				case c.broken != nil && string(now) != string(broken):
					t.Fatalf("operation %d, way %d: the old journal was changed", at, w)
				case err == nil && c.broken != nil:
					t.Fatalf("operation %d, way %d: it says that it went on, and did not", at, w)
				case c.broken == nil && string(read("x.journal.broken-1")) != string(broken):
					t.Fatalf("operation %d, way %d: the broken journal was not kept", at, w)
				}
			}
		}
		if worked > 0 {
			return
		}
	}
}

func TestABatchCostsOneSync(t *testing.T) {
	t.Parallel()
	g := newGremlin(t, nil)
	o := options()
	o.FS = g
	j := mustOpen(t, filepath.Join(g.dir, "x.journal"), o)
	for range 2 {
		if _, err := j.Append("note", "first"); err != nil {
			t.Fatal(err)
		}
	}
	from := len(g.ops)
	if _, err := j.Append("note", "a", "b", "c"); err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, op := range g.ops[from:] {
		count[op]++
	}
	if count["sync"] != 1 || count["write"] != 1 || count["sync of the folder"] != 0 {
		t.Errorf("a batch asks for %v", count)
	}
}
