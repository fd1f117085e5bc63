//! The marks T0 to T5 in one row: which were reached, which comes next.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::theme::Role;
use crate::tui::theme::Skin;

use super::wrap::width;
use super::{first_row, put};

/// How a mark stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Reached in time.
    Done,
    /// Reached after its window.
    Late,
    /// The next one.
    Next,
    /// The next one, and its window is over.
    Overdue,
    /// After the next one.
    Open,
}

/// One mark of the track.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step<'a> {
    /// Its name, `T3`.
    pub name: &'a str,
    /// When it was reached, or what is missing; left out first.
    pub note: &'a str,
    /// How it stands.
    pub progress: Progress,
}

/// The marks in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Track<'a> {
    /// Each mark.
    pub steps: &'a [Step<'a>],
}

/// From the widest form to the narrowest.
#[derive(Debug, Clone, Copy)]
enum Form {
    /// `✓ T0 14:02 ── ► T1`
    Notes,
    /// `✓ T0 ── ► T1`
    Names,
    /// `✓T0 ►T1`
    Close,
    /// `✓►`
    Marks,
}

impl Track<'_> {
    /// Draws the widest form that fits into the first row.
    pub fn draw(&self, area: Rect, buf: &mut Buffer, skin: &Skin) {
        let row = first_row(area, buf);
        let forms = [Form::Notes, Form::Names, Form::Close, Form::Marks];
        let fits = |form: &Form| {
            let cells: usize = self.pieces(*form, skin).iter().map(|(text, _)| width(text)).sum();
            cells <= usize::from(row.width)
        };
        let form = forms.into_iter().find(fits).unwrap_or(Form::Marks);
        let mut rest = row;
        for (text, role) in self.pieces(form, skin) {
            let used = put(buf, rest, &text, skin.style(role));
            rest.x += used;
            rest.width -= used;
        }
    }

    fn pieces(&self, form: Form, skin: &Skin) -> Vec<(String, Role)> {
        let glyphs = skin.glyphs;
        let mut pieces = Vec::new();
        for (index, step) in self.steps.iter().enumerate() {
            let (mark, role) = match step.progress {
                Progress::Done => (glyphs.mark_done, Role::MarkDone),
                Progress::Late => (glyphs.mark_done, Role::Warning),
                Progress::Next => (glyphs.mark_next, Role::Strong),
                Progress::Overdue => (glyphs.mark_next, Role::GaugeOver),
                Progress::Open => (glyphs.mark_open, Role::MarkOpen),
            };
            if index > 0 {
                let between = match form {
                    Form::Notes | Form::Names => format!(" {} ", glyphs.mark_line.repeat(2)),
                    Form::Close => " ".to_owned(),
                    Form::Marks => String::new(),
                };
                pieces.push((between, Role::Dim));
            }
            let word = match step.progress {
                Progress::Late => " late",
                Progress::Overdue => " OVER",
                Progress::Done | Progress::Next | Progress::Open => "",
            };
            pieces.push(match form {
                Form::Notes => (format!("{mark} {}{word}", step.name), role),
                Form::Names => (format!("{mark} {}{word}", step.name), role),
                Form::Close => (format!("{mark}{}", step.name), role),
                Form::Marks => (mark.to_owned(), role),
            });
            if matches!(form, Form::Notes) && !step.note.is_empty() {
                pieces.push((format!(" {}", step.note), Role::Dim));
            }
        }
        pieces
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::widgets::testing::{ascii, drawn};

    #[test]
    fn the_track_is_as_full_as_the_width_allows() {
        let step = |name, note, progress| Step { name, note, progress };
        let steps = [
            step("T0", "14:02", Progress::Done),
            step("T1", "14:09", Progress::Late),
            step("T2", "", Progress::Overdue),
            step("T3", "", Progress::Open),
        ];
        for (width, shown) in [
            (56, "* T0 14:02 -- * T1 late 14:09 -- > T2 OVER -- . T3      "),
            (44, "* T0 -- * T1 late -- > T2 OVER -- . T3      "),
            (20, "*T0 *T1 >T2 .T3     "),
            (6, "**>.  "),
            (2, "**"),
        ] {
            assert_eq!(drawn(width, 1, |area, buf| Track { steps: &steps }.draw(area, buf, &ascii())), shown);
        }
    }
}
