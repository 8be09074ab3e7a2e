package tui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"coexist/runbook"
	"coexist/tui/diagram"
	"coexist/tui/paint"
)

// Model is the whole wizard.
type Model struct {
	ctx     context.Context
	stop    context.CancelFunc
	cfg     Config
	engine  engine
	snap    runbook.Snapshot
	facts   diagram.Facts
	session *runbook.Session // the one at work, for the export
	start   Start            // the start screen and the intake; nil on the board
	opening func() openedMsg // waits for the session that main asked for; nil when it is there
	waited  bool             // for so long that the screen has to say so
	begun   bool             // a session is being opened from the start screen
	failed  error            // why that session can't be opened

	w, h    int
	th      *paint.Theme
	dark    bool
	profile paint.Profile
	mouse   bool

	focus  region
	zoom   bool
	opened string // id of the phase whose tasks are listed
	cursor string // key of the outline row
	item   int    // of the task region
	panel  string // focused panel of the picture
	only   string // panel whose tasks are shown alone; "" all
	filter paint.Input
	typing bool // the filter is being typed
	view   diagram.View
	tops   [3]int
	lag    *lag // of the task region behind a cursor that moves
	moves  int
	torn   torn // sequence of the terminal that came in pieces

	actions []action
	dialogs []dialog
	active  []*checkRun
	runs    int
	ticking bool
	after   func(time.Duration, func(time.Time) tea.Msg) tea.Cmd // tea.Tick
	watch   func(context.Context, engine) tea.Cmd                // waits for another writer

	operator string
	alerts   dialog // what had to be read on opening
	edits    string // what the last preview said, in one line
	kept     kept
	message  string
	alarming bool // the message is a refusal or a failure

	rev    int // raised by every message that changed something
	data   int // raised by every snapshot
	memo   memo
	canvas *paint.Canvas
}

// memo keeps what was made for the last frame.
type memo struct {
	frame    tea.View
	frameRev int
	framed   bool

	outline    *outline
	outlineKey outlineKey
	detail     *detailPage
	detailKey  detailKey
	picture    *diagram.Picture
	pictureKey pictureKey
	next       advice
	nextData   int
	step       int
	stepData   int
	word       string
	wordData   int
	timing     runbook.Timing
	timingData int
}

type outlineKey struct {
	data                 int
	opened, only, filter string
}

type detailKey struct {
	data, width, second int
	cursor, panel       string
	picture             bool
	th                  *paint.Theme
}

type pictureKey struct {
	data, w, h int
	view       diagram.View
	panel      string
}

func newModel(ctx context.Context, cfg Config, e engine) *Model {
	ctx, stop := context.WithCancel(ctx)
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	m := &Model{ctx: ctx, stop: stop, cfg: cfg, engine: e, dark: true, mouse: true, focus: tasksRegion, view: diagram.Now,
		operator: cfg.Operator, canvas: paint.New(), rev: 1, actions: boardActions(), session: cfg.Session, after: tea.Tick, watch: watch}
	m.retheme()
	if e != nil {
		m.board(e)
	} else if cfg.Opening != nil {
		m.opening = atOnce(cfg.Opening)
	} else if cfg.Start != nil {
		m.start = cfg.Start(m.sketch)
		m.start.SetTheme(m.th)
	}
	return m
}

// board opens the board on a session.
func (m *Model) board(e engine) {
	m.engine, m.start = e, nil
	m.opened, m.cursor, m.panel, m.only, m.item = "", "", "", "", 0
	m.take(e.Snapshot())
	m.toNext()
	m.alerts = nil
	if p := m.snap.Progress; p != nil && len(p.Alerts) > 0 {
		m.alerts = newAlerts(p.Alerts)
		m.push(m.alerts)
	}
}

// leave stops what still runs.
func (m *Model) leave() {
	m.stop()
	for _, r := range m.active {
		r.cancel()
	}
	if m.start != nil {
		_ = m.start.KeepDraft() // there is no screen left to tell a failure on
	}
	if m.opening != nil { // the journal is not left half opened
		m.session = m.opening().session
	}
	if m.session != nil && m.cfg.Session == nil {
		_ = m.session.Close()
	}
}

func (m *Model) now() time.Time { return m.cfg.Clock() }

func (m *Model) retheme() {
	m.th = paint.NewTheme(m.dark, m.profile, m.cfg.ASCII)
	if m.start != nil {
		m.start.SetTheme(m.th)
	}
}

// Init asks the terminal for its background and begins to listen.
func (m *Model) Init() tea.Cmd {
	return tea.Batch(tea.RequestBackgroundColor, m.follow(), m.absence(), m.cfg.Asker.listen(m.ctx), m.minute(), m.awaitSession(), m.tidy())
}

// minuteMsg asks to look at the clock again: results grow stale, waits end.
type minuteMsg struct{}

func (m *Model) minute() tea.Cmd {
	return m.after(time.Minute, func(time.Time) tea.Msg { return minuteMsg{} })
}

// Update takes in one message. Keys and clicks become the messages of
// actions.go first.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	m.rev++
	was := m.lag
	m.lag = nil
	if p, ok := firstPiece(msg); ok {
		m.torn.begin(p, m.now())
	}
	switch msg := msg.(type) {
	case tea.WindowSizeMsg, tea.BackgroundColorMsg, tea.ColorProfileMsg:
		m.terminal(msg)
	case tea.ResumeMsg:
		return m, tea.RequestBackgroundColor
	case tea.KeyPressMsg:
		if m.torn.swallow(msg, m.now()) {
			m.lag = was
			m.rev--
			return m, nil
		}
		if movesOn[msg.String()] {
			return m, m.onMove(was, func() tea.Cmd { return m.key(msg) })
		}
		return m, m.key(msg)
	case restMsg:
		m.rested(was, msg)
	case tea.PasteMsg:
		return m, m.paste(msg)
	case tea.MouseWheelMsg:
		return m, m.onMove(was, func() tea.Cmd { return m.wheel(msg) })
	case clickMsg:
		return m, m.click(msg)
	case snapMsg:
		m.take(msg.snap)
	case changedMsg:
		return m, m.changed(msg.snap)
	case actedMsg:
		m.acted(msg)
	case runMsg:
		return m, m.progressed(msg)
	case runEndedMsg:
		m.ended(msg)
	case tickMsg:
		m.ticking = false
		return m, m.tick()
	case minuteMsg:
		return m, tea.Batch(m.minute(), m.refresh())
	case operatorMsg:
		return m, m.named(msg)
	case askMsg:
		m.bring(m.newPassword(msg.ask))
		return m, m.cfg.Asker.listen(m.ctx)
	case openedMsg:
		return m, m.openedSession(msg)
	case absenceMsg:
		m.welcome(msg)
	case slowMsg:
		m.waited = m.opening != nil
	case editMsg:
		m.editing(msg)
	case previewMsg:
		m.previewed(msg)
	case reopenedMsg:
		return m, m.reopened(msg)
	case scriptSavedMsg:
		m.scriptSaved(msg)
	case importedMsg:
		m.imported(msg)
	case exportedMsg:
		m.exported(msg)
	case comparedMsg:
		m.compared(msg)
	case copiedMsg:
		return m, m.copied(msg)
	case textMsg:
		m.showText(msg)
	default:
		if m.start != nil {
			return m, m.toStart(msg)
		}
		m.lag = was
		m.rev-- // nothing that changes the screen
	}
	return m, nil
}

// terminal takes in what the terminal tells of itself.
func (m *Model) terminal(msg tea.Msg) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.w, m.h = msg.Width, msg.Height
		if m.start != nil {
			m.start.SetSize(m.w, m.h)
		}
	case tea.BackgroundColorMsg:
		m.dark = msg.IsDark()
		m.retheme()
	case tea.ColorProfileMsg:
		m.profile = profileOf(msg.Profile)
		m.retheme()
	}
}

func profileOf(p colorprofile.Profile) paint.Profile {
	switch {
	case p <= colorprofile.ASCII:
		return paint.Monochrome
	case p == colorprofile.ANSI:
		return paint.Sixteen
	}
	return paint.FullColor
}

// take accepts a snapshot unless it is older than the one at hand.
func (m *Model) take(s runbook.Snapshot) {
	if s.Runbook == nil || s.Progress == nil || len(s.Events) < len(m.snap.Events) && s.Path == m.snap.Path {
		return
	}
	m.snap = s
	m.data++
	m.facts = diagram.Learn(s.Runbook, s.Progress)
	if s.Runbook.Phase(m.opened) == nil {
		m.opened = currentPhase(s.Runbook, s.Progress)
	}
	m.keepCursor()
}

// refresh folds the journal anew at the present time.
func (m *Model) refresh() tea.Cmd {
	e := m.engine
	if e == nil {
		return nil
	}
	return func() tea.Msg { return snapMsg{e.Snapshot()} }
}

// say and warn put a line above the keys; it stays until the next key.
func (m *Model) say(text string)  { m.message, m.alarming = text, false }
func (m *Model) warn(text string) { m.message, m.alarming = text, true }

// layout returns the rectangles of the moment.
func (m *Model) layout() frame { return arrange(m.w, m.h, m.focus, m.zoom) }

// outline returns the rows of steps and tasks.
func (m *Model) outline() *outline {
	key := outlineKey{m.data, m.opened, m.only, m.filter.Value()}
	if m.memo.outline != nil && m.memo.outlineKey == key {
		return m.memo.outline
	}
	m.memo.outlineKey = key
	if m.filtered() {
		m.memo.outline = makeFiltered(m.snap.Runbook, key.filter, m.onlyPanel())
	} else {
		m.memo.outline = makeOutline(m.snap.Runbook, m.opened)
	}
	return m.memo.outline
}

func (m *Model) filtered() bool { return m.only != "" || m.filter.Value() != "" }

func (m *Model) onlyPanel() *diagram.Panel {
	if m.only == "" {
		return nil
	}
	p := diagram.Lay(m.snap.Runbook, m.snap.Progress, m.facts, diagram.Options{View: diagram.Now, Focus: m.only, Width: 80, Height: 1 << 20})
	return p.Panel(m.only)
}

// row returns the outline row under the cursor.
func (m *Model) row() (outlineRow, bool) {
	o := m.outline()
	if i, ok := o.at[m.cursor]; ok {
		return o.rows[i], true
	}
	return outlineRow{}, false
}

// keepCursor moves the cursor to a row that exists.
func (m *Model) keepCursor() {
	o := m.outline()
	if _, ok := o.at[m.cursor]; !ok && len(o.rows) > 0 {
		m.cursor = o.rows[0].key
		for _, r := range o.rows {
			if r.task != nil {
				m.cursor = r.key
				break
			}
		}
		m.item = 0
	}
}

// picture returns the diagram for the size of its region.
func (m *Model) picture() *diagram.Picture {
	at := m.layout().regions[diagramRegion]
	w, h := at.Dx(), m.bodyHeight(diagramRegion)
	if at.Empty() {
		w, h = 80, 20
	}
	key := pictureKey{m.data, w, h, m.view, m.panel}
	was := m.memo.pictureKey
	was.panel = m.panel
	if m.memo.picture != nil && m.memo.pictureKey != key && was == key && m.memo.picture.Refocus(m.panel) {
		m.memo.pictureKey = key
	}
	if m.memo.picture == nil || m.memo.pictureKey != key {
		m.memo.picture = diagram.Lay(m.snap.Runbook, m.snap.Progress, m.facts, diagram.Options{View: m.view, Focus: m.panel, Width: w, Height: h})
		m.memo.pictureKey = key
	}
	return m.memo.picture
}

// detail returns the text of the task region.
func (m *Model) detail() *detailPage {
	at := m.layout().regions[detailRegion]
	w := at.Dx()
	if at.Empty() {
		w = 72
	}
	picture := m.focus == diagramRegion && !at.Empty()
	key := detailKey{data: m.data, width: w, cursor: m.cursor, panel: m.panel, picture: picture, th: m.th}
	if len(m.active) > 0 {
		key.second = m.rev
	}
	if m.memo.detail != nil && m.memo.detailKey == key {
		return m.memo.detail
	}
	m.memo.detailKey = key
	m.memo.detail = m.makeDetail(w, picture)
	return m.memo.detail
}

func (m *Model) makeDetail(w int, picture bool) *detailPage {
	if picture {
		if p := m.picture(); p.Panel(p.Focus) != nil {
			return panelPage(m.th, w, p.Panel(p.Focus))
		}
	}
	row, ok := m.row()
	v := detailView{snap: &m.snap, now: m.now(), running: m.running()}
	switch {
	case !ok:
		d := &detailPage{page: newPage(m.th, w-2)}
		d.text(0, "Nothing is selected.", m.th.Dim)
		return d
	case row.task != nil:
		return taskPage(m.th, w, v, row)
	}
	return phasePage(m.th, w, v, row)
}

// advice returns the next action.
func (m *Model) advice() advice {
	if m.memo.nextData != m.data {
		m.memo.next, m.memo.nextData = nextAction(m.snap.Runbook, m.snap.Progress), m.data
	}
	return m.memo.next
}
