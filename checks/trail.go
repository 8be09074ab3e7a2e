package checks

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"slices"
	"sync"
	"time"
)

// A trail notes the stages that a probe goes through on the way to its answer:
// name, connection, handshake, exchange. They become the result's sub-steps, so
// that whoever reads it sees how far it came. It travels in the context; a
// context without one notes nothing.
type trail struct {
	mu    sync.Mutex
	steps []Result
}

type trailKey struct{}

// maxSteps bounds the stages that are kept for one address.
const maxSteps = 24

func withTrail(ctx context.Context) (context.Context, *trail) {
	t := &trail{}
	return context.WithValue(ctx, trailKey{}, t), t
}

// withoutTrail is for side steps that would only fill the page.
func withoutTrail(ctx context.Context) context.Context {
	return context.WithValue(ctx, trailKey{}, (*trail)(nil))
}

// stage notes a stage that ended now. The same stage again, as with a second
// connection of the same kind, is not repeated.
func stage(ctx context.Context, kind string, began time.Time, t *trouble, format string, args ...any) {
	to, _ := ctx.Value(trailKey{}).(*trail)
	if to == nil {
		return
	}
	step := Result{Format: 1, Kind: kind, Source: FromProbe, Verdict: Pass, Summary: fmt.Sprintf(format, args...),
		Attempts: 1, Started: began.UTC(), MS: time.Since(began).Milliseconds()}
	if t != nil {
		step.Verdict, step.Reason, step.Summary = t.verdict, t.reason, t.text
	}
	to.mu.Lock()
	defer to.mu.Unlock()
	for _, s := range to.steps {
		if s.Kind == step.Kind && s.Verdict == step.Verdict && s.Summary == step.Summary {
			return
		}
	}
	if len(to.steps) < maxSteps {
		to.steps = append(to.steps, step)
	}
}

func (t *trail) taken() []Result {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.steps)
}

// handshakeText tells a handshake in a line.
func handshakeText(version, suite uint16, chain []*x509.Certificate) string {
	text := protocolName(version) + ", " + tls.CipherSuiteName(suite)
	if len(chain) > 0 {
		name := chain[0].Subject.CommonName
		if name == "" {
			name = joinClipped(namesOf(chain[0]), 1)
		}
		text += ", certificate of " + orNothing(clip(name, 100))
	}
	return text
}
