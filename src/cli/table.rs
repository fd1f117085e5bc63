//! Columns for people: as wide as they must be, the last one as wide as the terminal lets it.

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

/// Columns between two columns.
const GAP: usize = 2;

/// Fewer columns than this are not worth wrapping in: the terminal does it as well.
const LEAST: usize = 16;

/// What becomes of a last cell that is too wide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TooWide {
    /// It is cut, and the cut is marked.
    Cut,
    /// It goes on below.
    Wrap,
}

/// Rows under a heading.
#[derive(Debug)]
pub struct Table {
    rows: Vec<Vec<String>>,
    too_wide: TooWide,
}

impl Table {
    /// An empty table.
    #[must_use]
    pub fn new(heading: &[&str], too_wide: TooWide) -> Self {
        Self { rows: vec![heading.iter().map(|cell| (*cell).to_owned()).collect()], too_wide }
    }

    /// Adds a row. A line end in a cell becomes ` / `.
    pub fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.into_iter().map(|cell| cell.replace('\n', " / ")).collect());
    }

    /// The lines, at most `width` columns each; without one they are as long as they are.
    #[must_use]
    pub fn lines(&self, width: Option<usize>) -> Vec<String> {
        let count = self.rows.first().map_or(0, Vec::len);
        let widest = |column: usize| self.rows.iter().map(|row| cell(row, column).width()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..count.saturating_sub(1)).map(widest).collect();
        let indent: usize = widths.iter().map(|width| width + GAP).sum();
        let room = width.map(|width| width.saturating_sub(indent)).filter(|room| *room >= LEAST);
        let mut lines = Vec::new();
        for row in &self.rows {
            let mut line = String::new();
            for (column, width) in widths.iter().enumerate() {
                let cell = cell(row, column);
                line.push_str(cell);
                line.push_str(&" ".repeat(width + GAP - cell.width().min(*width)));
            }
            let mut parts = fit(cell(row, count.saturating_sub(1)), room, self.too_wide).into_iter();
            line.push_str(&parts.next().unwrap_or_default());
            lines.push(line.trim_end().to_owned());
            lines.extend(parts.map(|part| format!("{}{part}", " ".repeat(indent))));
        }
        lines
    }
}

fn cell(row: &[String], column: usize) -> &str {
    row.get(column).map_or("", String::as_str)
}

/// The beginning of a text, in at most so many columns; that it was cut is marked.
#[must_use]
pub fn start(text: &str, columns: usize) -> String {
    let (head, rest) = split(text, columns);
    if rest.is_empty() { text.to_owned() } else { format!("{}...", split(head, columns.saturating_sub(3)).0) }
}

fn fit(text: &str, room: Option<usize>, too_wide: TooWide) -> Vec<String> {
    match (room, too_wide) {
        (Some(room), _) if text.width() <= room => vec![text.to_owned()],
        (None, _) => vec![text.to_owned()],
        (Some(room), TooWide::Cut) => vec![format!("{}...", split(text, room.saturating_sub(3)).0)],
        (Some(room), TooWide::Wrap) => wrap(text, room),
    }
}

/// Breaks a text between words into lines of at most `room` columns; a longer word is broken where
/// it must be.
#[must_use]
pub fn wrap(text: &str, room: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_inclusive(' ') {
        if !line.is_empty() && line.width() + word.trim_end().width() > room {
            lines.push(std::mem::take(&mut line).trim_end().to_owned());
        }
        let mut word = word;
        while word.trim_end().width() > room {
            let (head, rest) = split(word, room);
            if head.is_empty() {
                break; // a character wider than the room
            }
            lines.push(head.to_owned());
            word = rest;
        }
        line.push_str(word);
    }
    if !line.trim_end().is_empty() || lines.is_empty() {
        lines.push(line.trim_end().to_owned());
    }
    lines
}

/// The longest beginning of at most `room` columns, and the rest; never within a character.
fn split(text: &str, room: usize) -> (&str, &str) {
    let mut used = 0;
    for (at, grapheme) in text.grapheme_indices(true) {
        used += grapheme.width();
        if used > room {
            return text.split_at(at);
        }
    }
    (text, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(too_wide: TooWide) -> Table {
        let mut table = Table::new(&["ID", "TITLE"], too_wide);
        table.row(["INC-1".to_owned(), "mail answers leak customer data".to_owned()]);
        table.row(["INC-12".to_owned(), "漢字漢字漢字漢字漢字 end".to_owned()]);
        table
    }

    #[test]
    fn nothing_is_cut_where_nobody_looks() {
        assert_eq!(
            table(TooWide::Cut).lines(None),
            ["ID      TITLE", "INC-1   mail answers leak customer data", "INC-12  漢字漢字漢字漢字漢字 end"]
        );
    }

    #[test]
    fn on_a_terminal_it_fits() {
        assert_eq!(
            table(TooWide::Cut).lines(Some(26)),
            ["ID      TITLE", "INC-1   mail answers le...", "INC-12  漢字漢字漢字漢..."]
        );
        assert_eq!(
            table(TooWide::Wrap).lines(Some(26)),
            [
                "ID      TITLE",
                "INC-1   mail answers leak",
                "        customer data",
                "INC-12  漢字漢字漢字漢字漢",
                "        字 end",
            ]
        );
    }

    #[test]
    fn no_terminal_is_too_narrow_to_print_on() {
        for width in 0..40 {
            for too_wide in [TooWide::Cut, TooWide::Wrap] {
                assert!(table(too_wide).lines(Some(width)).len() >= 3, "{width}");
            }
        }
        assert_eq!(wrap("", 10), [""]);
        assert_eq!(wrap("a 漢", 1), ["a", "漢"]);
    }

    #[test]
    fn a_title_of_2000_characters_is_one_line_of_the_list_and_not_25() {
        assert_eq!(start("mail answers leak", 160), "mail answers leak");
        let cut = start(&"leak ".repeat(400), 160);
        assert_eq!((cut.width(), cut.ends_with("...")), (160, true));
        assert_eq!(start("漢字漢字", 7), "漢字...");
    }

    #[test]
    fn a_cell_stays_in_its_row() {
        let mut table = Table::new(&["A"], TooWide::Wrap);
        table.row(["one\ntwo".to_owned()]);
        assert_eq!(table.lines(None), ["A", "one / two"]);
    }
}
