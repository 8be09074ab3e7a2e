package lab

import (
	"encoding/binary"
	"strings"
)

// dnsHeader is how long the fixed part of a message is, behind which its
// question stands.
const dnsHeader = 12

// reply is the answer to a message; nil when that is no question. Over UDP what
// is too long for who asks is left out, and said to be.
func (z *zone) reply(raw []byte, udp bool) []byte {
	name, end := askedName(raw)
	if name == "" || end+4 > len(raw) {
		return nil
	}
	records, known := z.answer(name, binary.BigEndian.Uint16(raw[end:]))
	const response, recurse, recursive, nameError = 1 << 15, 1 << 8, 1 << 7, 3
	flags := response | recursive | binary.BigEndian.Uint16(raw[2:])&recurse
	if !known {
		flags |= nameError
	}
	end += 4
	out := answerWith(raw[:end], flags, records)
	if udp && len(out) > fitting(raw[end:]) {
		const truncated = 1 << 9
		return answerWith(raw[:end], flags|truncated, nil)
	}
	return out
}

// askedName reads the name of a message's single question, and where it ends.
func askedName(raw []byte) (string, int) {
	if len(raw) <= dnsHeader || binary.BigEndian.Uint16(raw[4:]) != 1 {
		return "", 0
	}
	var labels []string
	at := dnsHeader
	for at < len(raw) && raw[at] != 0 {
		from := at + 1
		at = from + int(raw[at])
		labels = append(labels, string(raw[from:min(at, len(raw))]))
	}
	return strings.Join(labels, "."), at + 1
}

// fitting is how long an answer over UDP may be: what the extension behind the
// question says, if it is there.
func fitting(extension []byte) int {
	const plain, opt = 512, 41
	if len(extension) >= 5 && binary.BigEndian.Uint16(extension[1:]) == opt {
		return max(plain, int(binary.BigEndian.Uint16(extension[3:])))
	}
	return plain
}

// answerWith is a message with records of the name that was asked for.
func answerWith(question []byte, flags uint16, records []record) []byte {
	out := append([]byte(nil), question[:2]...)
	for _, n := range []uint16{flags, 1, uint16(len(records)), 0, 0} {
		out = binary.BigEndian.AppendUint16(out, n)
	}
	out = append(out, question[dnsHeader:]...)
	for _, r := range records {
		const internet, nameOfQuestion = 1, 0xc000 | dnsHeader
		for _, n := range []uint16{nameOfQuestion, r.rtype, internet} {
			out = binary.BigEndian.AppendUint16(out, n)
		}
		out = binary.BigEndian.AppendUint32(out, r.ttl)
		data := r.data()
		out = append(binary.BigEndian.AppendUint16(out, uint16(len(data))), data...)
	}
	return out
}

func (r record) data() []byte {
	var out []byte
	switch r.rtype {
	case typeA, typeAAAA:
		return r.addr.AsSlice()
	case typeTXT:
		return append([]byte{byte(len(r.Value))}, r.Value...)
	case typeMX:
		out = binary.BigEndian.AppendUint16(out, r.Preference)
	case typeSRV:
		for _, n := range []uint16{r.Preference, r.Weight, r.Port} {
			out = binary.BigEndian.AppendUint16(out, n)
		}
	}
	for _, label := range strings.Split(key(r.Value), ".") {
		out = append(append(out, byte(len(label))), label...)
	}
	return append(out, 0)
}
