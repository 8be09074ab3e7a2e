package checks

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"syscall"
)

// trouble is a network failure put into one of the classes that engineers
// tell apart. Text never holds a URL: error texts of net/http may carry names.
type trouble struct {
	verdict Verdict
	reason  string
	text    string
}

func (t trouble) finding(where string) Finding {
	f := decided(t.verdict, t.reason, "%s: %s", where, t.text)
	f.Found = t.text
	return f
}

// dialTrouble classifies a failed connect.
func dialTrouble(err error) trouble {
	switch {
	case errors.Is(err, context.Canceled):
		return trouble{Unknown, "run.cancelled", "cancelled"}
	case errors.Is(err, errNoNetwork):
		return trouble{Unknown, "vantage.no_network", "there is no network"}
	case isErrno(err, syscall.ECONNREFUSED, 10061):
		return trouble{Fail, "tcp.refused", "connection refused: the host answers, but nothing listens there"}
	case isErrno(err, syscall.EHOSTUNREACH, 10065), isErrno(err, syscall.EHOSTDOWN, 10064):
		return trouble{Unknown, "tcp.unreachable", "no route to the host"}
	case isErrno(err, syscall.ENETUNREACH, 10051), isErrno(err, syscall.ENETDOWN, 10050),
		isErrno(err, syscall.EADDRNOTAVAIL, 10049), isErrno(err, syscall.ENOBUFS, 10055):
		return trouble{Unknown, "vantage.no_network", "this computer has no way into that network"}
	case isErrno(err, syscall.ECONNRESET, 10054):
		return trouble{Fail, "tcp.accepted_then_reset", "accepted, then reset at once"}
	case isTimeout(err), isErrno(err, syscall.ETIMEDOUT, 10060):
		return trouble{Unknown, "tcp.filtered", "no answer to the connection attempt: packets are dropped on the way or the host is off"}
	}
	return trouble{Unknown, "tcp.error", "could not connect"}
}

// tlsTrouble classifies a failed handshake.
func tlsTrouble(err error) trouble {
	var record tls.RecordHeaderError
	var cert *tls.CertificateVerificationError
	var op *net.OpError
	switch {
	case errors.Is(err, context.Canceled):
		return trouble{Unknown, "run.cancelled", "cancelled"}
	case errors.Is(err, errPinChanged):
		return trouble{Fail, "tls.pin_changed", "the certificate changed between two connections to the same address"}
	case errors.Is(err, errOldTLS):
		return trouble{Unknown, "credentials.old_tls", "the password was not sent: the server agrees only to a protocol below TLS 1.2 or to the key exchange by RSA"}
	case errors.Is(err, errWeakCipher):
		return trouble{Unknown, "credentials.weak_cipher", "the password was not sent: the connection would be encrypted with RC4 or 3DES"}
	case errors.As(err, &cert):
		return trouble{Fail, "tls.untrusted", "the certificate is not trusted or not for this name"}
	case errors.As(err, &record) || strings.Contains(err.Error(), "first record does not look like a TLS handshake"):
		return trouble{Fail, "tls.not_tls", "what answers there does not speak TLS"}
	case errors.As(err, &op) && op.Op == "remote error":
		return trouble{Fail, "tls.alert", "the server refused the handshake: " + clip(op.Err.Error(), 100)}
	case isTimeout(err):
		return trouble{Unknown, "tls.timeout", "the TLS handshake did not finish in time"}
	case isErrno(err, syscall.ECONNRESET, 10054), errors.Is(err, syscall.EPIPE):
		return trouble{Fail, "tls.reset", "the connection was reset during the TLS handshake"}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return trouble{Fail, "tls.closed", "the connection was closed during the TLS handshake"}
	}
	text := err.Error()
	switch {
	case strings.Contains(text, "unsupported protocol"), strings.Contains(text, "unsupported versions"),
		strings.Contains(text, "selected unsupported protocol version"), strings.Contains(text, "no supported versions"):
		return trouble{Fail, "tls.no_common_version", "the server offers no protocol newer than SSL 3.0"}
	case strings.Contains(text, "parse certificate"), strings.Contains(text, "x509:"):
		return trouble{Fail, "tls.bad_certificate", "the certificate cannot be read: " + clip(text, 200)}
	}
	return trouble{Fail, "tls.bad_message", "the TLS handshake broke: " + clip(text, 200)}
}

// httpTrouble classifies a failed exchange after the connection stood.
func httpTrouble(err error) trouble {
	text := err.Error()
	has := func(list ...string) bool {
		for _, s := range list {
			if strings.Contains(text, s) {
				return true
			}
		}
		return false
	}
	switch {
	case errors.Is(err, context.Canceled):
		return trouble{Unknown, "run.cancelled", "cancelled"}
	case errors.Is(err, errHugeHeader):
		return trouble{Fail, "http.huge_header", "the answer's headers are larger than 64 KiB"}
	case has("malformed HTTP", "malformed MIME", "bad Content-Length", "Content-Length", "invalid header", "unsupported transfer encoding", "transfer encoding", "chunked", "malformed chunked"):
		return trouble{Fail, "http.not_http", "the answer is not HTTP"}
	case isTimeout(err):
		return trouble{Unknown, "http.slow", "no answer in time after the request was sent"}
	case isErrno(err, syscall.ECONNRESET, 10054), errors.Is(err, syscall.EPIPE):
		return trouble{Fail, "http.reset", "the connection was reset instead of an answer"}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), has("EOF"):
		return trouble{Fail, "http.closed", "the connection was closed instead of an answer"}
	}
	return trouble{Fail, "http.not_http", "the answer is not HTTP"}
}

func isTimeout(err error) bool {
	var n net.Error
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) || errors.As(err, &n) && n.Timeout()
}

// isErrno matches a system error by its POSIX name and by the number Winsock
// gives it, which Go leaves as it is.
func isErrno(err error, posix syscall.Errno, winsock uintptr) bool {
	var n syscall.Errno
	if !errors.As(err, &n) {
		return false
	}
	return n == posix || runtime.GOOS == "windows" && uintptr(n) == winsock
}

// untrustedText says why a chain was not accepted.
func untrustedText(err error) string {
	var unknown x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &unknown):
		return "its issuer is not trusted by this computer"
	case errors.As(err, &invalid):
		return clip(invalid.Error(), 200)
	case err != nil:
		return clip(err.Error(), 200)
	}
	return ""
}
