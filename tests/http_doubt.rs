//! The process that sends a request is killed between request and answer. Nothing is sent twice,
//! nothing is called failed, and what happened is found out by reading the world.

#![cfg(unix)]

mod support;

use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use support::home::Home;
use support::program::Program;
use support::server::Server;

/// How long another process may take on a busy machine.
const SOON: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a3_e1_a_request_without_its_answer_is_in_doubt_and_settled_by_the_reading() {
    let calls = Arc::new(AtomicUsize::new(0));
    let (counted, read) = (calls.clone(), calls.clone());
    let routes = Router::new()
        .route(
            "/stop",
            post(async move || {
                counted.fetch_add(1, Ordering::SeqCst);
                std::future::pending::<()>().await // it did what it was told and never says so
            }),
        )
        .route(
            "/state",
            get(async move || match read.load(Ordering::SeqCst) {
                0 => r#"{"state":"running"}"#,
                _ => r#"{"state":"stopped"}"#,
            }),
        );
    let server = Server::start(routes).await;
    let home = Home::new();
    let config = format!(
        "user = 'ana'\n[receiver]\nlisten = '127.0.0.1:0'\n[adapters.runtime]\ntype = 'http'\nurl = '{}'\n\
         [adapters.runtime.actions.isolate]\npath = '/stop'\nchecks = ['agent_status = stopped']\n\
         probe = {{ path = '/state', read = {{ agent_status = '/state' }} }}\n",
        server.url()
    );
    home.write("config.toml", &config);
    assert_eq!(home.run(&["declare", "mail leaks", "-s", "P0", "-a", "support-1"]).ok(), "INC-1\n");
    let isolate = ["act", "1", "isolate", "-a", "support-1", "--yes"];
    let mut act =
        home.command(&isolate).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it runs");
    let asked = async {
        while calls.load(Ordering::SeqCst) == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(SOON, asked).await.expect("the request arrives");
    act.kill().expect("it runs");
    act.wait().expect("it is ours");

    let (data, file) = (home.data().display().to_string(), home.path().join("config.toml"));
    let arguments = ["--data-dir", &data, "--config", &file.display().to_string(), "serve"];
    let serve =
        Program::start(env!("CARGO_BIN_EXE_flightdeck"), "flightdeck", &arguments).expect("it starts");
    serve.wait_for_line("A1 in doubt: the process that made the call is gone", SOON).expect("in doubt");
    serve.wait_for_line("A1 VERIFIED: agent_status = stopped: read stopped", SOON).expect("settled");
    assert!(!serve.log().contains("A1 failed"), "{}", serve.log());
    assert_eq!(calls.load(Ordering::SeqCst), 1, "sent once:\n{}", serve.log());
}
