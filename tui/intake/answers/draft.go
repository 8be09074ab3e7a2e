package answers

import (
	"bytes"
	"fmt"

	"github.com/BurntSushi/toml"
)

// draftHead is what a person finds who opens a draft in an editor.
const draftHead = "# An unfinished intake of coexist: every field as it was typed, right or wrong.\n" +
	"# It is no migration yet; start coexist in this folder to continue.\n\n"

type draft struct {
	Draft int `toml:"draft"`
	Answers
}

// Draft writes the answers, finished or not.
func (f *Form) Draft() ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(draftHead)
	e := toml.NewEncoder(&b)
	e.Indent = "  "
	if err := e.Encode(draft{1, f.Answers}); err != nil {
		return nil, fmt.Errorf("write draft: %w", err)
	}
	return b.Bytes(), nil
}

// Resume takes up the answers of a draft. On an error the form is as before.
func (f *Form) Resume(data []byte) error {
	var d draft
	if _, err := toml.Decode(string(data), &d); err != nil {
		return fmt.Errorf("read draft: %w", err)
	}
	if d.Draft != 1 {
		return fmt.Errorf("read draft: expected a draft of form 1, found form %d; it was written by another version of coexist", d.Draft)
	}
	f.Answers = d.Answers
	f.Page = Pages[PageIndex(d.Page)].ID
	return nil
}
