package procedure

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"coexist/checks"
	"coexist/checks/effect"
)

var (
	taskNamePattern  = checks.Pattern(`^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)+$`)
	checkNamePattern = checks.Pattern(`^[a-z0-9]+([.-][a-z0-9]+)*$`)
)

// task checks everything that one task says.
func (l *linter) task(t *Task) {
	l.at = Problem{Place: l.lib.Where(t.Name), Task: t.Name}
	if !taskNamePattern().MatchString(t.Name) {
		l.say("name", "%q: expected a dotted name of small letters, digits and dashes, like prepare.schema", t.Name)
	}
	if !l.listed[t.Name] {
		l.say("name", "no procedure lists this task")
	}
	l.shape(t)
	l.prose(t)
	l.order1(t)
	for i, c := range t.Commands {
		l.command(fmt.Sprintf("command %d", i+1), c, t)
	}
	for i, c := range t.Undo {
		l.command(fmt.Sprintf("undo %d", i+1), c, t)
	}
	l.asks(t)
	l.effects(t)
	names := map[string]bool{}
	for i := range t.Checks {
		c := &t.Checks[i]
		if names[c.Name] {
			l.say("check "+c.Name, "the name is there twice in this task")
		}
		names[c.Name] = true
		l.check(c, t)
	}
}

// shape checks the words that choose among alternatives.
func (l *linter) shape(t *Task) {
	l.oneOf("scope", t.Scope, "org", "domain", "site", "server")
	l.oneOf("class", t.Class, "", "required", "optional")
	l.oneOf("reach", t.Reach, "", "organization", "site", "rounds", "names")
	if (t.Scope == "org" || t.Scope == "domain") && (t.Reach == "site" || t.Reach == "rounds" || t.Reach == "names") {
		l.say("reach", "what is done per %s is done once and cannot reach %q", t.Scope, t.Reach)
	}
	for _, v := range t.Servers.Versions {
		l.oneOf("servers.versions", v, "2007", "2010", "2013", "old")
	}
	for _, r := range t.Servers.Roles {
		l.oneOf("servers.roles", r, "client-access", "hub-transport", "mailbox", "unified-messaging", "edge-transport")
	}
	s := t.Servers
	if t.Scope != "server" && (len(s.Versions)+len(s.Roles) > 0 || s.First || s.Rest) {
		l.say("servers", "only a task of scope server picks servers")
	}
	if s.First && s.Rest {
		l.say("servers", "first and rest exclude each other")
	}
	if t.Wait > 0 && t.WaitFor == "" {
		l.say("wait_for", "wait needs wait_for: what is waited for")
	}
	for field, text := range map[string]string{"title": t.Title, "why": t.Why, "run_on": t.RunOn, "rights": t.Rights} {
		if strings.TrimSpace(text) == "" {
			l.say(field, "is missing")
		}
	}
	if len(t.Sources) == 0 {
		l.say("sources", "are missing: name the pages the task rests on")
	}
	l.condition("if", t.If)
}

// prose checks the texts for people.
func (l *linter) prose(t *Task) {
	texts := map[string]string{
		"title": t.Title, "confirm": t.Confirm, "no_return": t.NoReturn, "why": t.Why, "run_on": t.RunOn, "rights": t.Rights,
		"wait_for": t.WaitFor, "undo_text": t.UndoText, "no_effect": t.NoEffect,
	}
	for i, s := range t.Pitfalls {
		texts[fmt.Sprintf("pitfalls %d", i+1)] = s
	}
	for i, s := range t.Notes {
		texts[fmt.Sprintf("notes %d", i+1)] = s
	}
	for field, text := range texts {
		l.template(field, text, proseHelpers, t, false)
	}
}

// order1 checks the names that a task waits for, and walks them for a circle.
func (l *linter) order1(t *Task) {
	for _, name := range t.After {
		if l.lib.Tasks[name] == nil {
			l.say("after", "no task is named %q", name)
		}
	}
	seen := map[string]bool{}
	var reaches func(name string) bool
	reaches = func(name string) bool {
		if name == t.Name {
			return true
		}
		next := l.lib.Tasks[name]
		if seen[name] || next == nil {
			return false
		}
		seen[name] = true
		return slices.ContainsFunc(next.After, reaches)
	}
	if slices.ContainsFunc(t.After, reaches) {
		l.say("after", "the task waits for itself, by a circle")
	}
}

func (l *linter) command(field string, c Command, t *Task) {
	if c.Shell == "" {
		l.say(field+": shell", "is missing; expected one of %s", strings.Join(Shells, ", "))
	} else {
		l.oneOf(field+": shell", c.Shell, Shells...)
	}
	if strings.TrimSpace(c.Text) == "" {
		l.say(field+": text", "is missing")
	}
	l.condition(field+": if", c.If)
	l.template(field+": on", c.On, proseHelpers, t, false)
	l.template(field+": about", c.About, proseHelpers, t, false)
	l.template(field+": text", c.Text, shellHelpers(c.Shell), t, true)
	if c.Shell != "console" {
		l.ascii(field+": text", c.Text)
	}
}

func (l *linter) ascii(field, text string) {
	for _, r := range text {
		if r > unicode.MaxASCII || unicode.IsControl(r) && r != '\n' && r != '\t' {
			l.say(field, "holds %q; only ASCII can be pasted into every console", r)
			return
		}
	}
}

func (l *linter) asks(t *Task) {
	for _, a := range t.Asks {
		field := "ask " + a.Name
		l.condition(field+": if", a.If)
		l.value(field, a.Name, a.Type, a.Scope, t)
		if strings.TrimSpace(a.Prompt) == "" {
			l.say(field, "the prompt is missing")
		}
		l.template(field+": prompt", a.Prompt, proseHelpers, t, false)
		l.template(field+": example", a.Example, proseHelpers, t, false)
	}
	for _, c := range t.Captures {
		field := "capture " + c.Name
		l.condition(field+": if", c.If)
		l.value(field, c.Name, c.Type, c.Scope, t)
		l.oneOf(field+": shell", c.Shell, "2007", "2010", "2013", "old")
		if strings.TrimSpace(c.Prompt) == "" && strings.TrimSpace(c.Command) == "" {
			l.say(field, "neither a command nor a prompt says how to get it")
		}
		if c.Command != "" && c.Property == "" {
			l.say(field, "the property to be read is missing")
		}
		l.template(field+": prompt", c.Prompt, proseHelpers, t, false)
		l.template(field+": command", c.Command, psHelpers, t, true)
		l.ascii(field+": command", c.Command)
	}
}

// rank orders scopes from wide to narrow.
var rank = map[string]int{"org": 0, "domain": 0, "site": 1, "server": 2}

func (l *linter) value(field, name, kind, scope string, t *Task) {
	if !taskNamePattern().MatchString(name) {
		l.say(field, "%q: expected a dotted name of small letters, digits and dashes, like certificate.thumbprint", name)
	}
	l.oneOf(field+": type", kind, ValueTypes...)
	l.oneOf(field+": scope", scope, "org", "site", "server")
	if rank[scope] > rank[t.Scope] {
		l.say(field+": scope", "a task done per %s cannot bring a value kept per %s", t.Scope, scope)
	}
}

// effects checks what the laboratory is told.
func (l *linter) effects(t *Task) {
	if len(t.Effects) == 0 && strings.TrimSpace(t.NoEffect) == "" {
		l.say("no_effect", "the task has no effect and does not say why")
	}
	for i, e := range t.Effects {
		field := fmt.Sprintf("effect %d (%s)", i+1, e.Kind)
		at := slices.IndexFunc(effect.Kinds, func(k effect.Kind) bool { return k.Name == e.Kind })
		if at < 0 {
			l.say(field, "there is no such kind of effect")
			continue
		}
		kind := effect.Kinds[at]
		for _, name := range kind.Required {
			// An object's property may be set to nothing.
			if text, there := e.Params[name]; !there || strings.TrimSpace(text) == "" && name != "value" {
				l.say(field, "parameter %q is missing", name)
			}
		}
		for name, text := range e.Params {
			if !slices.Contains(kind.Required, name) && !slices.Contains(kind.Optional, name) {
				l.say(field, "parameter %q is not known; it takes %s", name, strings.Join(slices.Concat(kind.Required, kind.Optional), ", "))
			}
			l.template(field+": "+name, text, plainHelpers, t, true)
		}
	}
}
