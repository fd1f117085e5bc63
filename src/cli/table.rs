//! Columns for people: as wide as they must be, the last one as wide as the terminal lets it.

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

/// Columns between two columns.
const GAP: usize = 2;

/// Fewer columns than this are not worth wrapping in: the terminal does it as well.
const LEAST: usize = 16;

/// No column is made narrower than this to make room.
const NARROWEST: usize = 8;

/// What becomes of a cell that is too wide.
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
        let widths = self.widths(width);
        let mut lines = Vec::new();
        for row in &self.rows {
            let cells: Vec<Vec<String>> = widths
                .iter()
                .enumerate()
                .map(|(column, width)| fit(cell(row, column), *width, self.too_wide))
                .collect();
            let height = cells.iter().map(Vec::len).max().unwrap_or(0);
            for at in 0..height {
                let mut line = String::new();
                for (parts, width) in cells.iter().zip(&widths) {
                    let part = parts.get(at).map_or("", String::as_str);
                    line.push_str(part);
                    let room = width.map_or(0, |width| (width + GAP).saturating_sub(part.width()));
                    line.push_str(&" ".repeat(room));
                }
                lines.push(line.trim_end().to_owned());
            }
        }
        lines
    }

    /// The columns' widths; none: as wide as the cell is. The last one takes what the others leave; where
    /// they leave too little, the widest give way.
    fn widths(&self, width: Option<usize>) -> Vec<Option<usize>> {
        let count = self.rows.first().map_or(0, Vec::len);
        let widest = |column: usize| self.rows.iter().map(|row| cell(row, column).width()).max().unwrap_or(0);
        let natural: Vec<usize> = (0..count).map(widest).collect();
        let (Some(last), others) = (natural.last(), &natural[..count.saturating_sub(1)]) else {
            return Vec::new();
        };
        let with = |last: Option<usize>| others.iter().copied().map(Some).chain([last]).collect();
        let Some(width) = width else { return with(None) };
        let indent: usize = others.iter().map(|width| width + GAP).sum();
        let room = width.saturating_sub(indent);
        if room >= LEAST.min(*last) {
            return with(Some(room));
        }
        let budget = width.saturating_sub(others.len() * GAP);
        let taken = |most: usize| natural.iter().map(|width| *width.min(&most)).sum::<usize>();
        match (NARROWEST..=budget).rev().find(|most| taken(*most) <= budget) {
            Some(most) => natural.iter().map(|width| Some(*width.min(&most))).collect(),
            None => with(None),
        }
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

    /// One long cell of HEALTH padded every row, and the terminal tore them.
    #[test]
    fn a_long_cell_before_the_last_column_is_wrapped_where_it_leaves_no_room() {
        let mut table = Table::new(&["ADAPTER", "HEALTH", "CARRIES"], TooWide::Wrap);
        let health = "ILL: pods is forbidden: User cannot list resource pods in API group";
        table.row(["k".to_owned(), health.to_owned(), "isolate, release, rate-limit".to_owned()]);
        table.row(["gw".to_owned(), "well".to_owned(), "isolate".to_owned()]);
        assert_eq!(
            table.lines(Some(50)),
            [
                "ADAPTER  HEALTH               CARRIES",
                "k        ILL: pods is         isolate, release,",
                "         forbidden: User      rate-limit",
                "         cannot list",
                "         resource pods in",
                "         API group",
                "gw       well                 isolate",
            ]
        );
        for width in 27..120 {
            let lines = table.lines(Some(width));
            assert!(lines.iter().all(|line| line.width() <= width), "{width}: {lines:#?}");
        }
    }

    #[test]
    fn a_cell_stays_in_its_row() {
        let mut table = Table::new(&["A"], TooWide::Wrap);
        table.row(["one\ntwo".to_owned()]);
        assert_eq!(table.lines(None), ["A", "one / two"]);
    }
}
