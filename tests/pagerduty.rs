//! PagerDuty as an adapter, against a small account of the tests' own that lies in the ways such
//! accounts do; and its webhooks, against the real program.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a story that does not come true says so")]

mod support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, Method as HttpMethod, StatusCode, Uri};
use flightdeck::adapters::{Ask, CallOutcome, Health, PagerDutyAdapter, PagerDutySpec, Rig};
use flightdeck::incident::{Caution, Op, Params, Plan, Text};
use flightdeck::pagerduty::{Api, Events};
use flightdeck::secret::Secret;
use flightdeck::web::sign::{hex, hmac_sha256};
use flightdeck::web::{Auth, Backend, Base, Credential, Method, Outcome, Patience, Request, Settings};
use serde_json::{Value, json};
use support::config;
use support::home::Home;
use support::program::Program;
use support::server::Server;

const TOKEN: &str = "hunter2-token";
const KEY: &str = "hunter2-routing-key";
const ALERT: &str = "0a1b2c3d-INC-7";

/// How the account answers a change.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    Honest,
    /// 200, and nothing changes.
    Nothing,
    /// 200 with an error in the body.
    ErrorBody,
    /// It does it, and the answer never comes.
    NoAnswer,
    /// It says no, and quotes what it was shown.
    Refuses,
    /// It cannot be read afterwards.
    Unreadable,
}

struct Account {
    way: Way,
    /// Looks until the incident can be seen; none: it never can.
    seen_after: Option<u32>,
    assigned: &'static str,
    log: Vec<Value>,
    responder: Option<&'static str>,
    id: &'static str,
    calls: Vec<(String, Value)>,
}

type Shared = Arc<Mutex<Account>>;

impl Account {
    fn new(way: Way) -> Shared {
        Arc::new(Mutex::new(Self {
            way,
            seen_after: Some(0),
            assigned: "U1",
            log: vec![json!({"id": "R0", "type": "escalate_log_entry", "assignees": [{"id": "U2"}]})],
            responder: None,
            id: "P1",
            calls: vec![],
        }))
    }

    fn incident(&self) -> Value {
        let responders: Vec<Value> =
            self.responder.iter().map(|state| json!({"state": state, "user": {"id": "U2"}})).collect();
        json!({
            "id": self.id, "status": "triggered", "incident_key": ALERT,
            "escalation_policy": {"id": "POL"},
            "assignments": [{"assignee": {"id": self.assigned}}], "incidents_responders": responders,
        })
    }

    /// What it does; none: it never answers.
    fn answer(
        &mut self,
        method: &HttpMethod,
        uri: &Uri,
        headers: &HeaderMap,
        body: Value,
    ) -> Option<(u16, Value)> {
        let path = uri.path();
        self.calls.push((format!("{method} {path}"), body.clone()));
        if path == "/v2/enqueue" {
            let taken = body["routing_key"] == KEY;
            return Some(if taken { (202, json!({"status": "success"})) } else { (400, json!({})) });
        }
        if headers["authorization"] != format!("Token token={TOKEN}").as_str() || headers["from"] != "fd@h" {
            return Some((401, json!({})));
        }
        if method == HttpMethod::GET {
            return Some(self.read(path));
        }
        let (way, level) = (self.way, body["incident"]["escalation_level"].as_u64());
        match way {
            Way::Refuses => return Some((403, json!({"error": {"message": format!("not with {TOKEN}")}}))),
            Way::ErrorBody => {
                return Some((200, json!({"error": {"message": "Arguments are wrong", "code": 2001}})));
            }
            Way::Nothing => {}
            Way::Honest | Way::NoAnswer | Way::Unreadable => match level {
                Some(level) => {
                    self.assigned = if level == 2 { "U2" } else { "U1" };
                    let entry = json!({"id": "R1", "type": "escalate_log_entry", "assignees": [{"id": self.assigned}]});
                    self.log.insert(0, entry);
                }
                None => self.responder = Some("pending"),
            },
        }
        let made = json!({"responder_request": {"responder_request_targets": [
            {"responder_request_target": {"id": "U2", "type": "user"}}
        ]}});
        (way != Way::NoAnswer)
            .then(|| (200, if level.is_some() { json!({"incident": self.incident()}) } else { made }))
    }

    fn read(&mut self, path: &str) -> (u16, Value) {
        let changed = self.calls.iter().any(|(call, _)| call.starts_with("PUT"));
        if self.way == Way::Unreadable && changed {
            return (500, json!({}));
        }
        match path {
            "/incidents" => {
                let seen = self.seen_after == Some(0);
                self.seen_after = self.seen_after.map(|looks| looks.saturating_sub(1));
                (200, json!({"incidents": if seen { vec![self.incident()] } else { vec![] }}))
            }
            "/oncalls" => (
                200,
                json!({"oncalls": [
                    {"escalation_level": 1, "user": {"id": "U1", "summary": "ana"}, "end": null},
                    {"escalation_level": 2, "user": {"id": "U2", "summary": "bo"}, "end": "2026-11-23T10:00:00Z"},
                ]}),
            ),
            "/incidents/P1/log_entries" => (200, json!({"log_entries": self.log})),
            "/incidents/P1" => (200, json!({"incident": self.incident()})),
            _ => (404, json!({"error": {"message": "Not Found"}})),
        }
    }
}

async fn start(account: &Shared) -> Server {
    let account = account.clone();
    let routes =
        Router::new().fallback(async move |method: HttpMethod, uri: Uri, headers: HeaderMap, body: Bytes| {
            let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
            let said = account.lock().unwrap().answer(&method, &uri, &headers, body);
            match said {
                Some((status, body)) => (StatusCode::from_u16(status).unwrap(), body.to_string()),
                None => std::future::pending().await,
            }
        });
    Server::start(routes).await
}

/// The account as a channel and an adapter have it, from a configuration with its secrets in files.
fn rig(url: &str) -> (Rig, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("token"), TOKEN).unwrap();
    std::fs::write(dir.path().join("key"), KEY).unwrap();
    let text = format!(
        "[channels.pager]\ntype = 'pagerduty'\nrouting_key_file = 'key'\nevents_url = '{url}/v2'\n\
         api_url = '{url}'\ntoken_file = 'token'\nfrom = 'fd@h'\nrequester = 'U9'\n\
         escalation_policy = 'POL'\npeople = {{ bo = 'U2' }}\n\
         [adapters.duty]\ntype = 'pagerduty'\nchannel = 'pager'\nlimit = '2s'\n"
    );
    (config::all(dir.path(), &text).0, dir)
}

async fn plan(rig: &Rig, op: Op, target: &str) -> Result<Plan, Text> {
    let params: Params = [("reason".to_owned(), "it leaks".into())].into();
    let ask = Ask { op, target: target.into(), params };
    rig.need(op, &ask.target).map_err(|why| Text::block(&why.to_string()))?.plan_for(ALERT, &ask).await
}

async fn call(rig: &Rig, plan: &Plan) -> String {
    match rig.by_name("duty").unwrap().call("0a1b2c3d-INC-7-A1", plan).await {
        CallOutcome::Accepted { answer, .. } => format!("accepted: {answer}"),
        CallOutcome::Failed(why) => format!("failed: {why}"),
        CallOutcome::Outdated(why) => format!("outdated: {why}"),
        CallOutcome::Refused(why) => format!("refused: {why}"),
        CallOutcome::Unknown(why) => format!("unknown: {why}"),
    }
}

async fn read(rig: &Rig, plan: &Plan) -> String {
    let samples = rig.by_name("duty").unwrap().probe(plan).await;
    let shown = samples.iter().map(|sample| {
        let value = sample.value.as_ref().map_or("-", Text::as_str);
        format!("{} = {value}", plan.checks[sample.check].name)
    });
    shown.collect::<Vec<_>>().join(", ")
}

async fn unread(rig: &Rig, plan: &Plan) -> Vec<String> {
    let samples = rig.by_name("duty").unwrap().probe(plan).await;
    samples.iter().map(|sample| sample.why.clone().unwrap_or_default().to_string()).collect()
}

fn made(account: &Shared) -> Vec<(String, Value)> {
    let account = account.lock().unwrap();
    account.calls.iter().filter(|(call, _)| !call.starts_with("GET")).cloned().collect()
}

#[tokio::test]
async fn d10_an_escalation_shows_who_would_be_woken_and_is_believed_when_it_is_read() {
    let account = Account::new(Way::Honest);
    let server = start(&account).await;
    let (rig, _dir) = rig(&server.url());
    let plan = plan(&rig, Op::Escalate, "1").await.unwrap();
    assert_eq!(plan.params["on_call"], "bo (until Mon 23 Nov 10:00 UTC)");
    let says = format!(
        "PUT {}/incidents/P1 escalation_level=2: wakes bo (until Mon 23 Nov 10:00 UTC)",
        server.url()
    );
    assert_eq!(plan.call, *says);
    assert_eq!(made(&account), [], "planning wakes nobody");
    // bo had it once before: that is no proof of a call that was not made yet.
    assert_eq!(read(&rig, &plan).await, "assigned = no, logged = no");
    assert_eq!(call(&rig, &plan).await, "accepted: 200: P1 goes to level 2");
    let alone = json!({"incident": {"type": "incident_reference", "escalation_level": 2}});
    assert_eq!(made(&account), [("PUT /incidents/P1".to_owned(), alone)], "the level is set alone");
    assert_eq!(read(&rig, &plan).await, "assigned = yes, logged = yes");
}

#[tokio::test]
async fn what_each_lie_comes_to() {
    for (way, said, shows) in [
        (Way::Nothing, "accepted: 200: P1 goes to level 2", "assigned = no, logged = no"),
        (Way::ErrorBody, "refused: it answered 400: Arguments are wrong", "assigned = no, logged = no"),
        (Way::NoAnswer, "unknown: duty: no whole answer within ", "assigned = yes, logged = yes"),
        (Way::Refuses, "refused: it answered 403: not with ***", "assigned = no, logged = no"),
        (Way::Unreadable, "accepted: 200: P1 goes to level 2", "assigned = -, logged = -"),
    ] {
        let account = Account::new(way);
        let server = start(&account).await;
        let (rig, _dir) = rig(&server.url());
        let plan = plan(&rig, Op::Escalate, "1").await.unwrap();
        let was = call(&rig, &plan).await;
        assert!(!was.contains("hunter2") && was.starts_with(said.trim_end_matches("***")), "{way:?}: {was}");
        assert_eq!(read(&rig, &plan).await, shows, "{way:?}");
        let changes = made(&account).len();
        assert_eq!(changes, 1, "{way:?}: nothing is repeated");
    }
}

#[tokio::test]
async fn who_has_it_already_is_said_and_proves_nothing() {
    let account = Account::new(Way::Nothing);
    account.lock().unwrap().assigned = "U2";
    let server = start(&account).await;
    let (rig, _dir) = rig(&server.url());
    let plan = plan(&rig, Op::Escalate, "1").await.unwrap();
    assert_eq!(plan.cautions, [Caution::Fights("it has it already: bo".into())]);
    call(&rig, &plan).await;
    assert_eq!(read(&rig, &plan).await, "assigned = yes, logged = no");
}

#[tokio::test]
async fn nobody_at_a_level_is_said_before_anything_is_sent() {
    let server = start(&Account::new(Way::Honest)).await;
    let (rig, _dir) = rig(&server.url());
    let plan = plan(&rig, Op::Escalate, "4").await.unwrap();
    assert_eq!(plan.params["on_call"], "nobody");
    assert_eq!(plan.cautions, [Caution::Fights("nobody is on call at level 5 of POL".into())]);
}

#[tokio::test]
async fn c1_who_is_called_is_proved_by_having_been_asked_and_not_by_declining() {
    let account = Account::new(Way::Honest);
    let server = start(&account).await;
    let (rig, _dir) = rig(&server.url());
    let plan = plan(&rig, Op::Page, "bo").await.unwrap();
    assert_eq!(read(&rig, &plan).await, "asked = no");
    assert_eq!(call(&rig, &plan).await, "accepted: 200: U2 is asked to respond to P1");
    let body = &made(&account)[0].1;
    assert_eq!((&body["requester_id"], &body["message"]), (&json!("U9"), &json!("it leaks")));
    for (state, shows) in
        [("pending", "asked = yes"), ("joined", "asked = yes"), ("declined", "asked = declined")]
    {
        account.lock().unwrap().responder = Some(state);
        assert_eq!(read(&rig, &plan).await, shows);
    }
    let stranger = rig.need(Op::Page, &"zoe".into()).map(drop).unwrap_err();
    assert!(stranger.to_string().contains("no adapter carries it"), "the table does not know her");
}

#[tokio::test]
async fn an_incident_that_changed_since_the_plan_is_not_touched() {
    let account = Account::new(Way::Honest);
    let server = start(&account).await;
    let (rig, _dir) = rig(&server.url());
    let plan = plan(&rig, Op::Escalate, "1").await.unwrap();
    account.lock().unwrap().id = "P2";
    let was = call(&rig, &plan).await;
    assert_eq!(was, "outdated: nothing was called: PagerDuty has P2 for it now, not P1");
    assert_eq!(made(&account), []);
}

/// An account over its own API, with little patience for what does not appear.
fn adapter(url: &str) -> PagerDutyAdapter {
    let backend = |base: String, auth: Auth| {
        let settings = Settings::new("duty", Base::parse(&base).unwrap());
        Backend::new(Settings { auth, patience: Patience::ONCE, ..settings }).unwrap()
    };
    let value = Credential::fixed(Secret::new(TOKEN));
    let auth = Auth::Header { name: "authorization".into(), before: "Token token=".into(), value };
    let limit = Duration::from_secs(5);
    let api = Api::new(backend(url.to_owned(), auth), "fd@h".into(), limit);
    let key = Credential::fixed(Secret::new(KEY));
    let events = Events::new(backend(format!("{url}/v2"), Auth::None), key, limit);
    let spec = PagerDutySpec {
        requester: None,
        policy: Some("POL".into()),
        people: Default::default(),
        appears: Duration::from_millis(300),
    };
    PagerDutyAdapter::new("duty", api, events, spec)
}

#[tokio::test]
async fn what_is_not_there_yet_is_raised_first_and_202_alone_is_not_believed() {
    use flightdeck::adapters::Adapter as _;
    for (seen_after, says) in [
        (Some(4), "accepted: 200: P1 goes to level 2"),
        (None, "failed: the alert was taken (202) and no incident of it can be seen"),
    ] {
        let account = Account::new(Way::Honest);
        account.lock().unwrap().seen_after = seen_after;
        let server = start(&account).await;
        let adapter = adapter(&server.url());
        let params: Params = [("reason".to_owned(), "it leaks".into())].into();
        let ask = Ask { op: Op::Escalate, target: "1".into(), params };
        let plan = adapter.plan_for(ALERT, &ask).await.unwrap();
        assert!(
            plan.call.as_str().contains("enqueue trigger dedup_key=0a1b2c3d-INC-7, then PUT"),
            "{}",
            plan.call
        );
        let was = match adapter.call("k", &plan).await {
            CallOutcome::Accepted { answer, .. } => format!("accepted: {answer}"),
            CallOutcome::Failed(why) => format!("failed: {why}"),
            CallOutcome::Outdated(why) => format!("outdated: {why}"),
            CallOutcome::Refused(why) => format!("refused: {why}"),
            CallOutcome::Unknown(why) => format!("unknown: {why}"),
        };
        assert!(was.starts_with(says), "{was}");
        let made = made(&account);
        assert_eq!((made[0].0.as_str(), &made[0].1["dedup_key"]), ("POST /v2/enqueue", &json!(ALERT)));
    }
}

#[tokio::test]
async fn a_look_says_who_is_on_call_and_shows_no_secret() {
    use flightdeck::adapters::Adapter as _;
    let account = Account::new(Way::Honest);
    let server = start(&account).await;
    let adapter = adapter(&server.url());
    assert_eq!(adapter.look().await, Health::Well("it answers; on call: ana level 1, bo level 2".into()));
    drop(server);
    let Health::Ill(why) = adapter.look().await else { panic!("nobody is there") };
    assert!(!why.as_str().contains("hunter2"), "{why}");
}

// --- Webhooks ---------------------------------------------------------------

const SIGNING: &str = "s3cret-of-the-subscription";

/// A program that takes webhooks, and tells through an account.
struct Serving {
    home: Home,
    _program: Program,
    to: Backend,
    _pager: Server,
    account: Shared,
}

async fn serving(more: &str) -> Serving {
    let account = Account::new(Way::Honest);
    let pager = start(&account).await;
    let home = Home::new();
    home.write("signing", SIGNING);
    home.write("key", KEY);
    home.write(
        "config.toml",
        &format!(
            "user = 'ana'\n[receiver]\nlisten = '127.0.0.1:0'\ntoken_file = 'key'\n\
             [receiver.pagerduty]\nsecret_file = 'signing'\n{more}\
             [channels.pager]\ntype = 'pagerduty'\nrouting_key_file = 'key'\nevents_url = '{}/v2'\n",
            pager.url()
        ),
    );
    let program = Program::run("flightdeck serve", home.command(&["serve"])).unwrap();
    let line = program.wait_for_line("taking alerts", Duration::from_secs(60)).unwrap();
    let address = line.split("http://").nth(1).unwrap().split('/').next().unwrap().to_owned();
    let base = Base::parse(&format!("http://{address}")).unwrap();
    let to = Backend::new(Settings { patience: Patience::ONCE, ..Settings::new("fd", base) }).unwrap();
    Serving { home, _program: program, to, _pager: pager, account }
}

impl Serving {
    async fn post(&self, body: &str, signature: Option<String>) -> (u16, Value) {
        let mut request = Request::new(Method::POST, "/v1/webhooks/pagerduty")
            .header("content-type", "application/json")
            .body(body);
        if let Some(signature) = signature {
            request = request.header("x-pagerduty-signature", signature);
        }
        match self.to.send(&request.once()).await {
            Outcome::Answered(answer) => (answer.status, answer.json().unwrap_or_default()),
            Outcome::NotSent(why) | Outcome::Unknown(why) => panic!("{why}"),
        }
    }

    async fn signed(&self, body: &str) -> (u16, Value) {
        let right = hex(&hmac_sha256(&Secret::new(SIGNING), body.as_bytes()));
        let other = hex(&hmac_sha256(&Secret::new("the one before"), body.as_bytes()));
        self.post(body, Some(format!("v1={other},v1={right}"))).await
    }

    fn ran(&self, arguments: &[&str]) -> String {
        let ran = self.home.command(arguments).output().unwrap();
        String::from_utf8([ran.stdout, ran.stderr].concat()).unwrap()
    }

    /// The key of the alert that the channel raised.
    async fn raised(&self) -> String {
        for _ in 0..500 {
            let key = self
                .account
                .lock()
                .unwrap()
                .calls
                .iter()
                .find_map(|(_, b)| Some(b["dedup_key"].as_str()?.to_owned()));
            if let Some(key) = key {
                return key;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("nothing was raised");
    }
}

fn event(id: &str, kind: &str, by: Option<&str>, data: &Value) -> String {
    let agent = by.map(|name| json!({"id": "U1", "summary": name, "type": "user_reference"}));
    json!({"event": {
        "id": id, "event_type": kind, "resource_type": "incident",
        "occurred_at": "2026-11-21T05:00:00Z", "agent": agent, "client": null, "data": data,
    }})
    .to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn b12_what_happens_there_is_noted_once_where_it_belongs_and_ends_nothing() {
    let serving = serving("").await;
    assert!(serving.ran(&["declare", "mails leave", "--severity", "P0"]).contains("INC-1"));
    let key = serving.raised().await;
    let itself = json!({"id": "PGR0VU2", "type": "incident", "incident_key": key, "title": "mails leave"});
    let note = json!({
        "type": "incident_note", "content": "rolled back by hand",
        "incident": {"id": "PGR0VU2", "type": "incident_reference"},
    });
    // An attacker who knows all but the secret writes nothing.
    let forged = event("E0", "incident.resolved", Some("mallory"), &itself);
    let wrong = format!("v1={}", hex(&hmac_sha256(&Secret::new("guess"), forged.as_bytes())));
    assert_eq!(serving.post(&forged, Some(wrong)).await.0, 401);
    assert_eq!(serving.post(&forged, None).await.0, 401);
    // By the key of our alert, and from then on by their name for it; in whatever order, once each.
    for (body, incidents) in [
        (event("E1", "incident.triggered", None, &itself), json!(["INC-1"])),
        (event("E2", "incident.annotated", Some("Ana Lee"), &note), json!(["INC-1"])),
        (event("E2", "incident.annotated", Some("Ana Lee"), &note), json!(["INC-1"])),
        (event("E3", "incident.acknowledged", Some("Bo"), &itself), json!(["INC-1"])),
        (event("E4", "incident.resolved", Some("Bo"), &itself), json!(["INC-1"])),
        // What is nobody's is left, and said so; what we wrote ourselves is no news.
        (event("E5", "incident.escalated", None, &json!({"id": "PXXX", "type": "incident"})), json!([])),
        (
            event("E6", "incident.annotated", Some("fd"), &{
                let mut own = note.clone();
                own["content"] = json!(format!("[{key}-M3] rolled back"));
                own
            }),
            json!([]),
        ),
    ] {
        let (status, said) = serving.signed(&body).await;
        assert_eq!((status, &said["incidents"]), (200, &incidents), "{body} {said}");
    }
    let timeline = serving.ran(&["timeline", "INC-1"]);
    assert_eq!(timeline.matches("rolled back by hand").count(), 1, "{timeline}");
    assert!(timeline.contains("Bo acknowledged it in pagerduty"), "T1 is theirs: {timeline}");
    assert!(timeline.contains("resolved there by Bo") && !timeline.contains("mallory"), "{timeline}");
    assert!(!timeline.contains("[0"), "our own words do not come back: {timeline}");
    let listed = serving.ran(&["incidents", "--format", "json"]);
    assert!(listed.contains("\"open\""), "only a person resolves: {listed}");
    assert!(!format!("{timeline}{listed}").contains(SIGNING));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_asks_for_it_has_their_incidents_declared_and_never_those_of_another_flightdeck() {
    let theirs = json!({"id": "PNEW", "type": "incident", "incident_key": "disk-full", "title": "disk full"});
    let ours =
        json!({"id": "POTHER", "type": "incident", "incident_key": "deadbeef-INC-3", "title": "mails"});
    for (more, declared) in [("", false), ("declare = true\n", true)] {
        let serving = serving(more).await;
        let (status, said) = serving.signed(&event("E1", "incident.triggered", None, &theirs)).await;
        assert_eq!((status, said["incidents"] == json!(["INC-1"])), (200, declared), "{said}");
        let (status, said) = serving.signed(&event("E2", "incident.triggered", None, &ours)).await;
        assert_eq!((status, &said["incidents"]), (200, &json!([])), "{said}");
        if declared {
            let (_, said) = serving.signed(&event("E3", "incident.resolved", None, &theirs)).await;
            assert_eq!(said["incidents"], json!(["INC-1"]));
            assert!(serving.ran(&["timeline", "INC-1"]).contains("alert over by its source's word"));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_body_is_refused_in_words_and_nothing_is_recorded() {
    let serving = serving("").await;
    for (body, status) in [
        ("{", 400),
        ("[]", 400),
        (
            r#"{"event": {"id": "x", "event_type": "incident.triggered", "data": {"type": "incident", "id": 7}}}"#,
            400,
        ),
        (r#"{"event": {"id": "x", "event_type": "pagey.ping", "resource_type": "pagey", "data": {}}}"#, 200),
    ] {
        let (was, said) = serving.signed(body).await;
        assert_eq!(was, status, "{body}: {said}");
    }
    let huge = format!("{{\"x\": \"{}\"}}", "y".repeat(2 * 1024 * 1024));
    assert_eq!(serving.signed(&huge).await.0, 413);
    assert!(!serving.ran(&["incidents"]).contains("INC-"));
}

/// It said "not read", and nobody knew whether the token, the network or PagerDuty was to blame.
#[tokio::test]
async fn a_proof_that_could_not_be_read_says_why() {
    let account = Account::new(Way::Unreadable);
    let server = start(&account).await;
    let (rig, _dir) = rig(&server.url());
    let plan = plan(&rig, Op::Escalate, "1").await.unwrap();
    call(&rig, &plan).await;
    for why in unread(&rig, &plan).await {
        assert!(why.starts_with("the incident there could not be read: it answered 500"), "{why}");
    }
}
