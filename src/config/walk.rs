//! Ways through the values of a file: where an error is, what to take out, what to lay over what.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeArray, DeString, DeTable, DeValue};

/// One step on the way to a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Key(String),
    Index(usize),
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

/// Where the key stands that `steps` lead to; the value where the last step is none.
pub(super) fn key_span_at(root: &Spanned<DeTable<'_>>, steps: &[Step]) -> Range<usize> {
    let Some((Step::Key(key), before)) = steps.split_last() else { return span_at(root, steps) };
    let table = match before {
        [] => Some(root.get_ref()),
        _ => value_at(root, before).and_then(|value| value.get_ref().as_table()),
    };
    table
        .and_then(|table| table.get_key_value(key.as_str()))
        .map_or_else(|| span_at(root, steps), |(key, _)| key.span())
}

fn value_at<'a, 'f>(root: &'a Spanned<DeTable<'f>>, steps: &[Step]) -> Option<&'a Spanned<DeValue<'f>>> {
    let (Step::Key(first), rest) = steps.split_first()? else { return None };
    rest.iter().try_fold(root.get_ref().get(first.as_str())?, below)
}

/// From where a value begins to where the last part of it ends.
pub(super) fn extent(value: &Spanned<DeValue<'_>>) -> Range<usize> {
    let ends =
        |below: &mut dyn Iterator<Item = &Spanned<DeValue<'_>>>| below.map(|value| extent(value).end).max();
    let end = match value.get_ref() {
        DeValue::Table(table) => ends(&mut table.iter().map(|(_, value)| value)),
        DeValue::Array(items) => ends(&mut items.iter()),
        DeValue::String(_)
        | DeValue::Integer(_)
        | DeValue::Float(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_) => None,
    };
    value.span().start..end.unwrap_or_default().max(value.span().end)
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
