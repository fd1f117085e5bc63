//! The values of one or several files, each of which remembers its file and place.
//!
//! [`Tree::parse`] reports every syntax error; [`Tree::over`] lays one file over another by key;
//! [`Tree::read`] turns what is there into values and reports *every* problem: it takes out what
//! is wrong and reads again, so that one bad key hides neither the next one nor the rest.

use std::collections::BTreeSet;
use std::ops::Range;

use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;
use toml::Spanned;
use toml::de::{DeArray, DeString, DeTable, DeValue, ValueDeserializer};

use super::file::File;
use super::located::{Problem, Problems};
use super::wording;

/// A table of values from files, or a part of one.
///
/// Files lie one behind the other in one space of offsets, so that a span alone tells the file.
#[derive(Clone)]
pub struct Tree<'f> {
    files: Vec<(usize, &'f File)>,
    root: Spanned<DeTable<'f>>,
    /// What this lies over, for the keys of which the upper value is wrong.
    base: Option<Spanned<DeTable<'f>>>,
    /// The keys that lead here, for messages.
    path: Vec<String>,
}

impl<'f> Tree<'f> {
    /// More problems than this in one reading help nobody.
    const MOST: usize = 100;

    /// What a file says; nothing where its syntax is broken.
    pub fn parse(file: &'f File, problems: &mut Problems) -> Self {
        let (root, errors) = DeTable::parse_recoverable(file.text());
        let broken = !errors.is_empty();
        for error in errors.into_iter().take(Self::MOST) {
            let span = error.span().unwrap_or(0..0);
            problems.push(Problem::at(file, span, wording::syntax(error.message())));
        }
        // What a parser guesses behind a syntax error would only bring follow-up problems.
        let root = if broken { Spanned::new(0..0, DeTable::new()) } else { root };
        Self { files: vec![(0, file)], root, base: None, path: Vec::new() }
    }

    /// This tree, laid over `base` key by key. Lists are replaced whole.
    #[must_use]
    pub fn over(self, base: Self) -> Self {
        let shift = base.files.iter().map(|(at, file)| at + file.text().len() + 1).max().unwrap_or(0);
        let mut files = base.files;
        files.extend(self.files.into_iter().map(|(at, file)| (at + shift, file)));
        let span = shifted(self.root.span(), shift);
        let root = merge(base.root.get_ref().clone(), shift_table(self.root.into_inner(), shift));
        Self { files, root: Spanned::new(span, root), base: Some(base.root), path: self.path }
    }

    /// Whether it holds no key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.root.get_ref().is_empty()
    }

    /// The keys, in the alphabet's order.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        self.root.get_ref().keys().map(|key| key.get_ref().to_string()).collect()
    }

    /// The keys that lead here, with dots between them.
    #[must_use]
    pub fn path(&self) -> String {
        self.path.join(".")
    }

    /// Takes the table at `key` out. Something else there is a problem.
    pub fn take(&mut self, key: &str, problems: &mut Problems) -> Option<Self> {
        let at_key = self.root.get_ref().get_key_value(key)?.0.span();
        let value = self.root.get_mut().remove(key)?;
        let mut path = self.path.clone();
        path.push(key.to_owned());
        let span = value.span();
        let found = value.get_ref().type_str();
        if let DeValue::Table(table) = value.into_inner() {
            // The key is where a person looks for a table, also for one made of dotted keys.
            let root = Spanned::new(at_key, table);
            return Some(Self { files: self.files.clone(), root, base: None, path });
        }
        let problem = self.problem(span, format!("`{}`: expected a table, found {found}", path.join(".")));
        problems.push(problem.hint(format!("write it as [{}]", path.join("."))));
        None
    }

    /// Takes the text at `key` out, with its place. Something else there is a problem.
    pub fn take_text(&mut self, key: &str, problems: &mut Problems) -> Option<(String, Range<usize>)> {
        let value = self.root.get_mut().remove(key)?;
        let span = value.span();
        let found = value.get_ref().type_str();
        if let DeValue::String(text) = value.into_inner() {
            return Some((text.into_owned(), span));
        }
        problems.push(self.problem(span, format!("`{key}`: expected a string, found {found}")));
        None
    }

    /// Where the value at `path` stands, or as much of the way there as exists.
    #[must_use]
    pub fn span_of(&self, path: &[&str]) -> Range<usize> {
        let mut span = self.root.span();
        let mut table = self.root.get_ref();
        for key in path {
            let Some((found, value)) = table.get_key_value(*key) else { break };
            span = if value.get_ref().is_table() { found.span() } else { value.span() };
            let Some(inner) = value.get_ref().as_table() else { break };
            table = inner;
        }
        span
    }

    /// Where `key` itself stands.
    #[must_use]
    pub fn key_span(&self, key: &str) -> Range<usize> {
        self.root.get_ref().get_key_value(key).map_or(self.root.span(), |(key, _)| key.span())
    }

    /// Whether there is a table at `key`.
    #[must_use]
    pub fn is_table(&self, key: &str) -> bool {
        self.root.get_ref().get(key).is_some_and(|value| value.get_ref().is_table())
    }

    /// The texts or numbers at `key` that more than one table of the list at `list` holds, each with the place
    /// of its second and further ones.
    #[must_use]
    pub fn doubles_in_list(&self, list: &str, key: &str) -> Vec<(String, Range<usize>)> {
        let Some(items) = self.root.get_ref().get(list).and_then(|list| list.get_ref().as_array()) else {
            return Vec::new();
        };
        let mut known = BTreeSet::new();
        items
            .iter()
            .filter_map(|item| item.get_ref().get(key))
            .filter_map(|value| {
                let number = || value.get_ref().as_integer().map(|number| number.as_str());
                let text = value.get_ref().as_str().or_else(number)?;
                Some((text.to_owned(), value.span()))
            })
            .filter(|(text, _)| !known.insert(text.clone()))
            .collect()
    }

    /// A problem at a span of this tree.
    #[must_use]
    pub fn problem(&self, span: Range<usize>, message: impl AsRef<str>) -> Problem {
        let (base, file) = self.file_of(span.start);
        Problem::at(file, span.start - base..span.end.max(span.start) - base, message)
    }

    /// A problem with the value at `path`.
    #[must_use]
    pub fn problem_at(&self, path: &[&str], message: impl AsRef<str>) -> Problem {
        self.problem(self.span_of(path), message)
    }

    /// The value, without what is wrong in it: that is reported and left to the defaults.
    ///
    /// `None` when too much is wrong for a value of this type.
    pub fn read<T: DeserializeOwned>(&self, problems: &mut Problems) -> Option<T> {
        self.read_counted(problems).0
    }

    /// The value, if nothing at all is wrong with it. For what must not act on half of what its
    /// author wrote.
    pub fn read_whole<T: DeserializeOwned>(&self, problems: &mut Problems) -> Option<T> {
        match self.read_counted(problems) {
            (value, 0) => value,
            (_, _) => None,
        }
    }

    fn read_counted<T: DeserializeOwned>(&self, problems: &mut Problems) -> (Option<T>, usize) {
        let mut left = self.root.clone();
        // Keys that were taken out, with their tables: that they are missing then is no news.
        let mut taken: BTreeSet<(usize, String)> = BTreeSet::new();
        let mut found = 0;
        loop {
            let value = Spanned::new(left.span(), DeValue::Table(left.get_ref().clone()));
            let error = match serde_path_to_error::deserialize(ValueDeserializer::from(value)) {
                Ok(value) => return (Some(value), found),
                Err(error) => error,
            };
            let by_path = steps(error.path());
            let error = error.into_inner();
            // A path ends early where a key is no plain text; a span at a list where an item is wrong.
            let (by_span, is_key) =
                error.span().and_then(|span| find(left.get_ref(), &span)).unwrap_or_default();
            let (steps, is_key) = match by_span.len() >= by_path.len() {
                true => (by_span, is_key),
                false => (by_path, false),
            };
            let follow_up = wording::missing_key(error.message())
                .is_some_and(|key| taken.contains(&(span_at(&left, &steps).start, key.to_owned())));
            if !follow_up {
                // The reader names the list where an item is wrong; the way leads to the item.
                let at = span_at(&left, &steps);
                let is_outside = |span: &Range<usize>| at.start < span.start || span.end < at.end;
                let span = error.span().filter(|span| is_key || is_outside(span)).unwrap_or(at);
                problems.push(self.describe(span, &steps, error.message(), is_key));
                found += 1;
            }
            let steps = &steps[..reach(&left, &steps)];
            let Some((last, before)) = steps.split_last().filter(|_| found < Self::MOST) else {
                return (None, found.max(1));
            };
            if let Step::Key(key) = last {
                taken.insert((span_at(&left, before).start, key.clone()));
            }
            let was = span_at(&left, steps).start;
            let under = self.base.as_ref().and_then(|base| keys_at(base, steps));
            // What the lower file says holds again, unless it was that which is wrong.
            put(left.get_mut(), steps, under.filter(|(_, value)| value.span().start != was));
        }
    }

    fn describe(&self, span: Range<usize>, steps: &[Step], message: &str, is_key: bool) -> Problem {
        let mut path = self.path.join(".");
        for step in steps {
            match step {
                Step::Key(key) if path.is_empty() => path.push_str(key),
                Step::Key(key) => path.extend([".", key]),
                // The line tells which; a number would be wrong once an item before it is out.
                Step::Index(_) => {}
            }
        }
        let (message, hint) = wording::value(&path, message, is_key);
        let problem = self.problem(span, message);
        match hint {
            Some(hint) => problem.hint(hint),
            None => problem,
        }
    }

    fn file_of(&self, at: usize) -> (usize, &'f File) {
        let index = self.files.partition_point(|(base, _)| *base <= at).saturating_sub(1);
        self.files[index]
    }
}

/// One step on the way to a value.
#[derive(Debug)]
enum Step {
    Key(String),
    Index(usize),
}

/// The way to an error, as far as it can be walked.
fn steps(path: &serde_path_to_error::Path) -> Vec<Step> {
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
fn span_at(root: &Spanned<DeTable<'_>>, steps: &[Step]) -> Range<usize> {
    let Some((Step::Key(first), rest)) = steps.split_first() else { return root.span() };
    let Some(mut value) = root.get_ref().get(first.as_str()) else { return root.span() };
    for step in rest {
        let Some(next) = below(value, step) else { break };
        value = next;
    }
    value.span()
}

/// The way to what stands at `span`, and whether that is a key.
fn find(table: &DeTable<'_>, span: &Range<usize>) -> Option<(Vec<Step>, bool)> {
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
fn reach(root: &Spanned<DeTable<'_>>, steps: &[Step]) -> usize {
    let Some((Step::Key(first), rest)) = steps.split_first() else { return 0 };
    let Some(mut value) = root.get_ref().get(first.as_str()) else { return 0 };
    for (index, step) in rest.iter().enumerate() {
        let Some(next) = below(value, step) else { return index + 1 };
        value = next;
    }
    steps.len()
}

/// A key and its value.
type Pair<'f> = (Spanned<DeString<'f>>, Spanned<DeValue<'f>>);

/// The pair that `steps` lead to through tables only.
fn keys_at<'f>(root: &Spanned<DeTable<'f>>, steps: &[Step]) -> Option<Pair<'f>> {
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
fn put<'f>(table: &mut DeTable<'f>, steps: &[Step], instead: Option<Pair<'f>>) {
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
fn merge<'f>(mut base: DeTable<'f>, over: DeTable<'f>) -> DeTable<'f> {
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

fn shifted(span: Range<usize>, by: usize) -> Range<usize> {
    span.start + by..span.end + by
}

fn shift_table(table: DeTable<'_>, by: usize) -> DeTable<'_> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use std::collections::BTreeMap;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct House {
        name: String,
        rooms: u8,
        color: Color,
        doors: Vec<Door>,
        lamps: BTreeMap<String, u8>,
        garden: Garden,
    }

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum Color {
        #[default]
        Red,
        PaleBlue,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Door {
        to: String,
        width: u8,
    }

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct Garden {
        trees: u8,
        pond: bool,
    }

    fn read(text: &str) -> (Option<House>, Vec<String>) {
        let file = File::embedded("house.toml", text);
        let mut problems = Problems::new();
        let house = Tree::parse(&file, &mut problems).read(&mut problems);
        (house, problems.into_sorted().iter().map(ToString::to_string).collect())
    }

    #[test]
    fn every_problem_of_a_file_is_told_at_its_place_and_the_rest_is_read() {
        let (house, problems) = read(
            "nmae = 'x'\nrooms = 500\nname = 'hut'\ncolor = 'pale_blue'\n\
             [[doors]]\nto = 'street'\nwidth = 'wide'\n[[doors]]\nto = 'yard'\nwidth = 2\n[[doors]]\nwidth = 1\n\
             [lamps]\nhall = 3\nattic = true\n[garden]\npond = 1\nbench = 2\ntrees = 4\n[cellar]\n",
        );
        assert_eq!(
            problems,
            [
                "house.toml:1:1: unknown key `nmae` (hint: did you mean `name`?)",
                "house.toml:2:9: `rooms`: expected a whole number from 0 to 255, found integer `500`",
                "house.toml:4:9: `color`: unknown value \"pale_blue\" (hint: did you mean `pale-blue`?)",
                "house.toml:7:9: `doors.width`: expected a whole number from 0 to 255, found string \"wide\"",
                "house.toml:11:1: `doors` lacks the key `to`",
                "house.toml:15:9: `lamps.attic`: expected a whole number from 0 to 255, found boolean `true`",
                "house.toml:17:8: `garden.pond`: expected a boolean, found integer `1`",
                "house.toml:18:1: unknown key `garden.bench` (hint: known here: trees, pond)",
                "house.toml:20:2: unknown key `cellar` (hint: known here: name, rooms, color, doors, lamps, garden)",
            ]
        );
        let house = house.unwrap();
        assert_eq!(house.name, "hut");
        assert_eq!(house.doors, [Door { to: "yard".into(), width: 2 }]);
        assert_eq!(house.lamps, BTreeMap::from([("hall".into(), 3)]));
        assert_eq!(house.garden, Garden { trees: 4, pond: false });
    }

    #[test]
    fn every_syntax_error_is_told_and_nothing_is_guessed_behind_it() {
        let (house, problems) = read("name = \nrooms == 3\n[garden\ntrees = 1\n");
        assert_eq!(house, Some(House::default()));
        assert!(problems.len() >= 3, "{problems:?}");
        assert!(problems[0].starts_with("house.toml:1:8: "), "{problems:?}");
    }

    #[test]
    fn a_file_laid_over_another_wins_by_key_and_each_problem_names_its_own_file() {
        let base =
            File::embedded("base.toml", "name = 'hut'\nrooms = 2\n[garden]\ntrees = 'many'\npond = true\n");
        let over = File::embedded("over.toml", "\nrooms = 'x'\ngarden.pnd = 1\n[lamps]\nhall = 1\n");
        let mut problems = Problems::new();
        let tree = Tree::parse(&over, &mut problems).over(Tree::parse(&base, &mut problems));
        let house: House = tree.read(&mut problems).unwrap();
        let problems: Vec<_> = problems.into_sorted().iter().map(ToString::to_string).collect();
        assert_eq!(
            problems,
            [
                "base.toml:4:9: `garden.trees`: expected a whole number from 0 to 255, found string \"many\"",
                "over.toml:2:9: `rooms`: expected a whole number from 0 to 255, found string \"x\"",
                "over.toml:3:8: unknown key `garden.pnd` (hint: did you mean `pond`?)",
            ]
        );
        assert_eq!(house.name, "hut");
        assert_eq!(house.rooms, 2, "what the lower file says holds where the upper one is wrong");
        assert!(house.garden.pond);
        assert_eq!(house.lamps["hall"], 1);
    }

    #[test]
    fn what_must_be_whole_is_not_read_when_anything_in_it_is_wrong() {
        let file = File::embedded("g.toml", "trees = 1\npond = 'yes'\n");
        let mut problems = Problems::new();
        let tree = Tree::parse(&file, &mut problems);
        assert_eq!(tree.read_whole::<Garden>(&mut problems), None);
        assert_eq!(problems.len(), 1);
    }
}
