//! Filling a document anew: a merge of three texts by lines, in which a person's words always win.

use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

/// A document that was brought up to date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refill {
    /// The document.
    pub text: String,
    /// How many lines of it are new.
    pub inserted: usize,
    /// Where news was left out, because a person had changed the same place.
    pub conflicts: Vec<Conflict>,
}

/// A place where a person's text was kept and news was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The line of the document, counted from 0, where the person's text begins.
    pub line: usize,
    /// What the person wrote there; empty: they deleted it.
    pub kept: String,
    /// What would have been written there; empty: it would have gone.
    pub left_out: String,
}

/// Merges what a person made of a generated document with its new form.
///
/// What only the person changed stays as they have it; what only the facts changed is written anew;
/// news within a place that the person rewrote comes after it. Where both changed the same lines,
/// the person's stay and the conflict says what was left out. Without the old form (empty), the
/// lines that both others share take its place, so that nothing anybody wrote is lost.
#[must_use]
pub fn refill(old_generated: &str, edited: &str, new_generated: &str) -> Refill {
    let edited = edited.replace("\r\n", "\n");
    let (edited, new): (Vec<&str>, Vec<&str>) = (edited.lines().collect(), new_generated.lines().collect());
    let old =
        if old_generated.trim().is_empty() { common(&edited, &new) } else { old_generated.lines().collect() };
    let mut merge = Merge { old: &old, out: vec![], written: (0, vec![]), inserted: 0, conflicts: vec![] };
    let mut at = 0;
    for place in places(hunks(&old, &edited, Side::Person), hunks(&old, &new, Side::Facts)) {
        merge.out.extend(&old[at..place.old.start]);
        merge.settle(&place);
        at = place.old.end;
    }
    merge.out.extend(&old[at..]);
    let text = merge.out.iter().flat_map(|line| [*line, "\n"]).collect();
    Refill { text, inserted: merge.inserted, conflicts: merge.conflicts }
}

/// Who changed something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    Person,
    Facts,
}

/// What one side made of a range of the old lines.
#[derive(Clone, Debug)]
struct Hunk<'a> {
    side: Side,
    old: Range<usize>,
    new: &'a [&'a str],
}

/// Hunks that touch the same old lines and are settled together.
struct Place<'a> {
    old: Range<usize>,
    hunks: Vec<Hunk<'a>>,
}

/// What lies between the lines that stayed the same.
fn hunks<'a>(old: &[&str], new: &'a [&'a str], side: Side) -> Vec<Hunk<'a>> {
    let end = (old.len()..old.len(), new.len()..new.len());
    let mut hunks = Vec::new();
    let (mut old_at, mut new_at) = (0, 0);
    for (old, kept) in same(old, new).chain([end]) {
        if old.start > old_at || kept.start > new_at {
            hunks.push(Hunk { side, old: old_at..old.start, new: &new[new_at..kept.start] });
        }
        (old_at, new_at) = (old.end, kept.end);
    }
    hunks
}

/// The lines that two texts share, in order. An empty line is no sign of a common origin.
fn common<'a>(one: &[&'a str], other: &[&str]) -> Vec<&'a str> {
    let shared = same(one, other).flat_map(|(range, _)| &one[range]);
    shared.filter(|line| !line.trim().is_empty()).copied().collect()
}

/// The ranges of two texts that are the same.
fn same(one: &[&str], other: &[&str]) -> impl Iterator<Item = (Range<usize>, Range<usize>)> + use<> {
    let ops = capture_diff_slices(Algorithm::Patience, one, other).into_iter();
    ops.filter(|op| matches!(op, DiffOp::Equal { .. })).map(|op| (op.old_range(), op.new_range()))
}

/// Both sides' hunks in order. Hunks belong together when they share an old line, or when one adds
/// something in the middle of what the other changes; what only touches does not. At the same place
/// the person's words come first, so that they stay with what is above them.
fn places<'a>(person: Vec<Hunk<'a>>, facts: Vec<Hunk<'a>>) -> Vec<Place<'a>> {
    let mut all = [person, facts].concat();
    all.sort_by_key(|hunk| (hunk.old.start, hunk.old.end, hunk.side));
    let mut places: Vec<Place<'a>> = Vec::new();
    for hunk in all {
        match places.last_mut() {
            Some(place) if hunk.old.start < place.old.end => {
                place.old.end = place.old.end.max(hunk.old.end);
                place.hunks.push(hunk);
            }
            _ => places.push(Place { old: hunk.old.clone(), hunks: vec![hunk] }),
        }
    }
    places
}

struct Merge<'a> {
    old: &'a [&'a str],
    out: Vec<&'a str>,
    /// What the person wrote last, and before which old line.
    written: (usize, Vec<&'a str>),
    inserted: usize,
    conflicts: Vec<Conflict>,
}

impl<'a> Merge<'a> {
    fn settle(&mut self, place: &Place<'a>) {
        let of = |side: Side| place.hunks.iter().filter(move |hunk| hunk.side == side);
        let only_adds = |side: Side| of(side).all(|hunk| hunk.old.is_empty());
        let added = |side: Side| of(side).flat_map(|hunk| hunk.new).copied().collect::<Vec<_>>();
        let (person, facts) = (self.as_by(place, Side::Person), self.as_by(place, Side::Facts));
        if of(Side::Facts).next().is_none() || person == facts {
            self.out.extend(&person);
            self.written = (place.old.end, person);
        } else if of(Side::Person).next().is_none() {
            self.tell(&facts, &place.old);
        } else if only_adds(Side::Facts) && !person.is_empty() {
            self.out.extend(person);
            self.tell(&added(Side::Facts), &(place.old.end..place.old.end));
        } else if only_adds(Side::Person) {
            self.tell(&facts, &place.old);
            self.out.extend(added(Side::Person));
        } else {
            let (line, kept, left_out) = (self.out.len(), person.join("\n"), facts.join("\n"));
            self.conflicts.push(Conflict { line, kept, left_out });
            self.out.extend(person);
        }
    }

    /// The old lines of a place as one side has them.
    fn as_by(&self, place: &Place<'a>, side: Side) -> Vec<&'a str> {
        let mut out = Vec::new();
        let mut at = place.old.start;
        for hunk in place.hunks.iter().filter(|hunk| hunk.side == side) {
            out.extend(&self.old[at..hunk.old.start]);
            out.extend(hunk.new);
            at = hunk.old.end;
        }
        out.extend(&self.old[at..place.old.end]);
        out
    }

    /// Writes what the facts say, unless the person wrote the very same at the same place.
    fn tell(&mut self, news: &[&'a str], old: &Range<usize>) {
        let (before, written) = &self.written;
        if !news.is_empty() && *old == (*before..*before) && written.ends_with(news) {
            return;
        }
        let before = &self.old[old.clone()];
        self.inserted += news.iter().filter(|line| !line.is_empty() && !before.contains(line)).count();
        self.out.extend(news);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Words as lines.
    fn doc(words: &str) -> String {
        words.split_whitespace().flat_map(|word| [word, "\n"]).collect()
    }

    fn merged(old: &str, edited: &str, new: &str) -> (String, Vec<Conflict>) {
        let refill = refill(&doc(old), &doc(edited), &doc(new));
        (refill.text.split_whitespace().collect::<Vec<_>>().join(" "), refill.conflicts)
    }

    #[test]
    fn a_persons_words_stay_and_news_comes_in() {
        for (what, old, edited, new, result) in [
            ("nothing happened", "a b c", "a b c", "a b c", "a b c"),
            ("only the person wrote", "a b c", "a B c", "a b c", "a B c"),
            ("only facts came", "a b c", "a b c", "a b c d", "a b c d"),
            ("both, in different places", "a b c d", "A b c d", "a b c D", "A b c D"),
            ("both the same", "a b c", "a X c", "a X c", "a X c"),
            ("the person added, facts came after it", "a b", "a b mine", "a b 3", "a b mine 3"),
            ("the person rewrote the last line, facts came after it", "a b", "a B", "a b 3", "a B 3"),
            ("a line was rewritten, facts came before it", "a b", "a B", "a 1 b", "a 1 B"),
            ("an answered question stays answered", "h q t", "h answer t", "h q t 2", "h answer t 2"),
            ("a deleted line stays deleted", "a q c", "a c", "a q c d", "a c d"),
            ("a question that facts answer goes", "a q c", "a q c", "a fact c", "a fact c"),
            ("facts in the middle of what was rewritten", "a b c d", "a X d", "a b new c d", "a X new d"),
            ("the person wrote the news themselves", "a b", "a b 3", "a b 3", "a b 3"),
            ("a remark inside what facts changed", "a b c d", "a b mine c d", "a B C d", "a B C mine d"),
            ("everything was deleted", "a b", "", "a b", ""),
            ("the old form is not known", "", "a mine b", "a b c", "a mine b c"),
        ] {
            assert_eq!(merged(old, edited, new), (result.to_owned(), vec![]), "{what}");
        }
    }

    #[test]
    fn where_both_changed_the_same_lines_the_persons_stay_and_it_is_said() {
        for (what, old, edited, new, result, line, kept, left_out) in [
            ("both rewrote", "a b c", "a mine c", "a theirs c", "a mine c", 1, "mine", "theirs"),
            ("deleted, and changed by facts", "a b c", "a c", "a theirs c", "a c", 1, "", "theirs"),
            ("rewritten, and gone by facts", "a b c", "a mine c", "a c", "a mine c", 1, "mine", ""),
            ("overlapping", "a b c d", "a X d", "a b Y Z", "a X d", 1, "X\nd", "b\nY\nZ"),
        ] {
            let conflict = Conflict { line, kept: kept.into(), left_out: left_out.into() };
            assert_eq!(merged(old, edited, new), (result.to_owned(), vec![conflict]), "{what}");
        }
    }

    #[test]
    fn what_is_new_is_counted_and_foreign_line_ends_are_no_edits() {
        let refill = refill("a\nb\n", "a\r\nb\r\n", "a\n\nb\nc\n");
        assert_eq!((refill.text.as_str(), refill.inserted), ("a\n\nb\nc\n", 1));
    }

    fn words() -> impl Strategy<Value = Vec<&'static str>> {
        prop::collection::vec(prop::sample::select(vec!["a", "b", "c", "d", "", "#"]), 0..12)
    }

    /// A text made of another by dropping and adding lines that only this side has.
    fn edits(own: &'static [&'static str]) -> impl Strategy<Value = Vec<(bool, Option<&'static str>)>> {
        prop::collection::vec(
            (prop::bool::weighted(0.8), prop::option::weighted(0.2, prop::sample::select(own))),
            13,
        )
    }

    fn edited(old: &[&'static str], edits: &[(bool, Option<&'static str>)]) -> Vec<&'static str> {
        let lines = old.iter().map(Some).chain([None]).zip(edits);
        let made = lines.flat_map(|(line, (keep, own))| [*own, line.filter(|_| *keep).copied()]);
        made.flatten().collect()
    }

    proptest! {
        #[test]
        fn nothing_a_person_wrote_is_lost_and_no_news_without_a_word(
            old in words(),
            mine in edits(&["mine1", "mine2", "mine3"]),
            news in edits(&["news1", "news2", "news3"]),
        ) {
            let text = |lines: &[&str]| lines.iter().flat_map(|line| [*line, "\n"]).collect::<String>();
            let (person, facts) = (edited(&old, &mine), edited(&old, &news));
            for base in [text(&old), String::new()] {
                let refill = refill(&base, &text(&person), &text(&facts));
                let count = |lines: &str, word: &str| lines.lines().filter(|line| *line == word).count();
                for word in ["mine1", "mine2", "mine3"] {
                    prop_assert_eq!(count(&refill.text, word), count(&text(&person), word));
                }
                let left_out: String = refill.conflicts.iter().map(|c| format!("{}\n", c.left_out)).collect();
                for word in ["news1", "news2", "news3"] {
                    let told = count(&refill.text, word) + count(&left_out, word);
                    prop_assert_eq!(told, count(&text(&facts), word));
                }
            }
        }

        #[test]
        fn who_changed_nothing_changes_nothing(old in words(), other in words()) {
            let text = |lines: &[&str]| lines.iter().flat_map(|line| [*line, "\n"]).collect::<String>();
            let (old, other) = (text(&old), text(&other));
            prop_assume!(!old.trim().is_empty());
            prop_assert_eq!(&refill(&old, &other, &old).text, &other);
            prop_assert_eq!(&refill(&old, &old, &other).text, &other);
            prop_assert_eq!(refill(&old, &other, &other).conflicts, []);
        }
    }
}
