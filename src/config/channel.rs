//! `[channels.NAME]`: what people are told, and through what.
//!
//! A channel wakes people, so it is taken whole or not at all: with any problem in its table it is
//! left out, and nothing is queued for it.

mod email;
mod http;
mod pagerduty;
mod slack;
mod statuspage;
mod webhook;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::incident::{Audience, MessageKind, Route, Severity, Span, Text};
use crate::secret::SecretSource;

use super::credential::SecretKeys;
use super::located::Problems;
use super::paths::{Env, Paths};
use super::program;
use super::tree::Tree;
use super::wording;

pub use email::Email;
pub use http::HttpChannel;
pub use pagerduty::{Account, PagerDuty};
pub use slack::{Slack, SlackWay};
pub use statuspage::StatusPage;
pub use webhook::Webhook;

/// The types of channels that a file may name.
const TYPES: &[&str] = &["webhook", "http", "email", "slack", "pagerduty", "statuspage"];

/// One configured channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    /// Whom it reaches.
    pub audiences: Vec<Audience>,
    /// Incidents of which severities it is told of.
    pub severities: Vec<Severity>,
    /// What it is told.
    pub kinds: Vec<MessageKind>,
    /// How long one try may take.
    pub limit: Span,
    /// Whether nothing may be sent through it.
    pub read_only: bool,
    /// How it is reached.
    pub way: Way,
}

/// How a channel is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// JSON of flightdeck's own, by POST.
    Webhook(Webhook),
    /// JSON of somebody else's, from a template.
    Http(HttpChannel),
    /// Mail, by a program such as sendmail.
    Email(Email),
    /// Slack, as an app or by an incoming webhook.
    Slack(Slack),
    /// A service of PagerDuty.
    PagerDuty(PagerDuty),
    /// A page at Statuspage, for customers.
    StatusPage(StatusPage),
}

impl Way {
    /// Whom it reaches unless the file says otherwise.
    fn audiences(&self) -> Vec<Audience> {
        match self {
            Self::StatusPage(_) => vec![Audience::Customers],
            Self::Webhook(_) | Self::Http(_) | Self::Email(_) | Self::Slack(_) | Self::PagerDuty(_) => {
                vec![Audience::Engineering]
            }
        }
    }

    /// What it is told unless the file says otherwise: a pager takes no digest, a status page
    /// nothing but updates, and that somebody is on it stops a pager and is noise elsewhere.
    fn kinds(&self) -> Vec<MessageKind> {
        let all = MessageKind::ALL.iter().copied();
        match self {
            Self::StatusPage(_) => vec![MessageKind::Update],
            Self::PagerDuty(_) => all.filter(|kind| *kind != MessageKind::Digest).collect(),
            Self::Webhook(_) | Self::Http(_) | Self::Email(_) | Self::Slack(_) => {
                all.filter(|kind| *kind != MessageKind::Acknowledged).collect()
            }
        }
    }
}

impl Channel {
    /// What it is told, as the policy knows it; none where nothing may be sent.
    #[must_use]
    pub fn route(&self, name: &str) -> Option<Route> {
        (!self.read_only).then(|| Route {
            channel: Text::line(name),
            audiences: self.audiences.clone(),
            severities: self.severities.clone(),
            kinds: self.kinds.clone(),
        })
    }
}

/// Where a URL lies. One that lets anybody write there is a secret as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// As it stands in the file.
    Plain(String),
    /// Somewhere else.
    Secret(SecretSource),
}

/// The keys that every channel has. They are named again in the table of each type, for the list
/// of known keys.
#[derive(Debug, Deserialize)]
#[serde(default)]
struct Common {
    audiences: Option<Vec<Audience>>,
    severities: Vec<Severity>,
    kinds: Option<Vec<MessageKind>>,
    limit: Span,
    read_only: bool,
}

impl Default for Common {
    fn default() -> Self {
        Self {
            audiences: None,
            severities: Severity::ALL.to_vec(),
            kinds: None,
            limit: Span::seconds(15),
            read_only: false,
        }
    }
}

/// The table of one type of channel as written: its own keys, and those that every channel has.
macro_rules! written {
    ($(#[$about:meta])* struct $name:ident { $($(#[$meta:meta])* $field:ident: $type:ty,)+ }) => {
        $(#[$about])*
        #[derive(Debug, Default, serde::Deserialize)]
        #[serde(deny_unknown_fields, default)]
        struct $name {
            $($(#[$meta])* $field: $type,)+
            #[serde(rename = "audiences")]
            _audiences: Option<serde::de::IgnoredAny>,
            #[serde(rename = "severities")]
            _severities: Option<serde::de::IgnoredAny>,
            #[serde(rename = "kinds")]
            _kinds: Option<serde::de::IgnoredAny>,
            #[serde(rename = "limit")]
            _limit: Option<serde::de::IgnoredAny>,
            #[serde(rename = "read_only")]
            _read_only: Option<serde::de::IgnoredAny>,
            #[serde(rename = "type")]
            _type: Option<serde::de::IgnoredAny>,
        }
    };
}
use written;

/// What a table is read with.
struct Reading<'a> {
    tree: &'a Tree<'a>,
    paths: &'a Paths,
    env: &'a Env<'a>,
    problems: &'a mut Problems,
}

/// Reads every `[channels.NAME]`.
pub(super) fn read_all(
    mut channels: Tree,
    paths: &Paths,
    env: &Env,
    problems: &mut Problems,
) -> BTreeMap<String, Channel> {
    let mut read = BTreeMap::new();
    for name in channels.keys() {
        let Some(mut tree) = channels.take(&name, problems) else { continue };
        let place = tree.span_of(&["type"]);
        let Some((kind, span)) = tree.take_text("type", problems) else {
            if place == tree.span_of(&[]) {
                let problem = tree.problem(place, format!("`channels.{name}` lacks the key `type`"));
                problems.push(problem.hint(format!("types: {}", TYPES.join(", "))));
            }
            continue;
        };
        let common = tree.read_whole::<Common>(problems);
        let mut reading = Reading { tree: &tree, paths, env, problems };
        let way = match kind.as_str() {
            "webhook" => webhook::read(&mut reading).map(Way::Webhook),
            "http" => http::read(&mut reading).map(Way::Http),
            "email" => email::read(&mut reading).map(Way::Email),
            "slack" => slack::read(&mut reading).map(Way::Slack),
            "pagerduty" => pagerduty::read(&mut reading).map(Way::PagerDuty),
            "statuspage" => {
                let told = common.as_ref();
                let audiences = told.and_then(|c| c.audiences.as_deref());
                let right = statuspage::check(&mut reading, audiences, told.and_then(|c| c.kinds.as_deref()));
                statuspage::read(&mut reading).filter(|_| right.is_some()).map(Way::StatusPage)
            }
            _ => {
                let shown = Text::line(&kind);
                let problem = tree.problem(span, format!("there is no channel of type \"{shown}\""));
                problems.push(match wording::meant(&kind, TYPES, "types") {
                    Some(hint) => problem.hint(hint),
                    None => problem,
                });
                None
            }
        };
        if let (Some(common), Some(way)) = (common, way) {
            let Common { audiences, severities, kinds, limit, read_only } = common;
            let audiences = audiences.unwrap_or_else(|| way.audiences());
            let kinds = kinds.unwrap_or_else(|| way.kinds());
            read.insert(name, Channel { audiences, severities, kinds, limit, read_only, way });
        }
    }
    read
}

impl Reading<'_> {
    /// The table as written, and whether its form is right: the rest of it is looked at in any case.
    fn written<T: DeserializeOwned>(&mut self) -> Option<(T, bool)> {
        let (written, whole) = self.tree.read_part(self.problems);
        Some((written?, whole))
    }

    /// Whether one of these keys is there. One that is there and was not read has been told.
    fn has(&self, keys: &[&str]) -> bool {
        keys.iter().any(|key| self.tree.has(key))
    }

    /// Tells that something is missing, unless it is there under one of these keys and was told to be wrong.
    fn lacks(&mut self, keys: &[&str], what: &str, hint: &str) {
        if !self.has(keys) {
            let message = format!("`{}` {what}", self.tree.path());
            self.problems.push(self.tree.problem_at(&[], message).hint(hint));
        }
    }

    /// Where a secret lies; `None` if something is wrong with it, `Some(None)` if there is none.
    #[expect(clippy::option_option, reason = "wrong and absent are two things, and only one is told")]
    fn secret(&mut self, what: &str, keys: SecretKeys) -> Option<Option<SecretSource>> {
        keys.meant(what, &[], self.tree, self.paths, self.env, self.problems)
    }

    /// Where the URL is: written, or secret as a whole.
    fn address(&mut self, plain: Option<String>, keys: SecretKeys) -> Option<Address> {
        let secret = self.secret("url", keys)?;
        match (plain, secret) {
            (Some(url), None) => {
                if !(url.starts_with("https://") || url.starts_with("http://")) {
                    let problem = self.tree.problem_at(&["url"], "`url` begins with https:// or http://");
                    self.problems.push(problem.hint("url = \"https://host/path\""));
                    return None;
                }
                Some(Address::Plain(url))
            }
            (None, Some(source)) => Some(Address::Secret(source)),
            (Some(_), Some(_)) => {
                let problem = self.tree.problem_at(&["url"], "the URL is given twice");
                self.problems.push(problem.hint("keep one"));
                None
            }
            (None, None) => {
                let hint = "or url_env, url_file, url_command where the URL is a secret";
                self.lacks(&["url", "url_env", "url_file", "url_command"], "lacks the key `url`", hint);
                None
            }
        }
    }

    /// The base URL of a vendor's service, which is no secret.
    fn base(&mut self, key: &str, written: Option<String>, usual: &str) -> Option<String> {
        let url = written.unwrap_or_else(|| usual.to_owned());
        if url.starts_with("https://") || url.starts_with("http://") {
            return Some(url.trim_end_matches('/').to_owned());
        }
        let message = format!("`{key}` begins with https:// or http://");
        self.problems.push(self.tree.problem_at(&[key], message).hint(format!("the usual one is {usual}")));
        None
    }

    /// A program with arguments, found beside the configuration where it is a relative path.
    fn program(&mut self, key: &str, mut run: Vec<String>) -> Option<Vec<String>> {
        let Some(program) = run.first_mut().filter(|p| !p.trim().is_empty() && !p.starts_with('-')) else {
            let problem = self.tree.problem_at(&[key], format!("`{key}` names no program"));
            self.problems.push(problem.hint("write [\"PROGRAM\", \"ARGUMENT\", …]; no shell is involved"));
            return None;
        };
        if program.contains('/') {
            *program = self.paths.written(program.trim_start_matches("./")).display().to_string();
        }
        if let Some(missing) = program::missing(program, self.env) {
            // Told, and kept: it may be there when it is needed.
            let problem = self.tree.problem_at(&[key], format!("`{key}`: {}", missing.why));
            self.problems.push(match missing.hint {
                Some(hint) => problem.hint(hint),
                None => problem,
            });
        }
        Some(run)
    }

    fn dir(&self) -> PathBuf {
        self.paths.config_dir.clone()
    }
}
