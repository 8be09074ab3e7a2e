package checks

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// versionSign is one hint at which releases may have answered.
type versionSign struct {
	name   string
	value  string
	may    []string // releases that show this
	build  string
	strong bool
}

// versionSigns collects what one address shows.
type versionSigns struct {
	list  []versionSign
	fe    string // X-FEServer
	front bool   // a header that only the front end of Exchange 2013 and later sets
	host  string // member named by the health page
	// asked and wanted count the directories that answered, and those that ask
	// strangers to log on as they do on every Exchange.
	asked, wanted int
}

var (
	allReleases = []string{"2007", "2010", "2013", "2016", "2019"}
	since2013   = allReleases[2:]
	since2010   = allReleases[1:]
	until2010   = allReleases[:2]
)

// themePath finds the build in the addresses of the logon page's pictures:
// /owa/8.3.485.1/themes/…, /owa/14.3.169.1/themes/…, and three numbers under
// /owa/auth/ since Exchange 2013.
var themePath = Pattern(`(?i)/owa/(auth/)?(\d{1,2}\.\d{1,2}\.\d{1,5}(?:\.\d{1,5})?)/(?:themes|scripts|styles)/`)

// open tells whether no strong sign was found yet.
func (s versionSigns) open() bool {
	return !slices.ContainsFunc(s.list, func(v versionSign) bool { return v.strong })
}

func (s *versionSigns) add(name, value string, strong bool, may ...string) {
	s.put(versionSign{name: name, value: value, strong: strong, may: may})
}

func (s *versionSigns) put(v versionSign) {
	same := func(o versionSign) bool { return o.name == v.name && slices.Equal(o.may, v.may) && o.build == v.build }
	if len(v.may) > 0 && !slices.ContainsFunc(s.list, same) {
		s.list = append(s.list, v)
	}
}

// addBuild notes a build number; what is none of Exchange's is no sign.
func (s *versionSigns) addBuild(name, build string) {
	if g := generationOf(build); g != "" {
		s.put(versionSign{name: name, value: build, strong: true, may: []string{g}, build: plainBuild(build)})
	}
}

// read takes the signs out of the answer to one visit.
func (s *versionSigns) read(visit string, a webAnswer) {
	h := a.header
	if v := h.Get("X-Feserver"); v != "" {
		s.fe, s.front = clip(v, 260), true
		s.add("X-FEServer", v, true, since2013...)
	}
	for _, name := range []string{"X-BEServer", "X-DiagInfo", "X-CalculatedBETarget"} { // set by what Exchange 2013 added
		if v := h.Get(name); v != "" {
			s.front = true
			s.add(name, v, true, since2013...)
		}
	}
	if h.Get("Request-Id") != "" {
		s.add("request-id", "sent", false, since2013...)
	}
	s.addBuild("X-OWA-Version", h.Get("X-Owa-Version"))
	s.addBuild("MS-Server-ActiveSync", h.Get("Ms-Server-Activesync"))
	s.readPlatform(a)
	if visit == "ews" || visit == "autodiscover" {
		s.asked++
		if a.status == 401 && len(a.challenges) > 0 {
			s.wanted++
		}
	}
	switch visit {
	case "owa":
		if m := themePath().FindSubmatch(a.body); m != nil {
			s.addBuild("logon page", string(m[2]))
		}
	case "autodiscover":
		switch {
		case h.Get("X-Soap-Enabled") != "":
			s.add("Autodiscover by SOAP", "enabled", true, since2010...)
		case a.status == 401 && len(a.challenges) > 0:
			s.add("Autodiscover by SOAP", "not shown", false, "2007")
		}
		if h.Get("X-Oauth-Enabled") != "" {
			s.add("OAuth", "enabled", false, since2013...)
		}
	case "healthcheck":
		if a.status == 200 && bytes.HasPrefix(bytes.TrimSpace(a.body), []byte("200 OK")) {
			s.add("health page", "200 OK", true, since2013...)
			s.host = healthMember(a)
		}
	case "ecp":
		if a.status == 404 {
			s.add("control panel", "missing", false, "2007")
		}
	}
}

// readPlatform reads the signs of the web server underneath: they are easily
// removed, and shared by releases.
func (s *versionSigns) readPlatform(a webAnswer) {
	switch v := a.header.Get("X-Aspnet-Version"); {
	case strings.HasPrefix(v, "2.0."):
		s.add("X-AspNet-Version", v, false, until2010...)
	case strings.HasPrefix(v, "4."):
		s.add("X-AspNet-Version", v, false, since2013...)
	}
	if iis, found := strings.CutPrefix(a.header.Get("Server"), "Microsoft-IIS/"); found {
		n, err := strconv.ParseFloat(iis, 64)
		switch {
		case err != nil:
		case n < 7:
			s.add("Server", "Microsoft-IIS/"+iis, false, "2007")
		case n < 7.5:
			s.add("Server", "Microsoft-IIS/"+iis, false, until2010...)
		case n >= 8:
			s.add("Server", "Microsoft-IIS/"+iis, false, since2010...)
		}
	}
	if v := a.header.Get("Microsoftsharepointteamservices"); v != "" {
		s.list = append(s.list, versionSign{name: "SharePoint", value: v, may: []string{"SharePoint"}})
	}
}

// agree narrows the releases to those that every sign of a strength allows.
func agree(from []string, signs []versionSign, strong bool) []string {
	left := slices.Clone(from)
	for _, s := range signs {
		if s.strong == strong {
			left = slices.DeleteFunc(left, func(r string) bool { return !slices.Contains(s.may, r) })
		}
	}
	return left
}

// decide weighs the signs: two strong ones that agree are sure, one alone or a
// span of releases is likely, weak ones are a guess.
func (s versionSigns) decide(at endpoint) Finding {
	strong, build := 0, ""
	for _, v := range s.list {
		if v.strong {
			strong++
		}
		if len(v.build) > len(build) {
			build = v.build
		}
	}
	certain := agree(allReleases, s.list, true)
	narrowed := agree(certain, s.list, false)
	row := Row{"address": {at.addr.String()}, "version": {"unknown"}, "confidence": {"low"}, "build": nil, "fe_server": nil}
	if build != "" {
		row["build"] = []string{build}
	}
	if s.fe != "" {
		row["fe_server"] = []string{s.fe}
	}
	f := Finding{Verdict: Pass}
	switch {
	case len(certain) == 0, len(narrowed) == 0:
		f = s.contradiction(at)
		row["version"] = []string{s.likeliest()}
	case strong > 0 && s.asked > 1 && s.wanted == 0:
		f = warned("version.contradiction", "%s calls itself Exchange %s, but neither EWS nor Autodiscover asks strangers to log on", at.where(), narrowed[0])
		f.Expected = "directories that behave like those of Exchange"
		row["version"] = []string{narrowed[0]}
	case strong == 0 && len(narrowed) == 1:
		f = warned("version.weak", "%s: only weak signs, they point to Exchange %s", at.where(), narrowed[0])
		row["version"] = []string{narrowed[0]}
	case strong == 0 || len(narrowed) > 1 && !slices.Equal(narrowed, since2013):
		f = undecidable("version.unknown", "%s: nothing tells which version answers", at.where())
	default:
		row["version"], row["confidence"] = []string{narrowed[0]}, []string{"medium"}
		if strong > 1 && len(certain) == 1 {
			row["confidence"] = []string{"high"}
		}
		f.Summary = fmt.Sprintf("%s is Exchange %s%s", at.where(), narrowed[0], inBrackets(build))
	}
	f.Rows, f.Evidence = []Row{row}, s.evidence()
	if f.Verdict != Pass && f.Found == "" {
		f.Found = s.String()
	}
	return f
}

func (s versionSigns) contradiction(at endpoint) Finding {
	f := warned("version.contradiction", "%s: the signs of the version contradict each other", at.where())
	old := slices.ContainsFunc(s.list, func(v versionSign) bool { return len(v.may) > 0 && slices.Max(v.may) <= "2010" })
	if s.front && old {
		f.Summary = at.where() + ": a front end of Exchange 2013 answers, with signs of an older server behind it"
	}
	f.Expected, f.Found = "signs of one version", s.String()
	return f
}

// likeliest is the release that most signs allow, strong ones counting more;
// a front end that names itself is one of Exchange 2013 whatever is behind it.
func (s versionSigns) likeliest() string {
	if s.front {
		return "2013"
	}
	best, most := "unknown", 0
	for _, r := range allReleases {
		n := 0
		for _, v := range s.list {
			if slices.Contains(v.may, r) {
				n++
				if v.strong {
					n += 2
				}
			}
		}
		if n > most {
			best, most = r, n
		} else if n == most {
			best = "unknown"
		}
	}
	return best
}

func (s versionSigns) evidence() map[string]string {
	out := map[string]string{}
	for _, v := range s.list {
		out["sign "+v.name] = clip(v.value, 200)
	}
	if s.host != "" {
		out["member"] = s.host
	}
	return out
}

func (s versionSigns) String() string {
	var out []string
	for _, v := range s.list {
		out = append(out, v.name+" "+clip(v.value, 60))
	}
	if len(out) == 0 {
		return "no sign of Exchange"
	}
	return joinClipped(out, 12)
}

func inBrackets(s string) string {
	if s == "" {
		return ""
	}
	return " (" + s + ")"
}
