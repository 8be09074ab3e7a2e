package checks

import (
	"crypto/rand"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// validURL accepts http and https addresses without a user name.
func validURL(what, s string) error {
	_, err := parseURL(s)
	if err != nil {
		return fmt.Errorf("%s %w; write an address such as https://mail.contoso.com/owa/", what, err)
	}
	return nil
}

// parseURL reads an address strictly. Errors never show a user name.
func parseURL(s string) (*url.URL, error) {
	if strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 127 || r == '\\' }) {
		return nil, fmt.Errorf("holds a blank, a control character or a backslash")
	}
	if len(s) > 2048 {
		return nil, fmt.Errorf("is longer than 2048 characters")
	}
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return nil, fmt.Errorf("is not an address")
	case u.User != nil:
		return nil, fmt.Errorf("must not hold a user name")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("must begin with https:// or http://")
	}
	if err := validTarget("host", u.Hostname()); err != nil {
		return nil, err
	}
	if p := u.Port(); p != "" {
		if n, err := strconv.Atoi(p); err != nil || n < 1 || n > 65535 {
			return nil, fmt.Errorf("has the port %s; it must be 1 to 65535", clip(p, 20))
		}
	}
	return u, nil
}

// urlHost is the host of an address, or "" when it is none.
func urlHost(s string) string {
	u, err := parseURL(s)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Hostname())
}

// urlPort is the port that an address means.
func urlPort(u *url.URL) int {
	if n, err := strconv.Atoi(u.Port()); err == nil {
		return n
	}
	if u.Scheme == "http" {
		return 80
	}
	return 443
}

// mailDomain is the part of a mail address behind the @.
func mailDomain(address string) string {
	_, domain, _ := strings.Cut(address, "@")
	return strings.ToLower(domain)
}

// nobody is a label that no host, path or domain is called by.
func nobody() string { return "coexist-" + strings.ToLower(rand.Text()) }
