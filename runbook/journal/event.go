// Package journal keeps the append-only record of everything that happened.
package journal

import (
	"encoding/json"
	"time"
)

// Event is one line of the journal.
type Event struct {
	V        int             `json:"v"`    // 1
	Seq      int64           `json:"seq"`  // 1-based, without gaps
	Time     time.Time       `json:"time"` // UTC
	Operator string          `json:"operator"`
	Host     string          `json:"host"`
	Kind     string          `json:"kind"`
	Data     json.RawMessage `json:"data"`
	Prev     string          `json:"prev"` // SHA-256 of the previous raw line, hex; empty on the first
}
