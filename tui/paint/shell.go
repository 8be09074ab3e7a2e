package paint

// Shell holds the styles for the pieces of a command. They are near to Code,
// so that no colour that stands for a state is taken for one.
type Shell struct {
	Name, Parameter, Quoted, Number, Variable, Operator, Comment Style
	Gap                                                          Style // what is not known yet
}

func (t *Theme) shell() Shell {
	pick := func(light, dark uint32) Style {
		if t.Dark {
			return Style{FG: RGB(dark)}
		}
		return Style{FG: RGB(light)}
	}
	switch t.Profile {
	case Monochrome:
		return Shell{t.Code, t.Code, t.Code, t.Code, t.Code, t.Code, t.Text, t.Code.Underlined()}
	case Sixteen:
		bright := func(light, dark uint8) Style {
			if t.Dark {
				return Style{FG: ANSI(dark)}
			}
			return Style{FG: ANSI(light)}
		}
		return Shell{t.Code.Bold(), t.Dim, bright(6, 14), bright(5, 13), bright(4, 12), t.Dim, t.Dim, t.Warn.Underlined()}
	}
	return Shell{Name: pick(0x10375c, 0xe3eeff).Bold(), Parameter: pick(0x3d6a94, 0x8fb4d9), Quoted: pick(0x0b5c55, 0xa3dcd0),
		Number: pick(0x4a3f9e, 0xbcc4ff), Variable: pick(0x0a5a70, 0x9bd0e6), Operator: t.Dim, Comment: t.Dim, Gap: t.Warn.Underlined()}
}
