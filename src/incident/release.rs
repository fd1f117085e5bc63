//! Releases: what was put to run as an agent, and whether an incident followed one (D11).

use chrono::TimeDelta;

use super::{AgentId, Board, FirstCheck, Glance, IncidentId, Span, Text, Time, Topic};

/// Something that was put to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// When; none where its backend does not say.
    pub at: Option<Time>,
    /// What: a version, an image, a template's hash.
    pub what: Text,
    /// Whether it is what runs now.
    pub runs: bool,
}

/// The version that was seen before, where nobody says since when the one of now runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Which.
    pub what: Text,
    /// When.
    pub at: Time,
    /// In which incident.
    pub incident: IncidentId,
}

/// Releases that are named before the rest is counted.
const NAMED: usize = 3;

/// By how much the clocks of two machines may differ: a release so shortly after the beginning may as
/// well have come before it.
const SKEW: TimeDelta = TimeDelta::seconds(5);

/// Whether what happened at `began` followed a release: those that came within `since` before it, or
/// what runs and for how long.
#[must_use]
pub fn released(
    source: Text,
    releases: &[Release],
    began: Time,
    since: Span,
    before: Option<&Seen>,
) -> FirstCheck {
    let from = began - since.delta();
    let until = began + SKEW;
    let is_recent = |at: Time| at >= from && at <= until;
    let recent: Vec<&Release> = releases.iter().filter(|r| r.at.is_some_and(is_recent)).collect();
    // What came while it burned already is no cause of it, and worth knowing all the same.
    let after: Vec<&Release> = releases.iter().filter(|r| r.at.is_some_and(|at| at > until)).collect();
    let (glance, mut words) = if recent.is_empty() && after.is_empty() {
        older(releases, began, since, before)
    } else if recent.is_empty() {
        (Glance::Notable, format!("no deploy in the {since} before"))
    } else {
        let named = named(&recent, began);
        let advice = advice(releases, &recent, before);
        (Glance::Notable, format!("{} in the {since} before: {named}{advice}", recent.len()))
    };
    if !after.is_empty() {
        words.push_str(&format!("; since it began: {}", named(&after, began)));
    }
    FirstCheck { topic: Topic::Deploys, source, glance, found: Text::line(&words) }
}

/// The newest of them, each with when it came.
fn named(releases: &[&Release], began: Time) -> String {
    let one = |release: &&Release| {
        let runs = if release.runs { ", it runs" } else { "" };
        let when = release.at.map_or_else(String::new, |at| apart(at, began));
        format!("{} {when}{runs}", release.what)
    };
    let named = releases.iter().take(NAMED).map(one).collect::<Vec<_>>().join("; ");
    let more = releases.len().saturating_sub(NAMED);
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    format!("{named}{more}")
}

/// What to do about a release that came shortly before. Nobody can go back to what is not there, and
/// what does not run any more was taken back already.
fn advice(releases: &[Release], recent: &[&Release], before: Option<&Seen>) -> &'static str {
    let runs: Vec<&Release> = releases.iter().filter(|release| release.runs).collect();
    let suspect = |release: &&&Release| runs.is_empty() || release.runs;
    let Some(suspect) = recent.iter().find(suspect) else { return "" };
    let is_earlier = |other: &Release| {
        !other.runs && other.what != suspect.what && other.at.is_none_or(|at| Some(at) <= suspect.at)
    };
    let was_seen = before.is_some_and(|seen| seen.what != suspect.what);
    if releases.iter().any(is_earlier) || was_seen {
        "; roll back before you debug"
    } else {
        "; nothing from before it is known to go back to"
    }
}

/// What runs, where nothing came lately as far as anybody says.
fn older(releases: &[Release], began: Time, since: Span, before: Option<&Seen>) -> (Glance, String) {
    let mut runs = releases.iter().filter(|release| release.runs);
    let Some(now) = runs.next() else {
        return (Glance::NotRead, "which version runs is not known".to_owned());
    };
    let others: Vec<&str> = runs.map(|release| release.what.as_str()).collect();
    if !others.is_empty() {
        let words = format!("{} and {} run at the same time", now.what, others.join(" and "));
        return (Glance::Notable, words);
    }
    let what = &now.what;
    match (now.at, before) {
        (Some(at), _) => {
            (Glance::Quiet, format!("no deploy in the {since} before; {what} runs, {}", apart(at, began)))
        }
        (None, Some(seen)) if seen.what != now.what => {
            let words = format!(
                "{what} runs, and {} did in {} ({}); who changed it, and when?",
                seen.what,
                seen.incident,
                seen.at.format("%-d %b %H:%M UTC")
            );
            (Glance::Notable, words)
        }
        (None, Some(seen)) => (Glance::Quiet, format!("{what} runs, as in {}", seen.incident)),
        (None, None) => (Glance::Quiet, format!("{what} runs; its backend does not say since when")),
    }
}

/// `12 min before`, `3 d before`, `40 s after`.
fn apart(at: Time, began: Time) -> String {
    let seconds = (began - at).num_seconds();
    let side = if seconds < 0 { "after" } else { "before" };
    let (count, unit) = match seconds.unsigned_abs() {
        short @ 0..120 => (short, "s"),
        some @ 120..7_200 => (some / 60, "min"),
        long @ 7_200..172_800 => (long / 3_600, "h"),
        ages => (ages / 86_400, "d"),
    };
    format!("{count} {unit} {side}")
}

/// The version of an agent that an adapter planned on last, in any other incident.
#[must_use]
pub fn seen(board: &Board, adapter: &str, agent: &AgentId, other_than: IncidentId) -> Option<Seen> {
    let others = board.incidents().filter(|incident| incident.id != other_than);
    let actions = others.flat_map(|incident| incident.actions.values().map(move |a| (incident.id, a)));
    let of_it = actions.filter(|(_, action)| {
        action.plan.adapter.as_str() == adapter && action.plan.target.as_str() == agent.as_str()
    });
    let versions = of_it.filter_map(|(incident, action)| {
        let what = action.plan.version.clone()?;
        Some(Seen { what, at: action.requested_at?, incident })
    });
    versions.max_by_key(|seen| seen.at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::story::time;

    #[test]
    fn d11_a_release_shortly_before_is_what_to_roll_back_and_an_old_one_is_not() {
        let release =
            |clock: Option<&str>, what: &str, runs| Release { at: clock.map(time), what: what.into(), runs };
        let seen = |what: &str| Seen { what: what.into(), at: time("09:00:00"), incident: IncidentId(4) };
        for (releases, before, glance, words) in [
            (vec![], None, Glance::NotRead, "which version runs is not known"),
            (
                vec![
                    release(Some("11:48:00"), "h2 (a:2)", true),
                    release(Some("03:00:00"), "h1 (a:1)", false),
                ],
                None,
                Glance::Notable,
                "1 in the 2h before: h2 (a:2) 12 min before, it runs; roll back before you debug",
            ),
            (
                vec![release(Some("03:00:00"), "h1 (a:1)", true)],
                None,
                Glance::Quiet,
                "no deploy in the 2h before; h1 (a:1) runs, 9 h before",
            ),
            (vec![release(None, "v7", true)], None, Glance::Quiet, "v7 runs; its backend does not say"),
            (
                vec![release(None, "v7", true), release(None, "v8", true)],
                None,
                Glance::Notable,
                "v7 and v8 run at the same time",
            ),
            (vec![release(None, "v7", true)], Some(seen("v7")), Glance::Quiet, "v7 runs, as in INC-4"),
            (
                vec![release(None, "v7", true)],
                Some(seen("v6")),
                Glance::Notable,
                "v7 runs, and v6 did in INC-4",
            ),
            // A release after the incident began counted as before, and was the one to roll back.
            (
                vec![release(Some("12:00:40"), "h3", true)],
                None,
                Glance::Notable,
                "no deploy in the 2h before; since it began: h3 40 s after, it runs",
            ),
            // Two machines' clocks: it came before, by its own.
            (
                vec![release(Some("12:00:03"), "h3", true)],
                None,
                Glance::Notable,
                "1 in the 2h before: h3 3 s after, it runs; nothing from before it is known to go back to",
            ),
            (
                vec![release(Some("11:48:00"), "h2", true)],
                None,
                Glance::Notable,
                "1 in the 2h before: h2 12 min before, it runs; nothing from before it is known to go back to",
            ),
            (
                vec![release(Some("11:48:00"), "h2", true)],
                Some(seen("h1")),
                Glance::Notable,
                "1 in the 2h before: h2 12 min before, it runs; roll back before you debug",
            ),
            // It was rolled back already.
            (
                vec![release(Some("12:05:00"), "h1", true), release(Some("11:48:00"), "h2", false)],
                None,
                Glance::Notable,
                "1 in the 2h before: h2 12 min before; since it began: h1 5 min after, it runs",
            ),
        ] {
            let since = "2h".parse().unwrap();
            let check = released("it".into(), &releases, time("12:00:00"), since, before.as_ref());
            assert_eq!(check.glance, glance, "{}", check.found);
            assert!(check.found.as_str().starts_with(words), "{}", check.found);
        }
    }
}
