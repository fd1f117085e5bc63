//! How to find the records that a filter may show without reading every one: something that each of
//! them must contain, looked for in whole blocks at once.

use memchr::memmem::Finder;
use regex::bytes::{Regex, RegexBuilder};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind, Look};

use super::{Comparison, Field, LineKind, Term, Test};

/// The way to a filter's records.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// What each of them contains.
    pub anchor: Anchor,
    /// Every record that contains it is one.
    pub exact: bool,
}

/// What is looked for in a block.
#[derive(Debug, Clone, Default)]
pub enum Anchor {
    /// Nothing: each record is read.
    #[default]
    None,
    /// These bytes.
    Literal(Box<Finder<'static>>),
    /// A match that is never empty. It may reach over a record's end; then it proves nothing.
    Pattern(Regex),
}

/// Any character of plain ASCII may stand so in JSON instead of as itself.
const ESCAPED: &str = r"\\u00";

/// Shorter texts are found everywhere.
const SHORTEST: usize = 3;

impl Plan {
    /// The best way for terms that must all hold.
    pub(super) fn of(terms: &[Term]) -> Self {
        let shown = || terms.iter().filter(|term| !term.hides).map(|term| &term.test);
        let alone = terms.len() == 1;
        let literal = shown()
            .filter_map(|test| if let Test::Literal(finder) = test { Some(finder) } else { None })
            .max_by_key(|finder| finder.needle().len());
        if let Some(finder) = literal.filter(|finder| !finder.needle().is_empty()) {
            let exact = alone && !finder.needle().contains(&b'\n');
            return Self { anchor: Anchor::Literal(Box::new(finder.clone())), exact };
        }
        if let Some((regex, within)) = shown().find_map(expression) {
            return Self { anchor: Anchor::Pattern(regex), exact: alone && within };
        }
        let anchor = shown().find_map(value).or_else(|| shown().find_map(name));
        Self { anchor: anchor.map_or(Anchor::None, Anchor::Pattern), exact: false }
    }
}

/// An expression that can be looked for in many records at once, and whether a match of it always
/// lies within one line.
fn expression(test: &Test) -> Option<(Regex, bool)> {
    let Test::Expression { regex, pattern, cased } = test else { return None };
    let parsed = ParserBuilder::new()
        .utf8(false)
        .case_insensitive(!cased)
        .multi_line(true)
        .crlf(true)
        .build()
        .parse(pattern)
        .ok()?;
    let properties = parsed.properties();
    // An empty match lies on the border of two records. Unicode's words end where a table says so,
    // which is slow beyond ASCII: slow on one record is better than on a block.
    let blockwise = properties.minimum_len().is_some_and(|len| len > 0)
        && properties.look_set().iter().all(|look| {
            matches!(
                look,
                Look::StartLF
                    | Look::EndLF
                    | Look::StartCRLF
                    | Look::EndCRLF
                    | Look::WordAscii
                    | Look::WordStartAscii
                    | Look::WordEndAscii
            )
        });
    blockwise.then(|| (regex.clone(), !may_hold_a_line_end(&parsed)))
}

fn may_hold_a_line_end(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => false,
        HirKind::Literal(literal) => literal.0.contains(&b'\n'),
        HirKind::Class(Class::Unicode(class)) => {
            class.ranges().iter().any(|range| range.start() <= '\n' && '\n' <= range.end())
        }
        HirKind::Class(Class::Bytes(class)) => {
            class.ranges().iter().any(|range| range.start() <= b'\n' && b'\n' <= range.end())
        }
        HirKind::Repetition(repetition) => may_hold_a_line_end(&repetition.sub),
        HirKind::Capture(capture) => may_hold_a_line_end(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().any(may_hold_a_line_end),
    }
}

/// What a field's value must contain, however JSON writes it.
fn value(test: &Test) -> Option<Regex> {
    match test {
        Test::Field(Field { comparison: Comparison::Is, wanted, cased, number: None, path, .. })
            if path != "agent" =>
        {
            let piece = wanted.split(|c| !is_bare(c)).max_by_key(|piece| piece.len())?;
            (piece.len() >= SHORTEST).then(|| contains(piece, *cased))?
        }
        Test::Kind(kind, true) if *kind != LineKind::Other => contains(kind.word(), true),
        Test::Literal(_)
        | Test::Expression { .. }
        | Test::Level(..)
        | Test::Kind(..)
        | Test::Time(..)
        | Test::Field(_) => None,
    }
}

/// The name of a field that a record must have.
fn name(test: &Test) -> Option<Regex> {
    let Test::Field(Field { comparison, path, .. }) = test else { return None };
    let last = path.rsplit('.').next()?;
    let asks = *comparison != Comparison::IsNot && path != "agent" && last.len() >= SHORTEST;
    (asks && last.chars().all(is_bare)).then(|| contains(last, true))?
}

/// Characters that JSON writes as themselves or, all of them, as `\u00..`.
fn is_bare(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, ' ' | '_' | '-' | '.' | ':' | '@' | '+' | '=' | ',' | ';' | '#')
}

fn contains(piece: &str, cased: bool) -> Option<Regex> {
    let pattern = format!("{}|{ESCAPED}", regex::escape(piece));
    RegexBuilder::new(&pattern).case_insensitive(!cased).build().ok()
}
