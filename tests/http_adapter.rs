//! The http adapter as a team would write it: from the text of a configuration to what a server
//! gets, and what is made of what it answers.

mod support;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use flightdeck::adapters::{Ask, CallOutcome, Health, KEY_TO_COME, Rig, Sample};
use flightdeck::incident::{Op, Params, Plan, Text};
use serde_json::{Value, json};
use support::config::rig;
use support::fault::{Fault, FaultProxy};
use support::server::Server;

/// What was asked: method, path with query, the idempotency key, and the body.
#[derive(Clone, Debug, PartialEq)]
struct Asked {
    call: String,
    key: Option<String>,
    body: Value,
}

type Answers = BTreeMap<&'static str, (u16, Value)>;

/// A server that answers by a table of `METHOD /path` and notes what it was asked.
#[derive(Clone, Default)]
struct Book(Arc<Mutex<(Answers, Vec<Asked>)>>);

impl Book {
    async fn open(answers: &[(&'static str, u16, Value)]) -> (Self, Server) {
        let book = Self::default();
        for (call, status, body) in answers {
            book.now(call, *status, body.clone());
        }
        let routes = Router::new().fallback(answer).with_state(book.clone());
        (book, Server::start(routes).await)
    }

    fn now(&self, call: &'static str, status: u16, body: Value) {
        self.0.lock().expect("not poisoned").0.insert(call, (status, body));
    }

    fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.0.lock().expect("not poisoned").1)
    }

    fn changes(&self) -> Vec<Asked> {
        self.asked().into_iter().filter(|asked| !asked.call.starts_with("GET")).collect()
    }
}

async fn answer(
    State(book): State<Book>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, String) {
    let call = format!("{method} {uri}");
    let mut inner = book.0.lock().expect("not poisoned");
    let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok()).map(str::to_owned);
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let found = inner.0.get(call.as_str()).cloned();
    inner.1.push(Asked { call, key, body });
    match found {
        Some((status, Value::Null)) => (StatusCode::from_u16(status).expect("a status"), String::new()),
        Some((status, body)) => (StatusCode::from_u16(status).expect("a status"), body.to_string()),
        None => (StatusCode::NOT_FOUND, json!({"error": "no such thing"}).to_string()),
    }
}

async fn plan(rig: &Rig, op: Op, params: &[(&str, &str)]) -> Result<Plan, Text> {
    let params: Params = params.iter().map(|(n, v)| ((*n).to_owned(), Text::line(v))).collect();
    let target = Text::line("support-1");
    rig.need(op, &target).expect("carried").plan(&Ask { op, target: target.clone(), params }).await
}

async fn call(rig: &Rig, plan: &Plan) -> CallOutcome {
    rig.by_name(plan.adapter.as_str()).expect("there").call("INC-1/A1", plan).await
}

async fn probe(rig: &Rig, plan: &Plan) -> Vec<Sample> {
    rig.by_name(plan.adapter.as_str()).expect("there").probe(plan).await
}

fn values(samples: &[Sample]) -> Vec<(Option<&str>, Option<&str>)> {
    samples
        .iter()
        .map(|s| (s.replica.as_ref().map(Text::as_str), s.value.as_ref().map(Text::as_str)))
        .collect()
}

/// What a platform team writes for its own agent runtime.
fn runtime(url: &str) -> String {
    format!(
        r#"
[adapters.runtime]
type = "http"
url = "{url}/api"
agents = ["support-*"]
probe = {{ path = "/agents/{{agent}}", read = {{ agent_status = "/state", task_queue = "/queue", api_calls = "/calls" }} }}
version = {{ path = "/agents/{{agent}}", read = "/version" }}
[adapters.runtime.actions.isolate]
path = "/agents/{{agent}}/stop"
body = {{ reason = "incident", id = "{{action}}" }}
undo = {{ path = "/agents/{{agent}}/start", checks = ["agent_status = running"] }}
[adapters.runtime.actions.rate-limit]
method = "PUT"
path = "/agents/{{agent}}/limit?unit=minute"
body = {{ calls = "{{calls_per_minute}}", note = "at most {{calls_per_minute}}" }}
checks = ["limit <= {{calls_per_minute}}"]
probe = {{ path = "/agents/{{agent}}", read = {{ limit = "/limit" }} }}
undo = {{ method = "PUT", path = "/agents/{{agent}}/limit", body = {{ calls = "{{was_limit:json}}" }}, checks = ["limit = {{was_limit}}"] }}
idempotent = true
[adapters.runtime.actions.snapshot]
method = "GET"
path = "/agents/{{agent}}/logs?limit={{limit}}"
"#
    )
}

const AGENT: &str = "GET /api/agents/support-1";

fn running() -> Value {
    json!({"state": "running", "queue": 3, "calls": 40, "version": "v7", "limit": null})
}

#[tokio::test]
async fn what_is_confirmed_is_what_is_sent_with_its_key_and_its_way_back() {
    let (book, server) =
        Book::open(&[(AGENT, 200, running()), ("POST /api/agents/support-1/stop", 202, Value::Null)]).await;
    let rig = rig(&runtime(&server.url()));
    let plan = plan(&rig, Op::Isolate, &[]).await.expect("planned");
    let call_shown = format!(
        "POST {}/api/agents/support-1/stop Idempotency-Key: id.of.this.action {{\"id\":\"id.of.this.action\",\"reason\":\"incident\"}}",
        server.url()
    );
    assert_eq!(plan.call.as_str(), call_shown);
    assert_eq!(plan.version, Some(Text::line("v7")));
    let inverse = plan.inverse.clone().expect("a way back");
    assert_eq!(
        (inverse.op, inverse.call.as_str()),
        (
            Op::Release,
            &*format!("POST {}/api/agents/support-1/start Idempotency-Key: id.of.this.action", server.url())
        )
    );
    assert_eq!(book.changes(), [], "planning changes nothing");

    // What the timeline has is the call as it is sent, with the key in it.
    let sent =
        Plan { call: Text::line(&plan.call.as_str().replace(KEY_TO_COME, "INC-1/A1")), ..plan.clone() };
    assert!(matches!(call(&rig, &sent).await, CallOutcome::Accepted { .. }));
    let key = Some("INC-1/A1".to_owned());
    let body = json!({"reason": "incident", "id": "INC-1/A1"});
    assert_eq!(book.changes(), [Asked { call: "POST /api/agents/support-1/stop".to_owned(), key, body }]);
    let read = probe(&rig, &plan).await;
    assert_eq!(values(&read), [(None, Some("running")), (None, Some("3")), (None, Some("40"))]);
}

#[tokio::test]
async fn an_undo_goes_back_to_what_was_read_before() {
    for (before, sent) in [(json!(60), json!(60)), (Value::Null, Value::Null)] {
        let mut agent = running();
        agent["limit"] = before;
        let (book, server) = Book::open(&[
            (AGENT, 200, agent),
            ("PUT /api/agents/support-1/limit?unit=minute", 200, json!({"ok": true})),
            ("PUT /api/agents/support-1/limit", 200, json!({"ok": true})),
        ])
        .await;
        let rig = rig(&runtime(&server.url()));
        let limited = plan(&rig, Op::RateLimit, &[("calls_per_minute", "5")]).await.expect("planned");
        assert!(matches!(call(&rig, &limited).await, CallOutcome::Accepted { .. }));
        assert_eq!(book.changes()[0].body, json!({"calls": 5, "note": "at most 5"}));
        let (adapter, ask) = rig.undo(&limited).expect("a way back");
        let undo = adapter.plan(&ask).await.expect("planned");
        assert_eq!(Some(undo.call.clone()), limited.inverse.clone().map(|inverse| inverse.call));
        assert!(matches!(call(&rig, &undo).await, CallOutcome::Accepted { .. }));
        assert_eq!(book.changes()[0].body, json!({"calls": sent}));
        let holds = probe(&rig, &undo)
            .await
            .iter()
            .all(|s| undo.checks[s.check].holds(s.value.as_ref().expect("read").as_str()));
        assert!(holds, "{:?}", undo.checks);
    }
}

#[tokio::test]
async fn without_what_to_go_back_to_no_way_back_is_promised() {
    let (_, server) = Book::open(&[]).await;
    let plan = plan(&rig(&runtime(&server.url())), Op::RateLimit, &[]).await.expect("planned");
    assert_eq!(plan.inverse, None, "what the limit was could not be read");
}

#[tokio::test]
async fn a_changed_configuration_calls_nothing() {
    let (book, server) = Book::open(&[(AGENT, 200, running())]).await;
    let before = rig(&runtime(&server.url()));
    let plan = plan(&before, Op::Isolate, &[]).await.expect("planned");
    let after = rig(&runtime(&server.url()).replace("/stop", "/halt"));
    let CallOutcome::Outdated(why) = call(&after, &plan).await else { panic!("called") };
    assert!(why.as_str().contains("configuration changed"), "{why}");
    assert_eq!(book.changes(), []);
}

#[tokio::test]
async fn with_half_an_answer_nothing_runs_twice_and_nothing_is_called_failed() {
    let (book, server) = Book::open(&[
        (AGENT, 200, running()),
        ("POST /api/agents/support-1/stop", 200, Value::Null),
        ("PUT /api/agents/support-1/limit?unit=minute", 200, Value::Null),
    ])
    .await;
    let proxy = FaultProxy::start(server.address).await;
    let text = runtime(&proxy.url()).replace("undo =", "limit = \"1s\"\nundo =");
    let rig = rig(&text);
    let isolate = plan(&rig, Op::Isolate, &[]).await.expect("planned");
    book.asked();
    for fault in [Fault::Half, Fault::Cut] {
        proxy.set(fault);
        let outcome = call(&rig, &isolate).await;
        assert!(matches!(outcome, CallOutcome::Unknown(_)), "{fault:?}: {outcome:?}");
        assert_eq!(book.changes().len(), 1, "{fault:?}");
    }
    proxy.set(Fault::Reset);
    let outcome = call(&rig, &isolate).await;
    assert!(matches!(outcome, CallOutcome::Unknown(_)), "{outcome:?}");
    assert_eq!(values(&probe(&rig, &isolate).await)[0], (None, None), "no data is not zero");
}

#[tokio::test]
async fn what_may_be_sent_twice_is_sent_again_after_a_refusal_with_the_same_key() {
    let (book, server) = Book::open(&[
        (AGENT, 200, running()),
        ("PUT /api/agents/support-1/limit?unit=minute", 429, Value::Null),
    ])
    .await;
    let rig = rig(&runtime(&server.url()));
    let plan = plan(&rig, Op::RateLimit, &[]).await.expect("planned");
    book.asked();
    let later = book.clone();
    let well = tokio::spawn(async move {
        while later.changes().is_empty() {
            tokio::task::yield_now().await;
        }
        later.now("PUT /api/agents/support-1/limit?unit=minute", 200, Value::Null);
    });
    let outcome = call(&rig, &plan).await;
    well.await.expect("well");
    let CallOutcome::Accepted { answer, .. } = outcome else { panic!("{outcome:?}") };
    assert!(answer.as_str().contains("after 2 tries"), "{answer}");
    assert_eq!(book.changes()[0].key.as_deref(), Some("INC-1/A1"));
}

#[tokio::test]
async fn a4_what_answers_a_snapshot_is_the_evidence() {
    let logs = json!({"lines": ["one", "two"]});
    let (_, server) =
        Book::open(&[(AGENT, 200, running()), ("GET /api/agents/support-1/logs?limit=50", 200, logs)]).await;
    let rig = rig(&runtime(&server.url()));
    let plan = plan(&rig, Op::Snapshot, &[("limit", "50")]).await.expect("planned");
    let CallOutcome::Accepted { evidence, .. } = call(&rig, &plan).await else { panic!("refused") };
    assert_eq!(evidence[0].name, "support-1-snapshot.json");
    assert_eq!((evidence[0].from, evidence[0].to), (None, None), "its lines say no time");
    assert_eq!(values(&probe(&rig, &plan).await), [(None, Some("yes"))]);
}

#[tokio::test]
async fn a4_evidence_says_which_time_it_covers_and_whether_that_is_the_time_asked_for() {
    let logs = json!([{"ts": "2026-11-21T05:39:25Z"}, {"ts": "2026-11-21T05:41:00Z"}]);
    let (_, server) =
        Book::open(&[(AGENT, 200, running()), ("GET /api/agents/support-1/logs?limit=50", 200, logs)]).await;
    let rig = rig(&runtime(&server.url()));
    for (from, to, outside) in [
        ("2026-11-21T05:30:00Z", "2026-11-21T05:45:00Z", false),
        ("2026-11-21T06:30:00Z", "2026-11-21T06:45:00Z", true),
    ] {
        let asked = [("limit", "50"), ("from", from), ("to", to)];
        let plan = plan(&rig, Op::Snapshot, &asked).await.expect("planned");
        let CallOutcome::Accepted { evidence, answer } = call(&rig, &plan).await else { panic!("refused") };
        let time = |text: &str| text.parse().ok();
        let covers = (time("2026-11-21T05:39:25Z"), time("2026-11-21T05:41:00Z"));
        assert_eq!((evidence[0].from, evidence[0].to), covers);
        assert_eq!(answer.as_str().contains("NOT of the time asked for"), outside, "{answer}");
    }
}

#[tokio::test]
async fn every_replica_is_read_and_one_that_is_silent_is_said() {
    let stopped = json!({"state": "stopped"});
    let (_, one) = Book::open(&[("GET /agents/support-1", 200, stopped.clone())]).await;
    let (_, two) = Book::open(&[("GET /agents/support-1", 200, json!({"state": "running"}))]).await;
    let (_, ill) = Book::open(&[("GET /agents/support-1", 500, Value::Null)]).await;
    let text = format!(
        "[adapters.r]\ntype = 'http'\nurl = '{}'\n[adapters.r.actions.isolate]\npath = '/stop'\nchecks = ['state = stopped']\n\
         probe = {{ urls = ['{}', '{}', '{}'], path = '/agents/{{agent}}', read = {{ state = '/state' }}, limit = '1s' }}\n",
        one.url(),
        one.url(),
        two.url(),
        ill.url()
    );
    let rig = rig(&text);
    let plan = plan(&rig, Op::Isolate, &[]).await.expect("planned");
    let read = probe(&rig, &plan).await;
    let shown = |server: &Server| server.address.to_string();
    let mut expected = [(shown(&one), Some("stopped")), (shown(&two), Some("running")), (shown(&ill), None)];
    expected.sort();
    let expected: Vec<_> = expected.iter().map(|(replica, value)| (Some(replica.as_str()), *value)).collect();
    assert_eq!(values(&read), expected);
}

#[tokio::test]
async fn replicas_that_an_answer_lists_are_read_one_by_one() {
    let pods = |states: &[(&str, &str)]| json!({"pods": states.iter().map(|(name, state)| json!({"name": name, "state": state})).collect::<Vec<_>>()});
    let (book, server) =
        Book::open(&[("GET /pods?app=support-1", 200, pods(&[("a", "stopped"), ("b", "running")]))]).await;
    let text = format!(
        "[adapters.r]\ntype = 'http'\nurl = '{}'\n[adapters.r.actions.isolate]\npath = '/stop'\nchecks = ['state = stopped', 'pods = 2']\n\
         probe = {{ path = '/pods?app={{agent}}', read = {{ state = '/state' }}, each = {{ items = '/pods', name = '/name' }} }}\n\
         probes = ['count']\n\
         [probes.count]\ntype = 'http'\nurl = '{}'\npath = '/pods?app={{agent}}'\nread = {{ pods = '/pods/#' }}\n",
        server.url(),
        server.url()
    );
    let rig = rig(&text);
    let plan = plan(&rig, Op::Isolate, &[]).await.expect("planned");
    let read = probe(&rig, &plan).await;
    assert_eq!(
        values(&read),
        [(Some("a"), Some("stopped")), (Some("b"), Some("running")), (None, Some("2"))]
    );
    book.now("GET /pods?app=support-1", 200, pods(&[("a", "stopped")]));
    let read = probe(&rig, &plan).await;
    let whole = (None, Some("stopped"));
    assert_eq!(values(&read), [whole, (Some("a"), Some("stopped")), (None, Some("1"))], "all of them agree");
}

#[tokio::test]
async fn a_canary_reads_the_status_itself() {
    let (_, server) = Book::open(&[("POST /v1/chat", 401, json!({"error": "blocked"}))]).await;
    let text = format!(
        "[adapters.r]\ntype = 'http'\nurl = '{}'\n[adapters.r.actions.isolate]\npath = '/stop'\nchecks = ['canary = 401']\n\
         probe = {{ method = 'POST', path = '/v1/chat', body = {{ q = 'hi' }}, status = 'canary' }}\n",
        server.url()
    );
    let rig = rig(&text);
    let plan = plan(&rig, Op::Isolate, &[]).await.expect("planned");
    assert_eq!(values(&probe(&rig, &plan).await), [(None, Some("401"))]);
}

#[tokio::test]
async fn a_read_only_adapter_plans_and_probes_and_calls_nothing() {
    let (book, server) = Book::open(&[(AGENT, 200, running())]).await;
    let rig = rig(&runtime(&server.url()).replace("agents =", "read_only = true\nagents ="));
    let plan = plan(&rig, Op::Isolate, &[]).await.expect("planned");
    assert!(rig.by_name("runtime").expect("there").is_read_only());
    assert!(matches!(call(&rig, &plan).await, CallOutcome::Failed(_)));
    assert_eq!(values(&probe(&rig, &plan).await)[0], (None, Some("running")));
    assert_eq!(book.changes(), []);
}

#[tokio::test]
async fn a_look_tells_who_is_there_and_takes_us_for_who_we_are() {
    // That somebody says there is no such page shows that somebody is there.
    for (status, expected) in [(200, "well"), (404, "reached"), (401, "ill"), (403, "ill"), (500, "ill")] {
        let (_, server) = Book::open(&[("GET /api/", status, Value::Null)]).await;
        let look = rig(&runtime(&server.url())).by_name("runtime").expect("there").look().await;
        let is = match &look {
            Health::Well(_) => "well",
            Health::Reached(_) => "reached",
            Health::Ill(_) => "ill",
            Health::Unseen => "not seen",
        };
        assert_eq!(is, expected, "{status}: {look:?}");
    }
}
