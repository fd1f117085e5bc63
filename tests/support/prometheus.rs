//! A real Prometheus and a real Alertmanager on loopback, on ports that the system chose.

use std::fs;
use std::path::Path;
use std::time::Duration;

use super::program::Program;

/// How long each may take to come up, on a busy machine.
const START: Duration = Duration::from_secs(30);

/// Both programs, with a directory of their own that goes away with them.
pub struct Stack {
    // In the order they stop.
    prometheus: Program,
    alertmanager: Program,
    dir: tempfile::TempDir,
    /// Where Alertmanager listens, as `host:port`.
    pub alerts: String,
    /// Where Prometheus listens, as `host:port`.
    pub metrics: String,
}

impl Stack {
    /// Starts both: Prometheus evaluates `rules` (the text of a rule file) each second, and what
    /// fires reaches `webhook` with the bearer `token` within seconds.
    pub fn start(webhook: &str, token: &str, rules: &str) -> Result<Self, String> {
        let dir = tempfile::tempdir().map_err(|error| format!("no temporary directory: {error}"))?;
        let alertmanager = start_alertmanager(dir.path(), webhook, token)?;
        let alerts = listens(&alertmanager)?;
        write(dir.path(), "rules.yml", rules)?;
        let prometheus = start_prometheus(dir.path(), &alerts)?;
        let metrics = listens(&prometheus)?;
        prometheus.wait_for_line("Server is ready", START)?; // only then does it heed SIGHUP
        Ok(Self { prometheus, alertmanager, dir, alerts, metrics })
    }

    /// Replaces the rules, as an operator would: write the file, send SIGHUP.
    pub fn set_rules(&self, rules: &str) -> Result<(), String> {
        write(self.dir.path(), "rules.yml", rules)?;
        self.prometheus.hang_up()
    }

    /// What both wrote, for a failure's message.
    pub fn log(&self) -> String {
        format!("Prometheus:\n{}\nAlertmanager:\n{}", self.prometheus.log(), self.alertmanager.log())
    }
}

/// A rule file with one alert, which fires at once while `expr` has a value. `labels` are lines of
/// YAML such as `severity: critical`.
pub fn rule(alert: &str, expr: &str, labels: &[&str], summary: &str) -> String {
    let labels = labels.join("\n      ");
    format!(
        "groups:
- name: test
  rules:
  - alert: {alert}
    expr: {expr}
    for: 0s
    labels:
      {labels}
    annotations:
      summary: {summary}
"
    )
}

/// The address that one of them says it listens on.
fn listens(program: &Program) -> Result<String, String> {
    let line = program.wait_for_line("msg=\"Listening on\"", START)?;
    let (_, address) = line.split_once("address=").ok_or_else(|| format!("it does not say where: {line}"))?;
    Ok(address.split_whitespace().next().unwrap_or_default().to_owned())
}

fn start_alertmanager(dir: &Path, webhook: &str, token: &str) -> Result<Program, String> {
    let config = format!(
        "route:
  receiver: flightdeck
  group_by: [alertname]
  group_wait: 0s
  group_interval: 1s
  repeat_interval: 1h
receivers:
- name: flightdeck
  webhook_configs:
  - url: {webhook}
    send_resolved: true
    http_config:
      authorization: {{type: Bearer, credentials: {token}}}
"
    );
    let config = write(dir, "alertmanager.yml", &config)?;
    let storage = dir.join("alertmanager").display().to_string();
    Program::start(
        "prometheus-alertmanager",
        "prometheus-alertmanager",
        &[
            &format!("--config.file={config}"),
            &format!("--storage.path={storage}"),
            "--web.listen-address=127.0.0.1:0",
            "--cluster.listen-address=", // no gossip with anybody
        ],
    )
}

fn start_prometheus(dir: &Path, alertmanager: &str) -> Result<Program, String> {
    let config = format!(
        "global: {{evaluation_interval: 1s}}
rule_files: [rules.yml]
alerting:
  alertmanagers:
  - static_configs: [{{targets: ['{alertmanager}']}}]
"
    );
    let config = write(dir, "prometheus.yml", &config)?;
    let storage = dir.join("prometheus").display().to_string();
    Program::start(
        "prometheus",
        "prometheus",
        &[
            &format!("--config.file={config}"),
            &format!("--storage.tsdb.path={storage}"),
            "--web.listen-address=127.0.0.1:0",
            "--rules.alert.resend-delay=1s", // what fires before the Alertmanager is known is lost
        ],
    )
}

/// Writes a file and gives its path.
fn write(dir: &Path, name: &str, text: &str) -> Result<String, String> {
    let path = dir.join(name);
    fs::write(&path, text).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    Ok(path.display().to_string())
}
