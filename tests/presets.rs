//! The ready-made http adapters: each is right as it stands, and says what its backend's published
//! API wants to hear.

mod support;

use axum::Router;
use axum::http::Uri;
use flightdeck::adapters::{Adapter, Ask};
use flightdeck::config::preset;
use flightdeck::incident::{Inverse, Op, Params, Plan, Text};
use serde_json::json;
use support::config::rig;
use support::server::Server;

/// What the backends answer to reads, all in one.
async fn backends() -> Server {
    let routes = Router::new().fallback(async |uri: Uri| {
        let path = uri.path();
        let answer = if path == "/threads/search" {
            json!([{"thread_id": "t1", "status": "busy"}])
        } else if path.starts_with("/api/public/v2/prompts") || path.starts_with("/assistants/") {
            json!({"version": 7, "labels": ["production"]})
        } else {
            json!({
                "info": {"blocked": null, "rpm_limit": 60, "tpm_limit": 900, "aliases": {"gpt-large": "gpt-large"}},
                "environments": [{"name": "development", "enabled": false}, {"name": "production", "enabled": true}],
                "model_version": {"version": "7"},
                "workflowExecutionInfo": {"status": "WORKFLOW_EXECUTION_STATUS_RUNNING"},
                "config": {"queueRateLimit": {"rateLimit": {"requestsPerSecond": 5}}},
                "workerDeploymentInfo": {"routingConfig": {"currentDeploymentVersion": {"buildId": "b7"}}},
            })
        };
        answer.to_string()
    });
    Server::start(routes).await
}

/// What a person has to say of an agent, for any of them.
const VALUES: &str = "{ key = 'h4sh', model = 'gpt-large', fallback = 'gpt-small', feature = 'support', \
                      prompt = 'support', assistant = 'a-1', workflow = 'w', task_queue = 'q', deployment = 'd' }";

fn configured(name: &str, url: &str) -> String {
    // Each says who we are by a way of its own; none of them may be wrong for want of a secret here.
    let secret = match name {
        "langfuse" => "user = 'pk'\npassword_env = 'PATH'\n",
        "unleash" | "langgraph" => "key_env = 'PATH'\n",
        _ => "token_env = 'PATH'\n",
    };
    format!(
        "[adapters.x]\ntype = 'http'\npreset = '{name}'\nurl = '{url}'\n{secret}values_of.support-1 = {VALUES}\n"
    )
}

async fn plan(adapter: &dyn Adapter, op: Op) -> Plan {
    let given = |name: &str| match name {
        "to" => Some("3"),
        "calls_per_minute" => Some("30"),
        _ => None,
    };
    let params = op.info().params.iter().map(|param| param.name);
    let params: Params =
        params.filter_map(|name| Some((name.to_owned(), Text::line(given(name)?)))).collect();
    let ask = Ask { op, target: Text::line("support-1"), params };
    adapter.plan(&ask).await.expect("planned")
}

/// Preset, operation, call, and the way back.
const CALLS: &[(&str, Op, &str, &str)] = &[
    ("litellm", Op::Isolate, "POST /key/block {\"key\":\"h4sh\"}", "POST /key/unblock {\"key\":\"h4sh\"}"),
    (
        "litellm",
        Op::RateLimit,
        "POST /key/update {\"key\":\"h4sh\",\"rpm_limit\":30}",
        "POST /key/update {\"key\":\"h4sh\",\"rpm_limit\":60}",
    ),
    (
        "litellm",
        Op::SwitchModel,
        "POST /key/update {\"aliases\":{\"gpt-large\":\"gpt-small\"},\"key\":\"h4sh\"}",
        "POST /key/update {\"aliases\":{\"gpt-large\":\"gpt-large\"},\"key\":\"h4sh\"}",
    ),
    (
        "unleash",
        Op::Isolate,
        "POST /api/admin/projects/default/features/support/environments/production/off",
        "POST /api/admin/projects/default/features/support/environments/production/on",
    ),
    (
        "mlflow",
        Op::RollbackConfig,
        "POST /api/2.0/mlflow/registered-models/alias {\"alias\":\"prod\",\"name\":\"support\",\"version\":\"3\"}",
        "POST /api/2.0/mlflow/registered-models/alias {\"alias\":\"prod\",\"name\":\"support\",\"version\":\"7\"}",
    ),
    (
        "langfuse",
        Op::RollbackConfig,
        "PATCH /api/public/v2/prompts/support/versions/3 {\"newLabels\":[\"production\"]}",
        "PATCH /api/public/v2/prompts/support/versions/7 {\"newLabels\":[\"production\"]}",
    ),
    ("langgraph", Op::Isolate, "POST /runs/cancel?action=interrupt {\"status\":\"all\"}", ""),
    (
        "langgraph",
        Op::RollbackConfig,
        "POST /assistants/a-1/latest {\"version\":3}",
        "POST /assistants/a-1/latest {\"version\":7}",
    ),
    (
        "temporal",
        Op::Isolate,
        "POST /api/v1/namespaces/default/workflows/w/pause {\"identity\":\"flightdeck\",\"reason\":\"incident\",\"requestId\":\"id.of.this.action\"}",
        "POST /api/v1/namespaces/default/workflows/w/unpause {\"identity\":\"flightdeck\",\"reason\":\"incident\",\"requestId\":\"id.of.this.action\"}",
    ),
    (
        "temporal",
        Op::RateLimit,
        "POST /api/v1/namespaces/default/task-queues/q/update-config {\"identity\":\"flightdeck\",\"taskQueueType\":\"TASK_QUEUE_TYPE_ACTIVITY\",\"updateQueueRateLimit\":{\"rateLimit\":{\"requestsPerSecond\":0.5},\"reason\":\"incident\"}}",
        "POST /api/v1/namespaces/default/task-queues/q/update-config {\"identity\":\"flightdeck\",\"taskQueueType\":\"TASK_QUEUE_TYPE_ACTIVITY\",\"updateQueueRateLimit\":{\"rateLimit\":{\"requestsPerSecond\":5},\"reason\":\"incident\"}}",
    ),
    (
        "temporal",
        Op::RollbackBranch,
        "POST /api/v1/namespaces/default/worker-deployments/d/set-current-version {\"buildId\":\"3\",\"identity\":\"flightdeck\"}",
        "POST /api/v1/namespaces/default/worker-deployments/d/set-current-version {\"buildId\":\"b7\",\"identity\":\"flightdeck\"}",
    ),
];

#[tokio::test]
async fn every_preset_says_what_its_backend_wants_to_hear_and_goes_back_to_what_was() {
    let server = backends().await;
    for name in preset::NAMES {
        let rig = rig(&configured(name, &server.url()));
        let adapter = rig.by_name("x").expect("mounted");
        let mut ops: Vec<Op> = CALLS.iter().filter(|(n, ..)| n == name).map(|(_, op, ..)| *op).collect();
        let inverses: Vec<Op> = CALLS
            .iter()
            .filter(|(n, _, _, back)| n == name && !back.is_empty())
            .filter_map(|(_, op, ..)| op.info().inverse)
            .collect();
        ops.extend(inverses);
        ops.sort();
        ops.dedup();
        assert_eq!(adapter.carries(), ops, "{name}: CALLS tells of all of them");
        for (_, op, call, back) in CALLS.iter().filter(|(n, ..)| n == name) {
            let plan = plan(adapter, *op).await;
            let shown = |call: &Text| {
                call.as_str().replace(&server.url(), "").replace(" Idempotency-Key: id.of.this.action", "")
            };
            assert_eq!(shown(&plan.call), *call, "{name} {op}");
            let inverse = plan.inverse.as_ref().map(|Inverse { call, .. }| shown(call)).unwrap_or_default();
            assert_eq!(inverse, *back, "{name} {op}");
            let samples = adapter.probe(&plan).await;
            assert!(samples.iter().all(|sample| sample.value.is_some()), "{name} {op}: {samples:?}");
            let holds = samples
                .iter()
                .all(|s| plan.checks[s.check].holds(s.value.as_ref().map(Text::as_str).unwrap_or_default()));
            assert!(!holds, "{name} {op}: nothing was called, and the checks hold: {samples:?}");
        }
    }
}

/// Only the comment in a file said that its call reaches more than the one agent.
#[tokio::test]
async fn what_else_a_presets_call_reaches_is_said_in_its_plan_and_in_that_of_its_undo() {
    let server = backends().await;
    for (name, op, also) in [
        ("langgraph", Op::Isolate, "interrupts every run of the deployment, whichever assistant it is of"),
        ("litellm", Op::Isolate, "reaches everybody who calls with this key, if agents share it"),
        ("litellm", Op::Release, "reaches everybody who calls with this key, if agents share it"),
        (
            "unleash",
            Op::Isolate,
            "switches support in production for everybody who asks for it, not for one agent",
        ),
        ("temporal", Op::RateLimit, "limits the activities of task queue q, of every workflow that uses it"),
        ("temporal", Op::Isolate, ""),
    ] {
        let rig = rig(&configured(name, &server.url()));
        let plan = plan(rig.by_name("x").expect("mounted"), op).await;
        let said: Vec<String> = plan.cautions().map(|(label, words)| format!("{label} {words}")).collect();
        let expected: Vec<String> =
            Some(also).filter(|a| !a.is_empty()).map(|a| format!("also {a}")).into_iter().collect();
        assert_eq!(said, expected, "{name} {op}");
    }
}

/// LiteLLM limits tokens too, and there was no way to say how many.
#[tokio::test]
async fn litellm_limits_tokens_where_the_configuration_says_how_many_and_puts_the_old_limit_back() {
    let server = backends().await;
    let head = preset::built_in("litellm").expect("built in");
    let own = head.split_once("#     [adapters.gateway.actions.rate-limit]").expect("its head says how").1;
    let own: Vec<&str> = own.lines().skip(1).map_while(|line| line.strip_prefix("#     ")).collect();
    let text = configured("litellm", &server.url()).replace("{ key =", "{ tokens = 20000, key =");
    let rig = rig(&format!("{text}[adapters.x.actions.rate-limit]\n{}\n", own.join("\n")));
    let plan = plan(rig.by_name("x").expect("mounted"), Op::RateLimit).await;
    let body = |call: &Text| call.as_str()[call.as_str().find('{').expect("a body")..].to_owned();
    assert!(
        body(&plan.call).starts_with("{\"key\":\"h4sh\",\"rpm_limit\":30,\"tpm_limit\":20000}"),
        "{}",
        plan.call
    );
    let back = plan.inverse.expect("there is a way back");
    assert!(
        body(&back.call).starts_with("{\"key\":\"h4sh\",\"rpm_limit\":60,\"tpm_limit\":900}"),
        "{}",
        back.call
    );
    let checks: Vec<String> = plan.checks.iter().map(ToString::to_string).collect();
    assert_eq!(checks, ["rpm_limit <= 30", "tpm_limit <= 20000"]);
}

#[test]
fn langgraph_is_never_told_to_roll_back() {
    let text = preset::built_in("langgraph").expect("built in");
    let said: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    assert!(!said.join("\n").contains("action=rollback"));
}

#[test]
fn a_file_of_ones_own_goes_before_the_preset_and_the_configuration_before_both() {
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::create_dir(dir.path().join("adapters")).expect("made");
    let own = "[actions.isolate]\npath = '/mine'\nchecks = []\n[actions.restart]\npath = '/restart'\n";
    std::fs::write(dir.path().join("adapters/litellm.toml"), own).expect("written");
    let text = "[adapters.x]\ntype = 'http'\npreset = 'litellm'\nurl = 'http://h'\n[adapters.x.actions.restart]\npath = '/again'\n";
    let (settings, problems) = support::config::settings(dir.path(), text);
    assert!(problems.is_empty(), "{problems:?}");
    let flightdeck::config::Adapter::Http(http) = &settings.adapters["x"] else { panic!("another type") };
    let paths: Vec<_> = http.actions.values().map(|action| action.call.path.as_str()).collect();
    assert_eq!(paths, ["/mine", "/again"]);

    std::fs::write(dir.path().join("adapters/litellm.toml"), "[actions.isolate]\npaht = '/mine'\n")
        .expect("written");
    let (_, problems) = support::config::settings(dir.path(), text);
    let place = format!("{}/adapters/litellm.toml:2:1: ", dir.path().display());
    assert!(problems.iter().any(|problem| problem.starts_with(&place)), "{problems:?}");
}
