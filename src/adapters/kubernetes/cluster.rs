//! The way to a cluster: one request, one answer, within a deadline.
//!
//! `kube` finds the cluster and proves who asks: kubeconfig, exec plugins, a pod's own account. What
//! comes back is told apart by what it says of the world: nothing left us, nobody knows, refused,
//! done. `kube`'s own repetition of requests is off: a write that timed out must never be made
//! again unseen. No error of `kube`'s about credentials is passed on: some of them hold what a
//! plugin printed, which may be a token.

use std::error::Error as StdError;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http_body_util::{BodyExt as _, Limited};
use kube::client::{AuthError, Body as Bytes};
use kube::config::{ExecInteractiveMode, KubeConfigOptions, Kubeconfig, KubeconfigError};
use kube::{Client, Config};
use serde_json::Value;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use crate::adapters::Health;
use crate::incident::Text;
use crate::web::{Circuit, CircuitRule, CircuitState};

use super::deed::{Body, FIELD_MANAGER, Request};
use super::object::text;

/// Bytes of an answer at most: thousands of pods.
const ANSWER_MAX: usize = 32 * 1024 * 1024;

/// What became of a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Nothing left us: no cluster was reached.
    NotSent(Text),
    /// Sent, and no answer that says what became of it.
    Unknown(Text),
    /// The cluster said no.
    Refused(Refusal),
    /// Done; what it answered.
    Done(Value),
}

/// A no, in the cluster's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub code: u16,
    /// What it said.
    pub message: Text,
    /// Seconds after which it may be asked again.
    pub retry_after: Option<u32>,
}

impl Refusal {
    /// `409 Operation cannot be fulfilled …`.
    pub fn words(&self) -> Text {
        Text::line(&format!("{} {}", self.code, self.message))
    }
}

impl Outcome {
    /// Whether the cluster said that there is no such thing.
    pub fn is_missing(&self) -> bool {
        self.refusal().is_some_and(|refusal| refusal.code == 404)
    }

    /// The no, if it is one.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            Self::NotSent(_) | Self::Unknown(_) | Self::Done(_) => None,
        }
    }

    /// The answer of a reading, for which every other outcome is the same: nothing was read.
    ///
    /// # Errors
    /// Why not, in words.
    pub fn read(self) -> Result<Value, Text> {
        match self {
            Self::Done(value) => Ok(value),
            Self::NotSent(why) | Self::Unknown(why) => Err(why),
            Self::Refused(refusal) => Err(refusal.words()),
        }
    }
}

/// A connection, and where it leads.
#[derive(Clone)]
struct Connection {
    client: Client,
    context: String,
    namespace: String,
}

/// A cluster, connected to when it is first needed.
pub struct Cluster {
    kubeconfig: Option<PathBuf>,
    context: Option<String>,
    deadline: Duration,
    connection: Mutex<Option<Connection>>,
    /// The context of the first connection. Somebody who changes the current one elsewhere must
    /// not turn a confirmed action to another cluster.
    pinned: OnceLock<String>,
    circuit: Circuit,
}

/// After five failures in a row readings pause, but not for long: somebody waits for a proof.
const CIRCUIT: CircuitRule = CircuitRule { failures: 5, open_for: Duration::from_secs(10) };

impl Cluster {
    /// As configured; reads nothing yet.
    pub fn new(kubeconfig: Option<PathBuf>, context: Option<String>, deadline: Duration) -> Arc<Self> {
        let (connection, pinned, circuit) = (Mutex::default(), OnceLock::new(), Circuit::new(CIRCUIT));
        Arc::new(Self { kubeconfig, context, deadline, connection, pinned, circuit })
    }

    /// How long one request may take.
    pub const fn deadline(&self) -> Duration {
        self.deadline
    }

    /// How the circuit to it is.
    pub fn circuit(&self) -> CircuitState {
        self.circuit.state(Instant::now())
    }

    /// Looks whether it is there, and which version it has. That it says so proves nothing more.
    pub async fn look(&self) -> Health {
        let place = match self.place().await {
            Ok((context, namespace)) => format!("{context}, namespace {namespace}"),
            Err(why) => return Health::Ill(why),
        };
        match self.read("version").await.read() {
            Ok(version) => {
                let version = text(&version, "/gitVersion").unwrap_or("of no known version");
                Health::Well(Text::line(&format!("{place}: Kubernetes {version}")))
            }
            Err(why) => Health::Ill(Text::line(&format!("{place}: {why}"))),
        }
    }

    /// The context's name and its namespace.
    ///
    /// # Errors
    /// In words: why no cluster can be found.
    pub async fn place(&self) -> Result<(String, String), Text> {
        let connection = self.connection().await?;
        Ok((connection.context, connection.namespace))
    }

    /// Reads an object.
    pub async fn read(&self, path: impl Into<String>) -> Outcome {
        self.send(&Request::get(path.into())).await
    }

    /// Makes a request, once.
    pub async fn send(&self, request: &Request) -> Outcome {
        let outcome = self.send_once(request, false).await;
        // Nothing was done for somebody unknown. A token or certificate that ran out is had anew.
        if matches!(&outcome, Outcome::Refused(refusal) if refusal.code == 401) {
            *self.connection.lock().await = None;
            return self.send_once(request, false).await;
        }
        outcome
    }

    /// Asks what would become of a request. Nothing is kept of it.
    pub async fn rehearse(&self, request: &Request) -> Outcome {
        self.send_once(request, true).await
    }

    /// Reads text: a container's log.
    ///
    /// # Errors
    /// Why not, in words.
    pub async fn read_text(&self, request: &Request) -> Result<Vec<u8>, Text> {
        let answer = self.exchange(request, false).await;
        match answer {
            Ok((status, _, body)) if (200..300).contains(&status) => Ok(body),
            Ok((status, _, body)) => Err(refusal(status, None, &body).words()),
            Err(Outcome::NotSent(why) | Outcome::Unknown(why)) => Err(why),
            Err(other @ (Outcome::Refused(_) | Outcome::Done(_))) => other.read().map(|_| Vec::new()),
        }
    }

    async fn send_once(&self, request: &Request, rehearsal: bool) -> Outcome {
        let (status, retry_after, body) = match self.exchange(request, rehearsal).await {
            Ok(answer) => answer,
            Err(outcome) => return outcome,
        };
        if (200..300).contains(&status) {
            return match serde_json::from_slice(&body) {
                Ok(value) => Outcome::Done(value),
                Err(why) => Outcome::Unknown(Text::line(&format!("the answer was no JSON: {why}"))),
            };
        }
        let refusal = refusal(status, retry_after, &body);
        // A server that failed, or gave up waiting for its store, may have written all the same.
        if status >= 500 || status == 408 {
            Outcome::Unknown(refusal.words())
        } else {
            Outcome::Refused(refusal)
        }
    }

    /// Status, seconds to wait before asking again, and body.
    async fn exchange(
        &self,
        request: &Request,
        rehearsal: bool,
    ) -> Result<(u16, Option<u32>, Vec<u8>), Outcome> {
        // What a person asks for always goes through; probes look at the circuit themselves.
        let pass = self.circuit.admit(Instant::now(), true).map_err(Outcome::NotSent)?;
        let answer = self.exchange_now(request, rehearsal).await;
        let wrong = match &answer {
            // A log is the node's to give: that one of them is gone says nothing of the cluster.
            Ok((status, _, _)) if *status >= 500 && !request.path.ends_with("/log") => {
                Some(Text::line(&format!("it answers {status}")))
            }
            Ok(_) => None,
            Err(Outcome::NotSent(why) | Outcome::Unknown(why)) => Some(why.clone()),
            Err(Outcome::Refused(_) | Outcome::Done(_)) => None,
        };
        pass.settle(Instant::now(), wrong.as_ref());
        answer
    }

    async fn exchange_now(
        &self,
        request: &Request,
        rehearsal: bool,
    ) -> Result<(u16, Option<u32>, Vec<u8>), Outcome> {
        let connection = self.connection().await.map_err(Outcome::NotSent)?;
        let request = wire(request, self.deadline, rehearsal)
            .map_err(|why| Outcome::NotSent(Text::line(&format!("no request could be made: {why}"))))?;
        let exchange = async {
            let response = connection.client.send(request).await.map_err(|error| lost(&error))?;
            let status = response.status().as_u16();
            let header = response.headers().get("retry-after");
            let retry_after = header.and_then(|value| value.to_str().ok()?.parse().ok());
            let body = Limited::new(response.into_body(), ANSWER_MAX).collect().await;
            let body = body.map_err(|_| {
                Outcome::Unknown(Text::line(&format!("the answer ({status}) broke off, or is too large")))
            })?;
            Ok((status, retry_after, body.to_bytes().to_vec()))
        };
        match timeout(self.deadline, exchange).await {
            Ok(answer) => answer,
            Err(_) => Err(Outcome::Unknown(Text::line(&format!(
                "no answer within {} s",
                self.deadline.as_secs_f32()
            )))),
        }
    }

    async fn connection(&self) -> Result<Connection, Text> {
        let connecting = async {
            let mut held = self.connection.lock().await;
            if let Some(connection) = &*held {
                return Ok(connection.clone());
            }
            let connection = self.connect().await?;
            *held = Some(connection.clone());
            Ok(connection)
        };
        match timeout(self.deadline, connecting).await {
            Ok(connection) => connection,
            Err(_) => Err(Text::line(&format!(
                "no credentials within {} s: does an exec plugin of the kubeconfig wait for something?",
                self.deadline.as_secs_f32()
            ))),
        }
    }

    async fn connect(&self) -> Result<Connection, Text> {
        let (kubeconfig, deadline) = (self.kubeconfig.clone(), self.deadline);
        let context = self.pinned.get().cloned().or_else(|| self.context.clone());
        // Files are read and exec plugins run here, which blocks.
        let runtime = tokio::runtime::Handle::current();
        let connecting = tokio::task::spawn_blocking(move || {
            let (mut config, context) = runtime.block_on(found(kubeconfig, context))?;
            // A connection that was not made within half the time was not made: nothing was sent.
            config.connect_timeout = Some(deadline / 2);
            config.default_retry = false;
            if let Some(exec) = &mut config.auth_info.exec {
                // The terminal is the cockpit's: no plugin may read from it or write on it.
                exec.interactive_mode = Some(ExecInteractiveMode::Never);
            }
            let namespace = config.default_namespace.clone();
            let client = Client::try_from(config).map_err(|error| unusable(&error))?;
            Ok::<_, Text>(Connection { client, context, namespace })
        });
        let connection: Connection =
            connecting.await.map_err(|_| Text::line("looking for the cluster was broken off"))??;
        let pinned = self.pinned.get_or_init(|| connection.context.clone());
        if *pinned != connection.context {
            return Err(Text::line(&format!("the context is now {}, not {pinned}", connection.context)));
        }
        Ok(connection)
    }
}

/// The configuration of a context, and its name.
async fn found(kubeconfig: Option<PathBuf>, context: Option<String>) -> Result<(Config, String), Text> {
    let read = match &kubeconfig {
        Some(path) => Kubeconfig::read_from(path),
        None => Kubeconfig::read(),
    };
    let in_cluster = kubeconfig.is_none() && context.as_deref().is_none_or(|name| name == IN_CLUSTER);
    let kubeconfig = match read {
        Ok(kubeconfig) => kubeconfig,
        Err(why) if in_cluster => {
            return match Config::incluster() {
                Ok(config) => Ok((config, IN_CLUSTER.to_owned())),
                Err(_) => Err(unread(&why)),
            };
        }
        Err(why) => return Err(unread(&why)),
    };
    let Some(name) = context.or_else(|| kubeconfig.current_context.clone()) else {
        return Err(Text::line("the kubeconfig has no current context; set `context`"));
    };
    let options = KubeConfigOptions { context: Some(name.clone()), ..KubeConfigOptions::default() };
    let config = Config::from_custom_kubeconfig(kubeconfig, &options).await.map_err(|why| unread(&why))?;
    Ok((config, name))
}

/// What the place is called where a pod's own account is used.
const IN_CLUSTER: &str = "in-cluster";

/// A kubeconfig may hold tokens, so only those words are passed on that hold none of it.
fn unread(why: &KubeconfigError) -> Text {
    let words = if let KubeconfigError::ReadConfig(why, path) = why {
        format!("the kubeconfig {} cannot be read: {why}", path.display())
    } else if let KubeconfigError::LoadContext(name) = why {
        format!("the kubeconfig has no context '{name}'")
    } else if let KubeconfigError::LoadClusterOfContext(name) = why {
        format!("the kubeconfig has no cluster '{name}'")
    } else if let KubeconfigError::Parse(_) = why {
        "the kubeconfig is no YAML that kubectl would take; kubectl config view says where".to_owned()
    } else {
        "the kubeconfig cannot be used; kubectl config view says more".to_owned()
    };
    Text::line(&words)
}

fn unusable(error: &kube::Error) -> Text {
    if let kube::Error::Auth(auth) = error {
        return Text::line(&uncredited(auth));
    }
    Text::line("no connection can be made with what the kubeconfig says: its certificates or its proxy")
}

/// What is wrong with credentials, without what a plugin printed.
fn uncredited(error: &AuthError) -> String {
    if let AuthError::AuthExecStart(why) = error {
        format!("the exec plugin of the kubeconfig could not be started: {why}")
    } else if let AuthError::AuthExecRun { cmd, out } = error {
        let program = cmd.split_whitespace().next().unwrap_or_default().trim_matches('"');
        format!("the exec plugin {program} ended with {}; run kubectl once to see what it wants", out.status)
    } else if let AuthError::ReadTokenFile(why, path) = error {
        format!("the token file {} cannot be read: {why}", path.display())
    } else {
        "no credentials could be had with what the kubeconfig says; run kubectl once to see why".to_owned()
    }
}

/// A request that found no answer: whether it left us.
fn lost(error: &kube::Error) -> Outcome {
    if let kube::Error::Auth(auth) = error {
        return Outcome::NotSent(Text::line(&uncredited(auth)));
    }
    let mut source: Option<&(dyn StdError + 'static)> = Some(error);
    let mut deepest = String::new();
    let mut unsent = false;
    while let Some(inner) = source {
        if let Some(auth) = inner.downcast_ref::<AuthError>() {
            return Outcome::NotSent(Text::line(&uncredited(auth)));
        }
        let connecting = inner.downcast_ref::<hyper_util::client::legacy::Error>();
        unsent |= connecting.is_some_and(hyper_util::client::legacy::Error::is_connect);
        deepest = inner.to_string();
        source = inner.source();
    }
    if unsent {
        Outcome::NotSent(Text::line(&format!("the cluster cannot be reached: {deepest}")))
    } else {
        Outcome::Unknown(Text::line(&format!("the connection broke off: {deepest}")))
    }
}

/// What the cluster said in its `Status`, or else the beginning of what it said.
fn refusal(code: u16, retry_after: Option<u32>, body: &[u8]) -> Refusal {
    let status: Option<Value> = serde_json::from_slice(body).ok();
    let message = status.as_ref().and_then(|status| text(status, "/message")).map(str::to_owned);
    let plain = || String::from_utf8_lossy(&body[..body.len().min(400)]).into_owned();
    Refusal { code, message: Text::line(message.unwrap_or_else(plain).trim()), retry_after }
}

/// The request as it goes out. Every write says who writes, and how long it is waited for.
fn wire(request: &Request, deadline: Duration, rehearsal: bool) -> Result<http::Request<Bytes>, http::Error> {
    let writes = request.method != "GET";
    let mut query: Vec<(&str, String)> = request.query.clone();
    let content = match request.body {
        Body::None | Body::New(_) => "application/json",
        Body::Merge(_) => "application/merge-patch+json",
        // JSON is YAML; older servers take only this name.
        Body::Apply(_) => "application/apply-patch+yaml",
    };
    if writes {
        if request.method != "DELETE" {
            query.push(("fieldManager", FIELD_MANAGER.to_owned()));
        }
        query.push(("timeout", format!("{}s", deadline.as_secs().max(1))));
    }
    if rehearsal {
        query.push(("dryRun", "All".to_owned()));
    }
    let mut uri = format!("/{}", request.path);
    for (index, (key, value)) in query.iter().enumerate() {
        uri.push(if index == 0 { '?' } else { '&' });
        uri.push_str(key);
        uri.push('=');
        uri.push_str(&encoded(value));
    }
    let body = match &request.body {
        Body::None => Vec::new(),
        Body::Merge(body) | Body::Apply(body) | Body::New(body) => body.to_string().into_bytes(),
    };
    let builder =
        http::Request::builder().method(request.method).uri(uri).header("accept", "application/json");
    builder.header("content-type", content).body(Bytes::from(body))
}

/// Text as a query takes it.
fn encoded(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::kubernetes::deed::remove_pods;
    use serde_json::json;

    #[test]
    fn every_write_says_who_writes_and_how_long_it_is_waited_for() {
        let patch = Request {
            method: "PATCH",
            path: "apis/x".to_owned(),
            query: vec![],
            body: Body::Merge(json!({"a": 1})),
        };
        let sent = wire(&patch, Duration::from_secs(5), false).unwrap();
        assert_eq!(sent.uri(), "/apis/x?fieldManager=flightdeck&timeout=5s");
        assert_eq!(sent.headers()["content-type"], "application/merge-patch+json");
        let rehearsed = wire(&patch, Duration::from_millis(200), true).unwrap();
        assert_eq!(rehearsed.uri(), "/apis/x?fieldManager=flightdeck&timeout=1s&dryRun=All");
        let read = wire(&Request::get("api/v1".to_owned()), Duration::from_secs(5), false).unwrap();
        assert_eq!(read.uri(), "/api/v1");
        let removed = wire(&remove_pods("n", "app in (a,b)"), Duration::from_secs(5), false).unwrap();
        assert_eq!(
            removed.uri(),
            "/api/v1/namespaces/n/pods?labelSelector=app%20in%20%28a%2Cb%29&timeout=5s"
        );
    }

    #[test]
    fn a_no_is_told_in_the_cluster_s_words() {
        let body = br#"{"kind":"Status","message":"deployments.apps \"a\" is forbidden","code":403}"#;
        assert_eq!(refusal(403, None, body).words(), "403 deployments.apps \"a\" is forbidden");
        assert_eq!(refusal(502, None, b"<html>Bad Gateway").words(), "502 <html>Bad Gateway");
    }

    #[tokio::test]
    async fn what_a_plugin_prints_is_never_passed_on() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("config");
        let kubeconfig = |command: &str| {
            json!({
                "apiVersion": "v1", "kind": "Config", "current-context": "c",
                "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
                "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}],
                "users": [{"name": "u", "user": {"exec": {
                    "apiVersion": "client.authentication.k8s.io/v1", "command": "sh",
                    "args": ["-c", command], "interactiveMode": "IfAvailable"}}}],
            })
        };
        for command in [
            "echo hunter2; echo hunter2 >&2; exit 3",
            "echo 'token: [hunter2'",
            "echo '{\"status\": {\"token\": \"hunter2\\n\"}}'",
            "cat; echo hunter2",
        ] {
            std::fs::write(&file, kubeconfig(command).to_string()).unwrap();
            let cluster = Cluster::new(Some(file.clone()), None, Duration::from_secs(5));
            let Outcome::NotSent(words) = cluster.read("api").await else { panic!("sent") };
            assert!(!words.as_str().contains("hunter2"), "{words}");
        }
        std::fs::write(&file, "users:\n- name: u\n  user: {token: hunter2\n x").unwrap();
        let Outcome::NotSent(words) =
            Cluster::new(Some(file), None, Duration::from_secs(5)).read("api").await
        else {
            panic!("sent")
        };
        assert!(!words.as_str().contains("hunter2"), "{words}");
    }

    #[tokio::test]
    async fn a_plugin_that_hangs_is_not_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("config");
        let text = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "c",
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}],
            "users": [{"name": "u", "user": {"exec": {
                "apiVersion": "client.authentication.k8s.io/v1", "command": "sleep", "args": ["2"]}}}],
        });
        std::fs::write(&file, text.to_string()).unwrap();
        let cluster = Cluster::new(Some(file), None, Duration::from_millis(100));
        let Outcome::NotSent(words) = cluster.read("api").await else { panic!("sent") };
        assert!(words.as_str().contains("exec plugin"), "{words}");
    }

    #[tokio::test]
    async fn where_nobody_listens_nothing_was_sent() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("config");
        let text = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "c",
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u", "namespace": "agents"}}],
            "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}],
            "users": [{"name": "u", "user": {"token": "hunter2"}}],
        });
        std::fs::write(&file, text.to_string()).unwrap();
        let cluster = Cluster::new(Some(file.clone()), None, Duration::from_secs(5));
        assert_eq!(cluster.place().await, Ok(("c".to_owned(), "agents".to_owned())));
        let Outcome::NotSent(words) = cluster.read("api").await else { panic!("sent") };
        assert!(
            words.as_str().contains("cannot be reached") && !words.as_str().contains("hunter2"),
            "{words}"
        );
        for (context, says) in [("nope", "no context 'nope'")] {
            let cluster = Cluster::new(Some(file.clone()), Some(context.to_owned()), Duration::from_secs(5));
            assert!(cluster.place().await.unwrap_err().as_str().contains(says));
        }
    }
}
