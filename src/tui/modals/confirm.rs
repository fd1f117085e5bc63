//! A plan, and the question whether to carry it out. The answer's line is on the screen whatever
//! its size; the plan scrolls.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::app::model::{Confirm, ConfirmAct, ConfirmStage};
use crate::app::theme::Role;
use crate::incident::playbook::cited;
use crate::incident::{Aim, Digest, Plan, Realm, Span};
use crate::tui::view::View;
use crate::tui::widgets::Modal;
use crate::tui::widgets::wrap::{truncate, wrap};

use super::{Seen, across, in_prompt, line, line_cells, span, typed};

/// Cells of a label.
const LABEL: usize = 9;

/// Draws the confirmation.
pub fn draw(view: &View<'_>, confirm: &Confirm, area: Rect, buf: &mut Buffer) -> Seen {
    let cells = line_cells(area);
    let cut = |text: &str| truncate(text, cells, view.skin.glyphs.ellipsis).into_owned();
    let keys = if cells < 50 {
        "enter confirms, esc goes back"
    } else {
        "enter confirms, esc goes back, up and down scroll"
    };
    let mut at = None;
    let (what, body, mut prompt) = match &confirm.stage {
        ConfirmStage::Planning { what, .. } => {
            let words = "asking the adapter what exactly it would do";
            (what.clone(), vec![], vec![line(view, words, Role::Dim), line(view, "esc goes back", Role::Dim)])
        }
        ConfirmStage::Unavailable { what, why, by_hand } => {
            let body = why.as_str().lines().map(|text| line(view, text, Role::Warning)).collect();
            let mut prompt = vec![line(view, "nothing was called; enter or esc closes", Role::Dim)];
            if by_hand.is_some() {
                let (text, cursor) = typed(&confirm.typed, cells.saturating_sub(2));
                at = Some(cursor + 2);
                let words = "type m to record that you reached them by other means";
                prompt.insert(0, line(view, format!("> {text}"), Role::Prompt));
                prompt.insert(0, line(view, cut(words), Role::Strong));
            }
            (what.clone(), body, prompt)
        }
        ConfirmStage::Ready { plan, digest, typed: by_name } => {
            let (text, cursor) = typed(&confirm.typed, cells.saturating_sub(2));
            at = Some(cursor + 2);
            let ask = match by_name {
                _ if plan.destroys_evidence => {
                    format!("type {} to do it without a snapshot, n to go back", plan.destroying())
                }
                true => format!("type {} to confirm", plan.target),
                false => "type y to confirm".to_owned(),
            };
            let prompt = vec![
                line(view, cut(&ask), Role::Strong),
                line(view, format!("> {text}"), Role::Prompt),
                line(view, keys, Role::Dim),
            ];
            (plan.title(), lines(view, confirm, plan, Some(digest), cells), prompt)
        }
        ConfirmStage::Submitted { plan, .. } => {
            let words = "confirmed; waiting for the journal before anything is called";
            (plan.title(), lines(view, confirm, plan, None, cells), vec![line(view, cut(words), Role::Dim)])
        }
    };
    if let Some(error) = &confirm.error
        && let Some(last) = prompt.last_mut()
    {
        *last = line(view, cut(error), Role::Error);
    }
    let realm = match view.model.realm {
        Realm::Live => "LIVE",
        Realm::Drill => "DRILL",
    };
    let title = match confirm.act {
        ConfirmAct::Ask => format!("{realm}: {what}?"),
        ConfirmAct::Approve(action) => format!("{realm}: approve {action}, {what}?"),
    };
    let danger = plan_of(confirm).is_some_and(|plan| plan.op.info().destructive);
    let modal = Modal {
        title: &title,
        body: &body,
        prompt: &prompt,
        scroll: confirm.scroll.into(),
        width: across(area),
        danger,
    };
    let drawn = modal.draw(area, buf, view.skin);
    let cursor = at.and_then(|cells| in_prompt(&drawn, 1, cells));
    Seen { cursor, ..Seen::read(&drawn) }
}

fn plan_of(confirm: &Confirm) -> Option<&Plan> {
    match &confirm.stage {
        ConfirmStage::Ready { plan, .. } | ConfirmStage::Submitted { plan, .. } => Some(plan),
        ConfirmStage::Planning { .. } | ConfirmStage::Unavailable { .. } => None,
    }
}

/// Everything that is confirmed, in the order in which it is asked about.
fn lines(
    view: &View<'_>,
    confirm: &Confirm,
    plan: &Plan,
    digest: Option<&Digest>,
    cells: usize,
) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    // What goes on below stays beside its label; in a small box every cell is wanted.
    let room = if cells < 60 { usize::MAX } else { cells - LABEL };
    let mut say = |label: &str, words: String, role: Role| {
        for (index, part) in wrap(&words, room).into_iter().enumerate() {
            let label = if index == 0 { label } else { "" };
            lines.push(Line::from(vec![
                span(view, format!("{label:<LABEL$}"), Role::Dim),
                span(view, part.to_owned(), role),
            ]));
        }
    };
    if let Some(again) = &confirm.again {
        say("again", again.to_string(), Role::Error);
        say("", "this is what it would do now:".to_owned(), Role::Strong);
    }
    let info = plan.op.info();
    say("does", format!("{} {}", info.about, cited(info.row)), Role::Strong);
    if let Some(risk) = plan.op.risk() {
        say("risk", risk.to_owned(), Role::Error);
    }
    if let Some(what) = plan.destroys() {
        say("destroys", what, Role::Error);
    }
    say("on", on(view, plan), Role::Strong);
    say("for", incident(view, confirm), Role::Text);
    for (name, value) in &plan.params {
        say("with", format!("{name} = {value}"), Role::Text);
    }
    say("calls", format!("{}: {}", plan.adapter, plan.call), Role::Text);
    if plan.checks.is_empty() {
        say("checks", "nothing: it will count as accepted, never as verified".to_owned(), Role::Warning);
    }
    for (index, check) in plan.checks.iter().enumerate() {
        say(if index == 0 { "checks" } else { "" }, check.to_string(), Role::Text);
    }
    if let Some(already) = plan.already() {
        say("already", already.to_owned(), Role::Warning);
    }
    if !plan.cautions().any(|(label, _)| label == "fights") {
        say("fights", "nothing known could fight it".to_owned(), Role::Dim);
    }
    for (label, words) in plan.cautions() {
        say(label, words.to_string(), Role::Warning);
    }
    match &plan.inverse {
        Some(inverse) => say("undo", format!("{}: {}", inverse.op, inverse.call), Role::Text),
        None => say("undo", plan.op.without_inverse().to_owned(), Role::Warning),
    }
    let limits = format!("the call may take {}", Span::seconds(plan.limit_s));
    let limits = match plan.checks.is_empty() {
        true => limits,
        false => format!("{limits}, the checks {} after it", Span::seconds(plan.verify_s)),
    };
    say("limits", limits, Role::Text);
    if let Some(digest) = digest {
        say("digest", format!("{}: exactly this and nothing else is confirmed", digest.short()), Role::Dim);
    }
    lines
}

/// What it is done to: only an agent has a version.
fn on(view: &View<'_>, plan: &Plan) -> String {
    let target = &plan.target;
    match plan.op.info().aim {
        Aim::Agent => match &plan.version {
            Some(version) => format!("{target}, version {version}"),
            None => format!("{target}, version not known"),
        },
        Aim::Alert => format!("alert {target}"),
        Aim::Level => {
            let levels = &view.model.policy.escalation;
            let level = levels.iter().find(|level| level.level.to_string() == target.as_str());
            let name = level.map(|level| format!(", {}", level.name)).unwrap_or_default();
            format!("level {target}{name}")
        }
        Aim::Person => target.to_string(),
    }
}

fn incident(view: &View<'_>, confirm: &Confirm) -> String {
    match view.model.board.incident(confirm.incident) {
        Some(incident) => {
            let name = incident.severity.name(view.model.policy.naming);
            format!("{} {name} {}", incident.id, incident.title)
        }
        None => confirm.incident.to_string(),
    }
}
