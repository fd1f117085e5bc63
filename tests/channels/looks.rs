//! A look at a channel: asked without telling anybody anything, and never called well for having
//! been reached.

use axum::extract::State;
use flightdeck::channels::Seen as Look;

use super::*;

/// A system that answers by method and path, and remembers what it was asked.
async fn system(answers: &'static [(&'static str, u16, &'static str)]) -> (Server, Arc<Mutex<Vec<String>>>) {
    let asked = Arc::<Mutex<Vec<String>>>::default();
    let answer = async move |State(asked): State<Arc<Mutex<Vec<String>>>>, method: Method, uri: Uri| {
        let this = format!("{method} {uri}");
        asked.lock().unwrap().push(this.clone());
        let found = answers.iter().find(|(line, _, _)| *line == this);
        let (status, body) = found.map_or((404, ""), |(_, status, body)| (*status, *body));
        (StatusCode::from_u16(status).unwrap(), body)
    };
    let routes = Router::new().fallback(answer).with_state(asked.clone());
    (Server::start(routes).await, asked)
}

fn secret(name: &str) -> Option<String> {
    (name == "TOKEN").then(|| SECRET.to_owned())
}

#[tokio::test]
async fn a_channel_is_asked_without_a_message_and_is_never_well_for_having_been_reached() {
    let slack = "type = 'slack'\ntoken_env = 'TOKEN'\nchannel = 'C1'\napi_url = 'URL'";
    let hook = "type = 'webhook'\nurl = 'URL/hook'";
    let page = "type = 'statuspage'\ntoken_env = 'TOKEN'\npage = 'p1'\napi_url = 'URL'";
    let pager = "type = 'pagerduty'\nrouting_key_env = 'TOKEN'\nevents_url = 'URL'\napi_url = 'URL'\n\
                 token_env = 'TOKEN'\nfrom = 'ana@example.com'";
    type Case = (
        &'static str,
        &'static [(&'static str, u16, &'static str)],
        &'static [&'static str],
        &'static str,
        &'static str,
    );
    let cases: &[(&str, Case)] = &[
        (
            slack,
            (
                "slack takes the token",
                &[("POST /auth.test", 200, r#"{"ok":true,"user":"deck","team":"ops"}"#)],
                &["POST /auth.test"],
                "well",
                "it is deck of ops; that it may write in C1 is not shown",
            ),
        ),
        (
            slack,
            (
                "slack refuses the token",
                &[("POST /auth.test", 200, r#"{"ok":false,"error":"invalid_auth"}"#)],
                &["POST /auth.test"],
                "ill",
                "invalid_auth",
            ),
        ),
        (hook, ("a hook is reached", &[], &["HEAD /"], "reached", "only one would show")),
        (hook, ("a hook whose server is not well", &[("HEAD /", 503, "")], &["HEAD /"], "ill", "503")),
        (
            page,
            (
                "the page is read",
                &[("GET /pages/p1", 200, r#"{"id":"p1","name":"Acme"}"#)],
                &["GET /pages/p1"],
                "well",
                "Acme",
            ),
        ),
        (page, ("another's page", &[("GET /pages/p1", 401, "{}")], &["GET /pages/p1"], "ill", "401")),
        (
            pager,
            (
                "the token is taken, the routing key is not shown",
                &[("GET /abilities", 200, r#"{"abilities":["sso"]}"#)],
                &["HEAD /", "GET /abilities"],
                "reached",
                "only an alert would show",
            ),
        ),
        (
            pager,
            (
                "the token is refused",
                &[("GET /abilities", 401, "{}")],
                &["HEAD /", "GET /abilities"],
                "ill",
                "401",
            ),
        ),
    ];
    for (lines, (what, answers, requests, is, says)) in cases {
        let (server, asked) = system(answers).await;
        let text = format!("[channels.c]\n{}\n", lines.replace("URL", &server.url()));
        let look = post(&text, &secret).by_name("c").unwrap().look().await.unwrap();
        let (seen, words) = match look {
            Look::Well(words) => ("well", words),
            Look::Reached(words) => ("reached", words),
            Look::Ill(words) => ("ill", words),
        };
        assert_eq!(seen, *is, "{what}: {words}");
        assert!(words.as_str().contains(says), "{what}: {words}");
        assert!(!words.as_str().contains(SECRET), "{what}: {words}");
        assert_eq!(*asked.lock().unwrap(), *requests, "{what}");
    }
    let nobody = "[channels.c]\ntype = 'webhook'\nurl = 'http://127.0.0.1:1/hook'\n";
    let look = post(nobody, &nothing).by_name("c").unwrap().look().await.unwrap();
    assert!(matches!(look, Look::Ill(_)), "{look:?}");
}

#[tokio::test]
async fn e1_a_channel_that_fails_again_and_again_is_tried_all_the_same() {
    let (server, seen) = server(503, "").await;
    let text = format!("[channels.c]\ntype = 'webhook'\nurl = '{}/hook'\n", server.url());
    let post = post(&text, &nothing);
    let incident = incident();
    for _ in 0..7 {
        assert!(matches!(send(&post, &incident).await, Delivery::Failed { .. } | Delivery::Unknown(_)));
    }
    assert_eq!(seen.lock().unwrap().len(), 7, "none was kept back");
}
