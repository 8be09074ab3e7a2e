package checks

import (
	"bytes"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// Bounds on a logon page.
const (
	maxForms  = 20
	maxInputs = 100
)

// logonForm is the form of a logon page.
type logonForm struct {
	name   string
	method string
	action string
	fields url.Values // hidden fields
	names  []string   // every field
	target *url.URL
}

// readLogonForm finds the form of Exchange on a page; the text tells why there
// is none to which a password may go.
func readLogonForm(a webAnswer) (logonForm, string) {
	if a.status != 200 {
		return logonForm{}, "there is no logon page"
	}
	forms, problem := readForms(a.body)
	if problem != "" {
		return logonForm{}, problem
	}
	var form *logonForm
	for i := range forms {
		if strings.EqualFold(forms[i].name, "logonForm") {
			form = &forms[i]
			break
		}
	}
	switch {
	case form == nil && len(forms) == 0:
		return logonForm{}, "the page has no form"
	case form == nil && len(forms) > 1:
		return logonForm{}, "the page has several forms and none is the logon form"
	case form == nil:
		form = &forms[0]
	}
	if !strings.EqualFold(form.method, "POST") {
		return logonForm{}, "the form would put the password into the address"
	}
	if !slices.Contains(form.names, "username") || !slices.Contains(form.names, "password") {
		return logonForm{}, "the form does not ask for a user name and a password"
	}
	ref, err := url.Parse(strings.TrimSpace(form.action))
	if err != nil || strings.ContainsAny(form.action, "\\\r\n\t") {
		return logonForm{}, "the form's target is no address"
	}
	form.target = a.url.ResolveReference(ref)
	if form.target.User != nil || form.target.Scheme != "https" || !sameHost(form.target, a.url) {
		return logonForm{}, "the form would send the password to another place"
	}
	return *form, ""
}

func sameHost(a, b *url.URL) bool {
	return strings.EqualFold(a.Hostname(), b.Hostname()) && urlPort(a) == urlPort(b)
}

// readForms lists the forms of a page.
func readForms(page []byte) ([]logonForm, string) {
	var forms []logonForm
	inside, inputs := false, 0
	z := html.NewTokenizer(bytes.NewReader(page))
	z.SetMaxBuf(256 << 10)
	for {
		switch z.Next() {
		case html.ErrorToken:
			return forms, ""
		case html.EndTagToken:
			if name, _ := z.TagName(); string(name) == "form" {
				inside = false
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			at := map[string]string{}
			for _, a := range t.Attr {
				at[a.Key] = a.Val
			}
			switch t.Data {
			case "base":
				if at["href"] != "" {
					return nil, "the page moves its addresses to another place (base)"
				}
			case "form":
				if inside || len(forms) == maxForms {
					return nil, "the page has forms within forms, or too many"
				}
				inside = true
				name := at["name"]
				if name == "" {
					name = at["id"]
				}
				forms = append(forms, logonForm{name: name, method: at["method"], action: at["action"], fields: url.Values{}})
			case "input":
				if inputs++; inputs > maxInputs {
					return nil, "the page has more fields than any logon page"
				}
				if inside && at["name"] != "" {
					f := &forms[len(forms)-1]
					f.names = append(f.names, at["name"])
					if strings.EqualFold(at["type"], "hidden") {
						f.fields.Set(at["name"], at["value"])
					}
				}
			}
		}
	}
}
