package procedure

import (
	"strings"
	"testing"
	"time"
)

// TestKeysAreWrittenAsTheyAre refuses a key in other letters: beside the right one
// it would be left to chance which of the two counts.
func TestKeysAreWrittenAsTheyAre(t *testing.T) {
	t.Parallel()
	const head = "format = 1\n[[task]]\nname = 'a.b'\n"
	for text, want := range map[string]string{
		head + "[[task.check]]\nname = 'c'\ngate = 'hard'\nGate = 'info'\n": `x.toml:7: unknown key "task.check.Gate"`,
		head + "Title = 'x'\n":                `x.toml:4: unknown key "task.Title"`,
		head + "[[task.Check]]\nname = 'c'\n": `unknown key "task.Check"`,
		head + "servers = { First = true }\n": `unknown key "task.servers.First"`,
		head + "[[task.check]]\nparams = { headers = { X-Test = 'a' }, Name = 'b' }\n":               "",
		head + "[[task.effect]]\nkind = 'k'\nparams = { Value = '''a''' , other = \"\"\"b\"\"\" }\n": "",
	} {
		var holder taskFile
		var got []string
		for _, err := range (file{"x.toml", text}).decode(&holder) {
			got = append(got, err.Error())
		}
		if all := strings.Join(got, "\n"); want == "" && all != "" || want != "" && (len(got) != 1 || !strings.Contains(all, want)) {
			t.Errorf("%q: found %q, want %q", text, all, want)
		}
	}
}

// TestADurationIsNeverNegative refuses days and hours that together are more than
// can be counted.
func TestADurationIsNeverNegative(t *testing.T) {
	t.Parallel()
	if d, err := ParseDuration("65535d2000000h"); err == nil {
		t.Errorf("%s", d)
	}
	if d, err := ParseDuration("1d12h"); err != nil || d != 36*time.Hour {
		t.Errorf("%s, %v", d, err)
	}
}
