//! The policy: the built-in one, with the team's file laid over it key by key.

use std::path::Path;

use crate::incident::{Command, Policy, Text};

use super::file::File;
use super::located::{Problem, Problems};
use super::paths::Paths;
use super::settings::Settings;
use super::tree::Tree;
use super::{wording, zone};

/// The policy that holds under these settings: the named file, else `policy.toml` beside the
/// configuration, else the built-in one. Where the team's file is wrong, the built-in rule holds. Rules
/// that lie there and hold nothing are told.
#[must_use]
pub fn load(settings: &Settings, paths: &Paths, problems: &mut Problems) -> Policy {
    let file = match &settings.policy {
        Some(named) => {
            problems.extend(unread(&paths.policy(), named));
            File::read(named).map(Some)
        }
        None => File::read_if_there(&paths.policy()),
    };
    let mut policy = match file {
        Ok(Some(file)) => read(&file, problems),
        Ok(None) => Policy::built_in(),
        Err(problem) => {
            problems.push(problem.hint("until then the built-in policy holds"));
            Policy::built_in()
        }
    };
    if let Some(naming) = settings.naming {
        policy.naming = naming;
    }
    policy.routes = settings.channels.iter().filter_map(|(name, channel)| channel.route(name)).collect();
    policy.rota = settings.rota.clone();
    policy
}

/// The policy that is where it is looked for, when another one is named instead.
fn unread(beside: &Path, named: &Path) -> Option<Problem> {
    let same = match (beside.canonicalize(), named.canonicalize()) {
        (Ok(beside), Ok(named)) => beside == named,
        (Ok(_), Err(_)) => beside == named,
        (Err(_), _) => return None,
    };
    let words = format!("is not read: `policy.file` names {} instead", named.display());
    let hint = "put the rules into one file, and take the other one or `policy.file` away";
    (!same).then(|| Problem::whole(&beside.display().to_string(), words).hint(hint))
}

/// The built-in policy with a file laid over it.
#[must_use]
pub fn read(file: &File, problems: &mut Problems) -> Policy {
    let built_in = File::embedded("built-in policy", Policy::BUILT_IN);
    let own = Tree::parse(file, problems);
    let tree = own.clone().over(Tree::parse(&built_in, problems));
    let policy = tree.read(problems).unwrap_or_else(Policy::built_in);
    judge(policy, &own, file, problems)
}

/// What no type can say. `own` is the team's file alone.
fn judge(mut policy: Policy, own: &Tree, file: &File, problems: &mut Problems) -> Policy {
    let built_in = Policy::built_in();
    if !(1..=100).contains(&policy.warn_at_percent) {
        let message = format!("`warn_at_percent`: expected 1 to 100, found {}", policy.warn_at_percent);
        problems.push(own.problem_at(&["warn_at_percent"], message));
        policy.warn_at_percent = built_in.warn_at_percent;
    }
    policy.digest.zone = zone::read(policy.digest.zone).unwrap_or_else(|message| {
        problems.push(own.problem_at(&["digest", "zone"], format!("`digest.zone`: {message}")));
        built_in.digest.zone.clone()
    });
    policy.people_only.retain(|word| {
        let known = Command::WORDS.contains(&word.as_str());
        if !known {
            // A guardrail that is misspelt guards nothing.
            let shown = Text::line(word);
            let problem =
                own.problem_at(&["people_only"], format!("`people_only`: there is no command \"{shown}\""));
            problems.push(match wording::meant(word, Command::WORDS, "commands") {
                Some(hint) => problem.hint(hint),
                None => problem,
            });
        }
        known
    });
    if !own.is_empty() && !own.keys().iter().any(|key| key == "name") {
        // So that a review says by which rules it was decided.
        let name =
            Path::new(file.name()).file_name().map_or(file.name().into(), |name| name.to_string_lossy());
        policy.name = format!("built-in with {name}").into();
    }
    policy
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::cases::each_says_how_to_mend_it;
    use crate::incident::policy::{Approval, Level, WindowName};
    use crate::incident::{Op, Severity, Span};

    fn policy(text: &str) -> (Policy, Vec<String>) {
        let mut problems = Problems::new();
        let policy = read(&File::embedded("/etc/fd/policy.toml", text), &mut problems);
        each_says_how_to_mend_it(&problems);
        (policy, problems.into_sorted().iter().map(ToString::to_string).collect())
    }

    #[test]
    fn an_empty_file_changes_nothing_and_a_key_changes_only_itself() {
        assert_eq!(policy(""), (Policy::built_in(), vec![]));
        let (changed, problems) = policy(
            "[windows.respond]\nwithin.P0 = '3m'\n[actions.isolate]\napproval = 'second'\n[actions.page]\nwho = []\n",
        );
        assert_eq!(problems, [""; 0]);
        let mut expected = Policy::built_in();
        expected.name = "built-in with policy.toml".into();
        expected.windows.get_mut(&WindowName::Respond).unwrap().within.p0 = Span::minutes(3);
        expected.actions.get_mut(&Op::Isolate).unwrap().approval = Approval::Second;
        expected.actions.get_mut(&Op::Page).unwrap().who.clear();
        assert_eq!(changed, expected);
    }

    #[test]
    fn every_mistake_is_told_in_the_teams_own_file_and_the_built_in_rule_holds_there() {
        let (policy, problems) = policy(
            "name = 'ours'\nwarn_at_percent = 500\nnameing = 'SEV'\n[windows.respond]\nwithin.P0 = 3\nwithin.P4 = '3m'\n\
             from = 'T9'\n[windows.repond]\nfrom = 'T0'\n[actions.isolate]\napproval = 'nobody'\nconfirm = 'key'\n\
             [actions.explode]\nwho = ['person']\n[updates]\npress = { P0 = '1m' }\n[rollback]\nP0 = 'never'\n",
        );
        assert_eq!(
            problems,
            [
                "/etc/fd/policy.toml:2:19: `warn_at_percent`: expected a whole number from 0 to 255, found integer `500`",
                "/etc/fd/policy.toml:3:1: unknown key `nameing` (hint: did you mean `naming`?)",
                "/etc/fd/policy.toml:5:13: `windows.respond.within.P0`: expected a length of time, found integer `3` (hint: write it with its unit, in quotes: \"3s\")",
                "/etc/fd/policy.toml:6:8: unknown key `windows.respond.within.P4` (hint: did you mean `P0`?)",
                "/etc/fd/policy.toml:7:8: `windows.respond.from`: \"T9\" is no moment; use start, told, resolved or T0 to T5",
                "/etc/fd/policy.toml:8:10: unknown key `windows.repond` (hint: did you mean `respond`?)",
                "/etc/fd/policy.toml:11:12: `actions.isolate.approval`: unknown value \"nobody\" (hint: possible: none, \
                 commander, second)",
                "/etc/fd/policy.toml:13:10: unknown key `actions.explode` (hint: possible: isolate, release, rate-limit, \
                 lift, restrict, restore-scope, switch-model, rollback-config, rollback-branch, rollback-system, \
                 roll-forward, restart, restore-checkpoint, snapshot, silence, unsilence, escalate, page)",
                "/etc/fd/policy.toml:16:1: unknown key `updates.press` (hint: possible: engineering, executives, customers)",
                "/etc/fd/policy.toml:18:6: `rollback.P0`: unknown value \"never\" (hint: possible: must, should, may)",
            ]
        );
        assert_eq!(policy.windows[&WindowName::Respond].within.of(Severity::P0), Span::minutes(5));
        let built_in = Policy::built_in().actions[&Op::Isolate].clone();
        assert_eq!(policy.actions[&Op::Isolate].approval, built_in.approval);
        assert_ne!(policy.actions[&Op::Isolate].confirm, built_in.confirm, "what is right counts");
        assert_eq!(policy.warn_at_percent, Policy::built_in().warn_at_percent);
    }

    #[test]
    fn what_no_type_can_say_is_judged_too() {
        let (_, problems) = policy("warn_at_percent = 0\n");
        assert_eq!(problems, ["/etc/fd/policy.toml:1:19: `warn_at_percent`: expected 1 to 100, found 0"]);
    }

    /// A list of levels replaced the whole ladder: who changed the first lost the other two.
    #[test]
    fn c2_a_level_of_escalation_that_is_changed_leaves_the_others() {
        let (changed, problems) = policy(
            "[escalation.1]\nafter = '5m'\n[escalation.4]\nname = 'board'\nseverities = ['P0']\nwhen = 'unresolved'\nafter = '4h'\ntrigger = 'z'\n",
        );
        assert_eq!(problems, [""; 0]);
        let built_in = Policy::built_in().escalation;
        assert_eq!(changed.escalation[0], Level { after: Span::minutes(5), ..built_in[0].clone() });
        assert_eq!(changed.escalation[1..3], built_in[1..]);
        assert_eq!((changed.escalation[3].level, changed.escalation.len()), (4, 4));
        let (kept, problems) = policy(
            "[escalation.first]\nname = 'x'\nseverities = ['P0']\nwhen = 'unresolved'\nafter = '1m'\ntrigger = 'y'\n",
        );
        assert_eq!(kept.escalation, built_in);
        assert_eq!(
            problems,
            ["/etc/fd/policy.toml:1:2: `escalation`: \"first\" is no level; write 1, 2, 3 …"]
        );
    }

    #[test]
    fn b6_the_checks_of_some_agents_are_read_and_a_wrong_one_is_told_where_it_stands() {
        let (changed, problems) = policy("[recovery.agents]\n'batch-*' = ['error_rate < 5']\n");
        assert_eq!(problems, [""; 0]);
        assert_eq!(changed.recovery.agents["batch-*"].0[0].to_string(), "error_rate < 5");
        let problems = policy("[recovery.agents]\n'batch-*' = ['error_rate']\n").1;
        assert!(problems[0].starts_with("/etc/fd/policy.toml:2:"), "{problems:?}");
    }

    #[test]
    fn a_digest_at_no_time_of_no_day_is_told() {
        for (text, says) in [
            ("at = '9'", "2:6: `digest.at`: \"9\" is no time of the day; write 09:00"),
            ("zone = 'Nowhere/Atall'", "2:8: `digest.zone`: \"Nowhere/Atall\" is no zone, "),
            ("enabled = 'no'", "2:11: `digest.enabled`: expected a boolean, found string \"no\""),
            ("when = '09:00'", "2:1: unknown key `digest.when` (hint: known here: enabled, at, zone)"),
        ] {
            let (policy, problems) = policy(&format!("[digest]\n{text}\n"));
            assert_eq!(problems.len(), 1, "{text}: {problems:?}");
            assert!(problems[0].starts_with(&format!("/etc/fd/policy.toml:{says}")), "{problems:?}");
            assert_eq!(policy.digest, Policy::built_in().digest, "{text}");
        }
    }

    #[test]
    fn c2_a_misspelt_guardrail_is_told_for_it_would_guard_nothing() {
        let (policy, problems) = policy("people_only = ['resolve', 'aprove']\n");
        assert_eq!(
            problems,
            [
                "/etc/fd/policy.toml:1:15: `people_only`: there is no command \"aprove\" (hint: did you mean `approve`?)"
            ]
        );
        assert_eq!(policy.people_only, ["resolve"]);
    }
}
