//! `[adapters.NAME]` of type `pagerduty`: escalations and calls by the account of a channel.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::incident::Span;

use super::adapter::Adapter;
use super::channel::{Channel, Way};
use super::located::Problems;
use super::tree::Tree;

/// An account of PagerDuty that is acted by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pager {
    /// The channel whose account it is, so that both speak of the same alerts.
    pub channel: String,
    /// How long one request may take.
    pub limit: Span,
    /// Whether every call of it is refused.
    pub read_only: bool,
}

/// The keys as written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Written {
    channel: Option<String>,
    limit: Option<Span>,
    read_only: bool,
    #[serde(rename = "type")]
    _type: Option<IgnoredAny>,
}

/// Reads one.
pub(super) fn read(tree: &Tree, problems: &mut Problems) -> Option<Pager> {
    let (written, whole) = tree.read_part::<Written>(problems);
    let written = written?;
    if written.channel.is_none() && !tree.has("channel") {
        let message = format!("`{}` lacks the key `channel`", tree.path());
        let hint = "the name of a [channels.NAME] of type pagerduty: its account is the one that is acted by";
        problems.push(tree.problem_at(&[], message).hint(hint));
    }
    let limit = written.limit.unwrap_or(Span::seconds(10));
    let pager = Pager { channel: written.channel?, limit, read_only: written.read_only };
    whole.then_some(pager)
}

/// Leaves out, and tells of, those whose channel is not there or cannot act.
pub(super) fn have_accounts(
    adapters: &mut BTreeMap<String, Adapter>,
    channels: &BTreeMap<String, Channel>,
    tree: &Tree,
    problems: &mut Problems,
) {
    // One that is described wrongly has been told already.
    let described = tree.keys_of("channels");
    adapters.retain(|name, adapter| {
        let Adapter::PagerDuty(pager) = adapter else { return true };
        let (why, hint) = match channels.get(&pager.channel).map(|channel| &channel.way) {
            Some(Way::PagerDuty(account)) if account.rest.is_some() => return true,
            Some(Way::PagerDuty(_)) => ("has no token", "escalating needs `token_env` and `from` there"),
            Some(_) => ("is of another type", "name one of type pagerduty"),
            None if described.contains(&pager.channel) => return false,
            None => ("is not there", "name a [channels.NAME] of type pagerduty"),
        };
        let message = format!("`adapters.{name}.channel`: the channel \"{}\" {why}", pager.channel);
        problems.push(tree.problem_at(&["adapters", name, "channel"], message).hint(hint));
        false
    });
}
