// Command figures measures the program as a whole process: how large it is, how
// long it takes to start and to draw its first screen, what a key costs, what
// it writes when nobody touches it, and what it keeps in memory. Each figure is
// the least and the median of several runs on this machine.
//
// Beside it stands the least program of the same framework, measured in turns.
//
//	go run ./.ci/figures [-runs 15]
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/creack/pty"
)

func main() {
	runs := flag.Int("runs", 15, "how often to measure")
	flag.Parse()
	if err := measure(*runs); err != nil {
		fmt.Fprintln(os.Stderr, "figures:", err)
		os.Exit(1)
	}
}

func measure(runs int) error {
	dir, err := os.MkdirTemp("", "coexist-figures")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	bin, least := filepath.Join(dir, "coexist"), filepath.Join(dir, "least")
	if err := build(".", bin); err != nil {
		return err
	}
	if err := build("./.ci/figures/least", least); err != nil {
		return err
	}
	info, err := os.Stat(bin)
	if err != nil {
		return err
	}
	fmt.Printf("program file, stripped        %.1f MB\n", float64(info.Size())/1e6)
	file := filepath.Join(dir, "contoso.toml")
	if err := exec.Command(bin, "new", file).Run(); err != nil {
		return err
	}
	if err := wholeRuns(bin, file, runs); err != nil {
		return err
	}
	recorded, err := record(bin, dir)
	if err != nil {
		return err
	}
	return screens(runs,
		&screen{name: "the least program of the framework", argv: []string{least}},
		&screen{name: "the wizard, a new migration", argv: []string{bin, file, "--operator", "measured"}},
		&screen{name: fmt.Sprintf("the wizard, %d events in the journal", events), argv: []string{bin, recorded, "--operator", "measured"}})
}

func build(source, program string) error {
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", program, source)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	cmd.Stderr = os.Stderr
	return cmd.Run()
}

// wholeRuns measures commands from start to exit.
func wholeRuns(bin, file string, runs int) error {
	for _, args := range [][]string{{"--version"}, {"status", file}, {"export", file, "--plan", "-o", "-"}} {
		var took []time.Duration
		for range runs {
			began := time.Now()
			out, err := exec.Command(bin, args...).Output()
			took = append(took, time.Since(began))
			if len(out) == 0 {
				return fmt.Errorf("%v said nothing: %w", args, err)
			}
		}
		show("coexist "+args[0], took)
	}
	return nil
}

// screen is a full-screen program with what was measured of it.
type screen struct {
	name string
	argv []string

	first, answer, flood, quit           []time.Duration
	drawn, key, idle, resident, manyKeys []int
}

// screens measures full-screen programs in turns on a terminal of 120×40, so
// that what else the machine does comes to all of them.
func screens(runs int, list ...*screen) error {
	for range runs {
		for _, s := range list {
			if err := s.measure(); err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
		}
	}
	for _, s := range list {
		fmt.Printf("\n%s\n", s.name)
		show("first whole frame", s.first)
		count("bytes of the first frame", s.drawn)
		show("a key to its last byte", s.answer)
		count("bytes of a cursor move", s.key)
		show("200 keys to the last byte", s.flood)
		count("bytes of 200 keys", s.manyKeys)
		count("bytes in an idle second", s.idle)
		count("resident memory, kB", s.resident)
		show("q to exit", s.quit)
	}
	return nil
}

func (s *screen) measure() error {
	w, err := open(s.argv)
	if err != nil {
		return err
	}
	defer w.tty.Close()
	s.first, s.drawn = append(s.first, w.first), append(s.drawn, w.drawn)
	w.rest(pause)
	n, took := w.press("j", moved)
	s.key, s.answer = append(s.key, n), append(s.answer, took)
	w.rest(pause) // the page of the task follows a cursor that rests
	time.Sleep(time.Second)
	s.idle = append(s.idle, w.taken())
	s.resident = append(s.resident, w.resident())
	n, took = w.press(strings.Repeat("j", 200), pause)
	s.manyKeys, s.flood = append(s.manyKeys, n), append(s.flood, took)
	began := time.Now()
	_, _ = w.tty.WriteString("q")
	if err := w.cmd.Wait(); err != nil {
		return fmt.Errorf("q did not end it well: %w", err)
	}
	s.quit = append(s.quit, time.Since(began))
	return nil
}

// running is a program at work. Its terminal answers nothing.
type running struct {
	cmd   *exec.Cmd
	tty   *os.File
	first time.Duration
	drawn int
	read  chan int
}

// open starts a program and waits for its first whole frame: its last line.
func open(argv []string) (*running, error) {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Env = append(os.Environ(), "TERM=xterm-256color", "COLORTERM=truecolor", "NO_COLOR=", "TMUX=")
	began := time.Now()
	tty, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 40, Cols: 120})
	if err != nil {
		return nil, err
	}
	w := &running{cmd: cmd, tty: tty, read: make(chan int, 1<<16)}
	var seen bytes.Buffer
	buf := make([]byte, 64<<10)
	for !strings.Contains(seen.String(), "help") {
		n, err := tty.Read(buf)
		if err != nil {
			return nil, fmt.Errorf("no first frame: %w; it wrote %q", err, seen.String())
		}
		seen.Write(buf[:n])
	}
	w.first, w.drawn = time.Since(began), seen.Len()
	go func() {
		for {
			n, err := tty.Read(buf)
			if err != nil {
				close(w.read)
				return
			}
			w.read <- n
		}
	}()
	return w, nil
}

// moved is long enough for the answer to a key, pause for what comes after it.
const moved, pause = 100 * time.Millisecond, 500 * time.Millisecond

// rest waits until nothing was written for a while and counts what was.
func (w *running) rest(quiet time.Duration) int {
	n, _ := w.press("", quiet)
	return n
}

// press writes keys and counts what is written until nothing is for a while,
// and how long that took to its last byte.
func (w *running) press(keys string, quiet time.Duration) (total int, last time.Duration) {
	began := time.Now()
	_, _ = w.tty.WriteString(keys)
	for {
		select {
		case n, open := <-w.read:
			if !open {
				return total, last
			}
			total, last = total+n, time.Since(began)
		case <-time.After(quiet):
			return total, last
		}
	}
}

// taken counts what was written since, without waiting.
func (w *running) taken() int {
	total := 0
	for len(w.read) > 0 {
		total += <-w.read
	}
	return total
}

// resident is the memory that the kernel counts, in kB; 0 where it does not
// tell.
func (w *running) resident() int {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", w.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	kB := 0
	if _, rest, ok := strings.Cut(string(text), "VmRSS:"); ok {
		_, _ = fmt.Sscan(rest, &kB)
	}
	return kB
}

func show(what string, took []time.Duration) {
	slices.Sort(took)
	fmt.Printf("%-29s %5.1f ms at best, %5.1f ms in the middle\n", what, took[0].Seconds()*1000, took[len(took)/2].Seconds()*1000)
}

func count(what string, list []int) {
	slices.Sort(list)
	fmt.Printf("%-29s %d at least, %d in the middle\n", what, list[0], list[len(list)/2])
}
