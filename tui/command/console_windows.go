package command

import (
	"os"

	"golang.org/x/sys/windows"
)

// utf8 is the code page of UTF-8.
const utf8 = 65001

// SetUpConsole makes a Windows console speak UTF-8 and understand the
// sequences that move and colour (both are off in the consoles of Server 2016
// and older Windows 10), and returns what puts everything back as it was. On
// what is no console it does nothing.
//
// Source: learn.microsoft.com/windows/console/console-virtual-terminal-sequences
func SetUpConsole() (restore func()) {
	var undo []func()
	if before, err := windows.GetConsoleOutputCP(); err == nil && before != utf8 && windows.SetConsoleOutputCP(utf8) == nil {
		undo = append(undo, func() { _ = windows.SetConsoleOutputCP(before) })
	}
	if before, err := windows.GetConsoleCP(); err == nil && before != utf8 && windows.SetConsoleCP(utf8) == nil {
		undo = append(undo, func() { _ = windows.SetConsoleCP(before) })
	}
	for _, f := range []*os.File{os.Stdout, os.Stderr} {
		console, before := windows.Handle(f.Fd()), uint32(0)
		if windows.GetConsoleMode(console, &before) != nil {
			continue // a pipe or a file
		}
		if windows.SetConsoleMode(console, before|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil {
			undo = append(undo, func() { _ = windows.SetConsoleMode(console, before) })
		}
	}
	return func() {
		for _, f := range undo {
			f()
		}
	}
}
