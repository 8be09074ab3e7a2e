package procedure

import (
	"os"
	"testing"

	"coexist/checks"
)

func TestSmallProcedureIsClean(t *testing.T) {
	t.Parallel()
	lib, err := Load(os.DirFS("../testdata/assets"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range Lint(lib, checks.Kinds()) {
		t.Error(p)
	}
}

func TestRealProceduresAreClean(t *testing.T) {
	t.Parallel()
	lib, err := Load(os.DirFS("../../assets"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range Lint(lib, checks.Kinds()) {
		t.Error(p)
	}
}
