package answers

import (
	"fmt"
	"time"
)

const momentForm = "2006-01-02 15:04"

var momentForms = []string{
	momentForm, "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02T15:04:05",
}

// parseMoment reads a date and time; without an offset it is in the zone.
func parseMoment(s string, zone *time.Location) (time.Time, error) {
	s = trim(s)
	for _, form := range momentForms {
		for _, offset := range []string{" -07:00", "-07:00", "Z07:00"} {
			if t, err := time.Parse(form+offset, s); err == nil {
				return t, nil
			}
		}
		if t, err := time.ParseInLocation(form, s, zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("not a date and time: year-month-day hour:minute, and an offset if it is not this machine's")
}

// formatMoment writes a time so that parseMoment reads the same moment and
// offset back.
func formatMoment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	if t.Second() != 0 {
		return t.Format("2006-01-02 15:04:05 -07:00")
	}
	return t.Format(momentForm + " -07:00")
}
