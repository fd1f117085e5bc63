//! Statuspage: an incident that is opened, and what goes into it.

use flightdeck::incident::{Audience, MessageKind, Recipient};
use serde_json::json;

use crate::prism::{Seen, Vendor};
use crate::support::config;
use crate::{deliver, incident, message};

#[tokio::test]
#[ignore = "needs Prism and the vendors' descriptions; tests/vendors/run"]
async fn what_customers_are_told_is_what_statuspage_describes() {
    let page = Vendor::start("statuspage.json", |seen: &Seen| {
        let status = seen.json()["incident"]["status"].clone();
        (if seen.method == "POST" { 201 } else { 200 }, json!({"id": "p31zjtct2jer", "status": status}))
    })
    .await;
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("token"), "89a229ce").unwrap();
    let text = format!(
        "[channels.c]\ntype = 'statuspage'\ntoken_file = 'token'\npage = 'gytm4qzbx9t6'\napi_url = '{}'\nlimit = '60s'\n",
        page.url()
    );
    let post = config::all(dir.path(), &text).1;
    let customers = || Recipient::Audience(Audience::Customers);
    let mut incident = incident();
    deliver(&post, &message(MessageKind::Update, customers()), &incident).await;
    let id = flightdeck::incident::MessageId(1);
    let first = flightdeck::incident::Message { id, ..message(MessageKind::Update, customers()) };
    let reference = Some("p31zjtct2jer".into());
    for (seq, event) in [
        (2, flightdeck::incident::Event::MessageQueued { message: Box::new(first) }),
        (3, flightdeck::incident::Event::MessageDelivered { message: id, answer: "ok".into(), reference }),
    ] {
        let (at, actor) = (flightdeck::incident::Time::UNIX_EPOCH, flightdeck::incident::Actor::Flightdeck);
        incident.apply(&flightdeck::incident::Entry { incident: incident.id, seq, at, actor, event });
    }
    deliver(&post, &message(MessageKind::Update, customers()), &incident).await;
    page.allowed(&["POST /pages/gytm4qzbx9t6/incidents", "PATCH /pages/gytm4qzbx9t6/incidents/p31zjtct2jer"]);
}
