package checks

import (
	"context"
	"crypto/x509"
	"net"
	"net/netip"
	"time"
)

// Env is the one door to the network. In the field it is the real network; a
// rehearsal and the tests hand in the laboratory's, with nothing special-cased
// in a probe. The zero value reaches nothing; [FieldEnv] makes the real one.
//
// Checks run at the same time: every function in it is called from several
// goroutines, also of one check, and has to stand that.
type Env struct {
	// Dial connects to an IP address and port ("tcp" or "udp"); names never
	// reach it: probes look names up first, so that every address is tested
	// by itself.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Lookup answers as this computer's own resolver does (hosts file, search
	// list and all).
	Lookup func(ctx context.Context, host string) ([]netip.Addr, error)
	// Records asks this computer's own resolver for records other than
	// addresses (CNAME, MX, SRV, TXT, PTR, NS); nil when it cannot be asked.
	Records   func(ctx context.Context, rtype, name string) ([]Record, error)
	Resolvers []Resolver     // name servers to ask directly; may be empty
	Roots     *x509.CertPool // nil: the system's roots
	Now       func() time.Time
	Vantage   Vantage // where this program runs: Inside unless told otherwise
	Loopback  bool    // answers in 127.0.0.0/8 and ::1 may be connected to (laboratories)
	Proxy     string  // HTTP proxy URL, recorded with each result that used it
	UserAgent string
	// Machine is what was found about this computer that bears on what it
	// measures; kept with every result. Empty: nothing was found.
	Machine string
	// Logon hands out credentials for an account; nil means that none can be
	// had (skip, reason credentials.none). [Env.Asked] makes one that asks for
	// each account once and before the run, so that nobody is asked twice at a time.
	Logon func(ctx context.Context, account string) (Credential, error)
	// Forget tells who is behind Logon that an account was refused: the next run
	// must ask for it anew. May be nil.
	Forget func(account string)
	// Logons keeps the accounts of the run: who was refused, where passwords
	// may go. Without it nobody is logged on. Probes use SignIn, never Logon.
	Logons *Logons
	// OldTLS lets accounts log on over verified TLS 1.0 and 1.1, and where the
	// server agrees to no key exchange but RSA's: all that some of the Windows
	// versions below Exchange 2007 and 2010 have. Such a result is at best a
	// warning. RC4 and 3DES never carry a password.
	OldTLS bool
	// Directory says where the organisation's domain controllers are.
	Directory Directory
	// Shell answers a cmdlet check in place of an Exchange Management Shell;
	// nil in the field, where such results are imported.
	Shell func(ctx context.Context, check Check) ([]Row, error)
	// Store keeps a check's transcript and returns its SHA-256; nil: none is
	// kept.
	Store  func(lines []string) (sha string, err error)
	Limits Limits

	run        int                                                 // number of the run; see Asked
	given      map[string]bool                                     // accounts that Asked has a password for
	namesAt    string                                              // the name servers that Lookup asks; empty: this computer's resolver
	named      *hostList                                           // hosts that the running check names; set by the runner
	elapsed    func(since time.Time) (wall, running time.Duration) // nil: by this computer's clocks
	oldTLSUsed *tlsUse                                             // whether the running check's secret went over old TLS; set by the runner
}

// Directory is how the organisation's Active Directory is found.
type Directory struct {
	Forest      string   // DNS name of the forest's root domain
	Controllers []string // domain controllers to begin with; empty: those that DNS names
}

// Record is one DNS record as this computer's resolver reports it.
type Record struct {
	Value      string // target or text
	Preference uint16 // MX preference, SRV priority
	Weight     uint16
	Port       uint16
}

// Resolver is one name server to be asked directly.
type Resolver struct {
	Label string  // "internal", "external", or what the engineer called it
	Addr  string  // IP:port
	View  Vantage // the side whose view it gives
}

// Credential is an account with its password. The password is kept from
// formatting; see Secret.
type Credential struct {
	Username string // DOMAIN\user or UPN
	Password Secret
}

// Limits bounds a run; zero fields mean the defaults of [DefaultLimits].
type Limits struct {
	Workers     int // checks at the same time in a run
	PerIdentity int // connections at the same time per name or real address
	BodyBytes   int64
	Redirects   int
}

// DefaultLimits keep a run gentle on production servers and bounded in memory.
var DefaultLimits = Limits{Workers: 64, PerIdentity: 4, BodyBytes: 1 << 20, Redirects: 10}

// Secret is text that no formatting verb, marshaller or logger shows.
type Secret struct{ text string }

// NewSecret keeps a password.
func NewSecret(s string) Secret { return Secret{s} }

// Reveal returns the password, for the wire alone.
func (s Secret) Reveal() string { return s.text }

// IsZero tells whether there is no password.
func (s Secret) IsZero() bool { return s.text == "" }

func (Secret) String() string               { return "[redacted]" }
func (Secret) GoString() string             { return "[redacted]" }
func (Secret) MarshalText() ([]byte, error) { return []byte("[redacted]"), nil }

// Update tells that a check of a run began or ended.
type Update struct {
	Index  int     // in the list given to Run
	Done   bool    // false: it began
	Result *Result // when Done
}
