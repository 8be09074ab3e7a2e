package rehearsal_test

import (
	"os"
	"runtime/debug"
	"testing"
)

// TestMain has the heap collected less often: whole organisations come and go
// here, and a quarter of the time went into collecting.
func TestMain(m *testing.M) {
	debug.SetGCPercent(400)
	os.Exit(m.Run())
}
