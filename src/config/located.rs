//! A problem in a file, with its place, the lines around it and how to mend it.
//!
//! Whoever reads a file collects [`Problems`] instead of stopping at the first one. What is shown
//! of the file is clean ([`Text`]) and never a secret: a value whose key speaks of a token or a
//! password is blanked before it is kept.

use std::fmt;
use std::ops::Range;
use std::sync::LazyLock;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteSpanContents, SourceCode,
};
use regex::Regex;

use crate::incident::Text;

use super::file::File;

/// One thing that is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file, as the person would name it.
    pub file: String,
    /// Where in the file; nothing when the file as a whole is the problem.
    pub place: Option<Place>,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// How to mend it.
    pub hint: Option<String>,
    /// Whether it concerns the receiver alone: nothing but serving needs that.
    pub of_receiver: bool,
    snippet: Option<Box<Snippet>>,
}

/// A place in a file. The order is the order of reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line, from 1.
    pub line: usize,
    /// The character in the line, from 1.
    pub column: usize,
}

/// What problems are drawn on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Canvas {
    /// Whether colours are welcome: a terminal, and no `NO_COLOR`.
    pub colour: bool,
    /// Whether more than ASCII can be shown.
    pub unicode: bool,
    /// Columns to fill.
    pub width: usize,
}

impl Problem {
    /// A problem at the bytes `span` of `file`.
    pub fn at(file: &File, span: Range<usize>, message: impl AsRef<str>) -> Self {
        let start = floor_char_boundary(file.text(), span.start);
        let end = floor_char_boundary(file.text(), span.end).max(start);
        let place = Place::of(file.text(), start);
        Self {
            file: file.name().to_owned(),
            place: Some(place),
            message: clean(message.as_ref()),
            hint: None,
            of_receiver: false,
            snippet: Some(Box::new(Snippet::around(file, start..end, place))),
        }
    }

    /// A problem with a file as a whole.
    pub fn whole(file: &str, message: impl AsRef<str>) -> Self {
        Self {
            file: clean(file),
            place: None,
            message: clean(message.as_ref()),
            hint: None,
            of_receiver: false,
            snippet: None,
        }
    }

    /// Says how to mend it.
    #[must_use]
    pub fn hint(mut self, hint: impl AsRef<str>) -> Self {
        self.hint = Some(clean(hint.as_ref()));
        self
    }

    /// Concerns the receiver and nothing else.
    #[must_use]
    pub(super) fn only_of_receiver(self) -> Self {
        Self { of_receiver: true, ..self }
    }

    /// Says how to mend it, if that is known.
    #[must_use]
    pub fn hinted(self, hint: Option<String>) -> Self {
        match hint {
            Some(hint) => self.hint(hint),
            None => self,
        }
    }

    /// With the lines of the file around the place, for a person.
    #[must_use]
    pub fn render(&self, canvas: Canvas) -> String {
        let theme = match (canvas.colour, canvas.unicode) {
            (true, true) => GraphicalTheme::unicode(),
            (true, false) => GraphicalTheme::ascii(),
            (false, true) => GraphicalTheme::unicode_nocolor(),
            (false, false) => GraphicalTheme::none(),
        };
        let handler = GraphicalReportHandler::new_themed(theme)
            .with_width(canvas.width.max(40))
            .with_links(false)
            .without_syntax_highlighting();
        let mut out = String::new();
        let report = Report(self);
        if handler.render_report(&mut out, &report).is_err() {
            return self.to_string(); // the drawing is an extra; the words are not
        }
        out
    }
}

/// One line for scripts: `file:line:column: message (hint: …)`.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(Place { line, column }) = self.place {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {}", self.message)?;
        if let Some(hint) = &self.hint {
            write!(f, " (hint: {hint})")?;
        }
        Ok(())
    }
}

/// Every problem found, in the order of the files and of the places in them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// None yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// One more.
    pub fn push(&mut self, problem: Problem) {
        self.0.push(problem);
    }

    /// Those of another reading.
    pub fn extend(&mut self, others: impl IntoIterator<Item = Problem>) {
        self.0.extend(others);
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// In order, without doubles.
    #[must_use]
    pub fn into_sorted(mut self) -> Vec<Problem> {
        self.0.sort_by(|a, b| (&a.file, a.place, &a.message).cmp(&(&b.file, b.place, &b.message)));
        self.0.dedup();
        self.0
    }
}

impl<'a> IntoIterator for &'a Problems {
    type Item = &'a Problem;
    type IntoIter = std::slice::Iter<'a, Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

/// What miette draws of a problem.
struct Report<'a>(&'a Problem);

impl fmt::Debug for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.0, f)
    }
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.place.is_none() {
            write!(f, "{}: ", self.0.file)?;
        }
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Report<'_> {}

impl Diagnostic for Report<'_> {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.0.hint.as_ref().map(|hint| Box::new(hint) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.0.snippet.as_ref().map(|snippet| snippet.as_ref() as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let snippet = self.0.snippet.as_ref()?;
        Some(Box::new(std::iter::once(LabeledSpan::underline(snippet.marked.clone()))))
    }
}

/// The lines around a place, clean and without secrets; never the whole file.
#[derive(Clone, PartialEq, Eq)]
struct Snippet {
    file: String,
    text: String,
    /// The number of the first line in `text`.
    first_line: usize,
    /// What is wrong, as bytes of `text`.
    marked: Range<usize>,
    place: Place,
}

impl Snippet {
    /// Characters of a line that are kept, at most.
    const LINE: usize = 160;

    fn around(file: &File, span: Range<usize>, place: Place) -> Self {
        let text = file.text();
        let first_line = place.line.saturating_sub(1).max(1);
        let mut snippet =
            Self { file: file.name().to_owned(), text: String::new(), first_line, marked: 0..0, place };
        let mut offset = 0;
        for (number, line) in (1..).zip(text.split_inclusive('\n')) {
            if number > place.line + 1 {
                break;
            }
            if number >= first_line {
                let line_span = offset..offset + line.len();
                snippet.push_line(line, line_span, (number == place.line).then_some(&span));
            }
            offset += line.len();
        }
        if snippet.text.is_empty() {
            snippet.text.push('\n'); // miette draws nothing of an empty text
        }
        snippet
    }

    /// Adds one line; `mark` is what to mark in it, in bytes of the file like `at`.
    fn push_line(&mut self, line: &str, at: Range<usize>, mark: Option<&Range<usize>>) {
        let masked = mask_secrets(line.trim_end_matches(['\n', '\r']));
        let (start, end) = match mark {
            Some(mark) => (mark.start - at.start, mark.end.min(at.end) - at.start),
            None => (0, 0),
        };
        // Only a window of a very long line is shown, with the place in it.
        let skip = masked[..start.min(masked.len())].chars().count().saturating_sub(Self::LINE / 2);
        self.marked = if mark.is_some() { self.text.len()..self.text.len() } else { self.marked.clone() };
        for (index, c) in masked.char_indices().skip(skip).take(Self::LINE) {
            if mark.is_some() && index == start {
                self.marked.start = self.text.len();
            }
            self.text.push_str(&clean(c.encode_utf8(&mut [0; 4])));
            if mark.is_some() && index < end {
                self.marked.end = self.text.len();
            }
        }
        if mark.is_some() && start >= masked.len() {
            self.marked = self.text.len()..self.text.len();
        }
        self.text.push('\n');
    }
}

/// The text is left out: a debug print of an error is no place to quote files.
impl fmt::Debug for Snippet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snippet")
            .field("file", &self.file)
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}

impl SourceCode for Snippet {
    fn read_span<'a>(
        &'a self,
        _span: &miette::SourceSpan,
        lines_before: usize,
        _lines_after: usize,
    ) -> Result<Box<dyn miette::SpanContents<'a> + 'a>, miette::MietteError> {
        // Asked without context, it is for the header's line and column.
        let (line, column) = match lines_before {
            0 => (self.place.line - 1, self.place.column - 1),
            _ => (self.first_line - 1, 0),
        };
        let whole = (0, self.text.len()).into();
        let count = self.text.lines().count();
        Ok(Box::new(MietteSpanContents::new_named(
            self.file.clone(),
            self.text.as_bytes(),
            whole,
            line,
            column,
            count,
        )))
    }
}

/// What speaks of a secret: a key that names one, and its value.
static SECRET: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?i)([a-z0-9_-]*(?:token|secret|passw|passphrase|api[_-]?key|credential|authorization|bearer)[a-z0-9_-]*)["']?\s*[=:]\s*(.+)"#,
    )
    .expect("the pattern is constant and tested")
});

/// Blanks the values of keys that speak of secrets, byte for byte; names of variables and files stay.
fn mask_secrets(line: &str) -> String {
    let mut out = line.to_owned();
    for found in SECRET.captures_iter(line) {
        let (Some(key), Some(value)) = (found.get(1), found.get(2)) else { continue };
        let key = key.as_str().to_ascii_lowercase();
        if !key.ends_with("_env") && !key.ends_with("_file") {
            out.replace_range(value.range(), &"*".repeat(value.len()));
        }
    }
    out
}

fn clean(raw: &str) -> String {
    Text::line(raw).as_str().to_owned()
}

impl Place {
    /// The line and column of a byte of `text`.
    pub(super) fn of(text: &str, at: usize) -> Self {
        let before = &text[..floor_char_boundary(text, at)];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        Self { line, column: before[line_start..].chars().count() + 1 }
    }
}

fn floor_char_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
