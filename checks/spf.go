package checks

import (
	"context"
	"fmt"
	"strings"
)

// judgeSPF looks at the sender policy among a name's texts: there may be one,
// it must end in a verdict about strangers, and it must not need more than ten
// further look-ups.
func judgeSPF(ctx context.Context, env *Env, server Resolver, name string, texts []string) Finding {
	policies := spfIn(texts)
	switch len(policies) {
	case 0:
		return Finding{Verdict: Pass}
	case 1:
	default:
		f := failed("spf.multiple", "%s has %d SPF records: receivers then use none", name, len(policies))
		f.Expected, f.Found = "one SPF record", joinClipped(policies, 4)
		return f
	}
	w := spfWalk{ctx: ctx, env: env, server: server, path: map[string]bool{}}
	w.follow(strings.ToLower(name), policies[0])
	if w.trouble != nil {
		return *w.trouble
	}
	return judgeAll(name, policies[0])
}

func spfIn(texts []string) []string {
	var out []string
	for _, t := range texts {
		if l := strings.ToLower(t); l == "v=spf1" || strings.HasPrefix(l, "v=spf1 ") {
			out = append(out, t)
		}
	}
	return out
}

// judgeAll judges how the policy ends.
func judgeAll(name, policy string) Finding {
	terms := strings.Fields(strings.ToLower(policy))
	for _, t := range terms[1:] {
		switch {
		case t == "all" || t == "+all":
			f := failed("spf.all_allowed", "the SPF record of %s allows every sender", name)
			f.Expected, f.Found = "-all or ~all at the end", t
			return f
		case t == "?all":
			return warned("spf.neutral", "the SPF record of %s says nothing about other senders (?all)", name)
		case t == "ptr" || strings.HasPrefix(t, "ptr:"):
			return warned("spf.ptr", "the SPF record of %s uses ptr, which receivers ignore", name)
		case t == "-all" || t == "~all" || strings.HasPrefix(t, "redirect="):
			return Finding{Verdict: Pass}
		}
	}
	return warned("spf.no_end", "the SPF record of %s says nothing about other senders", name)
}

type spfWalk struct {
	ctx     context.Context
	env     *Env
	server  Resolver
	path    map[string]bool // includes being followed
	lookups int
	trouble *Finding
}

// follow counts the look-ups a policy needs and walks into its includes.
func (w *spfWalk) follow(name, policy string) {
	if w.path[name] {
		w.stop(failed("spf.loop", "the SPF record includes itself by way of %s", name))
		return
	}
	w.path[name] = true
	defer delete(w.path, name)
	for _, term := range strings.Fields(strings.ToLower(policy))[1:] {
		if w.trouble != nil {
			return
		}
		term = strings.TrimLeft(term, "+-~?")
		mechanism, arg, _ := strings.Cut(strings.Replace(term, "=", ":", 1), ":")
		switch mechanism {
		case "include", "redirect":
			w.count()
			w.include(arg)
		case "a", "mx", "ptr", "exists":
			w.count()
		default:
			if m, _, _ := strings.Cut(mechanism, "/"); m == "a" || m == "mx" {
				w.count()
			}
		}
	}
}

func (w *spfWalk) count() {
	if w.lookups++; w.lookups > 10 {
		w.stop(failed("spf.too_many", "the SPF record needs more than ten look-ups: receivers give up"))
	}
}

func (w *spfWalk) include(name string) {
	if w.trouble != nil || strings.Contains(name, "%") { // macros depend on the sender
		return
	}
	if err := validName("include", plainName(name)); err != nil {
		w.stop(failed("spf.syntax", "the SPF record includes %q, which is no name", clip(name, 80)))
		return
	}
	a, problem := askChased(w.ctx, w.env, w.server, name, typeTXT)
	if problem != nil && problem.verdict == Unknown {
		w.stop(undecidable(problem.reason, "the included SPF record of %s: %s", name, problem.text))
		return
	}
	policies := spfIn(textsOf(a.records))
	if len(policies) != 1 {
		w.stop(failed("spf.include_missing", "the SPF record includes %s, which has %d SPF records instead of one", name, len(policies)))
		return
	}
	w.follow(plainName(name), policies[0])
}

func (w *spfWalk) stop(f Finding) {
	if w.trouble == nil {
		f.Found = fmt.Sprintf("after %d look-ups", w.lookups)
		w.trouble = &f
	}
}
