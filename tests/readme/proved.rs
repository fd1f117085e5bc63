//! What was proved of each adapter's actions, and by which test: written into the README, and held
//! to the tests and to the adapters themselves.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use flightdeck::config::preset;
use flightdeck::incident::Op;

use super::generated::{code, table};

/// One line: an adapter, its actions, what was proved of them, against what, and where.
struct Proved {
    adapter: &'static str,
    actions: &'static [Op],
    what: &'static str,
    against: &'static str,
    file: &'static str,
    test: &'static str,
}

const fn row(
    adapter: &'static str,
    actions: &'static [Op],
    what: &'static str,
    against: &'static str,
    file: &'static str,
    test: &'static str,
) -> Proved {
    Proved { adapter, actions, what, against, file, test }
}

const ISOLATE: &[Op] = &[Op::Isolate, Op::Release];
const LIMIT: &[Op] = &[Op::RateLimit, Op::Lift];
const BRANCH: &[Op] = &[Op::RollbackBranch, Op::RollForward];
const SERVER: &str = "a server of the tests that misbehaves";
const CLUSTER: &str = "a real kube-apiserver and controller-manager";
const SPEC: &str = "the calls of its published API";
const SCHEMA: &str = "a server of the tests that answers as the vendor does";

const ALL: &[Proved] = &[
    row(
        "simulated",
        &[Op::Isolate, Op::Snapshot, Op::RollbackConfig, Op::Release],
        "verified only when probes say so; undone; T3 at verified",
        "the simulated fleet",
        "tests/story.rs",
        "a3_a_data_leak_is_contained_only_when_probes_say_so_and_then_repaired",
    ),
    row(
        "simulated",
        Op::ALL,
        "each is planned with its checks and its inverse",
        "a world of the tests",
        "src/adapters/simulated.rs",
        "every_operation_can_be_planned_in_a_drill",
    ),
    row(
        "process",
        ISOLATE,
        "called as confirmed, proved by A3's three checks, comes back",
        "real programs",
        "src/adapters/process/tests.rs",
        "a3_isolation_is_called_as_confirmed_and_proved_by_its_three_checks",
    ),
    row(
        "process",
        ISOLATE,
        "killed between request and answer: in doubt, settled by reading, never run twice",
        "the real binary under SIGKILL",
        "tests/doubt.rs",
        "a3_e1_what_took_effect_is_found_in_doubt_and_verified_by_reading",
    ),
    row(
        "process",
        &[Op::SwitchModel],
        "undone to the level that was read before",
        "real programs",
        "src/adapters/process/tests.rs",
        "e3_a_ladder_step_is_undone_to_the_level_that_was_read_before",
    ),
    row(
        "process",
        &[Op::Snapshot],
        "brings what it printed and what lay there, or is not verified",
        "real programs",
        "src/adapters/process/tests.rs",
        "a4_a_snapshot_brings_what_it_printed_and_what_lay_there",
    ),
    row(
        "http",
        ISOLATE,
        "accepts and goes on: never verified",
        SERVER,
        "tests/seven_lies.rs",
        "a3_what_accepts_and_goes_on_is_never_verified",
    ),
    row(
        "http",
        ISOLATE,
        "the same, holding for a while: leaking within one probe interval",
        SERVER,
        "tests/seven_lies.rs",
        "a3_what_goes_on_later_leaks",
    ),
    row(
        "http",
        ISOLATE,
        "one replica keeps serving: not verified before it stops",
        SERVER,
        "tests/seven_lies.rs",
        "a3_one_replica_that_keeps_serving_is_not_verified_before_it_stops",
    ),
    row(
        "http",
        ISOLATE,
        "the same, holding for a while: leaking within one probe interval",
        SERVER,
        "tests/seven_lies.rs",
        "a3_one_replica_that_comes_back_leaks",
    ),
    row(
        "http",
        ISOLATE,
        "stale cache for 60 s: not verified before it is gone",
        SERVER,
        "tests/seven_lies.rs",
        "a3_a_stale_cache_is_not_verified_before_it_is_gone",
    ),
    row(
        "http",
        ISOLATE,
        "the same, holding for a while: leaking within one probe interval",
        SERVER,
        "tests/seven_lies.rs",
        "a3_a_cache_that_serves_again_leaks",
    ),
    row(
        "http",
        ISOLATE,
        "work in flight continues: not verified before it ends",
        SERVER,
        "tests/seven_lies.rs",
        "a3_work_in_flight_is_not_verified_before_it_ends",
    ),
    row(
        "http",
        ISOLATE,
        "the same, holding for a while: leaking within one probe interval",
        SERVER,
        "tests/seven_lies.rs",
        "a3_work_that_begins_again_leaks",
    ),
    row(
        "http",
        ISOLATE,
        "a controller reverts after 5 s: verified while it holds, then leaking",
        SERVER,
        "tests/seven_lies.rs",
        "a3_what_a_controller_reverts_after_5_s_leaks",
    ),
    row(
        "http",
        ISOLATE,
        "the same, holding for a while: leaking within one probe interval",
        SERVER,
        "tests/seven_lies.rs",
        "a3_what_a_controller_reverts_late_leaks",
    ),
    row(
        "http",
        ISOLATE,
        "202 and nothing: never verified",
        SERVER,
        "tests/seven_lies.rs",
        "a3_a_202_and_nothing_is_never_verified",
    ),
    row(
        "http",
        ISOLATE,
        "the same, holding for a while: leaking within one probe interval",
        SERVER,
        "tests/seven_lies.rs",
        "a3_a_202_that_holds_only_a_while_leaks",
    ),
    row(
        "http",
        ISOLATE,
        "200 with an error body: never verified",
        SERVER,
        "tests/seven_lies.rs",
        "a3_a_200_with_an_error_body_is_never_verified",
    ),
    row(
        "http",
        ISOLATE,
        "the same, holding for a while: leaking within one probe interval",
        SERVER,
        "tests/seven_lies.rs",
        "a3_a_200_with_an_error_body_that_holds_only_a_while_leaks",
    ),
    row(
        "http",
        ISOLATE,
        "with half an answer nothing runs twice and nothing is called failed",
        "a proxy that cuts the link",
        "tests/http_doubt.rs",
        "a3_e1_a_request_without_its_answer_is_in_doubt_and_settled_by_the_reading",
    ),
    row(
        "http",
        LIMIT,
        "the undo goes back to what was read before",
        SERVER,
        "tests/http_adapter.rs",
        "an_undo_goes_back_to_what_was_read_before",
    ),
    row(
        "http",
        &[Op::Snapshot],
        "what answers is the evidence",
        SERVER,
        "tests/http_adapter.rs",
        "a4_what_answers_a_snapshot_is_the_evidence",
    ),
    row(
        "http: litellm",
        &[Op::Isolate, Op::Release, Op::RateLimit, Op::Lift, Op::SwitchModel],
        PRESET,
        SPEC,
        "tests/presets.rs",
        EVERY_PRESET,
    ),
    row("http: unleash", ISOLATE, PRESET, SPEC, "tests/presets.rs", EVERY_PRESET),
    row(
        "http: mlflow",
        &[Op::RollbackConfig, Op::RollForward],
        PRESET,
        SPEC,
        "tests/presets.rs",
        EVERY_PRESET,
    ),
    row(
        "http: langfuse",
        &[Op::RollbackConfig, Op::RollForward],
        PRESET,
        SPEC,
        "tests/presets.rs",
        EVERY_PRESET,
    ),
    row(
        "http: langgraph",
        &[Op::Isolate, Op::RollbackConfig, Op::RollForward],
        "the exact call; isolate interrupts and never rolls back, and nothing undoes it",
        SPEC,
        "tests/presets.rs",
        EVERY_PRESET,
    ),
    row(
        "http: temporal",
        &[Op::Isolate, Op::Release, Op::RateLimit, Op::Lift, Op::RollbackBranch, Op::RollForward],
        PRESET,
        SPEC,
        "tests/presets.rs",
        EVERY_PRESET,
    ),
    row(
        "kubernetes",
        ISOLATE,
        "a Deployment: verified when its pods are gone, evidence taken along, released with as many as before",
        CLUSTER,
        "tests/kubernetes/stopping.rs",
        "a3_isolated_is_verified_when_the_pods_are_gone_and_released_when_all_of_them_run",
    ),
    row(
        "kubernetes",
        ISOLATE,
        "a StatefulSet: the same, and leaking when somebody scales it up",
        CLUSTER,
        "tests/kubernetes/sets.rs",
        "a3_a_stateful_set_is_isolated_when_its_last_pod_is_gone_and_released_with_as_many_as_before",
    ),
    row(
        "kubernetes",
        ISOLATE,
        "a Sandbox: suspended, and running again",
        CLUSTER,
        "tests/kubernetes/sandbox.rs",
        "a3_a_sandbox_is_suspended_and_runs_again",
    ),
    row(
        "kubernetes",
        ISOLATE,
        "quarantine: verified when no pod from before the policy is left",
        CLUSTER,
        "tests/kubernetes/quarantine.rs",
        "a3_a_quarantine_is_verified_when_no_pod_from_before_the_policy_is_left",
    ),
    row(
        "kubernetes",
        ISOLATE,
        "with the answer lost: in doubt, made once, found done by reading",
        CLUSTER,
        "tests/kubernetes/doubt.rs",
        "with_the_answer_lost_a_call_is_in_doubt_made_once_and_found_done_by_reading",
    ),
    row(
        "kubernetes",
        ISOLATE,
        "KEDA, Argo CD and Flux are told with the step that stops them, and once it was taken",
        CLUSTER,
        "tests/kubernetes/owners.rs",
        "a_helm_release_of_flux_is_told_to_be_suspended_and_once_it_is_that_it_must_stay_so",
    ),
    row(
        "kubernetes",
        ISOLATE,
        "from within a pod, by the pod's own account",
        CLUSTER,
        "tests/kubernetes/credentials.rs",
        "from_within_a_pod_it_acts_by_the_pod_s_own_account",
    ),
    row(
        "kubernetes",
        LIMIT,
        "a limit that is written is not a limit that is kept",
        CLUSTER,
        "tests/kubernetes/writing.rs",
        "a6_a_limit_that_is_written_is_not_a_limit_that_is_kept",
    ),
    row(
        "kubernetes",
        BRANCH,
        "pinned to a template; a 409 changes nothing and is told",
        CLUSTER,
        "tests/kubernetes/rollback.rs",
        "a10_a_rollback_onto_what_somebody_else_changed_is_refused_with_the_409_and_changes_nothing",
    ),
    row(
        "kubernetes",
        &[Op::Restart],
        "no pod from before is left",
        CLUSTER,
        "tests/kubernetes/stopping.rs",
        "b4_restarted_means_that_no_pod_from_before_is_left",
    ),
    row(
        "kubernetes",
        &[Op::Snapshot],
        "logs, objects and events, and no secret",
        CLUSTER,
        "tests/kubernetes/stopping.rs",
        "a4_a_snapshot_brings_logs_objects_and_events_and_no_secret",
    ),
    row(
        "prometheus",
        &[],
        "reads for any action; no data is not zero, what is stale is not read",
        "a real Prometheus",
        "tests/metrics.rs",
        "a9_a_real_prometheus_is_read_and_no_data_is_not_zero",
    ),
    row(
        "alertmanager",
        &[Op::Silence, Op::Unsilence],
        "set once even where the answer is lost, read back, ended",
        "a real Alertmanager",
        "tests/metrics.rs",
        "e9_a_real_alertmanager_is_silenced_once_even_where_the_answer_is_lost",
    ),
    row(
        "pagerduty",
        &[Op::Escalate],
        "who would be woken is shown; believed when assigned and logged are read back",
        SCHEMA,
        "tests/pagerduty.rs",
        "d10_an_escalation_shows_who_would_be_woken_and_is_believed_when_it_is_read",
    ),
    row(
        "pagerduty",
        &[Op::Page],
        "proved by having been asked, asked once",
        SCHEMA,
        "tests/pagerduty.rs",
        "c1_who_is_called_is_proved_by_having_been_asked_and_not_by_declining",
    ),
    row(
        "any that carries it",
        &[Op::Escalate],
        "a level that is due without an on-call table is brought in by it, or said to reach nobody",
        "an adapter of the tests",
        "tests/outbox.rs",
        "c2_a_level_without_an_on_call_table_goes_through_the_adapter_that_carries_it_and_never_in_silence",
    ),
    row(
        "first checks: postgres",
        &[],
        "pinged over TLS where it insists on it; a refusal is not down",
        "a real PostgreSQL",
        "tests/dependencies.rs",
        "e5_a_real_postgresql_that_insists_on_tls_is_pinged_over_it_and_a_refusal_is_not_down",
    ),
    row(
        "channel: pagerduty",
        &[Op::Escalate, Op::Page],
        "a level is set alone, and believed when its people have the incident",
        SCHEMA,
        "tests/channels/pagerduty.rs",
        "d10_a_level_is_set_alone_and_believed_when_its_people_have_the_incident",
    ),
    row(
        "channel: slack",
        &[Op::Escalate, Op::Page],
        "a thread for each incident; a 200 that means no is no",
        SCHEMA,
        "tests/channels/slack.rs",
        "an_app_begins_a_thread_and_goes_on_in_it",
    ),
    row(
        "channel: statuspage",
        &[],
        "nothing but a person's words for customers; read before anything is said again",
        SCHEMA,
        "tests/channels/statuspage.rs",
        "after_doubt_the_page_is_read_before_anything_is_said_again",
    ),
    row(
        "channel: webhook, http, email",
        &[Op::Escalate, Op::Page],
        "killed between sending and remembering: sent again under the same key",
        "a server of the tests",
        "tests/channels.rs",
        "a_process_killed_between_sending_and_remembering_sends_again_under_the_same_key",
    ),
];

const PRESET: &str = "the exact call, its way back, and a probe that does not hold beforehand";
const EVERY_PRESET: &str = "every_preset_says_what_its_backend_wants_to_hear_and_goes_back_to_what_was";

/// The table.
pub fn proved() -> String {
    let rows = ALL.iter().map(|row| {
        let ops = match row.actions {
            [] => "reads or tells only".to_owned(),
            all if all.len() == Op::ALL.len() => "all of them".to_owned(),
            some => some.iter().map(|op| code(op.word())).collect::<Vec<_>>().join(", "),
        };
        let test = format!("`{}` in `{}`", row.test, row.file);
        vec![row.adapter.to_owned(), ops, row.what.to_owned(), row.against.to_owned(), test]
    });
    table(&["adapter", "action", "what was proved", "against", "by"], rows)
}

#[test]
fn every_line_of_what_was_proved_names_a_test_that_there_is() {
    for row in ALL {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(row.file);
        let text = fs::read_to_string(&file).unwrap_or_else(|why| unreachable!("{}: {why}", row.file));
        assert!(text.contains(&format!("fn {}(", row.test)), "{} has no test {}", row.file, row.test);
    }
}

#[test]
fn every_action_of_every_preset_and_of_a_cluster_has_a_line() {
    let told = |adapter: &str| -> BTreeSet<Op> {
        ALL.iter().filter(|row| row.adapter == adapter).flat_map(|row| row.actions.iter().copied()).collect()
    };
    for name in preset::NAMES {
        let text = preset::built_in(name).unwrap();
        let file: toml::Table = text.parse().unwrap();
        let mut carried = BTreeSet::new();
        for (word, action) in file["actions"].as_table().unwrap() {
            let op: Op = word.parse().unwrap();
            carried.insert(op);
            if action.as_table().unwrap().contains_key("undo") {
                carried.extend(op.info().inverse);
            }
        }
        assert_eq!(told(&format!("http: {name}")), carried, "{name}");
    }
    let cluster = [ISOLATE, LIMIT, BRANCH, &[Op::Restart, Op::Snapshot]].concat();
    assert_eq!(told("kubernetes"), cluster.into_iter().collect());
    assert_eq!(told("alertmanager"), [Op::Silence, Op::Unsilence].into());
    assert_eq!(told("pagerduty"), [Op::Escalate, Op::Page].into());
}
