//! One log on a full screen: what is shown of it, what is typed, what a key asks for.
//!
//! The log is somebody else's: a key becomes a [`Wish`], and what comes of it is put into the
//! [`Pager`]. Nothing here knows a file.

use super::field::Field;
use super::key::{Code, Input, Key};
use super::volume::Bar;
use crate::incident::{FilterError, LogLine, Text, Time, filter};

/// What a person wants to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// So many lines further; back if negative.
    Move(i64),
    /// The beginning.
    Top,
    /// The end, and what is appended.
    Follow,
    /// A place: `40%`, a line's number, a time.
    Jump(String),
    /// The next place that holds this, or the one before.
    Find {
        /// A filter.
        what: String,
        /// Towards the beginning.
        back: bool,
    },
    /// Only what a filter shows.
    Filter(String),
    /// Without the logs of this name, or with them again.
    Mute(String),
    /// Bars above it, or none any more.
    Bars(bool),
    /// A moment.
    At(Time),
    /// The screen has another size.
    Anew,
    /// Nothing more.
    Leave,
}

/// What is being typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// What for.
    pub kind: PromptKind,
    /// What was typed so far.
    pub typed: Field,
    /// Why it is none; what was in force stays so.
    pub error: Option<FilterError>,
    /// What was in force before.
    before: String,
}

/// What a prompt is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PromptKind {
    /// Which records are shown; in force while it is typed.
    Filter,
    /// What to look for.
    Search,
    /// Where to go.
    Jump,
    /// Which logs to leave out.
    Mute,
}

impl PromptKind {
    /// What stands before the typed text.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Filter => "filter:",
            Self::Search => "search:",
            Self::Jump => "go to:",
            Self::Mute => "mute:",
        }
    }

    /// What can be typed.
    #[must_use]
    pub const fn forms(self) -> &'static str {
        match self {
            Self::Filter | Self::Search => filter::FORMS,
            Self::Mute => "a log's name  prod-*  the same again lets it be heard",
            Self::Jump => "40%  1234 (line)  14:05  2026-02-03T04:05:06Z  10m (ago)",
        }
    }
}

/// Where in the log the screen is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    /// The byte at which the first shown line begins.
    pub top: u64,
    /// The byte behind the last shown line.
    pub bottom: u64,
    /// The bytes of the log.
    pub size: u64,
    /// The number of the first shown line, from 1, once it is known.
    pub line: Option<u64>,
    /// How much of the log is indexed, in percent.
    pub indexed: u8,
    /// How many logs are left out.
    pub muted: usize,
}

/// How many records pass the filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Passed {
    /// So far.
    pub records: u64,
    /// Nothing more is to be counted.
    pub all: bool,
}

/// A log on a screen.
#[derive(Debug, Clone)]
pub struct Pager {
    /// How the log is called.
    pub name: Text,
    /// Columns and rows.
    pub size: (u16, u16),
    /// The shown lines.
    pub lines: Vec<LogLine>,
    /// Whether they are of several logs, and each says of which.
    pub marked: bool,
    /// Where they stand.
    pub place: Place,
    /// What is being typed.
    pub prompt: Option<Prompt>,
    /// The filter in force.
    pub filter: String,
    /// What was looked for last.
    pub search: String,
    /// What passes the filter, if there is one.
    pub passed: Option<Passed>,
    /// Whether the end is shown, and what is appended.
    pub following: bool,
    /// Whether an answer is awaited.
    pub waiting: bool,
    /// Something to tell, until the next key.
    pub notice: Option<Text>,
    /// The bars above it, if they are wanted.
    pub chart: Option<Chart>,
}

/// The bars above a log.
#[derive(Debug, Clone, Default)]
pub struct Chart {
    /// How much was logged when; none yet, or none where no line states a time.
    pub bars: Vec<Bar>,
    /// What the lines hint at, and how often.
    pub hinted: String,
    /// Whether all of the log was read for it.
    pub all: bool,
    /// The bar that was gone to.
    pub selected: Option<usize>,
}

impl Chart {
    /// The rows that it takes: lines, errors, times, hints.
    pub const ROWS: u16 = 4;

    /// Goes to the next bar with lines in it, or to the one before.
    fn step(&mut self, forward: bool) -> Option<Wish> {
        let all = self.bars.len();
        let has_lines = |place: &usize| self.bars[*place].lines > 0;
        let at = match (self.selected, forward) {
            (Some(at), true) => (at + 1..all).find(has_lines),
            (Some(at), false) => (0..at.min(all)).rev().find(has_lines),
            (None, true) => None,
            (None, false) => (0..all).rev().find(has_lines),
        }?;
        self.selected = Some(at);
        Some(Wish::At(self.bars[at].from))
    }
}

impl Pager {
    /// Nothing of it is read yet.
    #[must_use]
    pub fn new(name: Text, size: (u16, u16), filter: &str) -> Self {
        Self {
            name,
            size,
            lines: Vec::new(),
            marked: false,
            place: Place::default(),
            prompt: None,
            filter: filter.to_owned(),
            search: String::new(),
            passed: None,
            following: true,
            waiting: true,
            notice: None,
            chart: None,
        }
    }

    /// Rows above the lines that the bars take, where there is room for them.
    #[must_use]
    pub fn chart_rows(&self) -> u16 {
        if self.chart.is_some() && self.size.1 >= Chart::ROWS + 6 { Chart::ROWS } else { 0 }
    }

    /// How many lines of the log fit: all but the head, the foot, and a prompt's second line.
    #[must_use]
    pub fn height(&self) -> usize {
        let others = 2 + self.chart_rows() + u16::from(self.prompt.is_some());
        usize::from(self.size.1.saturating_sub(others))
    }

    /// What an input asks for.
    pub fn hear(&mut self, input: Input) -> Option<Wish> {
        match input {
            Input::Key(key) => self.key(key),
            Input::Paste(text) => {
                let prompt = self.prompt.as_mut()?;
                prompt.typed.insert(text.as_str());
                self.changed()
            }
            Input::Resize { columns, rows } => {
                self.size = (columns, rows);
                Some(Wish::Anew)
            }
            Input::Mouse(_) | Input::Focus(_) => None,
            Input::Closed => Some(Wish::Leave),
        }
    }

    fn key(&mut self, key: Key) -> Option<Wish> {
        self.notice = None;
        if key == Key::ctrl('c') {
            return Some(Wish::Leave);
        }
        if self.prompt.is_some() {
            return self.type_key(key);
        }
        let page = i64::try_from(self.height()).unwrap_or(i64::MAX);
        let moved = |lines: i64| Some(Wish::Move(lines));
        match (key.code, key.ctrl) {
            (Code::Char('j') | Code::Down | Code::Enter, false) | (Code::Char('n'), true) => moved(1),
            (Code::Char('k') | Code::Up, false) | (Code::Char('p'), true) => moved(-1),
            (Code::Char(' ') | Code::PageDown, false) | (Code::Char('f'), true) => moved((page - 1).max(1)),
            (Code::Char('b') | Code::PageUp, false) | (Code::Char('b'), true) => moved(-(page - 1).max(1)),
            (Code::Char('d'), _) => moved((page / 2).max(1)),
            (Code::Char('u'), _) => moved(-(page / 2).max(1)),
            (Code::Char('g') | Code::Home, false) => Some(Wish::Top),
            (Code::Char('G' | 'F') | Code::End, false) => Some(Wish::Follow),
            (Code::Char('v'), false) => {
                self.chart = if self.chart.is_some() { None } else { Some(Chart::default()) };
                Some(Wish::Bars(self.chart.is_some()))
            }
            (Code::Left | Code::Right, false) => {
                let Some(chart) = &mut self.chart else {
                    self.notice = Some(Text::line("v shows the bars that left and right go to"));
                    return None;
                };
                chart.step(key.code == Code::Right)
            }
            (Code::Char('n'), false) => self.again(false),
            (Code::Char('N'), false) => self.again(true),
            (Code::Char('/'), false) => self.open(PromptKind::Search),
            (Code::Char('f' | '&'), false) => self.open(PromptKind::Filter),
            (Code::Char(':' | '%'), false) => self.open(PromptKind::Jump),
            (Code::Char('m'), false) if self.marked => self.open(PromptKind::Mute),
            (Code::Char('q'), false) => Some(Wish::Leave),
            (Code::Char('l'), true) => Some(Wish::Anew),
            _ => None,
        }
    }

    fn again(&mut self, back: bool) -> Option<Wish> {
        if self.search.is_empty() {
            self.notice = Some(Text::line("nothing was looked for yet: / asks what"));
            return None;
        }
        Some(Wish::Find { what: self.search.clone(), back })
    }

    fn open(&mut self, kind: PromptKind) -> Option<Wish> {
        let typed = match kind {
            PromptKind::Filter => self.filter.as_str(),
            PromptKind::Search | PromptKind::Jump | PromptKind::Mute => "",
        };
        let typed = Field::new(typed);
        self.prompt = Some(Prompt { kind, typed, error: None, before: self.filter.clone() });
        // There is a line less to show the log in.
        Some(Wish::Anew)
    }

    fn type_key(&mut self, key: Key) -> Option<Wish> {
        let prompt = self.prompt.as_mut()?;
        if key.code == Code::Esc {
            let (kind, before) = (prompt.kind, prompt.before.clone());
            self.prompt = None;
            let is_back = kind == PromptKind::Filter && before != self.filter;
            return Some(if is_back { Wish::Filter(before) } else { Wish::Anew });
        }
        if key.code != Code::Enter {
            return if prompt.typed.key(key) { self.changed() } else { None };
        }
        if prompt.error.is_some() {
            return None;
        }
        let typed = prompt.typed.text().trim().to_owned();
        match prompt.kind {
            PromptKind::Search if !typed.is_empty() => Some(Wish::Find { what: typed, back: false }),
            PromptKind::Jump if !typed.is_empty() => Some(Wish::Jump(typed)),
            PromptKind::Mute if !typed.is_empty() => Some(Wish::Mute(typed)),
            PromptKind::Filter | PromptKind::Search | PromptKind::Jump | PromptKind::Mute => {
                self.prompt = None;
                Some(Wish::Anew)
            }
        }
    }

    /// A filter is in force while it is typed; anything else when it is done.
    fn changed(&mut self) -> Option<Wish> {
        let prompt = self.prompt.as_mut()?;
        prompt.error = None;
        (prompt.kind == PromptKind::Filter).then(|| Wish::Filter(prompt.typed.text().to_owned()))
    }

    /// What was typed is none, and why.
    pub fn refuse(&mut self, error: FilterError) {
        match &mut self.prompt {
            Some(prompt) => prompt.error = Some(error),
            None => self.notice = Some(Text::line(&error.message)),
        }
    }

    /// What was typed was understood: the prompt is done with, unless it is a filter's.
    pub fn accept(&mut self) {
        if self.prompt.as_ref().is_some_and(|prompt| prompt.kind != PromptKind::Filter) {
            self.prompt = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pager() -> Pager {
        Pager::new(Text::line("a.log"), (80, 24), "")
    }

    fn press(pager: &mut Pager, keys: &str) -> Vec<Wish> {
        let keys = keys.split(' ').map(|key| key.parse().expect(key));
        keys.filter_map(|key| pager.hear(Input::Key(key))).collect()
    }

    #[test]
    fn keys_move_through_the_log() {
        for (key, wish) in [
            ("j", Wish::Move(1)),
            ("up", Wish::Move(-1)),
            ("space", Wish::Move(21)),
            ("pageup", Wish::Move(-21)),
            ("ctrl-d", Wish::Move(11)),
            ("g", Wish::Top),
            ("G", Wish::Follow),
            ("end", Wish::Follow),
            ("q", Wish::Leave),
            ("ctrl-c", Wish::Leave),
        ] {
            assert_eq!(press(&mut pager(), key), [wish], "{key}");
        }
        let mut pager = pager();
        assert_eq!(press(&mut pager, "n"), []);
        assert!(pager.notice.is_some(), "it says what is missing");
        assert_eq!(pager.hear(Input::Closed), Some(Wish::Leave));
    }

    #[test]
    fn a_filter_is_in_force_while_it_is_typed_and_esc_takes_it_back() {
        let mut pager = pager();
        pager.filter = "old".to_owned();
        let wishes = press(&mut pager, "f ctrl-u a b");
        let filters = ["", "a", "ab"].map(|text| Wish::Filter(text.to_owned()));
        assert_eq!(wishes[0], Wish::Anew);
        assert_eq!(wishes[1..], filters);
        pager.filter = "ab".to_owned();
        assert_eq!(press(&mut pager, "esc"), [Wish::Filter("old".to_owned())]);
        assert_eq!(pager.prompt, None);
    }

    #[test]
    fn a_bad_search_keeps_its_prompt_until_it_is_mended() {
        let mut pager = pager();
        press(&mut pager, "/ x");
        assert_eq!(press(&mut pager, "enter"), [Wish::Find { what: "x".to_owned(), back: false }]);
        pager.refuse(FilterError { at: 0, message: "no".to_owned() });
        assert_eq!(press(&mut pager, "enter"), []);
        press(&mut pager, "y");
        assert_eq!(press(&mut pager, "enter"), [Wish::Find { what: "xy".to_owned(), back: false }]);
        pager.accept();
        assert_eq!(pager.prompt, None);
        pager.search = "xy".to_owned();
        assert_eq!(press(&mut pager, "N"), [Wish::Find { what: "xy".to_owned(), back: true }]);
        press(&mut pager, ":");
        assert_eq!(pager.hear(Input::Paste(Text::line("40%"))), None);
        assert_eq!(press(&mut pager, "enter"), [Wish::Jump("40%".to_owned())]);
    }
}
