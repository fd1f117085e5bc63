//! First checks on real systems: a Redis, a PostgreSQL, and Git (C1, D11, E5, E6).

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test's own data is right")]

mod support;

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use flightdeck::checks::{Dependency, Kind, Question, Tls};
use flightdeck::incident::{FirstCheck, Glance};
use flightdeck::secret::Secret;

use support::home::Home;

/// A process that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn quiet(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn dependency(kind: Kind) -> Question {
    let (normal, alarm) = (Duration::from_secs(5), Duration::from_secs(10));
    Question::Dependency(Dependency { name: "it".into(), kind, normal, alarm })
}

/// Asks until the system has come up; what it said last, if it never was as wanted.
async fn until(question: &Question, glance: Glance) -> FirstCheck {
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        let check = question.ask(chrono::Utc::now(), Duration::from_secs(5)).await;
        if check.glance == glance || Instant::now() > end {
            return check;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn redis(port: u16, dir: &Path, password: &str) -> Running {
    let mut command = quiet("redis-server");
    let port = port.to_string();
    command.args(["--port", &port, "--bind", "127.0.0.1", "--save", "", "--requirepass", password]);
    Running(command.current_dir(dir).spawn().expect("redis-server starts"))
}

#[tokio::test]
async fn e5_a_real_redis_pongs_asks_for_its_password_and_is_down_when_it_is_gone() {
    let (dir, port) = (tempfile::tempdir().unwrap(), free_port());
    let server = redis(port, dir.path(), "hunter2");
    let ask = |password: Option<&str>| {
        let (address, password) = (format!("127.0.0.1:{port}"), password.map(Secret::new));
        dependency(Kind::Redis { address, password })
    };
    let found = until(&ask(Some("hunter2")), Glance::Quiet).await;
    assert!(found.found.as_str().starts_with("PONG in "), "{found:?}");
    for password in [None, Some("wrong")] {
        let found = until(&ask(password), Glance::Notable).await;
        assert!(found.found.as_str().starts_with("it answers, but refuses us: "), "{found:?}");
        assert!(!found.found.as_str().contains("hunter2"), "{found:?}");
    }
    drop(server);
    let found = until(&ask(Some("hunter2")), Glance::Alarm).await;
    assert!(found.found.as_str().starts_with("DOWN: "), "{found:?}");
}

/// Where PostgreSQL's programs are: Debian keeps them off the PATH.
fn postgres_bin() -> PathBuf {
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .map(|dir| dir.flatten().map(|entry| entry.path().join("bin")).collect())
        .unwrap_or_default();
    versions.sort();
    versions.pop().expect("postgresql is installed; tests/run does it")
}

/// A program as somebody who is not root: as root PostgreSQL refuses.
fn as_nobody(program: &Path) -> Command {
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|out| out.stdout == b"0\n");
    if is_root {
        let mut command = quiet("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(program);
        command
    } else {
        quiet(program)
    }
}

/// A PostgreSQL that asks for a password.
fn postgres(dir: &Path, port: u16) -> Running {
    made(dir);
    started(dir, port, &[])
}

/// A PostgreSQL that takes nobody without TLS.
fn postgres_with_tls(dir: &Path, port: u16) -> Running {
    made(dir);
    let data = dir.join("data");
    std::fs::write(data.join("pg_hba.conf"), "hostssl all all 127.0.0.1/32 scram-sha-256\n").unwrap();
    let (key, cert) = (data.join("server.key"), dir.join("server.crt"));
    let mut openssl = as_nobody(Path::new("openssl"));
    openssl.args(["req", "-new", "-x509", "-days", "2", "-nodes", "-subj", "/CN=localhost"]);
    openssl.args(["-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE"]);
    openssl.arg("-out").arg(&cert).arg("-keyout").arg(&key).env("HOME", dir);
    assert!(openssl.status().unwrap().success(), "openssl");
    let own = |name: &str, path: &Path| format!("{name}={}", path.display());
    started(dir, port, &["ssl=on".to_owned(), own("ssl_cert_file", &cert), own("ssl_key_file", &key)])
}

fn made(dir: &Path) {
    std::fs::write(dir.join("password"), "hunter2\n").unwrap();
    assert!(quiet("chmod").args(["-R", "777"]).arg(dir).status().unwrap().success());
    let made = as_nobody(&postgres_bin().join("initdb"))
        .args(["-A", "scram-sha-256", "-U", "fd", "--no-sync", "-D"])
        .arg(dir.join("data"))
        .arg(format!("--pwfile={}", dir.join("password").display()))
        .env("HOME", dir)
        .status();
    assert!(made.unwrap().success(), "initdb");
}

fn started(dir: &Path, port: u16, settings: &[String]) -> Running {
    let mut server = as_nobody(&postgres_bin().join("postgres"));
    server
        .arg("-D")
        .arg(dir.join("data"))
        .args(["-p", &port.to_string(), "-h", "127.0.0.1", "-F", "-k"])
        .arg(dir);
    for setting in settings {
        server.args(["-c", setting]);
    }
    Running(server.spawn().expect("postgres starts"))
}

#[tokio::test]
async fn e5_a_real_postgresql_answers_a_select_and_is_down_when_it_is_gone() {
    let (dir, port) = (tempfile::tempdir().unwrap(), free_port());
    let server = postgres(dir.path(), port);
    let ask = |password: &str| {
        dependency(Kind::Postgres {
            host: "127.0.0.1".to_owned(),
            port,
            user: "fd".to_owned(),
            database: "postgres".to_owned(),
            password: Some(Secret::new(password)),
            tls: Tls::Prefer,
        })
    };
    // It has no TLS, and prefer takes that.
    let found = until(&ask("hunter2"), Glance::Quiet).await;
    assert!(found.found.as_str().starts_with("SELECT 1 answered in "), "{found:?}");
    let wrong = until(&ask("hunter3"), Glance::Notable).await;
    assert!(wrong.found.as_str().starts_with("it answers, but refuses us: "), "{wrong:?}");
    assert!(wrong.found.as_str().contains("password authentication failed"), "{wrong:?}");
    assert!(!wrong.found.as_str().contains("hunter"), "{wrong:?}");
    drop(server);
    let found = until(&ask("hunter2"), Glance::Alarm).await;
    assert!(found.found.as_str().starts_with("DOWN: "), "{found:?}");
}

/// A healthy database that insisted on TLS was told as down.
#[tokio::test]
async fn e5_a_real_postgresql_that_insists_on_tls_is_pinged_over_it_and_a_refusal_is_not_down() {
    let (dir, port) = (tempfile::tempdir().unwrap(), free_port());
    let server = postgres_with_tls(dir.path(), port);
    let cert = dir.path().join("server.crt");
    let ask = |host: &str, tls: Tls| {
        dependency(Kind::Postgres {
            host: host.to_owned(),
            port,
            user: "fd".to_owned(),
            database: "postgres".to_owned(),
            password: Some(Secret::new("hunter2")),
            tls,
        })
    };
    let found = until(&ask("127.0.0.1", Tls::Prefer), Glance::Quiet).await;
    assert!(found.found.as_str().starts_with("SELECT 1 answered in "), "{found:?}");
    let known = until(&ask("127.0.0.1", Tls::Require(Some(cert.clone()))), Glance::Quiet).await;
    assert!(known.found.as_str().starts_with("SELECT 1 answered in "), "{known:?}");
    for (tls, says) in [(Tls::Off, "no encryption"), (Tls::Require(None), "TLS handshake")] {
        let found = until(&ask("127.0.0.1", tls), Glance::Notable).await;
        let words = found.found.as_str();
        assert!(words.starts_with("it answers, but refuses us: ") && words.contains(says), "{found:?}");
    }
    drop(server);
    let found = until(&ask("127.0.0.1", Tls::Prefer), Glance::Alarm).await;
    assert!(found.found.as_str().starts_with("DOWN: "), "{found:?}");
}

fn git(dir: &Path, arguments: &[&str]) {
    let mut command = quiet("git");
    command.arg("-C").arg(dir).args(["-c", "user.name=bo", "-c", "user.email=bo@example.com"]);
    assert!(command.args(arguments).status().unwrap().success(), "{arguments:?}");
}

#[test]
fn c1_whoever_wakes_up_finds_what_they_would_have_asked_once_and_not_again_after_a_restart() {
    let home = Home::with_programs();
    let repository = tempfile::tempdir().unwrap();
    std::fs::write(repository.path().join("agent.toml"), "tools = []\n").unwrap();
    git(repository.path(), &["init", "-q"]);
    git(repository.path(), &["add", "."]);
    git(repository.path(), &["commit", "-qm", "open the export tool"]);
    home.write("running.toml", "tools = ['export']\n");
    let shown = repository.path().display();
    home.write(
        "config.toml",
        &format!(
            "user = \"ana\"\n[first]\nrepositories = [\"{shown}\"]\nwithin = \"2s\"\n\
             [dependencies.cache]\ntype = \"redis\"\naddress = \"127.0.0.1:1\"\n\
             [drift.support]\nrepository = \"{shown}\"\npath = \"agent.toml\"\nfile = \"running.toml\"\n"
        ),
    );
    assert_eq!(home.run(&["check"]).code, Some(0), "{}", home.run(&["check"]).all());
    home.run(&["declare", "mail leaks", "-s", "P0", "-a", "support-1"]).ok();
    let asked = |wanted: usize| {
        let mut serving =
            Running(home.command(&["serve"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
        let end = Instant::now() + Duration::from_secs(30);
        let mut found = String::new();
        while Instant::now() < end {
            found = home.run(&["timeline", "1"]).ok();
            if found.matches("first check").count() >= wanted {
                break;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let _ = serving.0.kill();
        found
    };
    let found = asked(4);
    for words in [
        "first check, deploys of git ",
        "bo: open the export tool",
        "first check, dependency of cache: ALARM: DOWN: ",
        "first check, drift of support: ALARM: DRIFT: what runs differs from HEAD:agent.toml in 1 of 1 lines",
        "first check, similar of incidents on record: quiet: nothing like it",
    ] {
        assert!(found.contains(words), "'{words}' is not in\n{found}");
    }
    // A second incident is asked about anew; the first one is not.
    home.run(&["declare", "mail leaks again", "-s", "P0", "-a", "support-1"]).ok();
    let again = asked(4);
    assert_eq!(again.matches("first check").count(), 4, "{again}");
}
