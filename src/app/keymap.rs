//! Which keys mean what, by context.
//!
//! A keymap is data (`keymaps/*.toml`): in each context a sequence of keys names an intent. A
//! context that does not know a key falls back to `everywhere`.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use super::intent::Intent;
use super::key::Key;

/// Where a key is pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Context {
    /// Any screen and pane that does not know the key itself.
    Everywhere,
    /// The Incidents pane.
    Incidents,
    /// The Timer pane.
    Timer,
    /// The Roster pane.
    Roster,
    /// The Log pane.
    Log,
    /// The Actions pane.
    Actions,
    /// The timeline screen.
    Timeline,
    /// The fleet screen.
    Fleet,
    /// The screen of what is in force.
    InForce,
    /// The review screen, while not editing.
    Review,
    /// The review screen, while editing.
    Editing,
}

impl Context {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Everywhere,
        Self::Incidents,
        Self::Timer,
        Self::Roster,
        Self::Log,
        Self::Actions,
        Self::Timeline,
        Self::Fleet,
        Self::InForce,
        Self::Review,
        Self::Editing,
    ];

    /// Its name in keymap files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Everywhere => "everywhere",
            Self::Incidents => "incidents",
            Self::Timer => "timer",
            Self::Roster => "roster",
            Self::Log => "log",
            Self::Actions => "actions",
            Self::Timeline => "timeline",
            Self::Fleet => "fleet",
            Self::InForce => "in-force",
            Self::Review => "review",
            Self::Editing => "editing",
        }
    }

    /// Whether keys it does not know fall back to `everywhere`. While editing they are text.
    #[must_use]
    pub const fn falls_back(self) -> bool {
        !matches!(self, Self::Everywhere | Self::Editing)
    }
}

/// What keys pressed so far amount to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// An intent.
    Found(Intent),
    /// The beginning of longer sequences.
    Prefix,
    /// Nothing.
    Unbound,
}

/// A keymap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keymap {
    name: String,
    bindings: BTreeMap<Context, Bindings>,
}

/// What keys mean in one context.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Bindings {
    by_keys: BTreeMap<Vec<Key>, Intent>,
    /// The same the other way round: every frame asks for the keys of many intents.
    by_intent: BTreeMap<Intent, BTreeSet<Vec<Key>>>,
}

const NOTHING: &Bindings = &Bindings { by_keys: BTreeMap::new(), by_intent: BTreeMap::new() };

impl Bindings {
    fn bind(&mut self, keys: Vec<Key>, intent: Intent) {
        let before = self.by_keys.insert(keys.clone(), intent);
        if let Some(bound) = before.and_then(|intent| self.by_intent.get_mut(&intent)) {
            bound.remove(&keys);
        }
        self.by_intent.entry(intent).or_default().insert(keys);
    }

    fn look_up(&self, keys: &[Key]) -> Lookup {
        // What begins with these keys comes right behind them.
        let from = (Bound::Included(keys), Bound::Unbounded);
        match self.by_keys.range::<[Key], _>(from).next() {
            Some((bound, intent)) if bound == keys => Lookup::Found(*intent),
            Some((bound, _)) if bound.starts_with(keys) => Lookup::Prefix,
            Some(_) | None => Lookup::Unbound,
        }
    }

    fn keys_of(&self, intent: Intent) -> impl Iterator<Item = &[Key]> {
        self.by_intent.get(&intent).into_iter().flatten().map(Vec::as_slice)
    }
}

impl Keymap {
    /// An empty keymap.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), bindings: BTreeMap::new() }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Binds a sequence; a later binding of the same keys wins.
    pub fn bind(&mut self, context: Context, keys: Vec<Key>, intent: Intent) {
        self.bindings.entry(context).or_default().bind(keys, intent);
    }

    /// What the keys pressed so far mean in a context.
    #[must_use]
    pub fn look_up(&self, context: Context, keys: &[Key]) -> Lookup {
        match self.own(context).look_up(keys) {
            Lookup::Unbound => self.everywhere(context).look_up(keys),
            found @ (Lookup::Found(_) | Lookup::Prefix) => found,
        }
    }

    /// Every binding that is in reach in a context, its own first.
    pub fn in_reach(&self, context: Context) -> impl Iterator<Item = (&[Key], Intent)> {
        let own = &self.own(context).by_keys;
        let fallen_back =
            self.everywhere(context).by_keys.iter().filter(|(keys, _)| !own.contains_key(*keys));
        own.iter().chain(fallen_back).map(|(keys, intent)| (keys.as_slice(), *intent))
    }

    /// What a context's own keys mean, in the order of the keys.
    pub fn intents_of(&self, context: Context) -> impl Iterator<Item = Intent> {
        self.own(context).by_keys.values().copied()
    }

    /// The shortest keys for an intent in a context, as shown: `i`, `space r`.
    #[must_use]
    pub fn keys_for(&self, context: Context, intent: Intent) -> Option<String> {
        let own = self.own(context);
        let fallen_back = self.everywhere(context).keys_of(intent);
        own.keys_of(intent)
            .chain(fallen_back.filter(|keys| !own.by_keys.contains_key(*keys)))
            .map(|keys| (keys.len(), show(keys)))
            .min_by_key(|(count, shown)| (*count, shown.len()))
            .map(|(_, shown)| shown)
    }

    fn own(&self, context: Context) -> &Bindings {
        self.bindings.get(&context).unwrap_or(NOTHING)
    }

    /// What a context falls back to.
    fn everywhere(&self, context: Context) -> &Bindings {
        if context.falls_back() { self.own(Context::Everywhere) } else { NOTHING }
    }
}

/// A sequence of keys as shown.
#[must_use]
pub fn show(keys: &[Key]) -> String {
    let mut shown = String::new();
    for key in keys {
        if !shown.is_empty() {
            shown.push(' ');
        }
        key.write_onto(&mut shown);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keymap() -> Keymap {
        let mut keymap = Keymap::new("test");
        keymap.bind(Context::Everywhere, vec![Key::char('i')], Intent::Isolate);
        keymap.bind(Context::Everywhere, vec![Key::char('g'), Key::char('t')], Intent::Timeline);
        keymap.bind(Context::Log, vec![Key::char('i')], Intent::Pin);
        keymap
    }

    #[test]
    fn a_pane_knows_its_own_keys_first() {
        let keymap = keymap();
        assert_eq!(keymap.look_up(Context::Log, &[Key::char('i')]), Lookup::Found(Intent::Pin));
        assert_eq!(keymap.look_up(Context::Timer, &[Key::char('i')]), Lookup::Found(Intent::Isolate));
        assert_eq!(keymap.look_up(Context::Editing, &[Key::char('i')]), Lookup::Unbound);
    }

    #[test]
    fn a_sequence_is_found_step_by_step() {
        let keymap = keymap();
        assert_eq!(keymap.look_up(Context::Log, &[Key::char('g')]), Lookup::Prefix);
        let whole = [Key::char('g'), Key::char('t')];
        assert_eq!(keymap.look_up(Context::Log, &whole), Lookup::Found(Intent::Timeline));
        assert_eq!(keymap.keys_for(Context::Log, Intent::Timeline).as_deref(), Some("g t"));
        assert_eq!(keymap.keys_for(Context::Log, Intent::Isolate), None, "shadowed by the pane's own");
    }

    #[test]
    fn a_key_that_was_bound_anew_is_shown_for_its_new_meaning_only() {
        let mut keymap = keymap();
        keymap.bind(Context::Log, vec![Key::char('i')], Intent::Open);
        assert_eq!(keymap.keys_for(Context::Log, Intent::Pin), None);
        assert_eq!(keymap.keys_for(Context::Log, Intent::Open).as_deref(), Some("i"));
        keymap.bind(Context::Everywhere, vec![Key::char('z')], Intent::Isolate);
        assert_eq!(
            keymap.keys_for(Context::Timer, Intent::Isolate).as_deref(),
            Some("i"),
            "the first of two"
        );
        assert_eq!(keymap.keys_for(Context::Log, Intent::Isolate).as_deref(), Some("z"), "the one in reach");
    }
}
