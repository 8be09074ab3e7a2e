package diagram

import (
	"image"
	"sort"

	"coexist/tui/paint"
)

// wire links the boxes inside a site: the new CAS to the old servers it
// proxies for or redirects to, the mailboxes' way to the new MBX.
func (l *layout) wire(site string, lefts, rights []column, lx, rx, y int) {
	if len(rights) == 0 {
		return
	}
	if len(rights) > 1 {
		mid := rx + 6
		l.pic.edges = append(l.pic.edges, edge{points: []image.Point{{X: mid, Y: y + rights[0].h - 1}, {X: mid, Y: y + rights[0].h + 1}}, line: rights[0].panel.line, tone: line})
	}
	if len(lefts) == 0 || l.o.View == Before {
		return
	}
	if l.o.View == After {
		return
	}
	to := y
	for _, b := range lefts {
		e := edge{points: []image.Point{{X: rx, Y: to + 1}, {X: lx, Y: to + 1}}, line: paint.Dashed, tone: line, arrow: image.Pt(-1, 0)}
		if l.board.switched[site] {
			e.line, e.tone = paint.Solid, fresh
		}
		if to+1 < y+rights[0].h-1 && !l.board.moved[site] { // nobody's mailbox is left to be reached there
			l.pic.edges = append(l.pic.edges, e)
		}
		to += b.h + 1
	}
	l.moves(site, lefts, rights, lx, rx, y)
}

func (l *layout) moves(site string, lefts, rights []column, lx, rx, y int) {
	last := rights[len(rights)-1]
	if last.panel.Kind != MBXPanel {
		return
	}
	my := y + stacked(rights) - last.h + 1
	bottom := y + stacked(lefts) - 1
	e := edge{line: paint.Dashed, tone: line, arrow: image.Pt(1, 0)}
	switch {
	case l.board.moved[site]:
		e.line, e.tone = paint.Solid, good
	case l.board.move[site][0] > 0:
		e.line, e.tone = paint.Solid, info
	}
	if bottom >= my {
		e.points = []image.Point{{X: lx - 1, Y: my}, {X: rx - 1, Y: my}}
	} else {
		x := lx - l.widthsLeft()/2
		e.points = []image.Point{{X: x, Y: bottom}, {X: x, Y: my}, {X: rx - 1, Y: my}}
	}
	l.pic.edges = append(l.pic.edges, e)
}

func (l *layout) widthsLeft() int { lw, _ := l.widths(); return lw }

// rails draws the traffic from the names to the first site. What nobody has
// checked runs dashed to a question mark.
func (l *layout) rails() {
	if siteless(l.r.Migration) {
		return
	}
	left, right := l.x, l.x+l.inner-1
	for _, n := range l.leaning {
		e := edge{tone: old}
		switch n.side {
		case -1, 0:
			e.points = []image.Point{{X: left + 2, Y: n.y}, {X: left, Y: n.y}, {X: left, Y: l.leftEnd.Y}, l.leftEnd}
			e.arrow = image.Pt(1, 0)
		case 1:
			e.tone = fresh
			e.points = []image.Point{{X: right - 2, Y: n.y}, {X: right, Y: n.y}, {X: right, Y: l.rightEnd.Y}, l.rightEnd}
			e.arrow = image.Pt(-1, 0)
		default:
			continue
		}
		if n.side == 0 {
			e.tone, e.line, e.unsure = dim, paint.Dashed, true
		}
		l.pic.edges = append(l.pic.edges, e)
	}
	// What is known is drawn over what is not.
	edges := l.pic.edges
	sort.SliceStable(edges, func(i, j int) bool { return edges[i].unsure && !edges[j].unsure })
}
