//! The values of one or several files, each of which remembers its file and place.
//!
//! [`Tree::parse`] reports every syntax error; [`Tree::over`] lays one file over another by key;
//! [`Tree::read`] turns what is there into values and reports *every* problem: it takes out what
//! is wrong and reads again, so that one bad key hides neither the next one nor the rest.

use std::collections::BTreeSet;
use std::ops::Range;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::file::File;
use super::located::{Problem, Problems};
use super::values::{self, Pretended, What};
use super::walk::{Step, extent, key_span_at, keys_at, merge, put, reach, shift_table, shifted, span_at};
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
    /// Whether the file has errors of syntax: then nobody knows that this is all its author wrote.
    broken: bool,
}

impl<'f> Tree<'f> {
    /// More problems than this in one reading help nobody.
    const MOST: usize = 100;

    /// What a file says; nothing where its syntax is broken.
    pub fn parse(file: &'f File, problems: &mut Problems) -> Self {
        let (root, errors) = DeTable::parse_recoverable(file.text());
        let broken = !errors.is_empty();
        // A key that stands twice breaks nothing else: the rest is as its author wrote it.
        let is_double = |message: &str| message.contains("duplicate key");
        let readable = errors.iter().all(|error| is_double(error.message()));
        for error in errors.into_iter().take(Self::MOST) {
            let span = error.span().unwrap_or(0..0);
            let (words, hint) = wording::syntax(error.message());
            problems.push(Problem::at(file, span, words).hinted(hint.map(str::to_owned)));
        }
        // What a parser guesses behind a syntax error would only bring follow-up problems.
        let root = if readable { root } else { Spanned::new(0..0, DeTable::new()) };
        Self { files: vec![(0, file)], root, base: None, path: Vec::new(), broken }
    }

    /// What is left of a file when what is wrong with its syntax, and told elsewhere, is blanked.
    pub fn parse_left(file: &'f File, left: &'f str) -> Self {
        let root = DeTable::parse(left).unwrap_or_else(|_| Spanned::new(0..0, DeTable::new()));
        Self { files: vec![(0, file)], root, base: None, path: Vec::new(), broken: true }
    }

    /// This tree, laid over `base` key by key. Lists are replaced whole.
    #[must_use]
    pub fn over(self, base: Self) -> Self {
        let shift = base.files.iter().map(|(at, file)| at + file.text().len() + 1).max().unwrap_or(0);
        let mut files = base.files;
        files.extend(self.files.into_iter().map(|(at, file)| (at + shift, file)));
        let span = shifted(self.root.span(), shift);
        let root = merge(base.root.get_ref().clone(), shift_table(self.root.into_inner(), shift));
        let broken = self.broken || base.broken;
        Self { files, root: Spanned::new(span, root), base: Some(base.root), path: self.path, broken }
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

    /// Whether there is anything at `key`.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.root.get_ref().contains_key(key)
    }

    /// The keys of the table at `key`, if there is one.
    #[must_use]
    pub fn keys_of(&self, key: &str) -> Vec<String> {
        let table = self.root.get_ref().get(key).and_then(|value| value.get_ref().as_table());
        table.into_iter().flat_map(|table| table.keys()).map(|key| key.get_ref().to_string()).collect()
    }

    /// Only these of its keys.
    #[must_use]
    pub fn only(&self, keys: &[&str]) -> Self {
        self.filtered(|key| keys.contains(&key))
    }

    /// All of its keys but these.
    #[must_use]
    pub fn without(&self, keys: &[&str]) -> Self {
        self.filtered(|key| !keys.contains(&key))
    }

    fn filtered(&self, keep: impl Fn(&str) -> bool) -> Self {
        let mut rest = self.clone();
        for key in self.keys().iter().filter(|key| !keep(key)) {
            drop(rest.root.get_mut().remove(key.as_str()));
        }
        rest
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
            return Some(Self { files: self.files.clone(), root, base: None, path, broken: self.broken });
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
        let problem = self.problem(span, format!("`{key}`: expected a string, found {found}"));
        problems.push(problem.hint(wording::text_at(key)));
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

    /// From where the table at `path` begins to where the last part of it ends; nothing where none is.
    #[must_use]
    pub fn extent_of(&self, path: &[&str]) -> Option<Range<usize>> {
        let (first, rest) = path.split_first()?;
        let value = self.root.get_ref().get(*first)?;
        rest.iter().try_fold(value, |value, key| value.get_ref().get(*key)).map(extent)
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

    /// The texts at `key` of the tables of the list at `list`, right or wrong as the tables are.
    #[must_use]
    pub fn texts_in_list(&self, list: &str, key: &str) -> Vec<String> {
        let items = self.root.get_ref().get(list).and_then(|list| list.get_ref().as_array());
        let text =
            |item: &Spanned<DeValue<'_>>| item.get_ref().get(key)?.get_ref().as_str().map(str::to_owned);
        items.into_iter().flat_map(|items| items.iter()).filter_map(text).collect()
    }

    /// Where `of` stands in the table of a list whose `key` is `name`; the list itself where it does not.
    #[must_use]
    pub fn span_in_list(&self, list: &str, (key, name): (&str, &str), of: &str) -> Range<usize> {
        let items = self.root.get_ref().get(list).and_then(|list| list.get_ref().as_array());
        let is_it = |item: &&_| {
            let item: &Spanned<DeValue<'_>> = item;
            item.get_ref().get(key).is_some_and(|value| value.get_ref().as_str() == Some(name))
        };
        let found = items.into_iter().flatten().find(is_it).and_then(|item| item.get_ref().get(of));
        found.map_or_else(|| self.span_of(&[list]), Spanned::span)
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
        self.read_around(problems).0
    }

    /// The value, if nothing at all is wrong with it. For what must not act on half of what its
    /// author wrote.
    pub fn read_whole<T: DeserializeOwned>(&self, problems: &mut Problems) -> Option<T> {
        match self.read_part(problems) {
            (value, true) => value,
            (_, false) => None,
        }
    }

    /// The value without what is wrong in it, and whether nothing was: so that the rest of what must be
    /// whole is looked at too, before it is let go of.
    pub fn read_part<T: DeserializeOwned>(&self, problems: &mut Problems) -> (Option<T>, bool) {
        let (value, spoilt) = self.read_around(problems);
        (value, spoilt.found == 0 && !self.broken)
    }

    /// Whether the file has errors of syntax, so that what is missing may be in it all the same.
    #[must_use]
    pub const fn is_broken(&self) -> bool {
        self.broken
    }

    /// The value without what is wrong in it, and where something was.
    pub fn read_around<T: DeserializeOwned>(&self, problems: &mut Problems) -> (Option<T>, Spoilt) {
        let mut left = self.root.clone();
        let mut spoilt = Spoilt::default();
        // Keys that were taken out, with their tables: that they are missing then is no news.
        let mut taken: Vec<(Range<usize>, String)> = Vec::new();
        loop {
            let mut wrong = match values::read(&left, &Pretended::default()) {
                Ok(value) => return (Some(value), spoilt),
                Err(wrong) => wrong,
            };
            let steps = wrong.way();
            let at = span_at(&left, &steps);
            spoilt.places.extend((1..=steps.len()).map(|n| span_at(&left, &steps[..n]).start));
            if let What::MissingKey(key) = wrong.what {
                let missing: Vec<&str> = lacking::<T>(&left, &at, &steps, key);
                for key in missing.into_iter().filter(|key| !self.is_no_news(&taken, &at, key)) {
                    problems.push(self.describe(at.clone(), &steps, &What::MissingKey(key), false));
                    spoilt.found += 1;
                }
            } else {
                let span = if wrong.is_key { key_span_at(&left, &steps) } else { at };
                problems.push(self.describe(span, &steps, &wrong.what, wrong.is_key));
                spoilt.found += 1;
            }
            let steps = &steps[..reach(&left, &steps)];
            let Some((last, before)) = steps.split_last().filter(|_| spoilt.found < Self::MOST) else {
                spoilt.found = spoilt.found.max(1);
                return (None, spoilt);
            };
            if let Step::Key(key) = last {
                taken.push((span_at(&left, before), key.clone()));
            }
            let was = span_at(&left, steps).start;
            let under = self.base.as_ref().and_then(|base| keys_at(base, steps));
            // What the lower file says holds again, unless it was that which is wrong.
            put(left.get_mut(), steps, under.filter(|(_, value)| value.span().start != was));
        }
    }

    /// Whether everybody knows that the table at a place lacks a key: it was taken out there, or may stand
    /// in a line that cannot be read.
    fn is_no_news(&self, taken: &[(Range<usize>, String)], table: &Range<usize>, key: &str) -> bool {
        self.broken || taken.iter().any(|(at, taken)| at == table && taken == key)
    }

    fn describe(&self, span: Range<usize>, steps: &[Step], what: &What, is_key: bool) -> Problem {
        let mut path = self.path.join(".");
        for step in steps {
            match step {
                Step::Key(key) if path.is_empty() => path.push_str(key),
                Step::Key(key) => path.extend([".", key]),
                // The line tells which; a number would be wrong once an item before it is out.
                Step::Index(_) => {}
            }
        }
        let (message, hint) = wording::value(&path, what, is_key);
        self.problem(span, message).hinted(hint)
    }

    /// Of how many files the one at a place lies over the others: what is below is what is inherited.
    #[must_use]
    pub fn layer(&self, span: &Range<usize>) -> usize {
        self.files.partition_point(|(base, _)| *base <= span.start).saturating_sub(1)
    }

    fn file_of(&self, at: usize) -> (usize, &'f File) {
        self.files[self.layer(&(at..at))]
    }
}

/// The keys that a table lacks, from the first one on: it is read again as if it had those that are known.
fn lacking<T: DeserializeOwned>(
    root: &Spanned<DeTable<'_>>,
    table: &Range<usize>,
    way: &[Step],
    first: &'static str,
) -> Vec<&'static str> {
    let mut pretended = Pretended { table: table.clone(), keys: vec![first] };
    while let Err(mut wrong) = values::read::<T>(root, &pretended) {
        let is_there = wrong.way() == way;
        let What::MissingKey(key) = wrong.what else { break };
        if !is_there || pretended.keys.contains(&key) {
            break;
        }
        pretended.keys.push(key);
    }
    pretended.keys
}

/// Where something was wrong, and how much: what is judged further there would only follow from it.
#[derive(Debug, Default)]
pub struct Spoilt {
    found: usize,
    places: BTreeSet<usize>,
}

impl Spoilt {
    /// Whether something was wrong in what begins at this byte.
    #[must_use]
    pub fn holds(&self, start: usize) -> bool {
        self.places.contains(&start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::cases::each_says_how_to_mend_it;
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
        each_says_how_to_mend_it(&problems);
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
                "house.toml:7:9: `doors.width`: expected a whole number from 0 to 255, found string \"wide\" (hint: write width = 10, without quotes)",
                "house.toml:11:1: `doors` lacks the key `to`",
                "house.toml:15:9: `lamps.attic`: expected a whole number from 0 to 255, found boolean `true` (hint: write attic = 10, without quotes)",
                "house.toml:17:8: `garden.pond`: expected a boolean, found integer `1` (hint: write true)",
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
                "base.toml:4:9: `garden.trees`: expected a whole number from 0 to 255, found string \"many\" (hint: write trees = 10, without quotes)",
                "over.toml:2:9: `rooms`: expected a whole number from 0 to 255, found string \"x\" (hint: write rooms = 10, without quotes)",
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
