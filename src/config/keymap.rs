//! Keymaps from files: in each context, which keys mean which intent.
//!
//! ```toml
//! inherits = "default"        # everything not said here
//! [everywhere]
//! "g t" = "timeline"          # one key after another, with spaces
//! "ctrl-p" = "none"           # takes an inherited binding away
//! [log]
//! "p" = "pin"
//! ```

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde::Deserialize;

use crate::app::intent::{INTENTS, Intent};
use crate::app::key::{Code, Key};
use crate::app::keymap::{Context, Keymap, show};

use super::shelf::Shelf;
use super::wording;
use super::{File, Problems, Tree};

/// The keymaps that are part of the program, by name.
const BUILT_IN: [(&str, &str); 3] = [
    ("default", include_str!("../../keymaps/default.toml")),
    ("vim", include_str!("../../keymaps/vim.toml")),
    ("emacs", include_str!("../../keymaps/emacs.toml")),
];

/// The keymap of a person who chose none.
pub const DEFAULT: &str = "default";

/// What takes an inherited binding away.
const NONE: &str = "none";

/// What must be in reach, or a person is stuck.
const NEEDED: [(Context, Intent); 5] = [
    (Context::Everywhere, Intent::Back),
    (Context::Everywhere, Intent::Help),
    (Context::Everywhere, Intent::Palette),
    (Context::Everywhere, Intent::Quit),
    (Context::Editing, Intent::Back),
];

/// All keymaps there are, each a file.
#[derive(Debug, Clone)]
pub struct Keymaps(Shelf);

impl Default for Keymaps {
    /// The built-in ones.
    fn default() -> Self {
        Self(Shelf::new("keymap", &BUILT_IN))
    }
}

impl Keymaps {
    /// A person's own keymap. One with a built-in name takes its place, and may inherit from it.
    pub fn add(&mut self, name: &str, file: File) {
        self.0.add(name, file);
    }

    /// The names to choose from.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        self.0.names()
    }

    /// The keymap of that name, or else the default one. What is wrong with it is reported and
    /// left out; what a person would be stuck without is there in any case.
    #[must_use]
    pub fn read(&self, name: &str, problems: &mut Problems) -> Keymap {
        let (name, at) = match self.0.find(name) {
            Some(at) => (name, at),
            None => (DEFAULT, 0),
        };
        let tree = self.0.read(at, problems);
        let keymap = keymap(name, tree.clone(), problems);
        // The first file is the default one, which a test holds to be whole.
        if at == 0 { keymap } else { self.with_what_is_needed(keymap, &tree, problems) }
    }

    fn with_what_is_needed(&self, mut keymap: Keymap, tree: &Tree<'_>, problems: &mut Problems) -> Keymap {
        let default = Tree::parse(self.0.file(0), &mut Problems::new());
        let default = self::keymap(DEFAULT, default, &mut Problems::new());
        for (context, intent) in NEEDED {
            if keymap.keys_for(context, intent).is_some() {
                continue;
            }
            let (name, place) = (intent.info().name, context.name());
            let keys: Vec<_> = default.in_reach(context).filter(|(_, bound)| *bound == intent).collect();
            let shown: Vec<String> = keys.iter().map(|(keys, _)| show(keys)).collect();
            // What a file that cannot be read lacks is no news.
            if !tree.is_broken() {
                let hint = format!(
                    "write inherits = \"{DEFAULT}\", or a key of your own; until then it is {}",
                    shown.join(", ")
                );
                let message = format!("no key in `{place}` means {name}");
                problems.push(tree.problem_at(&[place], message).hint(hint));
            }
            for (keys, _) in keys {
                keymap.bind(context, keys.to_vec(), intent);
            }
        }
        keymap
    }
}

/// What is beside the contexts.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Rest {
    /// For people who read the file.
    #[serde(rename = "summary")]
    _summary: String,
}

fn keymap(name: &str, mut tree: Tree<'_>, problems: &mut Problems) -> Keymap {
    let mut keymap = Keymap::new(name);
    for key in tree.keys() {
        if let Some(context) = Context::ALL.into_iter().find(|context| context.name() == key) {
            if let Some(table) = tree.take(&key, problems) {
                for (keys, intent) in bindings(context, table, problems) {
                    keymap.bind(context, keys, intent);
                }
            }
        } else if tree.is_table(&key) {
            let names: Vec<&str> = Context::ALL.iter().map(|context| context.name()).collect();
            let problem = tree.problem(tree.key_span(&key), format!("there is no context `{key}`"));
            problems.push(problem.hinted(wording::meant(&key, &names, "possible")));
            let _ = tree.take(&key, problems);
        }
    }
    let _: Option<Rest> = tree.read(problems);
    keymap
}

/// The bindings of one context that can be used.
fn bindings(context: Context, mut table: Tree<'_>, problems: &mut Problems) -> Vec<(Vec<Key>, Intent)> {
    let mut bound: BTreeMap<Vec<Key>, (Intent, std::ops::Range<usize>)> = BTreeMap::new();
    for written in table.keys() {
        let place = table.key_span(&written);
        let Some((name, span)) = table.take_text(&written, problems) else { continue };
        let keys = match keys(&written) {
            Ok(keys) => keys,
            Err(why) => {
                problems
                    .push(table.problem(place, why).hint("such as \"g t\", \"ctrl-p\", \"space\", \"f5\""));
                continue;
            }
        };
        if name == NONE {
            continue;
        }
        let Some(intent) = Intent::by_name(&name) else {
            let names: Vec<&str> = INTENTS.iter().map(|info| info.name).chain([NONE]).collect();
            let problem = table.problem(span, format!("there is no intent \"{name}\""));
            problems.push(problem.hinted(wording::meant(&name, &names, "possible")));
            continue;
        };
        if let Some(why) = unfit(context, &keys, intent) {
            let hint = "bind another key";
            problems.push(table.problem(place, format!("`{written}`: {why}")).hint(hint));
            continue;
        }
        match bound.entry(keys) {
            Entry::Vacant(free) => {
                free.insert((intent, place));
            }
            Entry::Occupied(taken) => {
                let message = format!("`{written}` is bound twice here; both are {}", show(taken.key()));
                problems.push(table.problem(place, message).hint("keep one of them"));
            }
        }
    }
    // A sequence whose beginning is bound by itself can never be finished.
    let beginning = |keys: &Vec<Key>| {
        let beginning = (1..keys.len()).map(|n| &keys[..n]).find(|start| bound.contains_key(*start))?;
        Some((keys.clone(), beginning.to_vec()))
    };
    let mut hidden: BTreeMap<Vec<Key>, Vec<String>> = BTreeMap::new();
    for (keys, beginning) in bound.keys().filter_map(beginning).collect::<Vec<_>>() {
        let Some((_, place)) = bound.remove(&keys) else { continue };
        let by = bound.get(&beginning).map(|(_, place)| table.layer(place));
        if by > Some(table.layer(&place)) {
            // What is inherited is nobody's mistake: the line that hides it is.
            hidden.entry(beginning).or_default().push(show(&keys));
            continue;
        }
        let message = format!("`{}` can never be pressed: {} is bound", show(&keys), show(&beginning));
        problems.push(
            table
                .problem(place, message)
                .hint(format!("take it away with \"{}\" = \"{NONE}\"", show(&beginning))),
        );
    }
    for (beginning, keys) in hidden {
        let Some((_, place)) = bound.get(&beginning) else { continue };
        let (first, shown) = (&keys[0], keys.join(", "));
        let message = format!(
            "`{}` begins {shown}: what is inherited there can no longer be pressed",
            show(&beginning)
        );
        let hint =
            format!("bind another key; or say that it is meant, for each as in \"{first}\" = \"{NONE}\"");
        problems.push(table.problem(place.clone(), message).hint(hint));
    }
    bound.into_iter().map(|(keys, (intent, _))| (keys, intent)).collect()
}

/// A sequence of keys as written, with spaces between them.
fn keys(written: &str) -> Result<Vec<Key>, String> {
    let keys: Vec<Key> = written
        .split_whitespace()
        .map(str::parse)
        .collect::<Result<_, _>>()
        .map_err(|error: crate::app::key::KeyError| error.to_string())?;
    match keys.len() {
        0 => Err("there is no key; a blank is written `space`".to_owned()),
        1..=4 => Ok(keys),
        more => Err(format!("{more} keys are too many to remember; at most 4")),
    }
}

/// Why these keys cannot mean this here.
fn unfit(context: Context, keys: &[Key], intent: Intent) -> Option<&'static str> {
    let first = keys.first()?;
    if keys.iter().any(|key| *key == Key::plain(Code::Esc)) && intent != Intent::Back {
        // A terminal's split sequence looks like Esc.
        return Some("esc can only mean back, for a terminal may send one that nobody pressed");
    }
    if context == Context::Editing && first.typed().is_some() {
        return Some("while editing, this key is text");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::keymap::Lookup;
    use crate::config::cases::each_says_how_to_mend_it;

    fn read(text: &str) -> (Keymap, Vec<String>) {
        let mut keymaps = Keymaps::default();
        keymaps.add("mine", File::embedded("mine.toml", text));
        let mut problems = Problems::new();
        let keymap = keymaps.read("mine", &mut problems);
        each_says_how_to_mend_it(&problems);
        (keymap, problems.into_sorted().iter().map(ToString::to_string).collect())
    }

    fn press(keymap: &Keymap, context: Context, keys: &str) -> Lookup {
        keymap.look_up(context, &super::keys(keys).unwrap())
    }

    #[test]
    fn every_built_in_keymap_is_right_and_holds_what_is_needed() {
        let keymaps = Keymaps::default();
        assert_eq!(keymaps.names(), ["default", "emacs", "vim"]);
        for name in keymaps.names() {
            let mut problems = Problems::new();
            let keymap = keymaps.read(name, &mut problems);
            let problems: Vec<String> = problems.into_sorted().iter().map(ToString::to_string).collect();
            assert_eq!(problems, [""; 0], "{name}");
            assert_eq!(keymap.name(), name);
            for (context, intent) in NEEDED {
                assert!(keymap.keys_for(context, intent).is_some(), "{name} {context:?} {intent:?}");
            }
        }
    }

    #[test]
    fn isolate_rate_limit_rollback_and_escalate_have_keys_in_every_keymap() {
        for name in ["default", "vim", "emacs"] {
            let keymap = Keymaps::default().read(name, &mut Problems::new());
            for intent in [Intent::Isolate, Intent::RateLimit, Intent::Rollback, Intent::Escalate] {
                assert!(keymap.keys_for(Context::Actions, intent).is_some(), "{name} {intent:?}");
            }
        }
    }

    #[test]
    fn a_keymap_inherits_adds_and_takes_away() {
        let (keymap, problems) = read(
            "inherits = 'default'\n[everywhere]\n'i' = 'none'\n'space space' = 'isolate'\n[log]\n'i' = 'pin'\n",
        );
        assert_eq!(problems, [""; 0]);
        assert_eq!(press(&keymap, Context::Timer, "i"), Lookup::Unbound);
        assert_eq!(press(&keymap, Context::Timer, "space space"), Lookup::Found(Intent::Isolate));
        assert_eq!(press(&keymap, Context::Log, "i"), Lookup::Found(Intent::Pin));
        assert_eq!(press(&keymap, Context::Timer, "q"), Lookup::Found(Intent::Quit));
    }

    #[test]
    fn every_mistake_is_told_at_its_place() {
        let (_, problems) = read(
            "inherits = 'default'\nsumary = 'x'\n[everywhere]\n'ctrl-i' = 'pin'\n'' = 'pin'\n'i' = 'isolat'\n'k' = 5\n\
             'q q' = 'quit'\n'esc' = 'isolate'\n'P' = 'pin'\n'shift-p' = 'pin'\n[logs]\n'x' = 'pin'\n\
             [editing]\n'j' = 'down'\n'space x' = 'down'\n",
        );
        let starts = [
            ("mine.toml:2:1: unknown key `sumary`", "`summary`"),
            ("mine.toml:3:2: no key in `everywhere` means back", "until then it is esc"),
            ("mine.toml:4:1: `ctrl-i` is not a key", "`tab`"),
            ("mine.toml:5:1: there is no key", "`space`"),
            ("mine.toml:6:7: there is no intent \"isolat\"", "`isolate`"),
            ("mine.toml:7:7: `k`: expected a string, found integer", ""),
            ("mine.toml:8:1: `q q` can never be pressed: q is bound", "\"q\" = \"none\""),
            ("mine.toml:9:1: `esc`: esc can only mean back", ""),
            ("mine.toml:11:1: `shift-p` is bound twice", "both are P"),
            ("mine.toml:12:2: there is no context `logs`", "`log`"),
            ("mine.toml:15:1: `j`: while editing, this key is text", ""),
            ("mine.toml:16:1: `space x`: while editing, this key is text", ""),
        ];
        assert_eq!(problems.len(), starts.len(), "{problems:#?}");
        for (problem, (start, hint)) in problems.iter().zip(starts) {
            assert!(problem.starts_with(start) && problem.contains(hint), "{problem}");
        }
    }

    /// A key that stood twice hid everything else, and five keys were missed that were there.
    #[test]
    fn regression_a_double_key_hid_every_other_problem_of_a_keymap() {
        let (keymap, problems) = read(
            "inherits = 'nope'\n[everywhere]\n'x' = 'isolatee'\n'x' = 'pin'\n'ctrl-i' = 'pin'\n[nowhere]\n'a' = 'pin'\n",
        );
        let told = [
            ("mine.toml:1:12: `inherits`: there is no keymap \"nope\"", "possible: default"),
            ("mine.toml:3:7: there is no intent \"isolatee\"", "`isolate`"),
            ("mine.toml:4:1: duplicate key", "keep one of them"),
            ("mine.toml:5:1: `ctrl-i` is not a key", "`tab`"),
            ("mine.toml:6:2: there is no context `nowhere`", "possible: "),
        ];
        assert_eq!(problems.len(), told.len(), "{problems:#?}");
        for (problem, (start, hint)) in problems.iter().zip(told) {
            assert!(problem.starts_with(start) && problem.contains(hint), "{problem}");
        }
        assert_eq!(press(&keymap, Context::Log, "q"), Lookup::Found(Intent::Quit), "nobody is stuck");
    }

    #[test]
    fn nobody_is_stuck_in_a_keymap_without_a_way_out() {
        let (keymap, problems) = read("[everywhere]\n'x' = 'isolate'\n");
        assert_eq!(problems.len(), NEEDED.len(), "{problems:#?}");
        assert!(problems[0].starts_with("mine.toml:1:1: no key in `editing` means back"), "{problems:#?}");
        assert_eq!(press(&keymap, Context::Log, "q"), Lookup::Found(Intent::Quit));
        assert_eq!(press(&keymap, Context::Editing, "esc"), Lookup::Found(Intent::Back));
    }

    /// One missing quote left five keys of about a hundred, at night.
    #[test]
    fn a_keymap_with_a_slip_in_one_line_keeps_all_other_keys() {
        for (text, told) in [
            ("inherits = 'default'\n[everywhere]\n'i = 'note'\n'x' = 'isolate'\n", "mine.toml:3:"),
            ("inherits = 'default'\n[everywhere]\n'x' = 'isolate'\n'x' = 'note'\n", "mine.toml:4:"),
            ("inherits = 'defualt'\n[everywhere]\n'x' = 'isolate'\n", "mine.toml:1:12: `inherits`"),
            ("inherits = 5\n[everywhere]\n'x' = 'isolate'\n", "mine.toml:1:12: `inherits`"),
            ("inherits = 'default\n[everywhere]\n'x' = 'isolate'\n", "mine.toml:1:"),
            ("inherits = 'default'\n[log\n'i' = 'pin'\n[everywhere]\n'x' = 'isolate'\n", "mine.toml:2:"),
        ] {
            let (keymap, problems) = read(text);
            assert!(problems.iter().all(|problem| problem.starts_with(told)), "{text}: {problems:#?}");
            assert!(!problems.is_empty(), "{text}");
            for (keys, intent) in [("i", Intent::Isolate), ("q", Intent::Quit), ("x", Intent::Isolate)] {
                assert_eq!(press(&keymap, Context::Timer, keys), Lookup::Found(intent), "{text} {keys}");
            }
        }
    }

    #[test]
    fn a_keymap_with_a_slip_still_lies_over_the_one_it_names() {
        let (keymap, problems) = read("inherits = 'vim'\n[everywhere]\n'x' = 'isolate\n");
        assert_eq!(problems.len(), 1, "{problems:#?}");
        let vim = Keymaps::default().read("vim", &mut Problems::new());
        assert!(vim.in_reach(Context::Timer).eq(keymap.in_reach(Context::Timer)));
    }

    /// Eighteen problems were told of the built-in file, with a hint that takes away what was written.
    #[test]
    fn a_key_that_begins_inherited_ones_is_told_once_and_where_it_is_written() {
        let (keymap, problems) = read("inherits = 'default'\n[everywhere]\n'g' = 'help'\n");
        assert_eq!(problems.len(), 1, "{problems:#?}");
        assert!(problems[0].starts_with("mine.toml:3:1: `g` begins g "), "{problems:#?}");
        assert!(problems[0].contains("= \"none\""), "{problems:#?}");
        assert_eq!(press(&keymap, Context::Timer, "g"), Lookup::Found(Intent::Help));
    }

    #[test]
    fn a_name_behind_which_nothing_is_takes_the_default() {
        let keymap = Keymaps::default().read("nowhere", &mut Problems::new());
        assert_eq!(keymap.name(), DEFAULT);
    }
}
