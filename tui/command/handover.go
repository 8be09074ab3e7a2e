package command

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"coexist/runbook"
	"coexist/runbook/export"
	"coexist/runbook/handover"
	"coexist/runbook/migration"
)

// handoverAnswer is what `coexist handover --json` prints, format 1.
type handoverAnswer struct {
	Format   int                `json:"format"`
	Packet   string             `json:"packet"`
	SHA256   string             `json:"sha256"`
	Opened   string             `json:"opened,omitempty"` // the migration, where it was put
	Manifest handover.Manifest  `json:"manifest"`
	Overview *handover.Overview `json:"overview,omitempty"`
	Notes    []string           `json:"notes"`
}

func (h handoverAnswer) text() string {
	var b strings.Builder
	m := h.Manifest
	line := func(format string, args ...any) { // a packet's list is text from elsewhere
		b.WriteString(export.Visible(fmt.Sprintf(format, args...)) + "\n")
	}
	line("%s", h.Packet)
	line("SHA-256 %s", h.SHA256)
	line("%d files; journal of %d entries, head %s; procedure %.12s", len(m.Files), m.Entries, cmp.Or(m.Head, "none"), m.Procedure)
	for _, n := range h.Notes {
		line("NOTE  %s", n)
	}
	if h.Opened != "" {
		line("opened as %s", h.Opened)
	}
	if h.Overview != nil {
		b.WriteString("\n" + h.Overview.Text())
	}
	return b.String()
}

func handoverCommand(a *app) *cobra.Command {
	var out, open, to string
	var asJSON, noRecord bool
	c := &cobra.Command{
		Use:   "handover FILE -o ZIP | handover ZIP [--open DIR]",
		Short: "Pack the migration, journal and evidence for the next engineer, or open such a packet",
		Long: `handover FILE packs the migration, its journal and its evidence into one ZIP,
and records that it did. handover ZIP verifies a packet and tells where the work
stands: what is done, open, waived, stale and next. With --open it also puts the
files into a folder of their own and records who took over.

A packet holds no passwords: none are ever stored. Tell its SHA-256 to the next
engineer by another way than the packet, so that both can be sure.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if isPacket(a.path(args[0])) {
				if out != "" || to != "" {
					return errors.New("-o and --to go with packing a migration; to open a packet say --open DIR")
				}
				return a.openPacket(c.Context(), args[0], open, asJSON)
			}
			if open != "" {
				return fmt.Errorf("%s is no packet; expected the ZIP that coexist handover wrote", args[0])
			}
			return a.pack(args[0], out, to, noRecord, asJSON)
		},
	}
	c.Flags().StringVarP(&out, "output", "o", "", "packet to write (default: NAME-handover.zip)")
	c.Flags().StringVar(&open, "open", "", "put the packet's files into this folder and take over")
	c.Flags().StringVar(&to, "to", "", "who takes over, as far as that is known")
	c.Flags().BoolVar(&noRecord, "no-record", false, "do not record in the journal that it was packed")
	c.Flags().BoolVar(&asJSON, "json", false, "answer as JSON")
	return c
}

// isPacket tells a packet by how it begins, whatever its name.
func isPacket(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	var start [4]byte
	n, _ := f.Read(start[:])
	return n == 4 && string(start[:2]) == "PK"
}

// pack writes a packet and then records that it did, so that the journal tells of
// no packet that was never written; the packet itself ends with the entry before.
// Where the journal is held elsewhere, the packing is not recorded, and that is
// said.
func (a *app) pack(file, out, to string, noRecord, asJSON bool) error {
	if out == "" {
		out = strings.TrimSuffix(file, filepath.Ext(file)) + "-handover.zip"
	}
	if err := a.spares(file, out); err != nil {
		return err
	}
	answer := handoverAnswer{Format: 1, Notes: []string{}}
	snap, err := a.look(file)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	overlay := ""
	if a.procedures != "" && a.procedures != shippedAlone {
		overlay = a.path(a.procedures)
	}
	m, err := handover.Write(&b, handover.Pack{Overlay: overlay, Path: a.path(file), Tool: version(), From: a.operator, To: to, Runbook: snap.Runbook, Events: snap.Events})
	if err != nil {
		return err
	}
	if err := migration.SaveAtomic(a.path(out), b.Bytes()); err != nil {
		return err
	}
	sum := sha256.Sum256(b.Bytes())
	if !noRecord {
		if why := a.recordPacking(file, out, to, m.Head); why != "" {
			answer.Notes = append(answer.Notes, "that it was packed is not recorded: "+why)
		}
	}
	answer.Packet, answer.SHA256, answer.Manifest = out, hex.EncodeToString(sum[:]), m
	answer.Notes = append(answer.Notes, packetNotes(m)...)
	return a.answer(asJSON, answer, answer.text)
}

// argument is a path as it is typed on a command line.
func argument(path string) string {
	if strings.ContainsAny(path, " \t") {
		return `"` + path + `"`
	}
	return path
}

func packetNotes(m handover.Manifest) []string {
	var out []string
	if m.Broken != "" {
		out = append(out, "the journal is damaged: "+m.Broken+"; what comes after is packed and does not count. To go on, run: coexist journal continue FILE")
	}
	if n := len(m.Missing); n > 0 {
		out = append(out, fmt.Sprintf("%d pieces of evidence that the journal names are missing, the first is %s; bring them back into the evidence folder if you can", n, m.Missing[0]))
	}
	return out
}

// recordPacking notes in the journal that the work is handed over; it returns
// why it could not.
func (a *app) recordPacking(file, out, to, head string) string {
	s, err := a.openOnRecord(file)
	if err != nil {
		return err.Error()
	}
	defer s.Close()
	if err := s.HandOver(runbook.HandedOver{From: a.operator, To: to, File: filepath.Base(out), Head: head}); err != nil {
		return err.Error()
	}
	return ""
}

// openPacket verifies a packet, tells where the work stands, and with a folder
// takes over.
func (a *app) openPacket(ctx context.Context, name, dir string, asJSON bool) error {
	f, err := os.Open(a.path(name))
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	p, err := handover.Inspect(f, info.Size())
	if err != nil {
		return failure{fmt.Errorf("%s: %w; nothing was unpacked", name, err)}
	}
	answer := handoverAnswer{Format: 1, Packet: name, SHA256: p.SHA256, Manifest: p.Manifest, Notes: packetNotes(p.Manifest)}
	if answer.Notes == nil {
		answer.Notes = []string{}
	}
	work := dir
	if dir == "" { // only looked at: unpacked where nobody works on it, and gone afterwards
		temp, err := os.MkdirTemp("", "coexist-handover-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(temp)
		work = filepath.Join(temp, "packet")
	}
	path, err := p.Extract(a.path(work))
	if err != nil {
		return err
	}
	overlay := p.Overlay(path)
	if overlay != "" && a.procedures == "" {
		a.procedures = overlay
	}
	snap, err := a.look(path)
	if err != nil {
		return fmt.Errorf("every hash in %s is right, but its migration cannot be opened by this coexist: %w", name, err)
	}
	if own := snap.Runbook.Hash; own != p.Manifest.Procedure {
		answer.Notes = append(answer.Notes, fmt.Sprintf("the packet was made with the procedure %.12s of coexist %s, and this is coexist %s with %.12s: some tasks may ask to be looked at again. To go on exactly as before, use that version", p.Manifest.Procedure, p.Manifest.Tool, version(), own))
	}
	if dir != "" {
		answer.Opened = path
		if overlay != "" {
			answer.Notes = append(answer.Notes, fmt.Sprintf("the packet brings the procedures of the house; to go on with them, run: coexist --procedures %s %s", argument(overlay), argument(path)))
		}
		answer.Notes = append(answer.Notes, a.takeOver(ctx, path, name, p, asJSON)...)
		if snap, err = a.look(path); err != nil {
			return err
		}
	}
	o := handover.OverviewOf(snap.Runbook, snap.Progress)
	answer.Overview = &o
	return a.answer(asJSON, answer, answer.text)
}

// takeOver lets the new operator sign in, and returns what is to be said of it.
func (a *app) takeOver(ctx context.Context, path, name string, p *handover.Packet, asJSON bool) []string {
	if a.operator == "" && isTerminal(a.In) && !asJSON {
		fmt.Fprintf(a.Err, "Who works from here on? [%s] ", a.User)
		if line, err := a.keys.line(ctx); err == nil {
			a.operator = cmp.Or(strings.TrimSpace(line), a.User)
		}
	}
	if a.operator == "" {
		return []string{"nobody has signed in: open it with coexist " + path + ", or say --operator NAME here"}
	}
	s, err := a.openOnRecord(path)
	if err == nil {
		defer s.Close()
		err = s.HandOver(runbook.HandedOver{From: p.Manifest.From, To: a.operator, File: filepath.Base(name), SHA256: p.SHA256, Head: p.Manifest.Head})
	}
	if err != nil {
		return []string{"that " + a.operator + " took over is not recorded: " + err.Error()}
	}
	return []string{"recorded: " + a.operator + " took over from " + cmp.Or(p.Manifest.From, "somebody")}
}
