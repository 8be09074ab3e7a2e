package checks

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Bounds on XML from a server. Answers of Exchange stay far below.
const (
	maxXMLBytes = 2 << 20
	maxXMLDepth = 40
	maxXMLParts = 60000 // elements' beginnings and ends, and the texts and comments between them
)

// xmlNode is an element with what it holds.
type xmlNode struct {
	space, name string
	attr        map[string]string // by local name
	text        strings.Builder   // a text may come in many pieces
	kids        []*xmlNode
}

// xmlProblem tells why an answer is not the XML of Exchange.
type xmlProblem struct {
	reason string
	text   string
}

func (p *xmlProblem) Error() string { return p.text }

func badXML(format string, args ...any) error {
	return &xmlProblem{"xml.malformed", fmt.Sprintf(format, args...)}
}

// parseXML reads one document strictly: UTF-8, no document type, a single
// root, bounded depth and size. On an error nothing of it is used.
func parseXML(data []byte) (*xmlNode, error) {
	data, err := utf8Only(data)
	if err != nil {
		return nil, err
	}
	d := xml.NewDecoder(bytes.NewReader(data))
	d.CharsetReader = func(label string, in io.Reader) (io.Reader, error) {
		return nil, &xmlProblem{"xml.charset", "the answer says it is written in " + clip(Escape(label), 40)}
	}
	var root *xmlNode
	var open []*xmlNode
	for parts := 0; ; parts++ {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, asXMLProblem(err)
		}
		if parts >= maxXMLParts {
			return nil, badXML("the answer holds more elements and texts than any real one")
		}
		switch t := t.(type) {
		case xml.StartElement:
			if len(open) >= maxXMLDepth {
				return nil, badXML("the answer is nested deeper than any real one")
			}
			n := &xmlNode{space: t.Name.Space, name: t.Name.Local, attr: map[string]string{}}
			for _, a := range t.Attr {
				n.attr[a.Name.Local] = a.Value
			}
			switch {
			case len(open) > 0:
				open[len(open)-1].kids = append(open[len(open)-1].kids, n)
			case root != nil:
				return nil, badXML("a second document follows the first")
			default:
				root = n
			}
			open = append(open, n)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) > 0 {
				open[len(open)-1].text.Write(t)
			} else if len(bytes.TrimSpace(t)) > 0 {
				return nil, badXML("text stands outside of the document")
			}
		case xml.Directive:
			return nil, badXML("the answer declares a document type, which Exchange never does")
		}
	}
	if root == nil || len(open) > 0 {
		return nil, badXML("the answer is not a whole document")
	}
	return root, nil
}

// utf8Only refuses every other way of writing.
func utf8Only(data []byte) ([]byte, error) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	switch {
	case len(data) > maxXMLBytes:
		return nil, badXML("the answer is larger than %d bytes", maxXMLBytes)
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")),
		bytes.HasPrefix(data, []byte("<\x00")), bytes.HasPrefix(data, []byte("\x00<")):
		return nil, &xmlProblem{"xml.charset", "the answer is written in UTF-16"}
	case !utf8.Valid(data):
		return nil, &xmlProblem{"xml.charset", "the answer is not written in UTF-8"}
	}
	return data, nil
}

func asXMLProblem(err error) error {
	var own *xmlProblem
	if errors.As(err, &own) {
		return own
	}
	return badXML("the answer is no XML: %s", clip(Escape(err.Error()), 160))
}

// child returns the first element of that name below a node; nil is allowed
// everywhere and has none.
//
//go:noinline
func (n *xmlNode) child(names ...string) *xmlNode {
	for _, name := range names {
		if n == nil {
			return nil
		}
		var found *xmlNode
		for _, k := range n.kids {
			if k.name == name {
				found = k
				break
			}
		}
		n = found
	}
	return n
}

// all returns every element of that name directly below a node.
func (n *xmlNode) all(name string) []*xmlNode {
	var out []*xmlNode
	if n != nil {
		for _, k := range n.kids {
			if k.name == name {
				out = append(out, k)
			}
		}
	}
	return out
}

// find returns the first element of that name anywhere below a node.
func (n *xmlNode) find(name string) *xmlNode {
	if n == nil {
		return nil
	}
	if n.name == name {
		return n
	}
	for _, k := range n.kids {
		if f := k.find(name); f != nil {
			return f
		}
	}
	return nil
}

// value is the text of an element, without blanks around it.
func (n *xmlNode) value() string {
	if n == nil {
		return ""
	}
	return strings.TrimSpace(n.text.String())
}

// xmlFinding is the finding of an answer that is not the XML it should be.
func xmlFinding(where string, a webAnswer, err error) Finding {
	var p *xmlProblem
	if !errors.As(err, &p) {
		p = &xmlProblem{"xml.malformed", "the answer cannot be read"}
	}
	f := failed(p.reason, "%s: %s", where, p.text)
	f.Found = p.text
	if looksLikeHTML(a) {
		f = failed("autodiscover.wrong_server", "%s: a web page answers instead of Exchange", where)
		f.Found = fmt.Sprintf("status %d, %s", a.status, orNothing(clip(a.header.Get("Content-Type"), 80)))
	}
	return f
}

func looksLikeHTML(a webAnswer) bool {
	head := bytes.ToLower(bytes.TrimSpace(a.body[:min(len(a.body), 512)]))
	return bytes.HasPrefix(head, []byte("<!doctype html")) || bytes.HasPrefix(head, []byte("<html"))
}
