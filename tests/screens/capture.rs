//! What the README shows: real frames of the real view, as pictures in `assets/`.
//!
//! Lines and blocks are drawn as shapes, so that the picture is whole whatever font reads it.
//! `FLIGHTDECK_WRITE_CAPTURE=1 cargo test --test screens capture` draws them anew.

use std::fmt::Write as _;
use std::path::Path;

use flightdeck::app::model::{Model, Pane};
use flightdeck::incident::IncidentId;
use flightdeck::tui::colour::Depth;
use flightdeck::tui::glyphs::UNICODE;
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

use super::fleet::night;
use super::{drawn, skin};

/// Columns and rows of the terminal.
const SIZE: (u16, u16) = (120, 37);
/// Pixels of one cell.
const CELL: (u16, u16) = (9, 19);
/// Pixels around the screen.
const MARGIN: u16 = 12;
/// Of text that has no colour, and of what is behind it.
const INK: &str = "#d4d8de";
const PAPER: &str = "#12161c";
/// The sixteen colours.
const ANSI: [&str; 16] = [
    "#12161c", "#d43a3f", "#6cb568", "#dba63f", "#5a93d8", "#b48ead", "#4db5bd", "#c3c9d1", "#5c6470",
    "#ef6b6f", "#8fd08a", "#f0c674", "#83b3ec", "#cfa9d0", "#7fd5dc", "#ffffff",
];

#[test]
fn capture_of_a_p0_whose_isolation_is_verified() {
    is_up_to_date("cockpit.svg", "A P0 in the flightdeck cockpit: the isolation is verified", burning());
}

#[test]
fn capture_of_an_isolation_that_leaks() {
    is_up_to_date("leaking.svg", "The same night: a verified isolation is leaking", leaking());
}

fn burning() -> Model {
    let mut model = night();
    model.set_focus(Pane::Actions);
    super::press(&mut model, "down");
    model
}

fn leaking() -> Model {
    let mut model = night();
    model.selection.incident = Some(IncidentId(41));
    model.set_focus(Pane::Actions);
    model
}

fn is_up_to_date(file: &str, title: &str, mut model: Model) {
    model.size = SIZE;
    let (buf, _) = drawn(&model, &skin(Depth::Ansi16, &UNICODE));
    let picture = svg(&buf, title);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets").join(file);
    if std::env::var_os("FLIGHTDECK_WRITE_CAPTURE").is_some() {
        std::fs::write(&path, &picture).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == picture,
        "assets/{file} is not what the view draws; look at it after \
         FLIGHTDECK_WRITE_CAPTURE=1 cargo test --test screens capture"
    );
}

/// A frame as a picture.
fn svg(buf: &Buffer, title: &str) -> String {
    let (width, height) = (buf.area.width * CELL.0 + 2 * MARGIN, buf.area.height * CELL.1 + 2 * MARGIN);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\">\n<title>{title}</title>\n<style>text{{font:15px \
         ui-monospace,\"SF Mono\",Menlo,Consolas,\"DejaVu Sans Mono\",monospace;white-space:pre}}</style>\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{PAPER}\"/>\n\
         <g transform=\"translate({MARGIN} {MARGIN})\">\n"
    );
    for y in 0..buf.area.height {
        let row: Vec<&Cell> = (0..buf.area.width).map(|x| &buf[(x, y)]).collect();
        let mut x = 0;
        while x < row.len() {
            let look = Look::of(row[x]);
            let end = (x..row.len()).find(|at| Look::of(row[*at]) != look).unwrap_or(row.len());
            draw_run(&mut svg, &row[x..end], &look, u16::try_from(x).unwrap() * CELL.0, y * CELL.1);
            x = end;
        }
    }
    svg.push_str("</g>\n</svg>\n");
    svg
}

/// How a cell looks.
#[derive(PartialEq, Eq)]
struct Look {
    ink: &'static str,
    paper: &'static str,
    bold: bool,
    dim: bool,
}

impl Look {
    fn of(cell: &Cell) -> Self {
        let (mut ink, mut paper) = (colour(cell.fg, INK), colour(cell.bg, PAPER));
        if cell.modifier.contains(Modifier::REVERSED) {
            std::mem::swap(&mut ink, &mut paper);
        }
        let has = |modifier| cell.modifier.contains(modifier);
        Self { ink, paper, bold: has(Modifier::BOLD), dim: has(Modifier::DIM) }
    }
}

fn colour(colour: Color, otherwise: &'static str) -> &'static str {
    if let Color::Indexed(index @ 0..16) = colour { ANSI[usize::from(index)] } else { otherwise }
}

/// Cells that look alike: what is behind them, their shapes, their words.
fn draw_run(svg: &mut String, cells: &[&Cell], look: &Look, left: u16, top: u16) {
    let across = |count: usize| u16::try_from(count).unwrap() * CELL.0;
    if look.paper != PAPER {
        rect(svg, (left, top), (across(cells.len()), CELL.1), look.paper, 100);
    }
    let strength = if look.dim { 55 } else { 100 };
    let mut at = 0;
    while at < cells.len() {
        let symbol = cells[at].symbol();
        let same = cells[at..].iter().take_while(|cell| cell.symbol() == symbol).count();
        if let Some(parts) = shape(symbol) {
            // A line or a bar is one shape, however many cells it takes.
            let stretches = parts.iter().all(|part| part.0 == 0 && part.2 == CELL.0);
            let each = if stretches { 1 } else { same };
            for step in 0..each {
                for (x, y, width, height, part) in &parts {
                    let wide = if stretches { across(same) } else { *width };
                    let place = (left + across(at + step) + x, top + y);
                    rect(svg, place, (wide, *height), look.ink, strength * part / 100);
                }
            }
            at += same;
            continue;
        }
        let words = cells[at..].iter().take_while(|cell| shape(cell.symbol()).is_none());
        let words: Vec<&str> = words.map(|cell| cell.symbol()).collect();
        text(svg, &words, look, (left + across(at), top), strength);
        at += words.len();
    }
}

fn rect(svg: &mut String, at: (u16, u16), size: (u16, u16), fill: &str, strength: u16) {
    let ((x, y), (width, height)) = (at, size);
    let opacity = if strength < 100 { format!(" opacity=\".{strength:02}\"") } else { String::new() };
    let _ = writeln!(
        svg,
        "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"{fill}\"{opacity}/>"
    );
}

/// Words, held to their cells whatever the font's own width.
fn text(svg: &mut String, words: &[&str], look: &Look, at: (u16, u16), strength: u16) {
    let joined = words.concat();
    let shown = joined.trim_end_matches(' ');
    let skipped = shown.len() - shown.trim_start_matches(' ').len();
    let shown = &shown[skipped..];
    if shown.is_empty() {
        return;
    }
    // Every symbol but the trimmed spaces takes one cell here.
    let cells = u16::try_from(shown.chars().count()).unwrap();
    let escaped = shown.replace('&', "&amp;").replace('<', "&lt;");
    let weight = if look.bold { " font-weight=\"bold\"" } else { "" };
    let opacity = if strength < 100 { format!(" opacity=\".{strength:02}\"") } else { String::new() };
    let (x, y) = (at.0 + u16::try_from(skipped).unwrap() * CELL.0, at.1 + 14);
    let length = cells * CELL.0;
    let _ = writeln!(
        svg,
        "<text x=\"{x}\" y=\"{y}\" textLength=\"{length}\" fill=\"{}\"{weight}{opacity}>{escaped}</text>",
        look.ink
    );
}

/// x, y, width, height and strength in per cent, of each part of a line or a block.
type Parts = Vec<(u16, u16, u16, u16, u16)>;

/// Lines and blocks as shapes; nothing for everything else.
fn shape(symbol: &str) -> Option<Parts> {
    let (w, h) = CELL;
    let (cx, cy) = (w / 2, h / 2);
    let line = |thick: u16, sides: [bool; 4]| {
        let half = thick / 2;
        let [left, right, up, down] = sides;
        let mut parts: Parts = Vec::new();
        if left || right {
            let (from, to) =
                (if left { 0 } else { cx - half }, if right { w } else { cx + half + thick % 2 });
            parts.push((from, cy - half, to - from, thick, 100));
        }
        if up || down {
            let (from, to) = (if up { 0 } else { cy - half }, if down { h } else { cy + half + thick % 2 });
            parts.push((cx - half, from, thick, to - from, 100));
        }
        parts
    };
    Some(match symbol {
        "─" => line(1, [true, true, false, false]),
        "│" => line(1, [false, false, true, true]),
        "┌" => line(1, [false, true, false, true]),
        "┐" => line(1, [true, false, false, true]),
        "└" => line(1, [false, true, true, false]),
        "┘" => line(1, [true, false, true, false]),
        "━" => line(2, [true, true, false, false]),
        "┃" => line(2, [false, false, true, true]),
        "┏" => line(2, [false, true, false, true]),
        "┓" => line(2, [true, false, false, true]),
        "┗" => line(2, [false, true, true, false]),
        "┛" => line(2, [true, false, true, false]),
        "█" => vec![(0, 0, w, h, 100)],
        "▀" => vec![(0, 0, w, h / 2, 100)],
        "▄" => vec![(0, h / 2, w, h - h / 2, 100)],
        "░" => vec![(0, 0, w, h, 18)],
        _ => return None,
    })
}
