package checks

import (
	"context"
	"time"
)

// attestKind asks a person.
var attestKind = Kind{
	Name:   "attest",
	Doc:    "Asks a person. The answer is kept with the name of who gave it and is never called verified.",
	Source: FromPerson,
	Budget: time.Second,
	Params: []Param{
		{Name: "question", Type: TextParam, Required: true, Doc: "what to confirm, to be answered yes, no or not applicable"},
		{Name: "evidence", Type: TextParam, Doc: "what to keep as proof"},
	},
	Observe: func(_ context.Context, _ *Env, c Check) Finding {
		f := undecidable("attest.needed", "a person must answer: %s", clip(c.Params.String("question"), 300))
		f.Expected = "a person's answer"
		f.Found = "none yet"
		return f
	},
}
