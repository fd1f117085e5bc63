//! A real Kubernetes control plane on loopback: etcd, kube-apiserver, kube-controller-manager, and
//! a kubelet of ours, because nothing here runs containers.
//!
//! `tests/kubernetes/build` brings the programs. Tests share one control plane while several run;
//! each has a namespace of its own.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde_json::{Value, json};

use super::kubelet::Kubelet;
use super::program::Program;

/// How long the control plane may take to come up, on a busy machine.
const START: Duration = Duration::from_secs(120);

/// What an exec plugin prints for the administrator, or for nobody.
pub fn credential(known: bool) -> String {
    let token = if known { USERS[0].1 } else { "nobody-hunter2" };
    let status = json!({"token": token});
    json!({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status})
        .to_string()
}

/// A running control plane.
pub struct ControlPlane {
    // In the order they stop.
    pub kubelet: Kubelet,
    _controller_manager: Program,
    apiserver: Program,
    etcd: Program,
    port: u16,
    dir: tempfile::TempDir,
}

/// Tokens that the API server knows: user, token, groups.
const USERS: &[(&str, &str, &str)] =
    &[("admin", "admin-token-hunter2", "system:masters"), ("reader", "reader-token-hunter2", "")];

impl ControlPlane {
    /// The one that tests share; it stops when the last of them ends.
    pub fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<ControlPlane>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let started = Arc::new(Self::start().expect("the cluster takes it"));
            *shared = Arc::downgrade(&started);
            started
        })
    }

    /// One of one's own.
    pub fn start() -> Result<Self, String> {
        let binaries = binaries()?;
        let dir = tempfile::tempdir().map_err(|error| format!("no temporary directory: {error}"))?;
        let (key, certificate) = key_and_certificate(dir.path())?;
        let [etcd_client, etcd_peer, port] = free_ports();
        let etcd = start_etcd(dir.path(), etcd_client, etcd_peer)?;
        etcd.wait_for_line("ready to serve client requests", START)?;
        let apiserver = start_apiserver(&binaries, dir.path(), &key, etcd_client, port)?;
        // Written once the server has made its certificate, which it does before it says this.
        apiserver.wait_for_line("Serving securely on", START)?;
        let admin = kubeconfig(dir.path(), "admin", port, "default")?;
        let kubelet = Kubelet::start(&admin, &key, &certificate, START)
            .map_err(|why| format!("{why}\n{}", apiserver.log()))?;
        let controller_manager = Program::start(
            &binaries.join("kube-controller-manager").display().to_string(),
            "tests/kubernetes/build",
            &[
                &format!("--kubeconfig={}", admin.display()),
                "--controllers=deployment,replicaset,statefulset,disruption,garbagecollector",
                "--leader-elect=false",
                "--port=0",
                "--secure-port=0",
                "--kube-api-qps=200",
                "--kube-api-burst=400",
            ],
        )?;
        Ok(Self { kubelet, _controller_manager: controller_manager, apiserver, etcd, port, dir })
    }

    /// A kubeconfig file of one of the users, whose context has this namespace.
    pub fn kubeconfig(&self, user: &str, namespace: &str) -> PathBuf {
        kubeconfig(self.dir.path(), user, self.port, namespace).expect("a file in our own directory")
    }

    /// The same, through somebody who listens on another port.
    pub fn kubeconfig_by(&self, user: &str, namespace: &str, port: u16) -> PathBuf {
        kubeconfig(self.dir.path(), user, port, namespace).expect("a file in our own directory")
    }

    /// A kubeconfig whose credentials a plugin has, and the file that the plugin prints.
    pub fn kubeconfig_with_plugin(&self, namespace: &str) -> (PathBuf, PathBuf) {
        let file = self.kubeconfig("admin", namespace);
        let text = fs::read_to_string(&file).expect("our own file");
        let mut text: Value = serde_json::from_str(&text).expect("our own JSON");
        let credential = self.dir.path().join(format!("{namespace}-credential.json"));
        text["users"][0]["user"] = json!({"exec": {
            "apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "IfAvailable",
            "command": "cat", "args": [credential],
        }});
        let file = self.dir.path().join(format!("{namespace}-plugin.json"));
        fs::write(&file, text.to_string()).expect("our own directory");
        (file, credential)
    }

    /// The certificate that the API server shows, by itself signed.
    pub fn certificate(&self) -> PathBuf {
        self.dir.path().join("apiserver/apiserver.crt")
    }

    /// Where the API server listens.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port))
    }

    /// The API as the administrator has it.
    pub async fn api(&self) -> Api {
        Api { client: client(&self.kubeconfig("admin", "default")).await.expect("our own kubeconfig") }
    }

    /// Stops the store without ending it: the API server takes requests and never answers.
    pub fn freeze(&self) {
        self.etcd.pause().expect("it runs");
    }

    /// Lets the store go on.
    pub fn thaw(&self) {
        self.etcd.resume().expect("it runs");
    }

    /// The end of what the API server wrote, for a failure's message.
    pub fn log(&self) -> String {
        let log = self.apiserver.log();
        log.lines().rev().take(60).collect::<Vec<_>>().join("\n")
    }
}

/// The API, for what a test does itself.
#[derive(Clone)]
pub struct Api {
    client: Client,
}

impl Api {
    /// As this kubeconfig says.
    pub async fn of(kubeconfig: &Path) -> Self {
        Self { client: client(kubeconfig).await.expect("our own kubeconfig") }
    }

    async fn send(&self, method: &str, path: &str, content: &str, body: &Value) -> Result<Value, String> {
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let request =
            http::Request::builder().method(method).uri(path).header("content-type", content).body(body);
        let request = request.map_err(|error| error.to_string())?;
        self.client.request(request).await.map_err(|error| format!("{method} {path}: {error}"))
    }

    /// Reads.
    pub async fn try_get(&self, path: &str) -> Result<Value, String> {
        self.send("GET", path, "application/json", &Value::Null).await
    }

    /// Reads what is there.
    pub async fn get(&self, path: &str) -> Value {
        self.try_get(path).await.expect("the cluster takes it")
    }

    /// Makes an object, if it is taken.
    pub async fn try_post(&self, path: &str, body: Value) -> Result<Value, String> {
        self.send("POST", path, "application/json", &body).await
    }

    /// Makes an object.
    pub async fn post(&self, path: &str, body: Value) -> Value {
        self.send("POST", path, "application/json", &body).await.expect("the cluster takes it")
    }

    /// Changes one.
    pub async fn try_patch(&self, path: &str, body: Value) -> Result<Value, String> {
        self.send("PATCH", path, "application/merge-patch+json", &body).await
    }

    /// Changes one.
    pub async fn patch(&self, path: &str, body: Value) -> Value {
        self.try_patch(path, body).await.expect("the cluster takes it")
    }

    /// Takes one away, now.
    pub async fn delete(&self, path: &str) -> Result<Value, String> {
        self.send("DELETE", path, "application/json", &json!({"gracePeriodSeconds": 0})).await
    }
}

pub async fn client(kubeconfig: &Path) -> Result<Client, String> {
    let read = Kubeconfig::read_from(kubeconfig).map_err(|error| error.to_string())?;
    let config = Config::from_custom_kubeconfig(read, &KubeConfigOptions::default()).await;
    let mut config = config.map_err(|error| error.to_string())?;
    config.default_retry = false;
    Client::try_from(config).map_err(|error| error.to_string())
}

fn binaries() -> Result<PathBuf, String> {
    let cache = std::env::var_os("FLIGHTDECK_TEST_CACHE").map(PathBuf::from).or_else(|| {
        let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        let cache = cache.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")));
        Some(cache?.join("flightdeck"))
    });
    let directory = cache.ok_or("no cache directory")?.join("kubernetes-1.20");
    if directory.join("kube-apiserver").is_file() {
        return Ok(directory);
    }
    Err(format!("there is no kube-apiserver in {}; tests/kubernetes/build makes one", directory.display()))
}

/// Ports that nobody listens on; the system does not give them out again at once.
fn free_ports<const N: usize>() -> [u16; N] {
    let listeners =
        std::array::from_fn::<_, N, _>(|_| TcpListener::bind("127.0.0.1:0").expect("a free port"));
    listeners.map(|listener| listener.local_addr().expect("bound").port())
}

/// One key for everything that needs one here.
fn key_and_certificate(dir: &Path) -> Result<(PathBuf, PathBuf), String> {
    let (key, certificate) = (dir.join("key.pem"), dir.join("certificate.pem"));
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=kubelet",
            "-keyout",
        ])
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .output()
        .map_err(|error| format!("cannot start openssl: {error}"))?;
    if !made.status.success() {
        return Err(format!("openssl: {}", String::from_utf8_lossy(&made.stderr)));
    }
    Ok((key, certificate))
}

fn start_etcd(dir: &Path, client: u16, peer: u16) -> Result<Program, String> {
    let (client, peer) = (format!("http://127.0.0.1:{client}"), format!("http://127.0.0.1:{peer}"));
    Program::start(
        "etcd",
        "etcd-server",
        &[
            &format!("--data-dir={}", dir.join("etcd").display()),
            &format!("--listen-client-urls={client}"),
            &format!("--advertise-client-urls={client}"),
            &format!("--listen-peer-urls={peer}"),
            &format!("--initial-advertise-peer-urls={peer}"),
            &format!("--initial-cluster=default={peer}"),
            "--unsafe-no-fsync", // what a test wrote need not survive it
        ],
    )
}

fn start_apiserver(binaries: &Path, dir: &Path, key: &Path, etcd: u16, port: u16) -> Result<Program, String> {
    let tokens: String =
        USERS.iter().map(|(user, token, groups)| format!("{token},{user},{user},\"{groups}\"\n")).collect();
    let token_file = dir.join("tokens.csv");
    fs::write(&token_file, tokens).map_err(|error| error.to_string())?;
    let key = key.display();
    Program::start(
        &binaries.join("kube-apiserver").display().to_string(),
        "tests/kubernetes/build",
        &[
            &format!("--etcd-servers=http://127.0.0.1:{etcd}"),
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            &format!("--secure-port={port}"),
            &format!("--cert-dir={}", dir.join("apiserver").display()),
            "--service-account-issuer=https://localhost",
            &format!("--service-account-key-file={key}"),
            &format!("--service-account-signing-key-file={key}"),
            &format!("--token-auth-file={}", token_file.display()),
            "--authorization-mode=RBAC",
            "--service-cluster-ip-range=10.0.0.0/24",
            "--endpoint-reconciler-type=none",
            "--disable-admission-plugins=ServiceAccount",
            "--kubelet-preferred-address-types=InternalIP",
        ],
    )
}

fn kubeconfig(dir: &Path, user: &str, port: u16, namespace: &str) -> Result<PathBuf, String> {
    let (_, token, _) = USERS.iter().find(|(name, _, _)| *name == user).ok_or("there is no such user")?;
    let text = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "test",
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": user, "namespace": namespace}}],
        "clusters": [{"name": "test", "cluster": {
            "server": format!("https://127.0.0.1:{port}"),
            "certificate-authority": dir.join("apiserver/apiserver.crt"),
        }}],
        "users": [{"name": user, "user": {"token": token}}],
    });
    let file = dir.join(format!("{user}-{namespace}-{port}.json"));
    // Whole or not at all: another test may be reading the same one.
    let half = tempfile::NamedTempFile::new_in(dir).map_err(|error| error.to_string())?;
    fs::write(half.path(), text.to_string()).map_err(|error| error.to_string())?;
    half.persist(&file).map_err(|error| error.to_string())?;
    Ok(file)
}
