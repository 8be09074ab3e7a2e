// Command release builds what is published: a binary for every platform with
// the licence, the documentation, the manual page and the completions, each in
// one archive, and SHA256SUMS over all of them. The same commit gives the same bytes on every
// machine with the same Go.
//
//	go run ./.ci/release [-o dist] [-only windows/amd64,linux/amd64]
package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// platforms are the systems that there are binaries for.
var platforms = []string{"windows/amd64", "windows/arm64", "linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64"}

func main() {
	out := flag.String("o", "dist", "folder for the archives; one of former archives is made anew")
	only := flag.String("only", "", "platforms to build, separated by commas (default: all)")
	flag.Parse()
	if *only != "" {
		platforms = strings.Split(*only, ",")
	}
	if err := release(*out); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

// member is one file of an archive.
type member struct {
	name string
	mode int64
	data []byte
}

func release(out string) error {
	version, when, err := commit()
	if err != nil {
		return err
	}
	if err := emptied(out); err != nil {
		return err
	}
	papers, err := papers()
	if err != nil {
		return err
	}
	var sums strings.Builder
	for _, platform := range platforms {
		goos, goarch, ok := strings.Cut(platform, "/")
		if !ok {
			return fmt.Errorf("platform %q: expected something like linux/amd64", platform)
		}
		binary, err := build(goos, goarch)
		if err != nil {
			return err
		}
		name := fmt.Sprintf("coexist_%s_%s_%s", version, goos, goarch)
		members := append([]member{{"coexist" + map[string]string{"windows": ".exe"}[goos], 0o755, binary}}, papers...)
		archive, data := name+".tar.gz", []byte(nil)
		if goos == "windows" {
			archive = name + ".zip"
			data, err = zipped(members, when)
		} else {
			data, err = tarred(members, when)
		}
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(out, archive), data, 0o644); err != nil {
			return err
		}
		fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(data), archive)
		fmt.Printf("%s  %.1f MB, binary %.1f MB\n", archive, float64(len(data))/1e6, float64(len(binary))/1e6)
	}
	return os.WriteFile(filepath.Join(out, "SHA256SUMS"), []byte(sums.String()), 0o644)
}

// emptied makes the folder anew, if it is new, empty or one that this command
// filled.
func emptied(out string) error {
	if list, err := os.ReadDir(out); err == nil && len(list) > 0 {
		if _, err := os.Stat(filepath.Join(out, "SHA256SUMS")); err != nil {
			return fmt.Errorf("%s holds other files than archives, and is not emptied: expected a new folder, or one with SHA256SUMS", out)
		}
	}
	if err := os.RemoveAll(out); err != nil {
		return err
	}
	return os.MkdirAll(out, 0o755)
}

// commit names the version and the time of what is checked out: the time of
// the commit stands in the archives, so that they do not depend on the clock.
func commit() (version string, when time.Time, err error) {
	version, err = output("git", "describe", "--tags", "--always", "--dirty")
	if err != nil {
		return "", time.Time{}, err
	}
	seconds, err := output("git", "show", "-s", "--format=%ct", "HEAD")
	if err != nil {
		return "", time.Time{}, err
	}
	n, err := strconv.ParseInt(seconds, 10, 64)
	return version, time.Unix(n, 0).UTC(), err
}

// papers are what goes beside the binary on every platform.
func papers() ([]member, error) {
	list := []member{}
	names := []string{"LICENSE", "README.md", "CHANGELOG.md", "SECURITY.md"}
	for _, pattern := range []string{"docs/*.md", "docs/screens/*.svg"} { // a jump host has no Internet to read them on
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			return nil, fmt.Errorf("there is no file %s; run this in the checkout", pattern)
		}
		names = append(names, found...)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		list = append(list, member{filepath.ToSlash(name), 0o644, data})
	}
	for name, args := range map[string][]string{
		"coexist.1": {"man"}, "completions/coexist.bash": {"completion", "bash"}, "completions/_coexist": {"completion", "zsh"},
		"completions/coexist.fish": {"completion", "fish"}, "completions/coexist.ps1": {"completion", "powershell"},
	} {
		text, err := output("go", append([]string{"run", "."}, args...)...)
		if err != nil {
			return nil, err
		}
		list = append(list, member{name, 0o644, []byte(text + "\n")})
	}
	slices.SortFunc(list, func(a, b member) int { return strings.Compare(a.name, b.name) })
	return list, nil
}

func build(goos, goarch string) ([]byte, error) {
	dir, err := os.MkdirTemp("", "coexist-release")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "coexist")
	c := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w -buildid=", "-o", path, ".")
	c.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+goos, "GOARCH="+goarch)
	c.Stderr = os.Stderr
	if err := c.Run(); err != nil {
		return nil, fmt.Errorf("%s/%s: %w", goos, goarch, err)
	}
	return os.ReadFile(path)
}

func output(name string, args ...string) (string, error) {
	c := exec.Command(name, args...)
	c.Stderr = os.Stderr
	text, err := c.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w", name, strings.Join(args, " "), err)
	}
	return strings.TrimRight(string(text), "\n"), nil
}

func tarred(members []member, when time.Time) ([]byte, error) {
	var b bytes.Buffer
	packed, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	w := tar.NewWriter(packed)
	for _, m := range members {
		if err := w.WriteHeader(&tar.Header{Name: m.name, Mode: m.mode, Size: int64(len(m.data)), ModTime: when, Format: tar.FormatPAX}); err != nil {
			return nil, err
		}
		if _, err := w.Write(m.data); err != nil {
			return nil, err
		}
	}
	for _, c := range []io.Closer{w, packed} {
		if err := c.Close(); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}

func zipped(members []member, when time.Time) ([]byte, error) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, m := range members {
		h := &zip.FileHeader{Name: m.name, Method: zip.Deflate, Modified: when}
		h.SetMode(os.FileMode(m.mode))
		f, err := w.CreateHeader(h)
		if err != nil {
			return nil, err
		}
		if _, err := f.Write(m.data); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), w.Close()
}
