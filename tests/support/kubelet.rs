//! Stands in for scheduler and kubelet, because nothing here runs containers: gives pods a node,
//! says that they run, ends those that are to go, and hands out their logs.
//!
//! A pod whose image has a tag that begins with `bad` never gets its image. It also plays the
//! controller of agent-sandbox: one pod for each Sandbox that is not suspended.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use kube::Client;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::kubernetes::client;

/// How often it looks at the pods.
const PACE: Duration = Duration::from_millis(50);

/// The namespaces whose pods do not end.
type Holds = Arc<Mutex<BTreeSet<String>>>;

const NODE: &str = "node-1";

/// A running kubelet.
pub struct Kubelet {
    runtime: Option<Runtime>,
    holds: Holds,
}

impl Kubelet {
    /// Starts it once the API server is ready for it.
    pub fn start(
        kubeconfig: &Path,
        key: &Path,
        certificate: &Path,
        within: Duration,
    ) -> Result<Self, String> {
        let holds = Holds::default();
        let tls = acceptor(key, certificate)?;
        let starting = || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
            let runtime = runtime.map_err(|error| error.to_string())?;
            let held = holds.clone();
            runtime.block_on(async {
                let client = client(kubeconfig).await?;
                let ready = tokio::time::timeout(within, until_ready(&client)).await;
                ready.map_err(|_| format!("the API server was not ready within {within:?}"))?;
                let listener = TcpListener::bind("127.0.0.1:0").await.map_err(|error| error.to_string())?;
                let port = listener.local_addr().map_err(|error| error.to_string())?.port();
                send(&client, "POST", "/api/v1/nodes", &json!({"metadata": {"name": NODE}})).await?;
                let status = json!({"status": {
                    "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}],
                    "daemonEndpoints": {"kubeletEndpoint": {"Port": port}},
                    "conditions": [{"type": "Ready", "status": "True"}],
                }});
                send(&client, "PATCH", &format!("/api/v1/nodes/{NODE}/status"), &status).await?;
                tokio::spawn(serve_logs(listener, tls));
                tokio::spawn(work(client, held));
                Ok::<(), String>(())
            })?;
            Ok::<Runtime, String>(runtime)
        };
        // Whoever starts it may be within a runtime, where none can be waited for.
        let started = thread::scope(|scope| scope.spawn(starting).join());
        let runtime = started.map_err(|_| "the kubelet's start panicked".to_owned())??;
        Ok(Self { runtime: Some(runtime), holds })
    }

    /// From now on a namespace's pods that are to go stay: their processes do not end.
    pub fn hold(&self, namespace: &str, hold: bool) {
        let mut holds = self.holds.lock().unwrap_or_else(PoisonError::into_inner);
        if hold {
            holds.insert(namespace.to_owned());
        } else {
            holds.remove(namespace);
        }
    }
}

impl Drop for Kubelet {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn send(client: &Client, method: &str, path: &str, body: &Value) -> Result<Value, String> {
    let content = match method {
        "PATCH" => "application/strategic-merge-patch+json",
        _ => "application/json",
    };
    let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    let request =
        http::Request::builder().method(method).uri(path).header("content-type", content).body(body);
    client.request(request.map_err(|error| error.to_string())?).await.map_err(|error| error.to_string())
}

async fn until_ready(client: &Client) {
    loop {
        let asked = http::Request::builder().uri("/readyz").body(Vec::new()).expect("a request");
        if client.request_text(asked).await.is_ok_and(|said| said == "ok") {
            return;
        }
        tokio::time::sleep(PACE).await;
    }
}

async fn work(client: Client, holds: Holds) {
    loop {
        if let Ok(pods) = send(&client, "GET", "/api/v1/pods", &Value::Null).await {
            for pod in pods["items"].as_array().into_iter().flatten() {
                let namespace = pod["metadata"]["namespace"].as_str().unwrap_or_default();
                let hold = holds.lock().unwrap_or_else(PoisonError::into_inner).contains(namespace);
                tend(&client, pod, hold).await;
            }
            sandboxes(&client, &pods).await;
        }
        tokio::time::sleep(PACE).await;
    }
}

/// Brings one pod one step on. What fails is tried again: somebody else may have been quicker.
async fn tend(client: &Client, pod: &Value, hold: bool) {
    let of = |key: &str| pod["metadata"][key].as_str().unwrap_or_default();
    let path = format!("/api/v1/namespaces/{}/pods/{}", of("namespace"), of("name"));
    if !pod["metadata"]["deletionTimestamp"].is_null() {
        if !hold {
            let now = json!({"gracePeriodSeconds": 0, "preconditions": {"uid": of("uid")}});
            let _ = send(client, "DELETE", &path, &now).await;
        }
        return;
    }
    if pod["spec"]["nodeName"].is_null() {
        let target = json!({"kind": "Node", "name": NODE});
        let binding = json!({"metadata": {"name": of("name")}, "target": target});
        let _ = send(client, "POST", &format!("{path}/binding"), &binding).await;
        return;
    }
    if !pod["status"]["containerStatuses"].is_null() {
        return;
    }
    let containers = pod["spec"]["containers"].as_array().into_iter().flatten();
    let is_bad = |container: &Value| container["image"].as_str().is_some_and(|image| image.contains(":bad"));
    let bad = containers.clone().any(is_bad);
    let statuses = containers.map(|container| {
        let state = match is_bad(container) {
            true => json!({"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling image"}}),
            false => json!({"running": {"startedAt": "2026-01-01T00:00:00Z"}}),
        };
        json!({"name": container["name"], "image": container["image"], "imageID": "", "restartCount": 0,
            "ready": !is_bad(container), "state": state})
    });
    let ready = if bad { "False" } else { "True" };
    let status = json!({"status": {
        "phase": if bad { "Pending" } else { "Running" },
        "conditions": [{"type": "Ready", "status": ready}, {"type": "ContainersReady", "status": ready}],
        "containerStatuses": statuses.collect::<Vec<_>>(),
    }});
    let _ = send(client, "PATCH", &format!("{path}/status"), &status).await;
}

const SANDBOXES: &str = "/apis/agents.x-k8s.io/v1beta1";

/// One pod for each Sandbox that is not suspended, none for one that is.
async fn sandboxes(client: &Client, pods: &Value) {
    let Ok(all) = send(client, "GET", &format!("{SANDBOXES}/sandboxes"), &Value::Null).await else { return };
    for sandbox in all["items"].as_array().into_iter().flatten() {
        let of = |key: &str| sandbox["metadata"][key].as_str().unwrap_or_default();
        let path = format!("/api/v1/namespaces/{}/pods", of("namespace"));
        let mut pods = pods["items"].as_array().into_iter().flatten();
        let pod = pods.find(|pod| pod["metadata"]["ownerReferences"][0]["uid"] == sandbox["metadata"]["uid"]);
        let suspended = sandbox["spec"]["operatingMode"] == "Suspended";
        match pod {
            Some(_) if suspended => {
                let _ = send(client, "DELETE", &format!("{path}/{}", of("name")), &Value::Null).await;
            }
            None if !suspended => {
                let owner = json!({"apiVersion": "agents.x-k8s.io/v1beta1", "kind": "Sandbox",
                    "name": of("name"), "uid": of("uid"), "controller": true});
                let metadata = json!({"name": of("name"), "labels": {"sandbox": of("name")}, "ownerReferences": [owner]});
                let pod = json!({"metadata": metadata, "spec": sandbox["spec"]["podTemplate"]["spec"]});
                let _ = send(client, "POST", &path, &pod).await;
            }
            Some(_) | None => {}
        }
    }
}

fn acceptor(key: &Path, certificate: &Path) -> Result<TlsAcceptor, String> {
    let key = PrivateKeyDer::from_pem_file(key).map_err(|error| error.to_string())?;
    let certificate = CertificateDer::from_pem_file(certificate).map_err(|error| error.to_string())?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .map_err(|error| error.to_string())?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

async fn serve_logs(listener: TcpListener, tls: TlsAcceptor) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(log(stream, tls.clone()));
    }
}

/// Two lines for whichever container is asked for.
async fn log(stream: TcpStream, tls: TlsAcceptor) -> std::io::Result<()> {
    let mut stream = tls.accept(stream).await?;
    let mut asked = Vec::new();
    while !asked.windows(4).any(|end| end == b"\r\n\r\n") {
        if stream.read_buf(&mut asked).await? == 0 {
            return Ok(());
        }
    }
    let asked = String::from_utf8_lossy(&asked);
    let path = asked.split(' ').nth(1).unwrap_or_default().to_owned();
    let log = format!("2026-11-21T05:39:25.5Z asked for {path}\n2026-11-21T05:41:00Z tool_call refund\n");
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", log.len());
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(log.as_bytes()).await?;
    stream.shutdown().await
}
