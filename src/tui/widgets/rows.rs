//! The rows that a long line of text takes: broken where Unicode lets a line end (UAX #14), so that no
//! punctuation is parted from its word and no closing mark begins a row.
//!
//! Unlike [`super::wrap`], nothing is left out: each byte of the line is in one of the rows, so that a
//! cursor can stand anywhere. Spaces at the end of a row hang over its edge.

use std::ops::Range;

use unicode_linebreak::linebreaks;
use unicode_segmentation::UnicodeSegmentation as _;

use super::wrap::width;

/// Cells between the stops of a tab.
const TAB: usize = 4;

/// The cells that a grapheme takes at this column of its row.
#[must_use]
pub fn cells(grapheme: &str, column: usize) -> usize {
    if grapheme == "\t" { TAB - column % TAB } else { width(grapheme) }
}

/// The column behind a text that begins a row.
#[must_use]
pub fn column(text: &str) -> usize {
    text.graphemes(true).fold(0, |column, grapheme| column + cells(grapheme, column))
}

/// How many bytes of a text fit, and whether that is all of it but for spaces at its end.
fn fits(text: &str, max: usize) -> (usize, bool) {
    let mut column = 0;
    for (at, grapheme) in text.grapheme_indices(true) {
        column += cells(grapheme, column);
        if column > max {
            return (at, text[at..].trim_end().is_empty());
        }
    }
    (text.len(), true)
}

/// The rows of a line that is `max` cells wide, at least one; each begins where the one before ends.
#[must_use]
pub fn rows(line: &str, max: usize) -> Vec<Range<usize>> {
    let max = max.max(1);
    let mut rows = Vec::new();
    let (mut start, mut end) = (0, 0);
    for (to, _) in linebreaks(line) {
        if !fits(&line[start..to], max).1 && end > start {
            rows.push(start..end);
            start = end;
        }
        // What is wider than a row is cut between graphemes.
        while let (cut, false) = fits(&line[start..to], max) {
            let first = line[start..].graphemes(true).next().map_or(1, str::len);
            let cut = start + cut.max(first);
            if cut >= to {
                break;
            }
            rows.push(start..cut);
            start = cut;
        }
        end = to;
    }
    rows.push(start..line.len());
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(line: &str, max: usize) -> Vec<&str> {
        rows(line, max).into_iter().map(|row| &line[row]).collect()
    }

    #[test]
    fn regression_punctuation_was_parted_from_its_word() {
        for (line, max, expected) in [
            (
                "for somebody who was not there? (only people",
                30,
                &["for somebody who was not ", "there? (only people"][..],
            ),
            ("to be told? (nobody recorded it)", 13, &["to be told? ", "(nobody ", "recorded it)"]),
            ("one two three four", 8, &["one two ", "three ", "four"]),
            ("**bold**, then", 8, &["**bold**", ", then"]),
            ("", 5, &[""]),
            ("word", 4, &["word"]),
            ("word ", 4, &["word "]),
            ("abcdefgh ij", 3, &["abc", "def", "gh ", "ij"]),
        ] {
            assert_eq!(broken(line, max), expected, "{line} in {max}");
        }
    }

    #[test]
    fn regression_a_row_of_chinese_began_with_a_closing_mark() {
        for (line, max) in [
            ("事件於十二點發生，客戶的資料外洩。", 10),
            ("為什麼？（沒有人記錄）根本原因：設定。", 8),
            ("「設定」與「版本」都換回備份了！", 6),
        ] {
            let rows = broken(line, max);
            assert_eq!(rows.concat(), line);
            for row in &rows {
                assert!(!row.starts_with(['，', '。', '？', '）', '：', '」', '！', '、']), "{rows:?}");
                assert!(!row.ends_with(['（', '「']), "{rows:?}");
                assert!(column(row) <= max, "{rows:?}");
            }
        }
    }

    #[test]
    fn every_byte_is_in_one_row_and_each_row_fits_whatever_it_is() {
        for line in ["e\u{301}e\u{301}e\u{301} 漢字kanji\tx\ty", "👩‍👩‍👧‍👦👩‍👩‍👧‍👦 a", "\u{202e}x\u{0}y z", "a\u{2028}b"]
        {
            for max in 0..12 {
                let rows = rows(line, max);
                let joined: String = rows.iter().map(|row| &line[row.clone()]).collect();
                assert_eq!(joined, line);
                for row in &rows[..rows.len() - 1] {
                    assert!(!row.is_empty(), "{line:?} in {max}: {rows:?}");
                    assert!(
                        max < 4 || column(line[row.clone()].trim_end()) <= max,
                        "{line:?} in {max}: {rows:?}"
                    );
                }
            }
        }
    }
}
