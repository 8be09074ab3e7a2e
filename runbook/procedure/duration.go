package procedure

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// UnmarshalText reads "15m", "2h30m" or "1d12h"; a day is 24 hours and comes
// first.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := ParseDuration(string(text))
	if err != nil {
		return err
	}
	*d = Duration(parsed)
	return nil
}

// String writes the duration so that UnmarshalText reads it back.
func (d Duration) String() string {
	const day = 24 * time.Hour
	t := time.Duration(d)
	if t != 0 && t%day == 0 {
		return strconv.FormatInt(int64(t/day), 10) + "d"
	}
	text := t.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// ParseDuration reads a duration in which days are allowed. Negative ones are
// refused: nothing in a procedure takes less than no time.
func ParseDuration(text string) (time.Duration, error) {
	rest, total := text, time.Duration(0)
	if days, after, found := strings.Cut(text, "d"); found {
		n, err := strconv.ParseUint(days, 10, 16)
		if err != nil {
			return 0, fmt.Errorf("duration %q: expected something like 15m, 2h30m or 1d", text)
		}
		total, rest = time.Duration(n)*24*time.Hour, after
		if rest == "" {
			return total, nil
		}
	}
	t, err := time.ParseDuration(rest)
	if err != nil || t < 0 || total+t < total { // more than can be counted
		return 0, fmt.Errorf("duration %q: expected something like 15m, 2h30m or 1d", text)
	}
	return total + t, nil
}
