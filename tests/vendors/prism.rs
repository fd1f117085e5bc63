//! Prism with one description, and between it and us a server that shows it every request, keeps what
//! it finds wrong, and answers what the story needs.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, Method as HttpMethod, StatusCode, Uri};
use flightdeck::web::{Answer, Backend, Base, Method, Outcome, Patience, Request, Settings};
use serde_json::Value;

use crate::support::server::Server;

/// How long Prism may take to read a description: two megabytes on a busy machine.
const READY: Duration = Duration::from_secs(120);

/// A request as the description sees it.
pub struct Seen {
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Seen {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }
}

/// What a request is answered.
type Script = dyn Fn(&Seen) -> (u16, Value) + Send + Sync;

/// What a request becomes before it is shown to Prism.
type Shown = dyn Fn(Seen) -> Seen + Send + Sync;

struct Kept {
    /// `POST /enqueue`, in order.
    calls: Vec<String>,
    violations: Vec<String>,
}

/// A vendor.
pub struct Vendor {
    server: Server,
    kept: Arc<Mutex<Kept>>,
    // Ended when this is dropped.
    _prism: Prism,
}

struct Prism {
    child: Child,
    base: String,
}

impl Drop for Prism {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The description of that name.
pub fn spec(name: &str) -> PathBuf {
    let specs = std::env::var_os("FLIGHTDECK_SPECS").expect("tests/vendors/run says where they are");
    PathBuf::from(specs).join(name)
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Prism {
    fn start(name: &str) -> Self {
        let program = std::env::var_os("FLIGHTDECK_PRISM").expect("tests/vendors/run says where it is");
        let port = free_port();
        let child = Command::new(program)
            .args([
                "mock",
                "--host",
                "127.0.0.1",
                "--errors",
                "--cors=false",
                "--verboseLevel",
                "error",
                "--port",
            ])
            .arg(port.to_string())
            .arg(spec(name))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { child, base: format!("http://127.0.0.1:{port}") }
    }

    fn backend(&self) -> Backend {
        let settings = Settings::new("prism", Base::parse(&self.base).unwrap());
        let body_max = 8 * 1024 * 1024;
        Backend::new(Settings { patience: Patience::ONCE, body_max, ..settings }).unwrap()
    }

    async fn until_ready(&self) {
        let end = Instant::now() + READY;
        let address = self.base.trim_start_matches("http://");
        while tokio::net::TcpStream::connect(address).await.is_err() {
            assert!(Instant::now() < end, "Prism does not come up");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

impl Vendor {
    /// Prism with this description, and what our requests are answered.
    pub async fn start(name: &str, script: impl Fn(&Seen) -> (u16, Value) + Send + Sync + 'static) -> Self {
        Self::shown(name, |seen| seen, script).await
    }

    /// The same, where a request is put into another form before Prism sees it.
    pub async fn shown(
        name: &str,
        shown: impl Fn(Seen) -> Seen + Send + Sync + 'static,
        script: impl Fn(&Seen) -> (u16, Value) + Send + Sync + 'static,
    ) -> Self {
        let prism = Prism::start(name);
        prism.until_ready().await;
        let kept = Arc::new(Mutex::new(Kept { calls: vec![], violations: vec![] }));
        let backend = Arc::new(prism.backend());
        let (shown, script): (Arc<Shown>, Arc<Script>) = (Arc::new(shown), Arc::new(script));
        let all = (backend, kept.clone(), shown, script);
        let routes = Router::new().fallback(
            async move |method: HttpMethod, uri: Uri, headers: HeaderMap, body: Bytes| {
                let (backend, kept, shown, script) = all.clone();
                let given = headers.iter().map(|(name, value)| {
                    (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
                });
                let seen = Seen {
                    method: method.to_string(),
                    path: uri.to_string(),
                    headers: given.collect(),
                    body: body.to_vec(),
                };
                let (status, answer) = script(&seen);
                let call = format!("{method} {}", uri.path());
                let wrong = look(&backend, shown(seen)).await;
                let mut kept = kept.lock().unwrap();
                kept.violations.extend(wrong.into_iter().map(|wrong| format!("{call}: {wrong}")));
                kept.calls.push(call);
                (StatusCode::from_u16(status).unwrap(), answer.to_string())
            },
        );
        Self { server: Server::start(routes).await, kept, _prism: prism }
    }

    /// Where it is spoken to.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Ends the story: these calls were made, and the description allows each of them.
    pub fn allowed(&self, calls: &[&str]) {
        let kept = self.kept.lock().unwrap();
        assert_eq!(kept.violations, [""; 0], "{:?}", kept.calls);
        assert_eq!(kept.calls, calls);
    }

    /// What was found wrong.
    pub fn violations(&self) -> Vec<String> {
        self.kept.lock().unwrap().violations.clone()
    }
}

/// What Prism says of a request.
async fn look(backend: &Backend, seen: Seen) -> Vec<String> {
    let method = Method::from_bytes(seen.method.as_bytes()).unwrap();
    let mut request = Request::new(method, seen.path).once().limit(Duration::from_secs(60)).body(seen.body);
    let ours = ["host", "content-length", "user-agent", "connection", "transfer-encoding"];
    for (name, value) in seen.headers.into_iter().filter(|(name, _)| !ours.contains(&name.as_str())) {
        request = request.header(name, value);
    }
    match backend.send(&request).await {
        Outcome::Answered(answer) => wrong(&answer),
        Outcome::NotSent(why) | Outcome::Unknown(why) => vec![format!("Prism: {why}")],
    }
}

/// What of the request is wrong. What a description's own examples lack is the vendor's affair.
fn wrong(answer: &Answer) -> Vec<String> {
    let header = answer.header("sl-violations").and_then(|list| serde_json::from_str::<Value>(list).ok());
    let body = answer.json().unwrap_or_default();
    let found = [header.unwrap_or_default(), body["validation"].clone()];
    let all = found.iter().filter_map(Value::as_array).flatten();
    let ours = all.filter(|one| one["location"][0] != "response");
    let mut wrong: Vec<String> = ours.map(|one| format!("{}: {}", one["location"], one["message"])).collect();
    // No such path, no such method, no such answer: Prism's own words for what has no place.
    let kind = body["type"].as_str().unwrap_or_default();
    if wrong.is_empty() && kind.contains("stoplight.io/prism/errors") && !kind.ends_with("#VIOLATIONS") {
        wrong.push(format!("{} {}", body["title"], body["detail"]));
    }
    wrong
}
