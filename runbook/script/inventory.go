package script

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"coexist/checks"
	"coexist/checks/inventory"
)

// WriteInventory returns a script that reads what an organisation consists of,
// for the management shell of one version.
func WriteInventory(shell, tool string) ([]byte, Manifest, error) {
	var nonce [16]byte
	if _, err := rand.Read(nonce[:]); err != nil {
		return nil, Manifest{}, err
	}
	body, sum, err := inventoryBody(shell)
	if err != nil {
		return nil, Manifest{}, err
	}
	m := Manifest{Nonce: hex.EncodeToString(nonce[:]), Shell: shell, Content: sum}
	o := Options{Shell: shell, Tool: tool}
	text := header("an inventory of the organisation", o, m) + prelude + guard(o, m) + "# reads from here\n" + body + "# reads to here\n" + epilogue
	return []byte(strings.ReplaceAll(text, "\n", "\r\n")), m, nil
}

// inventoryBody is the part that reads, with its hash.
func inventoryBody(shell string) (body, sum string, err error) {
	list := inventory.Questions(shell)
	if len(list) == 0 {
		return "", "", fmt.Errorf("there is no inventory script for the shell %q: expected 2007, 2010 or 2013", shell)
	}
	var items []Item
	for _, q := range list {
		items = append(items, Item{ID: q.ID, Command: q.Command, Properties: q.Properties})
	}
	if body, err = observing(items); err != nil {
		return "", "", err
	}
	hash := sha256.Sum256([]byte(body))
	return body, hex.EncodeToString(hash[:]), nil
}

// ReadInventory turns what an inventory script saved into an inventory. It
// takes only what an unchanged script of this program wrote.
func ReadInventory(data []byte) (*inventory.Inventory, error) {
	r, err := Parse(data)
	if err != nil {
		return nil, err
	}
	_, sum, err := inventoryBody(r.Shell)
	switch {
	case err != nil || r.Step != 0:
		return nil, errors.New("this is the result of another script: expected that of coexist discover --script")
	case r.Content != sum:
		return nil, errors.New("the script was changed before it ran, or belongs to another version of this program (its content hash differs): write it anew and run that")
	}
	a := inventory.Answers{Shell: r.Shell, Computer: r.Computer, Started: r.Started, Ended: r.Ended, Rows: map[string][]checks.Row{}, Errors: map[string]string{}}
	known := map[string]bool{}
	for _, q := range inventory.Questions(r.Shell) {
		known[q.ID] = true
	}
	for _, o := range r.Observations {
		switch {
		case !known[o.ID] || o.Kind != "check":
			return nil, fmt.Errorf("the result holds %s, which the script did not ask for: it was edited", checks.Escape(o.ID))
		case o.Error != nil:
			a.Errors[o.ID] = *o.Error
		default:
			a.Rows[o.ID] = o.Rows
			if o.Rows == nil {
				a.Rows[o.ID] = []checks.Row{}
			}
		}
	}
	return inventory.FromAnswers(a), nil
}
