package handover

import (
	"regexp"
	"strings"
	"testing"
)

// TestNamesAreJudgedAsTheirPatternsSay holds the functions, which cost a start
// of the program nothing, against the patterns that say the same.
func TestNamesAreJudgedAsTheirPatternsSay(t *testing.T) {
	t.Parallel()
	plain := regexp.MustCompile(`^[^\p{C}/\\:*?"<>|]+$`) // and of 1 to 200 characters
	evidence := regexp.MustCompile(`^[0-9a-f]{64}$`)
	reserved := regexp.MustCompile(`(?i)^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?$`)
	hash := strings.Repeat("0123456789abcdef", 4)
	names := []string{"", "a", "contoso.toml", "größe 2.toml", "a\xffb", strings.Repeat("ä", 200), strings.Repeat("ä", 201), strings.Repeat("a", 201),
		hash, hash[1:], hash + "0", strings.ToUpper(hash), hash[:63] + "g", hash[:63] + "ä",
		"con", "CON.txt", "Con.", "cons", "con1", "com", "com0", "COM9.toml", "com10", "comx", "lpt5", "lpt٣", "nul.a.b", "aux", "prn", "prn .txt", ".con", "con/x"}
	for r := rune(0); r < 0x30000; r++ { // the planes that hold letters
		names = append(names, "a"+string(r))
	}
	for _, name := range names {
		if got, want := plainName(name), plain.MatchString(name) && len([]rune(name)) <= 200; got != want {
			t.Errorf("plainName(%q) = %v", name, got)
		}
		if got, want := isEvidence(name), evidence.MatchString(name); got != want {
			t.Errorf("isEvidence(%q) = %v", name, got)
		}
		if got, want := reservedName(name), reserved.MatchString(name); got != want && plainName(name) {
			t.Errorf("reservedName(%q) = %v", name, got)
		}
	}
}
