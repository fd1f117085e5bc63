//! The real Prometheus as a probe, and the real Alertmanager's silences.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a failed expectation fails the test")]

mod support;

use std::time::{Duration, Instant};

use flightdeck::adapters::{Ask, CallOutcome, Health, Rig};
use flightdeck::incident::{Op, Params, Plan, Text};
use flightdeck::runtime::live;
use support::fault::{Fault, FaultProxy};
use support::prometheus::{Stack, rule};

/// For the real programs to come round to something, on a busy machine.
const DEADLINE: Duration = Duration::from_secs(60);

/// A rule that fires or not, and nobody who listens.
fn stack() -> Stack {
    Stack::start("http://127.0.0.1:9/nobody", "none", &rules(true)).unwrap()
}

fn rules(fires: bool) -> String {
    let expr = if fires { "vector(7) > 0" } else { "vector(7) > 9" };
    rule("ToolErrors", expr, &["severity: critical", "pod: a"], "one call in three fails")
}

async fn until<T>(what: &str, stack: &Stack, mut look: impl AsyncFnMut() -> Result<T, String>) -> T {
    let began = Instant::now();
    loop {
        match look().await {
            Ok(found) => return found,
            Err(why) if began.elapsed() > DEADLINE => panic!("{what}: {why}\n{}", stack.log()),
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a9_a_real_prometheus_is_read_and_no_data_is_not_zero() {
    let stack = stack();
    let file = format!(
        "[recovery]\nprobes = ['m']\n[probes.m]\ntype = 'prometheus'\nurl = 'http://{}'\nstale = '30s'\n[probes.m.queries]\n\
         seven = 'vector(7)'\n\
         several = 'vector(1) or label_replace(vector(2), \"x\", \"y\", \"\", \"\")'\n\
         nothing = 'no_such_metric'\n\
         broken = 'sum('\n\
         firing = {{ query = 'ALERTS{{alertname=\"ToolErrors\",alertstate=\"firing\"}}', replica = 'pod' }}\n\
         aged = {{ query = 'sum(ALERTS)', fresh = 'no_such_metric' }}\n\
         held = {{ query = 'sum(ALERTS{{alertstate=\"firing\"}})', over = '8s' }}\n",
        stack.metrics
    );
    let home = tempfile::tempdir().unwrap();
    let (settings, problems) = support::config::settings(home.path(), &file);
    assert_eq!(problems, [""; 0]);
    let [found] = &live::readers(&settings, &support::config::paths(home.path()))[..] else {
        panic!("one reader")
    };
    let target = Text::line("support-1");
    let values = ["agent", "target"].map(|name| (name.to_owned(), target.clone())).into();
    let read = async || {
        let readings = found.reader.read(&target, &values, None).await.map_err(|why| why.to_string())?;
        let shown =
            |(name, value): (&str, Option<&Text>)| format!("{name}={}", value.map_or("-", Text::as_str));
        Ok::<Vec<String>, String>(readings.iter().map(shown).collect())
    };
    // One value is there at once, the rule's within seconds, a whole range after eight of them.
    until("the rule fires, and has held for a while", &stack, async || match read().await? {
        all if all == ["firing@a=1", "held=1", "seven=7"] => Ok(()),
        other => Err(format!("{other:?}")),
    })
    .await;
    // It fires no more: its last value is not held on to, neither now nor for the range.
    stack.set_rules(&rules(false)).unwrap();
    until("the rule is over", &stack, async || match read().await? {
        all if all == ["seven=7"] => Ok(()),
        other => Err(format!("{other:?}")),
    })
    .await;
}

async fn plan(rig: &Rig, op: Op, params: Params) -> Plan {
    let ask = Ask { op, target: Text::line("ToolErrors"), params };
    rig.need(op, &ask.target).unwrap().plan(&ask).await.unwrap()
}

/// What the check of the plan reads.
async fn reads(rig: &Rig, plan: &Plan) -> Result<String, String> {
    let samples = rig.by_name("am").unwrap().probe(plan).await;
    samples[0].value.as_ref().map(ToString::to_string).ok_or_else(|| "nothing".to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn e9_a_real_alertmanager_is_silenced_once_even_where_the_answer_is_lost() {
    let stack = stack();
    let proxy = FaultProxy::start(stack.alerts.parse().unwrap()).await;
    let rig = support::config::rig(&format!(
        "[adapters.am]\ntype = 'alertmanager'\nurl = '{}'\nauthor = 'ana'\n",
        proxy.url()
    ));
    let am = rig.by_name("am").unwrap();
    let minutes = Params::from([("minutes".to_owned(), Text::line("30"))]);
    let silence = plan(&rig, Op::Silence, minutes).await;
    let words = silence.call.as_str();
    assert!(words.contains("alertname=\"ToolErrors\" for 30 min, by ana"), "{words}");
    assert_eq!(silence.inverse.as_ref().unwrap().op, Op::Unsilence);
    until("it is loud", &stack, async || match reads(&rig, &silence).await?.as_str() {
        "no" => Ok(()),
        other => Err(other.to_owned()),
    })
    .await;

    // The request passes and the answer does not: nobody says it failed, nothing is sent twice.
    proxy.set(Fault::Half);
    let outcome = am.call("journal-INC-1-A1", &silence).await;
    assert!(matches!(outcome, CallOutcome::Unknown(_)), "{outcome:?}");
    proxy.set(Fault::Pass);
    until("the world settles it", &stack, async || match reads(&rig, &silence).await?.as_str() {
        "yes" => Ok(()),
        other => Err(other.to_owned()),
    })
    .await;
    let left = until("the circuit lets us look", &stack, async || match am.look().await {
        Health::Well(words) => Ok(words.to_string()),
        other @ (Health::Reached(_) | Health::Ill(_) | Health::Unseen) => Err(format!("{other:?}")),
    })
    .await;
    assert!(left.contains("1 of flightdeck in force: alertname=ToolErrors until "), "{left}");
    assert!(left.contains("flightdeck journal-INC-1-A1"), "the action is named: {left}");

    let unsilence = plan(&rig, Op::Unsilence, Params::new()).await;
    let outcome = am.call("journal-INC-1-A2", &unsilence).await;
    let CallOutcome::Accepted { answer, .. } = &outcome else { panic!("{outcome:?}") };
    assert_eq!(answer.as_str(), "1 of 1 silences of flightdeck ended");
    until("it is loud again", &stack, async || match reads(&rig, &unsilence).await?.as_str() {
        "no" => Ok(()),
        other => Err(other.to_owned()),
    })
    .await;
}
