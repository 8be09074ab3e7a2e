//go:build !windows

package command

// SetUpConsole has nothing to do where terminals speak UTF-8.
func SetUpConsole() (restore func()) { return func() {} }
