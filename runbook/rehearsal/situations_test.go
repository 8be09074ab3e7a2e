package rehearsal_test

import (
	"path/filepath"
	"strings"
	"testing"

	"coexist/runbook/rehearsal"
)

// TestSituationsReachTheEnd carries out organisations that are not like the
// samples: a hard gate that such an organisation cannot pass would be stuck
// here.
func TestSituationsReachTheEnd(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"legacy-elsewhere", "legacy-region", "stretched-group", "two-arrays"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			own, err := filepath.Abs(filepath.Join("..", "..", "assets", "testdata", "situations", name+".toml"))
			if err != nil {
				t.Fatal(err)
			}
			var talk strings.Builder
			sum := open(t, rehearsal.Request{Dir: folder(t), Own: own}, nil).run(t, &talk)
			if !sum.Finished || sum.Done != sum.Tasks {
				t.Errorf("%s\n%s", sum.Text(), talk.String())
			}
		})
	}
}
