// Command figures measures the program as a whole process: how large it is, how
// long it takes to start and to draw its first screen, what a key costs, what
// it writes when nobody touches it, and what it keeps in memory. Each figure is
// the least and the median of several runs on this machine.
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
	bin := filepath.Join(dir, "coexist")
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", bin, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
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
	if err := screens(bin, file, runs); err != nil {
		return err
	}
	return screens(bin, recorded, runs)
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

// screens measures the wizard on a terminal of 120×40.
func screens(bin, file string, runs int) error {
	var first, quit []time.Duration
	var drawn, key, idle, resident []int
	for range runs {
		w, err := open(bin, file)
		if err != nil {
			return err
		}
		first, drawn = append(first, w.first), append(drawn, w.drawn)
		w.rest(pause)
		_, _ = w.tty.WriteString("j")
		key = append(key, w.rest(moved))
		w.rest(pause) // the page of the task follows a cursor that rests
		time.Sleep(time.Second)
		idle = append(idle, w.taken())
		resident = append(resident, w.resident())
		began := time.Now()
		_, _ = w.tty.WriteString("q")
		if err := w.cmd.Wait(); err != nil {
			return fmt.Errorf("q did not end the wizard well: %w", err)
		}
		quit = append(quit, time.Since(began))
		w.tty.Close()
	}
	show("first whole frame", first)
	count("bytes of the first frame", drawn)
	count("bytes of a cursor move", key)
	count("bytes in an idle second", idle)
	count("resident memory, kB", resident)
	show("q to exit", quit)
	return nil
}

// wizard is a running one. Its terminal answers nothing.
type wizard struct {
	cmd   *exec.Cmd
	tty   *os.File
	first time.Duration
	drawn int
	read  chan int
}

// open starts the wizard and waits for its first whole frame: its last line.
func open(bin, file string) (*wizard, error) {
	cmd := exec.Command(bin, file, "--operator", "measured")
	cmd.Env = append(os.Environ(), "TERM=xterm-256color", "COLORTERM=truecolor", "NO_COLOR=", "TMUX=")
	began := time.Now()
	tty, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 40, Cols: 120})
	if err != nil {
		return nil, err
	}
	w := &wizard{cmd: cmd, tty: tty, read: make(chan int, 1<<16)}
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
func (w *wizard) rest(quiet time.Duration) int {
	total := 0
	for {
		select {
		case n, open := <-w.read:
			if !open {
				return total
			}
			total += n
		case <-time.After(quiet):
			return total
		}
	}
}

// taken counts what was written since, without waiting.
func (w *wizard) taken() int {
	total := 0
	for len(w.read) > 0 {
		total += <-w.read
	}
	return total
}

// resident is the memory that the kernel counts, in kB; 0 where it does not
// tell.
func (w *wizard) resident() int {
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
