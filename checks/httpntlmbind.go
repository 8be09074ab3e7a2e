package checks

import (
	"crypto"
	"crypto/md5"
	"crypto/x509"
	"encoding/binary"
	"slices"
	"unicode/utf16"
)

// Extended Protection: a server may accept an NTLM logon only when its last
// message, under the protection of the password's hash, names the certificate
// of the TLS connection it came over (RFC 5929, tls-server-end-point). The
// binding is a pair of the list of names that the client sends back, so it is
// put into the server's message before the answer is made from it.

const (
	pairEnd     = 0
	pairTarget  = 9  // MsvAvTargetName
	pairChannel = 10 // MsvAvChannelBindings
)

// channelBinding is the MD5 of the binding structure of RFC 2744 around the
// certificate's hash; nil for certificates for which RFC 5929 defines none.
func channelBinding(leaf *x509.Certificate) []byte {
	if leaf == nil {
		return nil
	}
	hash := endPointHash(leaf.SignatureAlgorithm)
	if hash == 0 {
		return nil
	}
	h := hash.New()
	h.Write(leaf.Raw)
	data := append([]byte("tls-server-end-point:"), h.Sum(nil)...)
	bound := make([]byte, 16) // no addresses of either side
	bound = binary.LittleEndian.AppendUint32(bound, uint32(len(data)))
	sum := md5.Sum(append(bound, data...))
	return sum[:]
}

// endPointHash is the hash of the certificate's signature, with SHA-256 in
// place of MD5 and SHA-1.
func endPointHash(a x509.SignatureAlgorithm) crypto.Hash {
	switch a {
	case x509.SHA384WithRSA, x509.ECDSAWithSHA384, x509.SHA384WithRSAPSS:
		return crypto.SHA384
	case x509.SHA512WithRSA, x509.ECDSAWithSHA512, x509.SHA512WithRSAPSS:
		return crypto.SHA512
	case x509.PureEd25519, x509.UnknownSignatureAlgorithm:
		return 0
	}
	return crypto.SHA256
}

// bound is the server's second message with the binding and the service's name
// added to its list of names. A message without a list stays as it is: such a
// server knows nothing of bindings.
func (c ntlmChallenge) bound(binding []byte, service string) []byte {
	if len(c.raw) < 48 || binary.LittleEndian.Uint32(c.raw[20:])&ntlmTargetInfo == 0 || binding == nil {
		return c.raw
	}
	info, err := ntlmField(c.raw, 40)
	if err != nil || len(info) == 0 {
		return c.raw
	}
	list := withoutPairs(info, pairTarget, pairChannel)
	list = appendPair(list, pairChannel, binding)
	var name []byte
	for _, u := range utf16.Encode([]rune(service)) {
		name = binary.LittleEndian.AppendUint16(name, u)
	}
	list = appendPair(list, pairTarget, name)
	list = appendPair(list, pairEnd, nil)
	out := slices.Clone(c.raw)
	binary.LittleEndian.PutUint16(out[40:], uint16(len(list)))
	binary.LittleEndian.PutUint16(out[42:], uint16(len(list)))
	binary.LittleEndian.PutUint32(out[44:], uint32(len(out)))
	return append(out, list...)
}

// withoutPairs copies a list of names, which was read before, up to its end.
func withoutPairs(list []byte, dropped ...uint16) []byte {
	var out []byte
	for len(list) >= 4 {
		id, n := binary.LittleEndian.Uint16(list), int(binary.LittleEndian.Uint16(list[2:]))
		if id == pairEnd || n > len(list)-4 {
			break
		}
		if !slices.Contains(dropped, id) {
			out = append(out, list[:4+n]...)
		}
		list = list[4+n:]
	}
	return out
}

func appendPair(list []byte, id uint16, value []byte) []byte {
	list = binary.LittleEndian.AppendUint16(list, id)
	list = binary.LittleEndian.AppendUint16(list, uint16(len(value)))
	return append(list, value...)
}
