//! What the README takes from the program's own tables.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use flightdeck::app::palette::CHATS;
use flightdeck::cli;
use flightdeck::config::starter::STARTER;
use flightdeck::config::{Paths, keymap::Keymaps, theme::Themes};
use flightdeck::error::EXIT_CODES;
use flightdeck::incident::action::Lamp;
use flightdeck::incident::playbook::ROWS;
use flightdeck::incident::policy::{ActorKind, Again, Approval, Confirm, Moment, Unproved, WindowName};
use flightdeck::incident::{Aim, Check, OPS, OpInfo, Policy, Severity, Span, VITALS};
use flightdeck::runtime::scenarios;

/// A part's name, and what writes it.
type Part = (&'static str, fn() -> String);

/// All parts.
const PARTS: &[Part] = &[
    ("scenarios", scenarios),
    ("configuration", configuration),
    ("generic alert", || documented("src/sources/generic.rs", None)),
    ("alertmanager labels", || documented("src/sources/alertmanager.rs", None)),
    ("webhook message", || documented("src/channels/webhook.rs", None)),
    ("vitals", vitals),
    ("actions", actions),
    ("lamps", lamps),
    ("windows", windows),
    ("guardrails", guardrails),
    ("proof", proof),
    ("proved", super::proved::proved),
    ("escalation", escalation),
    ("rules", rules),
    ("keys", keys),
    ("chat commands", chats),
    ("commands", commands),
    ("json", || documented("src/cli/mod.rs", Some("# JSON"))),
    ("exit codes", exit_codes),
    ("looks", looks),
];

/// The text with every generated part written anew.
pub fn refreshed(text: &str) -> String {
    let mut fresh = text.to_owned();
    for (name, part) in PARTS {
        let (open, close) = (format!("<!-- generated: {name} -->\n"), "<!-- end -->");
        let (before, rest) = fresh.split_once(&open).unwrap_or_else(|| unreachable!("no part '{name}'"));
        let (_, after) = rest.split_once(close).unwrap_or_else(|| unreachable!("'{name}' has no end"));
        fresh = format!("{before}{open}\n{}\n\n{close}{after}", part().trim());
    }
    let known = fresh.matches("<!-- generated:").count();
    assert_eq!(known, PARTS.len(), "a part is there that nothing generates, or twice");
    fresh
}

pub fn table(heading: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut text = format!("| {} |\n|{}\n", heading.join(" | "), "---|".repeat(heading.len()));
    for row in rows {
        let cells: Vec<String> = row.iter().map(|cell| cell.replace('|', "\\|")).collect();
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
    text
}

pub fn code(word: &str) -> String {
    format!("`{word}`")
}

fn scenarios() -> String {
    let nowhere = Path::new("/nonexistent");
    let paths = Paths {
        config_file: nowhere.join("config.toml"),
        config_named: false,
        config_dir: nowhere.to_owned(),
        data_dir: nowhere.to_owned(),
        home: None,
    };
    let rows = scenarios::list(&paths).into_iter().map(|scenario| {
        let severity = scenario.severity.to_string();
        vec![code(scenario.name.as_str()), severity, scenario.title.to_string(), scenario.seed.to_string()]
    });
    table(&["name", "severity", "what happens", "seed"], rows)
}

fn configuration() -> String {
    format!("```toml\n# config.toml\n{STARTER}```")
}

/// The documentation at the head of a module, or one section of it.
fn documented(file: &str, section: Option<&str>) -> String {
    let source = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
    let lines = source.lines().map_while(|line| line.strip_prefix("//!"));
    let lines = lines.map(|line| line.strip_prefix(' ').unwrap_or(line));
    let text: Vec<&str> = match section {
        // Its first line says which module it is.
        None => lines.skip(1).collect(),
        Some(heading) => {
            let below = lines.skip_while(|line| *line != heading).skip(1);
            below.take_while(|line| !line.starts_with("# ")).collect()
        }
    };
    without_paths(&text.join("\n"))
}

/// Links into the code as plain names: `[`crate::incident::Event`]` becomes `Event`.
fn without_paths(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("[`crate::") {
        let (path, behind) = after.split_once("`]").unwrap();
        let _ = write!(plain, "{before}`{}`", path.rsplit("::").next().unwrap());
        rest = behind;
    }
    plain + rest
}

fn vitals() -> String {
    let rows = VITALS.iter().map(|vital| {
        let healthy = if vital.healthy.is_empty() { String::new() } else { code(vital.healthy) };
        vec![code(vital.name), vital.unit.to_owned(), healthy]
    });
    table(&["name", "unit", "healthy"], rows)
}

fn aim(info: &OpInfo) -> &'static str {
    match info.aim {
        Aim::Agent => "agent",
        Aim::Alert => "alert",
        Aim::Level => "level",
        Aim::Person => "person",
    }
}

fn actions() -> String {
    let rows = OPS.iter().map(|info| {
        let params = info.params.iter().map(|param| match param.default {
            "" => code(param.name),
            default => code(&format!("{}={default}", param.name)),
        });
        let checks: Vec<String> = info.checks.iter().map(|check| code(check)).collect();
        vec![
            code(info.op.word()),
            info.about.to_owned(),
            aim(info).to_owned(),
            params.collect::<Vec<_>>().join(", "),
            checks.join(", "),
            Span::seconds(info.limit_s).to_string(),
            info.inverse.map_or_else(String::new, |op| code(op.word())),
        ]
    });
    table(&["action", "does", "to", "parameters", "verified when", "may take", "undone by"], rows)
}

fn lamps() -> String {
    let rows = Lamp::ALL
        .iter()
        .map(|lamp| vec![lamp.word().to_owned(), lamp.meaning().to_owned(), lamp.next_step().to_owned()]);
    table(&["lamp", "means", "next step"], rows)
}

fn moment(moment: Moment) -> String {
    match moment {
        Moment::Start => "the alert's own start".to_owned(),
        Moment::Told => "the first of the team was told".to_owned(),
        Moment::Resolved => "resolved".to_owned(),
        Moment::Mark(mark) => format!("{} {}", mark.word(), mark.meaning()),
    }
}

fn windows() -> String {
    let policy = Policy::built_in();
    let rows = WindowName::ALL.iter().filter_map(|name| {
        let window = policy.windows.get(name)?;
        let mut row = vec![code(name.word()), moment(window.from), moment(window.to)];
        row.extend(Severity::ALL.map(|severity| window.within.of(severity).to_string()));
        row.push(if window.enforced { "alarms" } else { "is a target" }.to_owned());
        Some(row)
    });
    table(&["window", "from", "to", "P0", "P1", "P2", "P3", "overrun"], rows)
}

fn guardrails() -> String {
    let policy = Policy::built_in();
    let rows = policy.actions.iter().map(|(op, rule)| {
        let who = rule.who.iter().map(|kind| match kind {
            ActorKind::Person => "people",
            ActorKind::Ai => "AI actors (as a proposal)",
        });
        let approval = match rule.approval {
            Approval::None => "nobody's",
            Approval::Commander => "the commander's, if somebody else commands",
            Approval::Second => "a second person's",
        };
        let confirm = match rule.confirm {
            Confirm::Key => "typing `y`",
            Confirm::Typed => "typing the target",
        };
        vec![code(op.word()), who.collect::<Vec<_>>().join(", "), approval.to_owned(), confirm.to_owned()]
    });
    table(&["action", "may be asked for by", "needs approval", "is confirmed by"], rows)
}

fn proof() -> String {
    let Policy { probing, recovery, .. } = Policy::built_in();
    let again = match probing.again_in_doubt {
        Again::Read => "once it was read since",
        Again::Settled => "once it is settled",
        Again::Always => "at any time",
    };
    let checks =
        |checks: &[Check]| checks.iter().map(|c| code(&c.to_string())).collect::<Vec<_>>().join(", ");
    let unproved = Severity::ALL.map(|severity| {
        let how = match recovery.unproved.of(severity) {
            Unproved::Refused => "not at all",
            Unproved::Commander => "by who commands, with a reason",
            Unproved::Reason => "with a reason",
            Unproved::Allowed => "freely",
        };
        format!("{severity} {how}")
    });
    let rows = [
        (
            "probing.probe_every",
            format!("a mitigation in force is read at least every {}", probing.probe_every),
        ),
        (
            "probing.settle_every",
            format!("every {} while it waits for its proof, or has just begun to leak", probing.settle_every),
        ),
        ("probing.at_once", format!("{} readings at a time", probing.at_once)),
        ("probing.again_in_doubt", format!("what is in doubt may be asked for again {again}")),
        (
            "probing.settled_after",
            format!(
                "an effect that leaked is told to hold, and a leak is told anew, after it held {}",
                probing.settled_after
            ),
        ),
        ("recovery.checks", format!("{} of each agent involved", checks(&recovery.checks))),
        ("recovery.where_read", format!("{}, where something reads it", checks(&recovery.where_read))),
        (
            "recovery.agents",
            "other checks for some agents, as `\"batch-*\" = [\"error_rate < 5\"]`".to_owned(),
        ),
        ("recovery.fresh", format!("a reading older than {} proves nothing", recovery.fresh)),
        ("recovery.unproved", format!("without proof an incident is ended: {}", unproved.join("; "))),
    ];
    table(&["setting", "says"], rows.into_iter().map(|(name, says)| vec![code(name), says]))
}

fn escalation() -> String {
    let rows = Policy::built_in().escalation.into_iter().map(|level| {
        let severities: Vec<String> = level.severities.iter().map(ToString::to_string).collect();
        vec![
            level.level.to_string(),
            level.name.to_string(),
            severities.join(", "),
            level.triggers().map(|due| due.trigger.to_string()).collect::<Vec<_>>().join("; or "),
        ]
    });
    table(&["level", "who", "for", "when"], rows)
}

fn rules() -> String {
    table(&["rule", "says"], ROWS.iter().map(|row| vec![format!("[{}]", row.id), row.about.to_owned()]))
}

fn keys() -> String {
    let listed = Command::new(env!("CARGO_BIN_EXE_flightdeck"))
        .args(["keys", "--keymap", "default", "--format", "md"])
        .env("FLIGHTDECK_CONFIG", "/dev/null")
        .output()
        .unwrap();
    String::from_utf8(listed.stdout).unwrap()
}

fn chats() -> String {
    table(&["command", "does"], CHATS.iter().map(|chat| vec![code(chat.form), chat.about.to_owned()]))
}

fn commands() -> String {
    let command = cli::command();
    let rows = command.get_subcommands().map(|sub| {
        let usage = sub.clone().render_usage().to_string();
        let usage = usage.trim_start_matches("Usage:").trim().to_owned();
        vec![
            code(&format!("flightdeck {usage}")),
            sub.get_about().map(ToString::to_string).unwrap_or_default(),
        ]
    });
    table(&["command", "does"], rows)
}

fn exit_codes() -> String {
    let rows = EXIT_CODES
        .iter()
        .map(|(code, name, about)| vec![code.to_string(), (*name).to_owned(), (*about).to_owned()]);
    table(&["code", "name", "means"], rows)
}

fn looks() -> String {
    let summary = |file: PathBuf| {
        let text = std::fs::read_to_string(file).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix("summary = \""));
        line.map_or_else(String::new, |rest| rest.trim_end_matches('"').to_owned())
    };
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (themes, keymaps) = (Themes::default(), Keymaps::default());
    let mut rows = Vec::new();
    for (kind, names) in [("theme", themes.names()), ("keymap", keymaps.names())] {
        for name in names {
            let file = repository.join(format!("{kind}s/{name}.toml"));
            rows.push(vec![kind.to_owned(), code(name), summary(file)]);
        }
    }
    table(&["", "name", ""], rows.into_iter())
}
