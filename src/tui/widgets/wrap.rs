//! Cutting and wrapping text by the cells it takes, never inside a grapheme.
//!
//! Measures as ratatui's buffer does, so what fits here fits there.

use std::borrow::Cow;
use std::ops::Range;

use ratatui::buffer::CellWidth as _;
use ratatui::text::{Line, Span};
use unicode_segmentation::UnicodeSegmentation as _;

/// Each grapheme with its place and its cells; what a buffer drops takes none.
fn graphemes(text: &str) -> impl Iterator<Item = (usize, &str, usize)> {
    text.grapheme_indices(true).map(|(at, grapheme)| {
        let cells = if grapheme.contains(char::is_control) { 0 } else { usize::from(grapheme.cell_width()) };
        (at, grapheme, cells)
    })
}

/// Whether every byte is a cell of its own, as in most of what is drawn. Then nothing needs to be
/// segmented, which is most of the cost of a frame.
#[must_use]
pub fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// How many cells a text takes.
#[must_use]
pub fn width(text: &str) -> usize {
    if is_plain(text) {
        return text.len();
    }
    graphemes(text).map(|(_, _, cells)| cells).sum()
}

/// The longest start of a text that fits.
fn start_of(text: &str, max: usize) -> &str {
    if is_plain(text) {
        return &text[..text.len().min(max)];
    }
    let mut left = max;
    for (at, _, cells) in graphemes(text) {
        match left.checked_sub(cells) {
            Some(rest) => left = rest,
            None => return &text[..at],
        }
    }
    text
}

/// A text in at most `max` cells; where it was cut, `ellipsis` says so.
#[must_use]
pub fn truncate<'a>(text: &'a str, max: usize, ellipsis: &str) -> Cow<'a, str> {
    if width(text) <= max {
        return Cow::Borrowed(text);
    }
    match max.checked_sub(width(ellipsis)) {
        Some(room) => Cow::Owned(format!("{}{ellipsis}", start_of(text, room))),
        None => Cow::Borrowed(start_of(text, max)),
    }
}

/// A text in exactly `cells`: cut with `ellipsis`, or with spaces behind it.
#[must_use]
pub fn pad(text: &str, cells: usize, ellipsis: &str) -> String {
    let mut out = truncate(text, cells, ellipsis).into_owned();
    out.extend(std::iter::repeat_n(' ', cells.saturating_sub(width(&out))));
    out
}

/// The lines of a text in at most `max` cells each: broken at line ends, then between words, then
/// inside a word that is wider than a line. There is at least one line.
#[must_use]
pub fn wrap(text: &str, max: usize) -> Vec<&str> {
    ranges(text, max).into_iter().map(|range| &text[range]).collect()
}

/// [`wrap`] for a line of several styles.
#[must_use]
pub fn wrap_line(line: &Line<'_>, max: usize) -> Vec<Line<'static>> {
    let text: String = line.spans.iter().map(|span| span.content.as_ref()).collect();
    let part = |range: Range<usize>| {
        let mut at = 0;
        let spans = line.spans.iter().filter_map(|span| {
            let start = range.start.clamp(at, at + span.content.len()) - at;
            let end = range.end.clamp(at, at + span.content.len()) - at;
            at += span.content.len();
            (start < end).then(|| Span::styled(span.content[start..end].to_owned(), span.style))
        });
        Line { spans: spans.collect(), style: line.style, alignment: line.alignment }
    };
    ranges(&text, max).into_iter().map(part).collect()
}

fn ranges(text: &str, max: usize) -> Vec<Range<usize>> {
    let max = max.max(1);
    let mut lines = Vec::new();
    let mut at = 0;
    for paragraph in text.split('\n') {
        wrap_paragraph(paragraph, at, max, &mut lines);
        at += paragraph.len() + 1;
    }
    lines
}

/// Appends the lines of a text without line ends that begins at byte `base`.
fn wrap_paragraph(text: &str, base: usize, max: usize, lines: &mut Vec<Range<usize>>) {
    let mut start = 0; // of the line
    let mut used = 0; // cells of the line
    let mut word = None; // where the line could be broken: its end before, and the next one's start
    for (at, grapheme, cells) in graphemes(text) {
        // Twice when a word that moved to the next line is too wide for that one too.
        while used + cells > max && at > start {
            let (end, next) = if grapheme == " " { (at, at) } else { word.unwrap_or((at, at)) };
            lines.push(base + start..base + text[start..end].trim_end().len() + start);
            start = next;
            used = width(&text[start..at]);
            word = None;
        }
        if grapheme == " " {
            if at == start && start > 0 {
                start = at + 1; // a space at which the line was broken
                continue;
            }
            word = Some((at, at + 1));
        }
        used += cells;
    }
    lines.push(base + start..base + text.len());
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use ratatui::style::Stylize as _;

    #[test]
    fn what_is_too_wide_is_cut_between_graphemes_and_marked() {
        for (text, max, cut) in [
            ("agent-7", 7, "agent-7"),
            ("agent-7", 6, "agen.."),
            ("agent-7", 1, "a"),
            ("agent-7", 0, ""),
            ("漢字漢字", 7, "漢字.."),
            ("漢字漢字", 5, "漢.."),
            ("e\u{301}e\u{301}e\u{301}", 2, "e\u{301}e\u{301}"),
        ] {
            let ellipsis = if max == 2 { "" } else { ".." };
            assert_eq!(truncate(text, max, ellipsis), cut, "{text} {max}");
        }
    }

    #[test]
    fn a_column_is_filled_to_its_width() {
        assert_eq!(pad("ab", 4, ".."), "ab  ");
        assert_eq!(pad("漢字", 3, ""), "漢 ");
    }

    #[test]
    fn lines_are_broken_between_words_and_words_where_they_must() {
        for (text, max, lines) in [
            ("one two three", 7, &["one two", "three"][..]),
            ("one two three", 8, &["one two", "three"]),
            ("one  two", 4, &["one", "two"]),
            ("abcdefgh", 3, &["abc", "def", "gh"]),
            ("a abcdefgh", 4, &["a", "abcd", "efgh"]),
            ("two\n\nlines", 9, &["two", "", "lines"]),
            ("漢字漢字", 5, &["漢字", "漢字"]),
            ("", 5, &[""]),
            ("漢", 1, &["漢"]),
            ("  indented text", 10, &["  indented", "text"]),
        ] {
            assert_eq!(wrap(text, max), lines, "{text:?} {max}");
        }
    }

    #[test]
    fn styles_are_kept_over_the_break() {
        let line = Line::from(vec!["stop ".into(), "agent-7 now".red()]);
        let lines = wrap_line(&line, 9);
        assert_eq!(
            lines,
            [Line::from(vec!["stop".into()]), Line::from(vec!["agent-7".red()]), "now".red().into()]
        );
    }

    proptest! {
        #[test]
        fn no_line_is_too_wide_and_nothing_but_spaces_is_lost(text in "[a-c 漢\n]{0,60}", max in 2..20_usize) {
            let lines = wrap(&text, max);
            for line in &lines {
                prop_assert!(width(line) <= max, "{:?}", line);
            }
            let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(letters(&lines.concat()), letters(&text));
        }

        #[test]
        fn what_is_cut_fits(text in any::<String>(), max in 0..20_usize) {
            prop_assert!(width(&truncate(&text, max, "..")) <= max);
        }
    }
}
