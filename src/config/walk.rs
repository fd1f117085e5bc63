//! Ways through the values of a file: where an error is, what to take out, what to lay over what.

use std::ops::Range;

use serde_path_to_error::Segment;
use toml::Spanned;
use toml::de::{DeArray, DeString, DeTable, DeValue};

/// One step on the way to a value.
#[derive(Debug)]
pub(super) enum Step {
    Key(String),
    Index(usize),
}

/// The way to an error, as far as it can be walked.
pub(super) fn steps(path: &serde_path_to_error::Path) -> Vec<Step> {
    path.iter()
        .map_while(|segment| match segment {
            Segment::Seq { index } => Some(Step::Index(*index)),
            Segment::Map { key } | Segment::Enum { variant: key } => Some(Step::Key(key.clone())),
            Segment::Unknown => None,
        })
        .collect()
}

/// The value one step below, if there is one.
fn below<'a, 'f>(value: &'a Spanned<DeValue<'f>>, step: &Step) -> Option<&'a Spanned<DeValue<'f>>> {
    match step {
        Step::Key(key) => value.get_ref().get(key.as_str()),
        Step::Index(index) => value.get_ref().get(*index),
    }
}

/// The span of the value that `steps` lead to, as far as they lead.
pub(super) fn span_at(root: &Spanned<DeTable<'_>>, steps: &[Step]) -> Range<usize> {
    let Some((Step::Key(first), rest)) = steps.split_first() else { return root.span() };
    let Some(mut value) = root.get_ref().get(first.as_str()) else { return root.span() };
    for step in rest {
        let Some(next) = below(value, step) else { break };
        value = next;
    }
    value.span()
}

/// The way to what stands at `span`, and whether that is a key.
pub(super) fn find(table: &DeTable<'_>, span: &Range<usize>) -> Option<(Vec<Step>, bool)> {
    let (key, below, is_key) = table.iter().find_map(|(key, value)| {
        let below = match key.span() == *span {
            true => Some((Vec::new(), true)),
            false => find_in(value, span),
        };
        below.map(|(below, is_key)| (key.get_ref().to_string(), below, is_key))
    })?;
    Some((std::iter::once(Step::Key(key)).chain(below).collect(), is_key))
}

fn find_in(value: &Spanned<DeValue<'_>>, span: &Range<usize>) -> Option<(Vec<Step>, bool)> {
    let below = match value.get_ref() {
        DeValue::Table(table) => find(table, span),
        DeValue::Array(items) => items.iter().enumerate().find_map(|(index, item)| {
            let (below, is_key) = find_in(item, span)?;
            Some((std::iter::once(Step::Index(index)).chain(below).collect(), is_key))
        }),
        DeValue::String(_)
        | DeValue::Integer(_)
        | DeValue::Float(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_) => None,
    };
    below.or_else(|| (value.span() == *span).then(|| (Vec::new(), false)))
}

/// How many of `steps` lead somewhere.
pub(super) fn reach(root: &Spanned<DeTable<'_>>, steps: &[Step]) -> usize {
    let Some((Step::Key(first), rest)) = steps.split_first() else { return 0 };
    let Some(mut value) = root.get_ref().get(first.as_str()) else { return 0 };
    for (index, step) in rest.iter().enumerate() {
        let Some(next) = below(value, step) else { return index + 1 };
        value = next;
    }
    steps.len()
}

/// A key and its value.
pub(super) type Pair<'f> = (Spanned<DeString<'f>>, Spanned<DeValue<'f>>);

/// The pair that `steps` lead to through tables only.
pub(super) fn keys_at<'f>(root: &Spanned<DeTable<'f>>, steps: &[Step]) -> Option<Pair<'f>> {
    let mut table = root.get_ref();
    let (last, before) = steps.split_last()?;
    for step in before {
        let Step::Key(key) = step else { return None };
        table = table.get(key.as_str())?.get_ref().as_table()?;
    }
    let Step::Key(key) = last else { return None };
    table.get_key_value(key.as_str()).map(|(key, value)| (key.clone(), value.clone()))
}

/// Takes out what `steps` lead to, and puts `instead` there.
pub(super) fn put<'f>(table: &mut DeTable<'f>, steps: &[Step], instead: Option<Pair<'f>>) {
    let Some((Step::Key(key), rest)) = steps.split_first() else { return };
    if rest.is_empty() {
        table.remove(key.as_str());
        if let Some((key, value)) = instead {
            table.insert(key, value);
        }
    } else if let Some(value) = table.get_mut(key.as_str()) {
        put_below(value.get_mut(), rest, instead);
    }
}

fn put_below<'f>(value: &mut DeValue<'f>, steps: &[Step], instead: Option<Pair<'f>>) {
    let Some((step, rest)) = steps.split_first() else { return };
    match (value, step) {
        (DeValue::Table(table), Step::Key(_)) => put(table, steps, instead),
        (DeValue::Array(list), Step::Index(index)) if rest.is_empty() => {
            let mut items: Vec<_> = std::mem::replace(list, DeArray::new()).into_iter().collect();
            items.remove(*index);
            *list = items.into_iter().collect();
        }
        (DeValue::Array(list), Step::Index(index)) => {
            if let Some(item) = list.get_mut(*index) {
                put_below(item.get_mut(), rest, instead);
            }
        }
        (_, Step::Key(_) | Step::Index(_)) => {}
    }
}

/// `over` laid over `base`: tables by key, everything else whole.
pub(super) fn merge<'f>(mut base: DeTable<'f>, over: DeTable<'f>) -> DeTable<'f> {
    for (key, value) in over {
        let span = value.span();
        let merged = match (base.remove(key.get_ref().as_ref()).map(Spanned::into_inner), value.into_inner())
        {
            (Some(DeValue::Table(below)), DeValue::Table(above)) => DeValue::Table(merge(below, above)),
            (_, above) => above,
        };
        base.insert(key, Spanned::new(span, merged));
    }
    base
}

pub(super) fn shifted(span: Range<usize>, by: usize) -> Range<usize> {
    span.start + by..span.end + by
}

pub(super) fn shift_table(table: DeTable<'_>, by: usize) -> DeTable<'_> {
    table
        .into_iter()
        .map(|(key, value)| (Spanned::new(shifted(key.span(), by), key.into_inner()), shift(value, by)))
        .collect()
}

#[expect(clippy::wildcard_enum_match_arm, reason = "a foreign enum: what holds no values stays as it is")]
fn shift(value: Spanned<DeValue<'_>>, by: usize) -> Spanned<DeValue<'_>> {
    let span = shifted(value.span(), by);
    let value = match value.into_inner() {
        DeValue::Table(table) => DeValue::Table(shift_table(table, by)),
        DeValue::Array(items) => DeValue::Array(items.into_iter().map(|item| shift(item, by)).collect()),
        plain => plain,
    };
    Spanned::new(span, value)
}
