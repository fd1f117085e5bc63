//! The command palette: intents by fuzzy name, and chat-style commands (E9).

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher};

use super::field::Field;
use super::intent::{INTENTS, Intent};
use crate::incident::{Op, Params, Text};

/// The palette on screen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Palette {
    /// What is typed.
    pub typed: Field,
    /// The selected match.
    pub selected: usize,
    /// Why the chat command cannot be taken.
    pub error: Option<String>,
}

impl Palette {
    /// The matches of what is typed, best first.
    #[must_use]
    pub fn matches(&self) -> Vec<Intent> {
        let typed = self.typed.text().trim();
        if typed.starts_with('/') {
            return Vec::new();
        }
        if typed.is_empty() {
            return INTENTS.iter().map(|info| info.intent).collect();
        }
        let mut matcher = Matcher::new(Config::DEFAULT);
        let pattern = Pattern::parse(typed, CaseMatching::Smart, Normalization::Smart);
        let lines = INTENTS.iter().map(|info| Line(info.intent, format!("{} {}", info.name, info.about)));
        let mut found = pattern.match_list(lines, &mut matcher);
        // A name that begins with what is typed comes before one that only contains it.
        found
            .sort_by_key(|(line, score)| (!line.0.info().name.starts_with(typed), std::cmp::Reverse(*score)));
        found.into_iter().map(|(line, _)| line.0).collect()
    }
}

struct Line(Intent, String);

impl AsRef<str> for Line {
    fn as_ref(&self) -> &str {
        &self.1
    }
}

/// What a chat command asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chat {
    /// Show the fleet.
    Status,
    /// Show an agent's log.
    Logs(Text),
    /// Do something to a target; none: ask which.
    Act {
        /// The operation.
        op: Op,
        /// Its target.
        target: Option<Text>,
        /// Its parameters.
        params: Params,
    },
}

/// One form of a chat command, as help shows it.
#[derive(Clone, Copy, Debug)]
pub struct ChatInfo {
    /// How it is written.
    pub form: &'static str,
    /// What it does.
    pub about: &'static str,
}

/// The chat commands (E9).
pub const CHATS: &[ChatInfo] = &[
    ChatInfo { form: "/agent status", about: "show the fleet" },
    ChatInfo { form: "/agent restart <id>", about: "restart an agent" },
    ChatInfo { form: "/agent logs <id>", about: "show an agent's log" },
    ChatInfo { form: "/deploy rollback [id]", about: "put the previous version back" },
    ChatInfo { form: "/alert silence <minutes>", about: "silence the incident's alert" },
];

/// Reads a chat command (E9).
///
/// # Errors
/// In words: what is wrong and which forms there are.
pub fn chat(typed: &str) -> Result<Chat, String> {
    let words: Vec<&str> = typed.split_whitespace().collect();
    let act = |op, target: Option<&&str>, params: Params| {
        Ok(Chat::Act { op, target: target.map(|t| Text::line(t)), params })
    };
    match words.as_slice() {
        ["/agent", "status"] => Ok(Chat::Status),
        ["/agent", "restart", id] => act(Op::Restart, Some(id), Params::new()),
        ["/agent", "logs", id] => Ok(Chat::Logs(Text::line(id))),
        ["/deploy", "rollback"] => act(Op::RollbackBranch, None, Params::new()),
        ["/deploy", "rollback", id] => act(Op::RollbackBranch, Some(id), Params::new()),
        ["/alert", "silence", minutes] => match minutes.parse::<u32>() {
            Ok(1..=10_080) => {
                act(Op::Silence, None, Params::from([("minutes".to_owned(), Text::line(minutes))]))
            }
            _ => {
                Err(format!("'{}' is not a number of minutes; use 1 to 10080 (a week)", Text::line(minutes)))
            }
        },
        _ => Err(match meant(typed) {
            Some(info) => info.wants(&words),
            None => {
                let forms: Vec<_> = CHATS.iter().map(|c| c.form).collect();
                format!("no such command; there are {}", forms.join(", "))
            }
        }),
    }
}

impl ChatInfo {
    /// The words that name it: `/agent restart`.
    fn name(&self) -> impl Iterator<Item = &'static str> {
        self.form.split(' ').take_while(|word| !word.starts_with(['<', '[']))
    }

    /// What is missing or too much, when its name was written but not the rest as it must be.
    fn wants(&self, words: &[&str]) -> String {
        let given = words.len() - self.name().count();
        let wanted = self.form.split(' ').nth(self.name().count());
        match wanted {
            Some(what) if given == 0 => format!("{what} is missing: write {}", self.form),
            Some(_) => format!("that is one word too many: write {}", self.form),
            None => format!("nothing follows it: write {}", self.form),
        }
    }
}

/// The chat command whose name was written in full, whatever follows it.
fn meant(typed: &str) -> Option<&'static ChatInfo> {
    let begins = |info: &&ChatInfo| {
        let mut words = typed.split_whitespace();
        info.name().all(|word| words.next() == Some(word))
    };
    CHATS.iter().find(begins)
}

/// The chat commands that what is typed may still become; all of them where it can become none.
#[must_use]
pub fn chats(typed: &str) -> Vec<&'static ChatInfo> {
    let typed = typed.trim_start();
    let words: Vec<&str> = typed.split_whitespace().collect();
    let done = typed.ends_with(char::is_whitespace);
    let becomes = |info: &&ChatInfo| {
        let forms: Vec<&str> = info.form.split(' ').collect();
        words.len() <= forms.len()
            && words.iter().enumerate().all(|(at, word)| match forms[at] {
                form if form.starts_with(['<', '[']) => true,
                form if at + 1 == words.len() && !done => form.starts_with(word),
                form => form == *word,
            })
    };
    let found: Vec<_> = CHATS.iter().filter(becomes).collect();
    if found.is_empty() { CHATS.iter().collect() } else { found }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e9_chat_commands_are_read() {
        let target = |id: &str| Some(Text::line(id));
        for (typed, wanted) in [
            ("/agent status", Chat::Status),
            ("/agent logs a-1", Chat::Logs("a-1".into())),
            (
                "/agent restart a-1",
                Chat::Act { op: Op::Restart, target: target("a-1"), params: Params::new() },
            ),
            ("/deploy rollback", Chat::Act { op: Op::RollbackBranch, target: None, params: Params::new() }),
            (
                "/alert silence 30",
                Chat::Act {
                    op: Op::Silence,
                    target: None,
                    params: Params::from([("minutes".into(), "30".into())]),
                },
            ),
        ] {
            assert_eq!(chat(typed), Ok(wanted), "{typed}");
        }
        for wrong in ["/agent", "/agent restart", "/alert silence 0", "/alert silence soon", "/rm -rf"] {
            assert!(chat(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn e9_a_chat_command_without_its_id_says_what_is_missing_and_not_that_there_is_no_such() {
        for (typed, words) in [
            ("/agent restart", "<id> is missing: write /agent restart <id>"),
            ("/agent logs ", "<id> is missing: write /agent logs <id>"),
            ("/alert silence", "<minutes> is missing: write /alert silence <minutes>"),
            ("/agent restart a b", "that is one word too many: write /agent restart <id>"),
            ("/agent status now", "nothing follows it: write /agent status"),
            ("/deploy rollback a b", "that is one word too many: write /deploy rollback [id]"),
        ] {
            assert_eq!(chat(typed), Err(words.to_owned()), "{typed}");
        }
        assert!(chat("/agent jump").is_err_and(|words| words.starts_with("no such command")));
    }

    #[test]
    fn e9_the_list_of_chat_commands_narrows_while_one_types() {
        let forms = |typed: &str| chats(typed).iter().map(|info| info.form).collect::<Vec<_>>();
        assert_eq!(forms("/").len(), CHATS.len());
        assert_eq!(forms("/agent").len(), 3);
        assert_eq!(forms("/agent l"), ["/agent logs <id>"]);
        assert_eq!(forms("/agent logs a-1"), ["/agent logs <id>"]);
        assert_eq!(forms("/d"), ["/deploy rollback [id]"]);
        assert_eq!(forms("/agent lo "), CHATS.iter().map(|c| c.form).collect::<Vec<_>>(), "none: all");
    }

    #[test]
    fn intents_are_found_by_a_few_letters() {
        let first = |typed: &str| Palette { typed: Field::new(typed), ..Palette::default() }.matches()[0];
        assert_eq!(first("isol"), Intent::Isolate);
        assert_eq!(first("rollb"), Intent::Rollback);
        assert_eq!(first("tkcmd"), Intent::TakeCommand);
    }
}
