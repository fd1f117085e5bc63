//! Scenario files with mistakes say what is wrong, and where.

use super::*;

const HEAD: &str = "name = 'x'\ntitle = 'x'\nabout = 'x'\nseverity = 'P1'\n";

const OWN: &str = "fleet = 'none'\n[[agent]]\nid = 'a'\nkind = 'support'\nmodels = ['m']\nversion = '1'\nconfig = 'c'\n\
    backups = { config = ['c'], version = ['1'] }\npace = '5s'\nnormal = { api_calls = 1, error_rate = 0.1, p95 = 1, \
    memory = 1, context = 1, permissions = 1, task_queue = 1 }\n";

#[test]
fn every_built_in_scenario_is_read_and_named_as_its_file() {
    for (name, text) in Scenario::built_in() {
        let scenario = Scenario::parse(text).unwrap_or_else(|flaws| panic!("{name}: {flaws:?}"));
        assert_eq!(scenario.name, **name);
        assert!(scenario.injects.iter().any(|inject| matches!(inject.step, Step::Fault(_))), "{name}");
        assert_eq!(scenario.agents.len(), 7);
    }
    assert_eq!(Scenario::built_in()[0].0, Scenario::DEFAULT);
    let unknown = Scenario::named("nope\u{7}").unwrap_err();
    assert!(
        unknown.as_str().starts_with("there is no scenario 'nope^G'; there are data-leak, "),
        "{unknown}"
    );
}

#[test]
fn a_mistake_is_found_with_its_place() {
    let inject = |body: &str| format!("{HEAD}[[inject]]\nat = '5s'\n{body}\n");
    let own = |from: &str, to: &str| format!("{HEAD}{}", OWN.replace(from, to));
    let cases = [
        ("name = ".to_owned(), "", ""),
        (format!("{HEAD}colour = 'red'"), "colour", "unknown field `colour`"),
        (HEAD.replace("P1", "P9"), "'P9'", "unknown variant `P9`"),
        (format!("{HEAD}seed = -1"), "-1", "invalid value"),
        (format!("{HEAD}noise_percent = 101"), "101", "a share: write 0 to 100"),
        (inject("").replace("5s", "5 seconds"), "'5 seconds'", "is not a length of time"),
        (inject(""), "[[inject]]", "exactly one of fault, alert, message, proposal, trap; this one has 0"),
        (
            inject(
                "message = { from = 'a', text = 'b' }\ntrap = { op = 'isolate', agent = 'support-1', holds = '1s' }",
            ),
            "[[inject]]",
            "this one has 2",
        ),
        (inject("message = { from = 'a' }"), "{ from = 'a' }", "missing field `text`"),
        (inject("fault = { kind = 'gremlin', agent = 'planner' }"), "'gremlin'", "unknown variant `gremlin`"),
        (inject("fault = { kind = 'cascade', agent = 'a b' }"), "'a b'", "is not an agent's id"),
        (
            inject("fault = { kind = 'cascade', agent = 'ghost' }"),
            "{ kind = 'cascade', agent = 'ghost' }",
            "no agent 'ghost' in the fleet; use one of support-1",
        ),
        (
            inject("fault = { kind = 'data-leak', agent = 'support-1' }"),
            "{ kind = 'data-leak', agent = 'support-1' }",
            "name it in 'becomes'",
        ),
        (
            inject("fault = { kind = 'data-leak', agent = 'support-1', becomes = 'support-r38' }"),
            "{ kind = 'data-leak', agent = 'support-1', becomes = 'support-r38' }",
            "is a good one",
        ),
        (
            inject("fault = { kind = 'cascade', agent = 'planner', becomes = 'x' }"),
            "{ kind = 'cascade', agent = 'planner', becomes = 'x' }",
            "leave 'becomes' out",
        ),
        (
            inject("fault = { kind = 'cascade', agent = 'planner', lasts = '1m' }"),
            "{ kind = 'cascade', agent = 'planner', lasts = '1m' }",
            "leave 'lasts' out",
        ),
        (
            inject("proposal = { by = 'x', op = 'explode', target = 'planner' }"),
            "'explode'",
            "unknown variant `explode`",
        ),
        (
            inject("proposal = { by = 'x', op = 'isolate', target = 'ghost' }"),
            "{ by = 'x', op = 'isolate', target = 'ghost' }",
            "no agent 'ghost'",
        ),
        (
            inject("proposal = { by = 'x', op = 'isolate', target = 'planner', params = { hard = 'yes' } }"),
            "{ by = 'x', op = 'isolate', target = 'planner', params = { hard = 'yes' } }",
            "isolate takes no 'hard'",
        ),
        (
            inject("trap = { op = 'isolate', agent = 'planner', holds = '5s' }"),
            "{ op = 'isolate', agent = 'planner', holds = '5s' }",
            "planner has one replica",
        ),
        (
            inject("trap = { op = 'restart', agent = 'planner', holds = '5s' }"),
            "{ op = 'restart', agent = 'planner', holds = '5s' }",
            "use late or refused",
        ),
        (
            inject("trap = { op = 'restart', agent = 'planner' }"),
            "{ op = 'restart', agent = 'planner' }",
            "exactly one of holds, late, refused",
        ),
        (
            inject("alert = { watch = true, text = { name = 'a', summary = 'b' } }"),
            "{ watch = true, text = { name = 'a', summary = 'b' } }",
            "needs an 'agent'",
        ),
        (own("kind = 'support'", "kind = 'barista'"), "'barista'", "unknown variant `barista`"),
        (own("models = ['m']", "models = []"), "[[agent]]", "a: models: 1 to 5"),
        (own("pace = '5s'", "pace = '0s'"), "[[agent]]", "a: pace"),
        (own("error_rate = 0.1", "error_rate = inf"), "[[agent]]", "a: normal: a rate"),
        (own("memory = 1", "memory = 101"), "[[agent]]", "a: normal: memory"),
        (
            own("version = '1'", "version = '1'\nparent = 'b'"),
            "[[agent]]",
            "its parent 'b' is not in the fleet",
        ),
        (own("version = '1'", "version = '1'\nparent = 'a'"), "[[agent]]", "its own ancestor"),
        (own("version = '1'", "version = '1'\nreplicas = 0"), "[[agent]]", "replicas: 1 to 9"),
    ];
    for (text, place, message) in cases {
        let flaws = Scenario::parse(&text).unwrap_err();
        let flaw = &flaws[0];
        assert!(flaw.message.contains(message), "{text}\n{flaws:?}");
        assert!(text[flaw.span.clone()].starts_with(place), "{place}: {:?}", &text[flaw.span.clone()]);
    }
    assert!(Scenario::parse(&format!("{HEAD}{OWN}")).is_ok());
}

#[test]
fn all_flaws_of_sense_are_told_at_once() {
    let bad = "[[inject]]\nat = '1s'\nfault = { kind = 'cascade', agent = 'ghost' }\n";
    let flaws = Scenario::parse(&format!("{HEAD}noise_percent = 200\n{bad}{bad}")).unwrap_err();
    assert_eq!(flaws.len(), 3, "{flaws:?}");
    assert!(flaws[0].span.start < flaws[1].span.start && flaws[1].span.start < flaws[2].span.start);
}
