//! What a terminal shows after the bytes, and how many bytes it takes.

use std::num::NonZeroU16;

use proptest::prelude::*;
use ratatui::buffer::{Buffer, Cell, CellWidth};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::widgets::{Block, Paragraph, Widget as _};

use super::*;

/// A terminal that counts the writes it gets and understands them.
struct Screen {
    parser: vt100::Parser,
    bytes: Vec<u8>,
    writes: u64,
}

impl Screen {
    fn new(width: u16, height: u16) -> Self {
        let cells = |n| NonZeroU16::new(n).unwrap();
        Self { parser: vt100::Parser::new(cells(height), cells(width), 0), bytes: Vec::new(), writes: 0 }
    }

    fn take(&mut self) -> String {
        self.writes = 0;
        String::from_utf8(std::mem::take(&mut self.bytes)).unwrap().replace('\x1b', "^")
    }
}

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.parser.process(bytes);
        self.bytes.extend_from_slice(bytes);
        self.writes += 1;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn terminal(width: u16, height: u16, depth: Depth) -> FrameBackend<Screen> {
    FrameBackend::new(Screen::new(width, height), Size::new(width, height), depth)
}

fn draw(terminal: &mut FrameBackend<Screen>, buffer: &Buffer) {
    draw_at(terminal, buffer, None);
}

fn draw_at(terminal: &mut FrameBackend<Screen>, buffer: &Buffer, cursor: Option<Position>) {
    let draw = |canvas: &mut Canvas| {
        whole(canvas).merge(buffer);
        cursor
    };
    terminal.draw(draw).unwrap();
}

fn whole(canvas: &mut Canvas) -> &mut Buffer {
    canvas.part(canvas.area(), Style::new())
}

/// Draws lines and says which bytes went out.
fn lines(terminal: &mut FrameBackend<Screen>, lines: &[&str]) -> String {
    draw(terminal, &Buffer::with_lines(lines.iter().copied()));
    terminal.out_mut().take()
}

fn colour(colour: Color) -> vt100::Color {
    if let Color::Indexed(index) = colour {
        vt100::Color::Idx(index)
    } else if let Color::Rgb(r, g, b) = colour {
        vt100::Color::Rgb(r, g, b)
    } else {
        vt100::Color::Default
    }
}

/// Fails where the terminal shows anything but the buffer.
fn assert_shows(backend: &FrameBackend<Screen>, buffer: &Buffer, depth: Depth) {
    let screen = backend.out().parser.screen();
    let mut covered = 0;
    for (index, cell) in buffer.content.iter().enumerate() {
        let (x, y) = buffer.pos_of(index);
        if covered > 0 {
            covered -= 1;
            continue;
        }
        let shown = screen.cell(y, x).unwrap();
        let symbol = cell.symbol();
        covered = cell.cell_width().saturating_sub(1);
        assert_eq!(if shown.has_contents() { shown.contents() } else { " " }, symbol, "text at {x},{y}");
        let seen = symbol != " " || cell.modifier.intersects(Modifier::REVERSED | Modifier::UNDERLINED);
        assert_eq!(shown.bgcolor(), colour(depth.map(cell.bg)), "background at {x},{y}");
        if !seen {
            assert!(!shown.inverse() && !shown.underline(), "a plain blank at {x},{y}");
            continue;
        }
        assert_eq!(shown.fgcolor(), colour(depth.map(cell.fg)), "colour at {x},{y}");
        let modifier = [
            (shown.bold(), Modifier::BOLD),
            (shown.dim(), Modifier::DIM),
            (shown.italic(), Modifier::ITALIC),
            (shown.underline(), Modifier::UNDERLINED),
            (shown.inverse(), Modifier::REVERSED),
        ]
        .iter()
        .filter(|(on, _)| *on)
        .fold(Modifier::empty(), |all, (_, one)| all | *one);
        // This terminal takes bold and dim for two values of one thing.
        let weight = Modifier::BOLD | Modifier::DIM;
        let known = if cell.modifier.contains(weight) { !weight } else { Modifier::all() };
        assert_eq!(modifier & known, cell.modifier & known, "modifiers at {x},{y}");
    }
}

#[test]
fn the_first_frame_clears_and_is_one_write() {
    let mut terminal = terminal(10, 3, Depth::Ansi16);
    let bytes = lines(&mut terminal, &["hello", "", " world"]);
    assert_eq!(bytes, "^[m^[H^[2J^[?25lhello^[3;2Hworld");
    let sent = terminal.sent();
    assert_eq!((sent.frames, sent.writes, sent.bytes), (1, 1, sent.last as u64));
}

#[test]
fn a_frame_that_changes_nothing_sends_nothing() {
    let mut terminal = terminal(10, 3, Depth::Ansi16);
    lines(&mut terminal, &["hello"]);
    let before = terminal.sent();
    assert_eq!(lines(&mut terminal, &["hello"]), "");
    assert_eq!(terminal.sent(), before);
}

#[test]
fn a_digit_of_a_clock_costs_a_few_bytes() {
    let mut terminal = terminal(120, 40, Depth::Ansi16);
    lines(&mut terminal, &["", "   12:34 left"]);
    assert_eq!(lines(&mut terminal, &["", "   12:35 left"]), "^[8G5");
    assert_eq!(lines(&mut terminal, &["", "   12:36 left"]), "\u{8}6");
    assert_eq!(lines(&mut terminal, &["", "   12:37 left"]), "\u{8}7");
    assert_eq!(lines(&mut terminal, &["", "   12:48 left"]), "\u{8}\u{8}48");
}

#[test]
fn the_shortest_way_between_two_changes_is_taken() {
    for (before, after, bytes) in [
        // What lies between is drawn again, when that is shorter than a move.
        (["abcdefghij", ""], ["Xbcdefghij", ""], "X"),
        (["abcdefghij", ""], ["XbcYefghij", ""], "XbcY"),
        (["abcdefghij", ""], ["XbcdefgYij", ""], "X^[8GY"),
        (["abcdefghij", "klmnopqrst"], ["abcdefghiX", "Ylmnopqrst"], "^[9CX\r\nY"),
        (["abcdefghij", "klmnopqrst"], ["abcdXfghij", "klmnoYqrst"], "abcdX^[BY"),
        (["abcdefghij", "klmnopqrst"], ["abcdXfghij", "klmnYpqrst"], "abcdX^[B\u{8}Y"),
        // Blanks to the end of the row are erased, unless spaces are as short.
        (["abcdefghij", ""], ["ab", ""], "^[3G^[K"),
        (["abcdefghij", ""], ["abcdefg", ""], "^[8G   "),
    ] {
        let mut terminal = terminal(10, 2, Depth::Ansi16);
        lines(&mut terminal, &before);
        // The cursor waits at the start of the first row.
        terminal.painter.assume_cursor_home();
        assert_eq!(lines(&mut terminal, &after), bytes, "{after:?}");
    }
}

#[test]
fn larger_frames_are_bracketed_in_the_same_write() {
    let mut terminal = terminal(300, 2, Depth::Ansi16);
    let bytes = lines(&mut terminal, &["x".repeat(260).as_str()]);
    assert!(bytes.starts_with("^[?2026h") && bytes.ends_with("^[?2026l"), "{bytes}");
    assert_eq!(terminal.sent().writes, 1);
}

#[test]
fn a_full_frame_at_120_by_40_is_at_most_8_kb_in_one_write() {
    // The second is the contrast theme's: no cell has the terminal's own background.
    for (depth, ground) in [
        (Depth::Ansi16, Style::new()),
        (Depth::TrueColor, Style::new().fg(Color::Rgb(255, 255, 255)).bg(Color::Rgb(0, 0, 0))),
    ] {
        let mut terminal = terminal(120, 40, depth);
        let areas = [Rect::new(0, 0, 60, 20), Rect::new(60, 0, 60, 20), Rect::new(0, 20, 120, 20)];
        let log = "12:01:07 WARN  agent-7 tool_call refund(4711) refused by permission_check\n".repeat(20);
        let draw = |canvas: &mut Canvas| {
            for (index, area) in (1..).zip(areas) {
                let style = ground.fg(Color::Indexed(index));
                let block = Block::bordered().title("Log");
                Paragraph::new(log.as_str()).style(style).block(block).render(area, canvas.part(area, style));
            }
            None
        };
        terminal.draw(draw).unwrap();
        let sent = terminal.sent();
        assert!(sent.bytes <= 8 * 1024, "{} bytes", sent.bytes);
        assert_eq!((sent.frames, sent.writes), (1, 1));
    }
}

#[test]
fn the_cursor_is_shown_where_it_belongs_and_moved_without_drawing() {
    let mut terminal = terminal(10, 2, Depth::Ansi16);
    lines(&mut terminal, &["name:"]);
    draw_at(&mut terminal, &Buffer::with_lines(["name:"]), Some(Position::new(6, 0)));
    assert_eq!(terminal.out_mut().take(), "^[C^[?25h");
    assert_eq!(terminal.out().parser.screen().cursor_position(), (0, 6));
    assert_eq!(lines(&mut terminal, &["name:"]), "^[?25l");
}

#[test]
fn no_control_in_a_cell_reaches_the_terminal() {
    // The attack: a cell is set past ratatui's own filters.
    let mut backend = FrameBackend::new(Screen::new(4, 1), Size::new(4, 1), Depth::Ansi16);
    let mut cell = Cell::EMPTY;
    for attack in ["\x1b]0;owned\x07", "a\u{9b}2J", "\r\n"] {
        cell.set_symbol(attack);
        backend.forget();
        let draw = |canvas: &mut Canvas| {
            whole(canvas)[(0, 0)] = cell.clone();
            None
        };
        backend.draw(draw).unwrap();
        assert_eq!(backend.out_mut().take(), "^[m^[H^[2J^[?25l?");
    }
}

#[test]
fn after_a_character_of_disputed_width_the_place_is_said_again() {
    let mut terminal = terminal(10, 1, Depth::Ansi16);
    assert_eq!(lines(&mut terminal, &["漢x"]), "^[m^[H^[2J^[?25l漢x");
    assert_eq!(lines(&mut terminal, &["🚀y"]), "\r🚀^[;3Hy");
}

#[test]
fn a_new_size_draws_everything_again_and_asks_nothing() {
    let mut terminal = terminal(10, 2, Depth::Ansi16);
    lines(&mut terminal, &["hello"]);
    terminal.set_size(Size::new(6, 3));
    assert_eq!(lines(&mut terminal, &["hello"]), "^[m^[H^[2J^[?25lhello");
    assert_eq!(terminal.canvas().area(), Rect::new(0, 0, 6, 3));
}

#[test]
fn there_and_back_again_between_two_frames_draws_everything_again() {
    // Regression: with the size it knew nothing was drawn, onto a screen made blank.
    for sizes in [&[(10, 2)][..], &[(6, 3), (10, 2)]] {
        let mut terminal = terminal(10, 2, Depth::Ansi16);
        lines(&mut terminal, &["hello"]);
        for (columns, rows) in sizes {
            terminal.set_size(Size::new(*columns, *rows));
        }
        assert_eq!(lines(&mut terminal, &["hello"]), "^[m^[H^[2J^[?25lhello", "{sizes:?}");
    }
}

#[test]
fn a_terminal_that_takes_a_part_gets_the_rest() {
    struct Narrow(Vec<u8>, bool);
    impl Write for Narrow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.1 = !self.1;
            if self.1 {
                return Err(ErrorKind::WouldBlock.into());
            }
            let part = bytes.len().min(5);
            self.0.extend_from_slice(&bytes[..part]);
            Ok(part)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut out = Narrow(Vec::new(), false);
    assert_eq!(write_whole(&mut out, b"twelve bytes").unwrap(), 3);
    assert_eq!(out.0, b"twelve bytes");
}

#[test]
fn a_failed_write_is_followed_by_a_whole_frame() {
    struct Broken(bool, Vec<u8>);
    impl Write for Broken {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.0 {
                return Err(ErrorKind::BrokenPipe.into());
            }
            self.1.extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut backend = FrameBackend::new(Broken(true, Vec::new()), Size::new(4, 1), Depth::Mono);
    let draw = |canvas: &mut Canvas| {
        whole(canvas).set_string(0, 0, "abcd", Style::new());
        None
    };
    assert!(backend.draw(draw).is_err());
    backend.out_mut().0 = false;
    // Nothing is drawn again: it is on the canvas.
    backend.draw(|_| None).unwrap();
    assert_eq!(backend.out().1, b"\x1b[m\x1b[H\x1b[2J\x1b[?25labcd");
}

/// A line of a log as it is shown: times, levels in their colours, wide characters.
fn log_row(number: usize) -> Vec<(String, Style)> {
    let (level, look) = match number % 3 {
        0 => ("ERROR", Style::new().fg(Color::Indexed(1)).add_modifier(Modifier::BOLD)),
        _ => ("info ", Style::new()),
    };
    let said = ["逾時 timeout", "export ok", "no answer 漢字"][number % 3];
    let text = format!("{said} step={number} ").repeat(8);
    vec![
        (format!("04:05:{:02}.{number:03} ", number % 60), Style::new().fg(Color::Indexed(8))),
        (format!("{level} "), look),
        (text.chars().take(60).collect(), look.remove_modifier(Modifier::BOLD)),
    ]
}

/// Lines from a number on between a head and a foot.
fn log_from(first: usize, (width, height): (u16, u16)) -> Buffer {
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    buffer.set_string(0, 0, format!("agents.log, line {first}"), Style::new());
    buffer.set_string(0, height - 1, "f filter  / search  q leave", Style::new().fg(Color::Indexed(8)));
    for y in 1..height - 1 {
        let mut x = 0;
        for (text, style) in log_row(first + usize::from(y)) {
            (x, _) = buffer.set_stringn(x, y, text, usize::from(width - x), style);
        }
    }
    buffer
}

#[test]
fn a_one_line_scroll_costs_little_more_than_the_new_line() {
    let depth = Depth::Ansi16;
    for (from, to, row) in [(100, 101, 38), (101, 100, 1)] {
        let [before, after] = [from, to].map(|first| log_from(first, (120, 40)));
        // What nobody can do without: moving the rows, and what changes in the head, and the new row
        // drawn onto blanks.
        let mut blank = after.clone();
        for x in 0..120 {
            blank[(x, 0)] = before[(x, 0)].clone();
            blank[(x, row)].reset();
        }
        let mut perfect = terminal(120, 40, depth);
        draw(&mut perfect, &blank);
        perfect.out_mut().take();
        draw(&mut perfect, &after);
        let drawn = perfect.out_mut().take();
        let drawn = drawn.trim_start_matches("^[?2026h").trim_end_matches("^[?2026l").len();
        let perfect = "^[2;39r^[S^[r".len() + drawn;
        let mut terminal = terminal(120, 40, depth);
        draw(&mut terminal, &before);
        draw(&mut terminal, &after);
        assert_shows(&terminal, &after, depth);
        let sent = terminal.sent().last;
        println!("{sent} bytes, {:.2} x the {perfect} of a perfect painter", sent as f64 / perfect as f64);
        assert!(sent * 4 <= perfect * 5, "{sent} bytes, and {perfect} would do");
    }
}

#[test]
fn rows_are_moved_where_that_is_shorter_and_the_cursor_is_known_after() {
    let one = ["head", "first line of it, long", "SECOND, ANOTHER ONE...", "the third line is here", "foot"];
    let two = ["head", "SECOND, ANOTHER ONE...", "the third line is here", "4", "foot"];
    let moved = [(one, two, "^[2;4r^[4H\n4^[r"), (two, one, "^[2;4r^[2H^Mfirst line of it, long^[r")];
    for (before, after, bytes) in moved {
        let mut terminal = terminal(22, 5, Depth::Ansi16);
        lines(&mut terminal, &before);
        let sent = lines(&mut terminal, &after);
        assert!(sent.contains(bytes), "{sent}");
        // Where the cursor is known to be.
        lines(&mut terminal, &["Head", after[1], after[2], after[3], after[4]]);
        assert_shows(
            &terminal,
            &Buffer::with_lines(["Head", after[1], after[2], after[3], after[4]]),
            Depth::Ansi16,
        );
    }
    // The whole screen needs no region.
    let mut terminal = terminal(22, 3, Depth::Ansi16);
    lines(&mut terminal, &["one is long enough", "two is longer than it", "and three, or four"]);
    let bytes = lines(&mut terminal, &["two is longer than it", "and three, or four", "5"]);
    assert!(bytes.ends_with("\n5"), "{bytes}");
    assert!(!bytes.contains('r'), "{bytes}");
}

#[test]
fn what_moves_beside_something_that_stands_is_drawn() {
    // A region is as wide as the screen: what stands beside the log would move too.
    let rows = |first: usize| {
        let row = |y: usize| format!("agent {y} is in this pane | line {}", first + y);
        (0..9).map(row).collect::<Vec<_>>()
    };
    let mut terminal = terminal(40, 9, Depth::Ansi16);
    for first in [10, 11] {
        let rows = rows(first);
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        let bytes = lines(&mut terminal, &rows);
        assert!(!bytes.contains("r^["), "{bytes}");
        assert_shows(&terminal, &Buffer::with_lines(rows), Depth::Ansi16);
    }
}

fn any_colour() -> impl Strategy<Value = Color> {
    prop_oneof![
        3 => Just(Color::Reset),
        1 => Just(Color::LightBlue),
        1 => any::<u8>().prop_map(Color::Indexed),
        1 => any::<[u8; 3]>().prop_map(|[r, g, b]| Color::Rgb(r, g, b)),
    ]
}

fn any_style() -> impl Strategy<Value = Style> {
    (any_colour(), any_colour(), any::<u8>()).prop_map(|(fg, bg, bits)| {
        // bold, dim, italic, underlined, reversed: what the checking terminal knows.
        let known =
            [Modifier::BOLD, Modifier::DIM, Modifier::ITALIC, Modifier::UNDERLINED, Modifier::REVERSED];
        let modifier = known
            .iter()
            .enumerate()
            .filter(|(bit, _)| bits & (1 << bit) != 0 && bits & 0x80 != 0)
            .fold(Modifier::empty(), |all, (_, one)| all | *one);
        Style::new().fg(fg).bg(bg).add_modifier(modifier)
    })
}

/// One thing drawn: a text or a styled rectangle.
type Stroke = (u16, u16, String, Style, bool);

fn any_strokes() -> impl Strategy<Value = Vec<Stroke>> {
    let text = "([a-c ]|漢|字|é|e\u{301}|─|▀){0,14}";
    proptest::collection::vec((0..24_u16, 0..6_u16, text, any_style(), any::<bool>()), 0..8)
}

fn paint(strokes: &[Stroke]) -> Buffer {
    let mut buffer = Buffer::empty(Rect::new(0, 0, 24, 6));
    for (x, y, text, style, area) in strokes {
        if *area {
            let rect = Rect::new(*x, *y, 9, 2).intersection(buffer.area);
            buffer.set_style(rect, *style);
        } else {
            buffer.set_string(*x, *y, text, *style);
        }
    }
    buffer
}

proptest! {
    #[test]
    fn the_terminal_shows_exactly_ratatuis_buffer(
        frames in proptest::collection::vec(any_strokes(), 1..6),
        cursor in proptest::option::of((0..24_u16, 0..6_u16)),
        depth in prop_oneof![
            Just(Depth::Mono), Just(Depth::Ansi16), Just(Depth::Ansi256), Just(Depth::TrueColor),
        ],
    ) {
        let mut terminal = terminal(24, 6, depth);
        for strokes in &frames {
            let buffer = paint(strokes);
            draw_at(&mut terminal, &buffer, cursor.map(Position::from));
            assert_shows(&terminal, &buffer, depth);
            let screen = terminal.out().parser.screen();
            prop_assert_eq!(screen.hide_cursor(), cursor.is_none());
            if let Some((x, y)) = cursor {
                prop_assert_eq!(screen.cursor_position(), (y, x));
            }
        }
        prop_assert_eq!(terminal.out().writes, terminal.sent().writes);
        prop_assert!(terminal.sent().writes <= frames.len() as u64);
    }

    #[test]
    fn rows_that_move_are_shown_as_if_they_were_drawn(
        rows in proptest::collection::vec(
            ("([a-c ]|漢|字|é|e\u{301}|─|▀|🚀){0,30}", any_style(), any_style()), 4..12,
        ),
        frames in proptest::collection::vec((0..12_usize, 0..3_u16, 0..3_u16, any_strokes()), 2..8),
        cursor in proptest::option::of((0..24_u16, 0..8_u16)),
        depth in prop_oneof![Just(Depth::Mono), Just(Depth::Ansi16), Just(Depth::TrueColor)],
    ) {
        let mut terminal = terminal(24, 8, depth);
        for (first, head, foot, strokes) in &frames {
            let mut buffer = Buffer::empty(Rect::new(0, 0, 24, 8));
            for y in *head..8 - foot {
                let (text, style, ground) = &rows[(first + usize::from(y)) % rows.len()];
                buffer.set_style(Rect::new(0, y, 24, 1), *ground);
                buffer.set_stringn(0, y, text, 24, *style);
            }
            if let Some((x, y, text, style, _)) = strokes.first() {
                buffer.set_stringn(*x, *y, text, 24, *style);
            }
            let buffer = visible(&buffer);
            draw_at(&mut terminal, &buffer, cursor.map(Position::from));
            assert_shows(&terminal, &buffer, depth);
            if let Some((x, y)) = cursor {
                prop_assert_eq!(terminal.out().parser.screen().cursor_position(), (y, x));
            }
        }
    }

    #[test]
    fn a_part_that_is_drawn_alone_is_shown_as_if_everything_were_drawn(
        first in any_strokes(),
        parts in proptest::collection::vec(proptest::collection::vec((any_rect(), any_strokes()), 0..3), 1..6),
        depth in prop_oneof![Just(Depth::Ansi16), Just(Depth::TrueColor)],
    ) {
        let mut terminal = terminal(24, 6, depth);
        draw(&mut terminal, &paint(&first));
        for frame in &parts {
            let draw = |canvas: &mut Canvas| {
                for (area, strokes) in frame {
                    let drawn = paint(strokes);
                    let part = canvas.part(*area, Style::new());
                    // A wide character may be cut by the part's edge, or by another part.
                    for position in area.positions() {
                        part[position] = drawn[position].clone();
                    }
                }
                None
            };
            terminal.draw(draw).unwrap();
            let buffer = terminal.canvas().buffer().clone();
            assert_shows(&terminal, &visible(&buffer), depth);
        }
    }
}

fn any_rect() -> impl Strategy<Value = Rect> {
    (0..24_u16, 0..6_u16, 1..12_u16, 1..4_u16)
        .prop_map(|(x, y, width, height)| Rect::new(x, y, width, height).intersection(Rect::new(0, 0, 24, 6)))
}

/// The buffer as it can be shown: no half of a wide character at the edge.
fn visible(buffer: &Buffer) -> Buffer {
    let mut visible = buffer.clone();
    for position in buffer.area.positions() {
        let room = buffer.area.right() - position.x;
        if buffer[position].symbol().cell_width() > room {
            visible[position].set_symbol(" ");
        }
    }
    visible
}
