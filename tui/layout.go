package tui

import "coexist/tui/paint"

// region is a part of the board.
type region int

const (
	diagramRegion region = iota
	tasksRegion
	detailRegion
)

var regionNames = [...]string{"Diagram", "Steps and tasks", "Task"}

// Smallest size that is drawn, and the widths from which more than one region
// fits.
const (
	minWidth, minHeight = 60, 20
	twoRegions          = 100
	threeRegions        = 120
	threeColumns        = 168
)

// frame holds the rectangles of the board. A region that is not shown has an
// empty rectangle.
type frame struct {
	fits    bool
	status  paint.Rect
	tabs    paint.Rect // only where one region is shown at a time
	message paint.Rect
	keys    paint.Rect
	regions [3]paint.Rect
	rules   []paint.Rect // dividers
}

// arrange splits the screen. It depends on nothing but its arguments.
func arrange(w, h int, focus region, zoom bool) frame {
	f := frame{fits: w >= minWidth && h >= minHeight}
	if !f.fits {
		return f
	}
	f.status = paint.R(0, 0, w, 1)
	f.message = paint.R(0, h-2, w, 1)
	f.keys = paint.R(0, h-1, w, 1)
	top, height := 1, h-3
	switch {
	case zoom || w < twoRegions:
		f.tabs = paint.R(0, top, w, 1)
		f.regions[focus] = paint.R(0, top+1, w, height-1)
	case w < threeRegions:
		left, right := tasksRegion, detailRegion
		if focus == diagramRegion {
			left, right = diagramRegion, tasksRegion
		}
		lw := w/2 - 1
		f.regions[left] = paint.R(0, top, lw, height)
		f.rules = append(f.rules, paint.R(lw, top, 1, height))
		f.regions[right] = paint.R(lw+1, top, w-lw-1, height)
	case w < threeColumns:
		lw := min(w*47/100, 96)
		upper := height * 45 / 100
		f.regions[diagramRegion] = paint.R(0, top, lw, height)
		f.rules = append(f.rules, paint.R(lw, top, 1, height))
		f.regions[tasksRegion] = paint.R(lw+1, top, w-lw-1, upper)
		f.rules = append(f.rules, paint.R(lw, top+upper, w-lw, 1))
		f.regions[detailRegion] = paint.R(lw+1, top+upper+1, w-lw-1, height-upper-1)
	default:
		lw := min(w*38/100, 100)
		mw := (w - lw) * 46 / 100
		f.regions[diagramRegion] = paint.R(0, top, lw, height)
		f.rules = append(f.rules, paint.R(lw, top, 1, height), paint.R(lw+1+mw, top, 1, height))
		f.regions[tasksRegion] = paint.R(lw+1, top, mw, height)
		f.regions[detailRegion] = paint.R(lw+2+mw, top, w-lw-2-mw, height)
	}
	return f
}

// shown tells whether a region is on the screen.
func (f frame) shown(r region) bool { return !f.regions[r].Empty() }
