package procedure

import (
	"encoding/json"
	"os"
	"testing"
)

// TestTextIsRead takes every shipped task as it is written out, and wants the
// same task back.
func TestTextIsRead(t *testing.T) {
	t.Parallel()
	lib, err := Load(os.DirFS("../../assets"))
	if err != nil {
		t.Fatal(err)
	}
	for name, task := range lib.Tasks {
		var holder taskFile
		text := task.Text()
		if problems := (file{name, text}).decodeFully(&holder); len(problems) > 0 {
			t.Errorf("%s: %v\n%s", name, problems, text)
			continue
		}
		want, _ := json.Marshal(task)
		got, _ := json.Marshal(holder.Tasks[0])
		if string(got) != string(want) {
			t.Errorf("%s:\n got %s\nwant %s\nfrom\n%s", name, got, want, text)
		}
	}
}
