package lab

import (
	"fmt"
	"net"
	"net/netip"
	"sync"
)

// service is one listener on loopback with its open connections.
type service struct {
	listener net.Listener
	filtered bool // guarded by the lab

	mu     sync.Mutex
	closed bool
	conns  map[net.Conn]bool
}

// listen starts a service; every connection gets a goroutine that the lab
// waits for.
func (l *Lab) listen(at netip.AddrPort, handle func(net.Conn)) error {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s := &service{listener: ln, conns: map[net.Conn]bool{}}
	l.mu.Lock()
	if _, taken := l.services[at]; taken || l.closed {
		l.mu.Unlock()
		ln.Close()
		return fmt.Errorf("lab: %s is already served, or the lab is closed", at)
	}
	l.services[at] = s
	l.hosts[at.Addr()]++
	l.mu.Unlock()
	l.work.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			if !s.keep(c) {
				continue
			}
			l.work.Go(func() {
				defer s.drop(c)
				handle(c)
			})
		}
	})
	return nil
}

func (s *service) keep(c net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		c.Close()
		return false
	}
	s.conns[c] = true
	return true
}

func (s *service) drop(c net.Conn) {
	c.Close()
	s.mu.Lock()
	delete(s.conns, c)
	s.mu.Unlock()
}

func (s *service) close() {
	s.listener.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for c := range s.conns {
		c.Close()
	}
}
