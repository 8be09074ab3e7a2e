package checks

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Messages of the DNS as they are on the wire (RFC 1035 §4, RFC 2782 for SRV,
// RFC 6891 for the extension). Names are kept in the form of zone files, in
// which every byte that is no part of a plain name is escaped: what a server
// sends can neither look like another name nor steer a terminal.

type recordType uint16

const (
	typeA     recordType = 1
	typeNS    recordType = 2
	typeCNAME recordType = 5
	typeSOA   recordType = 6
	typePTR   recordType = 12
	typeMX    recordType = 15
	typeTXT   recordType = 16
	typeAAAA  recordType = 28
	typeSRV   recordType = 33
	typeOPT   recordType = 41
	typeRRSIG recordType = 46
)

var recordTypes = []struct {
	number recordType
	name   string
}{
	{typeA, "A"}, {typeNS, "NS"}, {typeCNAME, "CNAME"}, {typeSOA, "SOA"}, {typePTR, "PTR"}, {typeMX, "MX"},
	{typeTXT, "TXT"}, {typeAAAA, "AAAA"}, {typeSRV, "SRV"}, {typeOPT, "OPT"}, {typeRRSIG, "RRSIG"},
}

func recordTypeNamed(name string) recordType {
	for _, t := range recordTypes {
		if t.name == name {
			return t.number
		}
	}
	return 0
}

func (t recordType) String() string {
	for _, known := range recordTypes {
		if known.number == t {
			return known.name
		}
	}
	return fmt.Sprintf("TYPE%d", uint16(t)) // RFC 3597 §5
}

// Response codes, RFC 1035 §4.1.1 and the registry of IANA.
const (
	rcodeSuccess        = 0
	rcodeFormatError    = 1
	rcodeServerFailure  = 2
	rcodeNameError      = 3
	rcodeNotImplemented = 4
	rcodeRefused        = 5
	rcodeBadVersion     = 16
)

var rcodeNames = []string{"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH", "NOTZONE"}

func rcodeName(code int) string {
	switch {
	case code < len(rcodeNames):
		return rcodeNames[code]
	case code == rcodeBadVersion:
		return "BADVERS"
	}
	return fmt.Sprintf("code %d", code)
}

const classInternet = 1

type dnsQuestion struct {
	name  string
	rtype recordType
	class uint16
}

// dnsRecord is one record of an answer. Which fields count depends on its type.
type dnsRecord struct {
	name                     string
	rtype                    recordType
	ttl                      uint32
	addr                     netip.Addr // A, AAAA
	target                   string     // CNAME, NS, PTR, MX, SRV; of SOA the first name server
	preference, weight, port uint16     // MX, SRV
	serial                   uint32     // SOA
	text                     string     // TXT: its texts one after the other, as received
}

// String is the record as a line of a transcript.
func (r dnsRecord) String() string {
	data := r.target
	switch r.rtype {
	case typeA, typeAAAA:
		data = r.addr.String()
	case typeMX:
		data = fmt.Sprintf("%d %s", r.preference, r.target)
	case typeSRV:
		data = fmt.Sprintf("%d %d %d %s", r.preference, r.weight, r.port, r.target)
	case typeSOA:
		data = fmt.Sprintf("%s serial %d", r.target, r.serial)
	case typeTXT:
		data = strconv.Quote(r.text)
	}
	return fmt.Sprintf("%s %d IN %s %s", r.name, r.ttl, r.rtype, data)
}

type dnsMessage struct {
	response, truncated bool
	flags               string
	rcode               int // with the upper bits that the extension adds
	questions           []dnsQuestion
	answers             []dnsRecord
}

// Bits of a message's third and fourth byte.
const (
	bitResponse      = 1 << 15
	bitAuthoritative = 1 << 10
	bitTruncated     = 1 << 9
	bitRecurse       = 1 << 8
	bitRecursive     = 1 << 7
	bitAuthentic     = 1 << 5
)

func flagNames(bits uint16) string {
	var out []string
	for _, f := range []struct {
		bit  uint16
		name string
	}{{bitAuthoritative, "aa"}, {bitTruncated, "tc"}, {bitRecurse, "rd"}, {bitRecursive, "ra"}, {bitAuthentic, "ad"}} {
		if bits&f.bit != 0 {
			out = append(out, f.name)
		}
	}
	return strings.Join(out, " ")
}

// udpSize is how large an answer over UDP may be: what every path carries whole.
const udpSize = 1232

// wire is the question as a message, with the extension that lets the answer
// be longer than 512 bytes.
func (q dnsQuestion) wire(id uint16, edns bool) ([]byte, error) {
	var extensions uint16
	if edns {
		extensions = 1
	}
	var msg []byte
	for _, n := range []uint16{id, bitRecurse, 1, 0, 0, extensions} {
		msg = binary.BigEndian.AppendUint16(msg, n)
	}
	msg, err := appendName(msg, q.name)
	if err != nil {
		return nil, err
	}
	msg = binary.BigEndian.AppendUint16(msg, uint16(q.rtype))
	msg = binary.BigEndian.AppendUint16(msg, q.class)
	if edns {
		msg = append(msg, 0) // the extension stands at the root
		msg = binary.BigEndian.AppendUint16(msg, uint16(typeOPT))
		msg = binary.BigEndian.AppendUint16(msg, udpSize)
		msg = append(msg, 0, 0, 0, 0, 0, 0) // version 0, nothing wanted, no options
	}
	return msg, nil
}

const (
	maxLabel = 63
	maxName  = 255
)

var errNoDNSName = errors.New("a name must have parts of 1 to 63 bytes and 255 bytes altogether")

// appendName writes a name, escaped as in a zone file, with or without the
// final dot.
func appendName(msg []byte, name string) ([]byte, error) {
	begin := len(msg)
	label := []byte{}
	for i := 0; i < len(name) && name != "."; i++ {
		if name[i] != '.' {
			var c byte
			c, i = unescapedByte(name, i)
			label = append(label, c)
			if i < len(name)-1 {
				continue
			}
		}
		if len(label) == 0 || len(label) > maxLabel {
			return nil, errNoDNSName
		}
		msg = append(append(msg, byte(len(label))), label...)
		label = label[:0]
	}
	msg = append(msg, 0)
	if len(msg)-begin > maxName {
		return nil, errNoDNSName
	}
	return msg, nil
}

// unescapedByte is the byte that stands at i, and where its last character is.
func unescapedByte(s string, i int) (byte, int) {
	if s[i] != '\\' || i+1 >= len(s) {
		return s[i], i
	}
	if i+3 < len(s) {
		if n, err := strconv.ParseUint(s[i+1:i+4], 10, 8); err == nil {
			return byte(n), i + 3
		}
	}
	return s[i+1], i + 1
}

var errNoDNSMessage = errors.New("no DNS message")

// readDNS takes a message apart. Every record of the answer must be whole; of
// the further sections only the extension matters.
func readDNS(raw []byte) (dnsMessage, error) {
	r := dnsReader{msg: raw}
	r.take(2) // its ID was looked at before
	bits := r.uint16()
	m := dnsMessage{response: bits&bitResponse != 0, truncated: bits&bitTruncated != 0, flags: flagNames(bits), rcode: int(bits & 0xf)}
	questions, answers, further := r.uint16(), r.uint16(), int(r.uint16())+int(r.uint16())
	for ; questions > 0 && !r.bad; questions-- {
		m.questions = append(m.questions, dnsQuestion{r.name(), recordType(r.uint16()), r.uint16()})
	}
	for ; answers > 0 && !r.bad; answers-- {
		record, end := r.head()
		r.data(&record, end)
		m.answers = append(m.answers, record)
	}
	for ; further > 0 && !r.bad; further-- {
		record, end := r.head()
		r.at = end
		if record.rtype == typeOPT {
			m.rcode |= int(record.ttl>>24) << 4
		}
	}
	if r.bad {
		return dnsMessage{}, errNoDNSMessage
	}
	return m, nil
}

// dnsReader reads a message from its beginning. After the first thing that
// cannot be read it is bad and gives nothing any more.
type dnsReader struct {
	msg []byte
	at  int
	bad bool
}

func (r *dnsReader) take(n int) []byte {
	if r.bad || n > len(r.msg)-r.at {
		r.bad = true
		return make([]byte, min(n, 16))
	}
	r.at += n
	return r.msg[r.at-n : r.at]
}

func (r *dnsReader) uint16() uint16 { return binary.BigEndian.Uint16(r.take(2)) }
func (r *dnsReader) uint32() uint32 { return binary.BigEndian.Uint32(r.take(4)) }

// head reads a record up to its data, and tells where that ends.
func (r *dnsReader) head() (record dnsRecord, end int) {
	record.name = r.name()
	record.rtype = recordType(r.uint16())
	r.uint16() // class
	record.ttl = r.uint32()
	size := int(r.uint16())
	if size > len(r.msg)-r.at {
		r.bad = true
	}
	return record, r.at + size
}

// data reads what a record says, which must be as long as it claims.
func (r *dnsReader) data(record *dnsRecord, end int) {
	if r.bad {
		return
	}
	switch record.rtype {
	case typeA:
		record.addr = netip.AddrFrom4([4]byte(r.take(4)))
	case typeAAAA:
		record.addr = netip.AddrFrom16([16]byte(r.take(16)))
	case typeCNAME, typeNS, typePTR:
		record.target = r.name()
	case typeMX:
		record.preference = r.uint16()
		record.target = r.name()
	case typeSRV:
		record.preference, record.weight, record.port = r.uint16(), r.uint16(), r.uint16()
		record.target = r.name()
	case typeSOA:
		record.target = r.name()
		r.name() // whom to write to
		record.serial = r.uint32()
		r.take(16) // how long to keep it
	case typeTXT:
		var text strings.Builder
		for r.at < end && !r.bad {
			text.Write(r.take(int(r.take(1)[0])))
		}
		record.text = text.String()
	default:
		r.at = end
	}
	if r.at != end {
		r.bad = true
	}
}

// name reads a name, the rest of which may stand elsewhere in the message. No
// whole name needs more pointers than it has parts, which ends circles.
func (r *dnsReader) name() string {
	var out []byte
	at, after, size := r.at, 0, 1
	for pointers := 0; !r.bad && at < len(r.msg); {
		n := int(r.msg[at])
		at++
		switch {
		case n == 0:
			if r.at = at; after > 0 {
				r.at = after
			}
			if len(out) == 0 {
				return "."
			}
			return string(out)
		case n <= maxLabel && at+n <= len(r.msg) && size+n+1 <= maxName:
			out = append(appendLabel(out, r.msg[at:at+n]), '.')
			at, size = at+n, size+n+1
			continue
		case n >= 0xc0 && at < len(r.msg) && pointers < maxName/2:
			if after == 0 {
				after = at + 1
			}
			at = (n&0x3f)<<8 | int(r.msg[at])
			pointers++
			continue
		}
		break
	}
	r.bad = true
	return ""
}

// appendLabel escapes a part of a name as zone files do (RFC 1035 §5.1).
func appendLabel(out, label []byte) []byte {
	for _, c := range label {
		switch {
		case c < ' ' || c > '~':
			out = append(out, '\\', '0'+c/100, '0'+c/10%10, '0'+c%10)
		case strings.IndexByte(` .'@;()"\`, c) >= 0:
			out = append(out, '\\', c)
		default:
			out = append(out, c)
		}
	}
	return out
}

// plainName is a name without the final dot.
func plainName(s string) string { return strings.TrimSuffix(s, ".") }

// rootedName is a name with the final dot. A dot after a backslash belongs to
// the last part.
func rootedName(s string) string {
	if before, ok := strings.CutSuffix(s, "."); ok && (len(before)-len(strings.TrimRight(before, `\`)))%2 == 0 {
		return s
	}
	return s + "."
}

// reverseName is the name under which an address's PTR record stands; other
// names are returned as they are.
func reverseName(s string) string {
	addr, err := netip.ParseAddr(s)
	if err != nil {
		return s
	}
	addr = addr.Unmap()
	bytes := addr.AsSlice()
	var out strings.Builder
	for i := len(bytes) - 1; i >= 0; i-- {
		if addr.Is4() {
			fmt.Fprintf(&out, "%d.", bytes[i])
		} else {
			fmt.Fprintf(&out, "%x.%x.", bytes[i]&0xf, bytes[i]>>4)
		}
	}
	if addr.Is4() {
		return out.String() + "in-addr.arpa."
	}
	return out.String() + "ip6.arpa."
}
