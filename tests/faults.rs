//! Every action through a link that fails: reset, silent, slow, and half, where the request passes and
//! the answer does not. No action runs twice, and none is called failed that may have been done (E1).

#![expect(clippy::panic, clippy::unwrap_used, reason = "a failed expectation fails the test")]

mod support;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::Uri;
use flightdeck::adapters::{Ask, CallOutcome, Health};
use flightdeck::incident::{Aim, Op, Params, Text};
use futures::future::join_all;
use support::fault::{Fault, FaultProxy};
use support::prometheus::{Stack, rule};
use support::server::Server;

const FAULTS: [Fault; 5] =
    [Fault::Half, Fault::Cut, Fault::Reset, Fault::Blackhole, Fault::Latency(Duration::from_millis(30))];

/// How often each path was asked for.
type Asked = Arc<Mutex<BTreeMap<String, u32>>>;

async fn count(State(asked): State<Asked>, uri: Uri) -> &'static str {
    *asked.lock().unwrap().entry(uri.path().to_owned()).or_default() += 1;
    "{\"ok\":true}"
}

/// A configuration that carries one operation, and nothing but it.
fn one(op: Op, url: &str) -> String {
    let mut text = format!("[adapters.x]\ntype = 'http'\nurl = '{url}'\n[adapters.x.actions.{op}]\n");
    let _ = writeln!(text, "path = '/{op}'\nlimit = '1s'\nchecks = []");
    text
}

fn ask(op: Op) -> Ask {
    let target = match op.info().aim {
        Aim::Agent => "support-1",
        Aim::Alert => "Leak",
        Aim::Level => "1",
        Aim::Person => "ana",
    };
    let given = op.info().params.iter().map(|param| {
        let value = if param.default.is_empty() { "5" } else { param.default };
        (param.name.to_owned(), Text::line(value))
    });
    Ask { op, target: Text::line(target), params: given.collect::<Params>() }
}

/// Every operation through one kind of link; what became of each, and how often it arrived.
async fn through(fault: Fault) -> Vec<(Op, CallOutcome, u32)> {
    let asked = Asked::default();
    let server = Server::start(Router::new().fallback(count).with_state(asked.clone())).await;
    let proxy = FaultProxy::start(server.address).await;
    let url = proxy.url();
    let calls = Op::ALL.iter().map(|op| {
        let rig = support::config::rig(&one(*op, &url));
        async move {
            let adapter = rig.by_name("x").unwrap();
            let plan = adapter.plan(&ask(*op)).await.unwrap_or_else(|why| panic!("{op}: {why}"));
            (*op, adapter.call("INC-1-A1", &plan).await)
        }
    });
    proxy.set(fault);
    let called = join_all(calls).await;
    let asked = asked.lock().unwrap().clone();
    called
        .into_iter()
        .map(|(op, outcome)| (op, outcome, asked.get(&format!("/{op}")).copied().unwrap_or_default()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn e1_every_action_over_http_runs_once_at_most_and_is_never_called_failed_when_it_may_have_run() {
    for (fault, results) in FAULTS.into_iter().zip(join_all(FAULTS.map(through)).await) {
        for (op, outcome, arrived) in results {
            let told = format!("{fault:?}, {op}: arrived {arrived} times, {outcome:?}");
            assert!(arrived <= 1, "{told}");
            match (fault, &outcome) {
                (Fault::Half | Fault::Cut, CallOutcome::Unknown(_)) => assert_eq!(arrived, 1, "{told}"),
                (Fault::Blackhole | Fault::Reset, CallOutcome::Unknown(_)) => {
                    assert_eq!(arrived, 0, "{told}")
                }
                (Fault::Latency(_) | Fault::Pass, CallOutcome::Accepted { .. }) => {
                    assert_eq!(arrived, 1, "{told}");
                }
                (_, _) => panic!("{told}"),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn e9_silences_of_a_real_alertmanager_are_set_once_at_most_through_every_link() {
    let rules = rule("Nothing", "vector(1) > 9", &["severity: none"], "nothing");
    let stack = Stack::start("http://127.0.0.1:9/nobody", "none", &rules).unwrap();
    let direct = support::config::rig(&format!(
        "[adapters.am]\ntype = 'alertmanager'\nurl = 'http://{}'\nauthor = 'ana'\n",
        stack.alerts
    ));
    let target: std::net::SocketAddr = stack.alerts.parse().unwrap();
    let each = FAULTS.into_iter().enumerate().map(|(number, fault)| async move {
        let proxy = FaultProxy::start(target).await;
        let rig = support::config::rig(&format!(
            "[adapters.am]\ntype = 'alertmanager'\nurl = '{}'\nauthor = 'ana'\n",
            proxy.url()
        ));
        let am = rig.by_name("am").unwrap();
        let alert = Text::line(&format!("Alert{number}"));
        let minutes = Params::from([("minutes".to_owned(), Text::line("30"))]);
        let silence = Ask { op: Op::Silence, target: alert.clone(), params: minutes };
        let plan = am.plan(&silence).await.unwrap();
        proxy.set(fault);
        (fault, alert, am.call(&format!("key-{number}"), &plan).await)
    });
    let outcomes = join_all(each).await;
    let Health::Well(left) = direct.by_name("am").unwrap().look().await else { panic!("{}", stack.log()) };
    for (fault, alert, outcome) in outcomes {
        let there = left.as_str().matches(&format!("alertname={alert} ")).count();
        let told = format!("{fault:?}: {there} there, {outcome:?}\n{left}");
        match (fault, &outcome) {
            (Fault::Half | Fault::Cut, CallOutcome::Unknown(_)) => assert_eq!(there, 1, "{told}"),
            (Fault::Blackhole | Fault::Reset, CallOutcome::Unknown(_)) => assert_eq!(there, 0, "{told}"),
            (Fault::Latency(_) | Fault::Pass, CallOutcome::Accepted { .. }) => assert_eq!(there, 1, "{told}"),
            (_, _) => panic!("{told}"),
        }
    }
}
