//! B6: the agents are read while somebody ends an incident.

use super::*;

fn reads(effects: &[Effect]) -> usize {
    effects.iter().filter(|effect| **effect == Effect::Recover(IncidentId(1))).count()
}

#[test]
fn b6_the_agents_are_read_as_soon_as_somebody_ends_an_incident_and_on_while_they_write() {
    let mut model = session();
    let classify = Event::Classified { severity: Severity::P0, pattern: None, reason: None };
    update(&mut model, Msg::Entries(vec![entry(1, 2, classify)]));
    assert_eq!(reads(&press(&mut model, "R")), 1);
    let ticks = |model: &mut Model, seconds: [i64; 3]| {
        seconds.map(|second| reads(&update(model, Msg::Tick(at(second)))))
    };
    assert_eq!(ticks(&mut model, [3, 11, 14]), [0, 1, 0], "every ten seconds");
    press(&mut model, "esc");
    assert_eq!(ticks(&mut model, [60, 61, 62]), [0, 0, 0], "nobody ends it any more");
}

#[test]
fn b6_what_was_not_read_here_may_be_read_in_time_by_the_hub() {
    let mut model = session();
    let classify = Event::Classified { severity: Severity::P0, pattern: None, reason: None };
    update(&mut model, Msg::Entries(vec![entry(1, 2, classify)]));
    press(&mut model, "R o v e r");
    let submits = |effects: &[Effect]| {
        effects.iter().any(|e| matches!(e, Effect::Submit { command: Command::Resolve { .. }, .. }))
    };
    assert!(
        submits(&press(&mut model, "ctrl-s")),
        "recovery is the one rule the rehearsal leaves to the hub"
    );
}
