package journal

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"
)

func TestTheFormThatIsWrittenIsReadTheFastWay(t *testing.T) {
	t.Parallel()
	e := Event{V: 1, Seq: 7, Time: time.Date(2026, 1, 2, 3, 4, 5, 6789, time.UTC), Operator: "Ä. Meyer", Host: "jump01",
		Kind: "note", Data: json.RawMessage(`{"text":"<b>,\"prev\":\"x\"}"}`), Prev: hash(nil)}
	line, err := encode(e)
	if err != nil {
		t.Fatal(err)
	}
	got, ok := new(names).parseFast(line, "")
	if !ok || !reflect.DeepEqual(got, e) {
		t.Errorf("got %+v, %t from %s", got, ok, line)
	}
}

func TestLinesThatAreNoEvents(t *testing.T) {
	t.Parallel()
	good := `{"v":1,"seq":1,"time":"2026-01-02T03:04:05Z","operator":"o","host":"h","kind":"k","data":1,"prev":""}`
	if _, err := new(names).parseLine([]byte(good), ""); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"", "{}x", good + "x", good + good, `[1]`, `"x"`,
		`{"v":"1"}`, `{"v":1,"more":2}`, good[:len(good)-1],
		`{"v":1,"seq":1,"time":"yesterday","operator":"o","host":"h","kind":"k","data":1,"prev":""}`,
		`{"v":1,"seq":1,"time":"2026-01-02T03:04:05Z","operator":"o","host":"h","kind":"k","data":1,2,"prev":""}`,
		"{\"v\":1,\"seq\":1,\"time\":\"2026-01-02T03:04:05Z\",\"operator\":\"\xff\",\"host\":\"h\",\"kind\":\"k\",\"data\":1,\"prev\":\"\"}",
	} {
		if e, err := new(names).parseLine([]byte(line), ""); err == nil {
			t.Errorf("%s was read as %+v", line, e)
		}
	}
}

// FuzzLine holds the fast reading against encoding/json.
func FuzzLine(f *testing.F) {
	for _, s := range []string{
		`{"v":1,"seq":1,"time":"2026-01-02T03:04:05.678Z","operator":"o","host":"h","kind":"k","data":{"a":[1,"b"]},"prev":"00"}`,
		`{"v":1,"seq":1,"time":"2026-01-02T03:04:05+01:00","operator":"","host":"","kind":"","data":null,"prev":""}`,
		`{"v":01,"seq":-1,"time":"2026-01-02T24:04:05Z","operator":"\u0041","host":"h","kind":"k","data": 1,"prev":""}`,
		`{"v":1,"seq":1,"time":"2026-01-02T03:04:05Z","operator":"o","host":"h","kind":"k","data":1,"kind":"x","prev":""}`,
		`{"seq":1,"v":1}`, `{`, ``,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		fast, ok := new(names).parseFast(line, "")
		if !ok {
			_, _ = new(names).parseLine(line, "")
			return
		}
		var want Event
		if err := json.Unmarshal(line, &want); err != nil {
			t.Fatalf("taken, but encoding/json says %v: %q", err, line)
		}
		if !fast.Time.Equal(want.Time) {
			t.Fatalf("the time is %s, want %s", fast.Time, want.Time)
		}
		fast.Time = want.Time
		if !reflect.DeepEqual(fast, want) {
			t.Fatalf("got %+v, want %+v", fast, want)
		}
	})
}

// FuzzOpen opens any bytes as a journal: it must never fail otherwise than by
// saying so, and never show an event behind a break.
func FuzzOpen(f *testing.F) {
	var c chain
	var text []byte
	for i := range 3 {
		line, err := encode(Event{V: 1, Seq: int64(i + 1), Kind: "note", Data: json.RawMessage("1"), Prev: c.head})
		if err != nil || !c.take(line) {
			f.Fatal(err)
		}
		text = append(append(text, line...), '\n')
	}
	f.Add(text)
	f.Add(text[:len(text)-9])
	f.Add([]byte("\n\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var c chain
		c.read(data)
		if c.good < 0 || c.good > int64(len(data)) || c.start > c.good {
			t.Fatalf("good until %d of %d, %d events", c.good, len(data), len(c.events))
		}
		var again chain
		again.read(data[:c.good])
		if again.broken != nil || len(again.tail) > 0 || again.head != c.head || len(again.events) != len(c.events) {
			t.Fatalf("the sound part is not sound: %+v", again.broken)
		}
		if c.broken == nil && c.good+int64(len(c.tail)) != int64(len(data)) {
			t.Fatal("bytes are unaccounted for")
		}
	})
}
