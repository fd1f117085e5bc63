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
        _ => {
            let forms: Vec<_> = CHATS.iter().map(|c| c.form).collect();
            Err(format!("no such command; there are {}", forms.join(", ")))
        }
    }
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
    fn intents_are_found_by_a_few_letters() {
        let first = |typed: &str| Palette { typed: Field::new(typed), ..Palette::default() }.matches()[0];
        assert_eq!(first("isol"), Intent::Isolate);
        assert_eq!(first("rollb"), Intent::Rollback);
        assert_eq!(first("tkcmd"), Intent::TakeCommand);
    }
}
