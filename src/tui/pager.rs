//! One log on a full screen: a head that says where one is, its lines, and a foot to type in.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::panes::log::{kind, level, say_forms};
use super::row::Row;
use super::theme::Skin;
use super::widgets::wrap::{truncate, width};
use super::widgets::{Bars, fill};
use crate::app::pager::{Chart, Pager, Prompt};
use crate::app::theme::Role;
use crate::incident::{LogLine, Text};

/// The keys, as the foot says them.
const KEYS: &[(&str, &str)] = &[
    ("f", "filter"),
    ("/", "search"),
    ("n N", "next, previous"),
    (":", "go to"),
    ("v", "bars"),
    ("g", "beginning"),
    ("G", "end"),
    ("q", "leave"),
];
/// The same where there are several logs.
const MUTE: (&str, &str) = ("m", "mute");

/// Finds what is to be set off in a text.
pub type Find<'a> = &'a dyn Fn(&str) -> Vec<std::ops::Range<usize>>;

/// Draws it onto a blank area, and says where the terminal's cursor belongs.
pub fn draw(pager: &Pager, skin: &Skin, find: Find<'_>, area: Rect, buf: &mut Buffer) -> Option<Position> {
    let mut rows = area.rows();
    draw_head(pager, skin, rows.next()?, buf);
    let mut cursor = None;
    let foot = 1 + u16::from(pager.prompt.is_some());
    let above = pager.chart_rows().min(area.height.saturating_sub(1 + foot));
    let body = area.height.saturating_sub(1 + foot + above);
    if let Some(chart) = pager.chart.as_ref().filter(|_| above > 0) {
        draw_chart(chart, skin, Rect { y: area.y + 1, height: above, ..area }, buf);
    }
    let mut drawn = 0;
    let widest = pager.lines.iter().map(|line| width(line.agent.as_str())).max().unwrap_or(0);
    let agents = if pager.marked { widest.min(usize::from(area.width) / 5) } else { 0 };
    let lines = Rect { y: area.y.saturating_add(1 + above), height: body, ..area };
    for (line, place) in pager.lines.iter().zip(lines.rows()) {
        draw_line(line, agents, skin, find, place, buf);
        drawn += 1;
    }
    if drawn == 0 && body > 0 && !pager.waiting {
        let words =
            if pager.filter.trim().is_empty() { "no line yet" } else { "no record passes the filter" };
        let first = Rect { y: area.y + 1 + above, height: 1, ..area };
        Row::new(first.intersection(area), buf, skin).say(words, Role::Dim);
    }
    let feet = Rect { y: area.bottom().saturating_sub(foot), height: foot.min(area.height), ..area };
    let mut feet = feet.rows();
    match (&pager.prompt, feet.next()) {
        (Some(prompt), Some(place)) => {
            cursor = Some(draw_prompt(prompt, skin, place, feet.next(), buf));
        }
        (None, Some(place)) => draw_foot(pager, skin, place, buf),
        (_, None) => {}
    }
    cursor
}

/// What is shown, how much of it passes, and where in it one is.
fn draw_head(pager: &Pager, skin: &Skin, area: Rect, buf: &mut Buffer) {
    fill(buf, area, " ", skin.style(Role::Prompt));
    let mut row = Row::new(area, buf, skin);
    let place = pager.place;
    let mut right = vec![format!("{} of {}", bytes(place.bottom), bytes(place.size))];
    match place.line {
        Some(line) => right.insert(0, format!("line {line}")),
        None => right.insert(0, format!("counting lines {} %", place.indexed)),
    }
    let percent = (place.bottom * 100).checked_div(place.size).unwrap_or(100);
    right.push(format!("{percent} %"));
    right.push(if pager.following { "following".to_owned() } else { "paused".to_owned() });
    let right = right.join("  ");
    if !row.right(&right, Role::Prompt) {
        row.right(&format!("{percent} %"), Role::Prompt);
    }
    row.word(pager.name.as_str(), Role::Strong);
    if place.muted > 0 {
        row.word(&format!("({} muted)", place.muted), Role::Warning);
    }
    if !pager.filter.trim().is_empty() {
        row.word("filter:", Role::Prompt);
        row.word(Text::line(&pager.filter).as_str(), Role::Prompt);
        if let Some(passed) = pager.passed {
            let more = if passed.all { "" } else { " so far" };
            row.word(&format!("({} records{more})", passed.records), Role::Prompt);
        }
    }
    if pager.waiting {
        row.say("...", Role::Dim);
    }
}

/// How much was logged when, and what of it may hint at trouble.
fn draw_chart(chart: &Chart, skin: &Skin, area: Rect, buf: &mut Buffer) {
    let note = if chart.all { "" } else { "so far: " };
    Bars { bars: &chart.bars, selected: chart.selected, note }.draw(area, buf, skin);
    if let Some(place) = area.rows().nth(usize::from(Bars::ROWS)) {
        let mut row = Row::new(place, buf, skin);
        match (chart.hinted.as_str(), chart.all) {
            ("", false) => row.say("reading ...", Role::Dim),
            ("", true) => row.say("no known pattern of trouble in these lines", Role::Dim),
            (hinted, _) => row.say(&format!("hints, no causes (D5): {hinted}"), Role::Warning),
        }
    }
}

fn draw_line(line: &LogLine, agents: usize, skin: &Skin, find: Find<'_>, place: Rect, buf: &mut Buffer) {
    let (word, role) = level(line.level);
    let wide = place.width >= 90;
    let mut row = Row::new(place, buf, skin);
    let time = line.at.map(|at| at.format("%H:%M:%S%.3f").to_string()).unwrap_or_default();
    row.column(&time, 12, Role::Dim);
    row.column(word, 5, role);
    if agents > 0 {
        row.column(line.agent.as_str(), agents, Role::Text);
    }
    let kind = kind(line.kind);
    if wide {
        row.column(kind, 8, Role::Info);
    } else {
        row.word(kind, Role::Info);
    }
    let text = truncate(line.text.as_str(), row.room(), skin.glyphs.ellipsis);
    let plain = skin.style(if role == Role::LogInfo { Role::Text } else { role });
    let mut at = 0;
    for range in find(&text) {
        if range.start < at {
            continue;
        }
        row.write(&text[at..range.start], plain);
        row.write(&text[range.clone()], plain.patch(skin.style(Role::Match)));
        at = range.end;
    }
    row.write(&text[at..], plain);
}

/// What is typed, and below it what can be typed, or what is wrong and where.
fn draw_prompt(prompt: &Prompt, skin: &Skin, place: Rect, below: Option<Rect>, buf: &mut Buffer) -> Position {
    fill(buf, place, " ", skin.style(Role::Prompt));
    let mut row = Row::new(place, buf, skin);
    row.word(prompt.kind.word(), Role::Prompt);
    let start = row.rest().x;
    let typed = prompt.typed.text();
    row.say(typed, if prompt.error.is_some() { Role::Error } else { Role::Prompt });
    let column = |text: &str| start.saturating_add(u16::try_from(width(text)).unwrap_or(u16::MAX));
    if let Some(line) = below {
        let mut row = Row::new(line, buf, skin);
        match &prompt.error {
            Some(error) => {
                let at = column(typed.get(..error.at).unwrap_or(typed));
                row.gap(usize::from(at.saturating_sub(line.x)).min(usize::from(line.width) / 2));
                row.word(skin.glyphs.up, Role::Error);
                row.say(&error.message, Role::Error);
            }
            None => say_forms(&mut row, prompt.kind.forms()),
        }
    }
    let (before, _) = prompt.typed.around_cursor();
    Position::new(column(before).min(place.right().saturating_sub(1)), place.y)
}

fn draw_foot(pager: &Pager, skin: &Skin, place: Rect, buf: &mut Buffer) {
    let mut row = Row::new(place, buf, skin);
    row.right("times in UTC", Role::Dim);
    if let Some(notice) = &pager.notice {
        return row.say(notice.as_str(), Role::Warning);
    }
    let mute = pager.marked.then_some(&MUTE);
    for (key, meaning) in mute.into_iter().chain(KEYS) {
        if row.room() < width(key) + width(meaning) + 3 {
            break;
        }
        row.word(key, Role::Key);
        row.word(meaning, Role::Dim);
        row.gap(1);
    }
}

/// A number of bytes in a few characters.
fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KB", "MB", "GB", "TB"];
    if bytes < 1_000 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1e3;
    let mut unit = 0;
    while value >= 1_000.0 && unit + 1 < UNITS.len() {
        value /= 1e3;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::pager::{Passed, Place};
    use crate::app::theme::{Look, Theme};
    use crate::incident::FilterError;
    use crate::tui::colour::Depth;
    use crate::tui::glyphs::ASCII;

    fn shown(pager: &Pager) -> Vec<String> {
        let skin = Skin::new(&Theme::new("none", |_| Some(Look::default())), Depth::Mono, &ASCII);
        let area = Rect::new(0, 0, pager.size.0, pager.size.1);
        let mut buf = Buffer::empty(area);
        draw(pager, &skin, &|_| Vec::new(), area, &mut buf);
        let row = |y| (0..area.width).map(|x| buf[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
        (0..area.height).map(row).collect()
    }

    fn pager(size: (u16, u16)) -> Pager {
        let mut pager = Pager::new(Text::line("mail.log"), size, "");
        let raw = [
            r#"{"ts":"2026-02-03T04:05:06.5Z","level":"error","tool_call":{"name":"export"},"msg":"no answer"}"#,
            "  File \"x.py\", line 3",
            "hostile \x1b[2J \u{202e}",
        ];
        let line = |raw: &&str| {
            let seen = chrono::DateTime::UNIX_EPOCH;
            LogLine::parse(Text::line("mail"), Text::line("mail.log"), 0, raw.as_bytes(), seen)
        };
        pager.lines = raw.iter().map(line).collect();
        pager.place = Place { top: 0, bottom: 1_500, size: 3_000, line: Some(7), indexed: 100, muted: 0 };
        pager.waiting = false;
        pager
    }

    #[test]
    fn a_log_is_shown_with_its_place_and_its_keys() {
        let shown = shown(&pager((110, 6)));
        assert!(shown[0].starts_with("mail.log"), "{}", shown[0]);
        assert!(shown[0].ends_with("line 7  1.5 KB of 3.0 KB  50 %  following"), "{}", shown[0]);
        assert_eq!(shown[1], "04:05:06.500 ERROR tool     no answer tool_call.name=export");
        assert!(shown[2].ends_with("File \"x.py\", line 3"), "{}", shown[2]);
        assert!(shown[3].ends_with("hostile ^[[2J <U+202E>"), "{}", shown[3]);
        assert!(shown[5].starts_with("f filter  / search"), "{}", shown[5]);
    }

    #[test]
    fn what_is_wrong_with_a_filter_stands_under_its_place() {
        let mut pager = pager((110, 8));
        for key in ["f", "a", "space", "l"] {
            pager.hear(crate::app::key::Input::Key(key.parse().expect("a key")));
        }
        pager.refuse(FilterError { at: 2, message: "what is l?".to_owned() });
        (pager.filter, pager.passed) = ("a".to_owned(), Some(Passed { records: 12, all: false }));
        let shown = shown(&pager);
        assert_eq!(&shown[6..], ["filter: a l", "          ^ what is l?"]);
        assert!(shown[0].contains("filter: a (12 records so far)"), "{}", shown[0]);
    }

    #[test]
    fn no_screen_is_too_small() {
        for width in 0..30 {
            for height in 0..5 {
                let mut pager = pager((width, height));
                shown(&pager);
                pager.hear(crate::app::key::Input::Key("/".parse().expect("a key")));
                shown(&pager);
            }
        }
    }
}
