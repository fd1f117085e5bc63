//! The receiver and the real thing: Prometheus evaluates a rule, Alertmanager tells us.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::Utc;
use flightdeck::incident::{Pattern, Severity, Text};
use flightdeck::sources::{Delivery, Incoming, Intake, IntakeError, Receiver, ReceiverSpec, Taken, Token};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use support::prometheus::{Stack, rule};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// For one change of the rule to arrive.
const DEADLINE: Duration = Duration::from_secs(60);

/// Passes on what it is given. The first time it cannot record, as with a full disk.
struct Recording {
    given: mpsc::UnboundedSender<Incoming>,
    recovered: AtomicBool,
}

impl Intake for Recording {
    fn take(&self, delivery: Delivery) -> BoxFuture<'static, Result<Taken, IntakeError>> {
        let first = !self.recovered.swap(true, Ordering::SeqCst);
        let given = self.given.clone();
        async move {
            if first {
                let why = Text::line("planted by the test");
                return Err(IntakeError::Unavailable { why, retry_after: Duration::from_secs(1) });
            }
            delivery.incoming.into_iter().for_each(|incoming| drop(given.send(incoming)));
            Ok(Taken::default())
        }
        .boxed()
    }
}

/// The rule, firing or not: the same alert either way.
fn rules(fires: bool) -> String {
    let expr = if fires { "vector(1) > 0" } else { "vector(1) > 1" };
    let labels = ["severity: critical", "category: API", "agent: support-1"];
    rule("ToolErrors", expr, &labels, "one call in three fails")
}

#[tokio::test(flavor = "multi_thread")]
async fn b3_b12_a_real_alert_fires_and_is_over_under_one_key_and_survives_a_failed_record() {
    let token = Some(Token::new(b"planted-token").unwrap());
    let spec = ReceiverSpec::new(([127, 0, 0, 1], 0).into(), Arc::new(Utc::now));
    let bound = Receiver::bind(ReceiverSpec { token, ..spec }).await.unwrap();
    let webhook = format!("http://{}/v1/alerts/alertmanager", bound.addr());
    let tally = bound.tally();
    let (given, mut incoming) = mpsc::unbounded_channel();
    let cancel = CancellationToken::new();
    let intake = Arc::new(Recording { given, recovered: AtomicBool::new(false) });
    let serving = tokio::spawn(bound.serve(intake, cancel.clone()));

    let stack = Stack::start(&webhook, "planted-token", &rules(true)).unwrap();
    let mut next = async || match timeout(DEADLINE, incoming.recv()).await {
        Ok(Some(incoming)) => incoming,
        Ok(None) | Err(_) => panic!("nothing more came; {:?}\n{}", *tally.borrow(), stack.log()),
    };

    let Incoming::Fired(alert) = next().await else { panic!("it begins with firing") };
    assert!(alert.key.as_str().starts_with("alertmanager:"), "{alert:?}");
    assert_eq!((alert.name.as_str(), alert.summary.as_str()), ("ToolErrors", "one call in three fails"));
    assert_eq!((alert.first_severity(), alert.first_pattern()), (Severity::P0, Pattern::ToolFailure));
    assert_eq!(alert.agent.as_ref().unwrap().as_str(), "support-1");
    let began = alert.starts_at.unwrap();
    assert!((Utc::now() - began).num_seconds() < 120, "{began}");
    assert_eq!(tally.borrow().refused, 1, "what could not be recorded was refused, and sent again");

    stack.set_rules(&rules(false)).unwrap();
    let Incoming::Over { key, at } = next().await else { panic!("the rule no longer fires") };
    assert_eq!(key, alert.key);
    assert!(at > began && at <= Utc::now(), "{at}");

    stack.set_rules(&rules(true)).unwrap();
    let Incoming::Fired(again) = next().await else { panic!("the rule fires again") };
    assert_eq!((&again.key, &again.group), (&alert.key, &alert.group));
    assert!(again.starts_at > Some(at));

    cancel.cancel();
    timeout(DEADLINE, serving).await.unwrap().unwrap();
}
