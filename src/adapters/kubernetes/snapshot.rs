//! Brings home what pods leave behind when they go (A4): logs, the objects as they are, events.
//!
//! What cannot be had is said and left out: half of the evidence is better than none.

use std::fmt;

use chrono::{DateTime, Utc};
use futures::future::join_all;
use serde_json::{Value, json};

use crate::adapters::Evidence;
use crate::incident::{Text, Time};

use super::cluster::Cluster;
use super::deed::Request;
use super::object::{is_owned_by, list, name, number, text};
use super::redact::redacted;
use super::workload::{Kind, Workload};
use super::world::World;

/// Containers whose logs are taken at most.
const CONTAINERS_MAX: usize = 64;

/// Bytes taken of one container's log at most.
const LOG_MAX: u32 = 4 * 1024 * 1024;

/// What of each container's log is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// How many lines at most: the newest.
    pub lines: u32,
    /// Of which time (A4); none: of all there is.
    pub range: Option<(Time, Time)>,
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { lines, range } = self;
        match range {
            Some((from, to)) => write!(
                f,
                "from {} to {}, {lines} lines of each container",
                from.format("%Y-%m-%dT%H:%M:%SZ"),
                to.format("%Y-%m-%dT%H:%M:%SZ")
            ),
            None => write!(f, "{lines} lines of each container"),
        }
    }
}

/// What was brought, and what was not, in words.
#[derive(Debug, Default)]
pub struct Brought {
    /// The files.
    pub evidence: Vec<Evidence>,
    /// What was left out, and why.
    pub notes: Vec<String>,
    /// Whether something is missing that was there to be had.
    pub is_in_part: bool,
}

/// One log to read.
struct Log<'a> {
    pod: &'a str,
    container: &'a str,
    /// That of the container before its last restart.
    previous: bool,
    /// Whether its container has run, so that there is a log.
    has_run: bool,
}

impl Cluster {
    /// Reads everything there is about a workload.
    pub async fn snapshot(&self, workload: &Workload, world: &World, wanted: Wanted) -> Brought {
        let mut brought = Brought::default();
        let namespace = &workload.namespace;
        let replica_sets = async {
            if workload.kind != Kind::Deployment {
                return Ok(Vec::new());
            }
            let all = self.read(format!("apis/apps/v1/namespaces/{namespace}/replicasets")).await.read()?;
            let uid = text(&world.object, "/metadata/uid").unwrap_or_default();
            let owned = list(&all, "/items").iter().filter(|it| is_owned_by(it, uid)).cloned();
            Ok::<Vec<Value>, Text>(owned.collect())
        };
        let events = async { self.read(format!("api/v1/namespaces/{namespace}/events")).await.read() };
        let (pods, replica_sets, events) =
            tokio::join!(self.pods(workload, &world.object), replica_sets, events);
        let mut had = |what: &str, read: Result<Vec<Value>, Text>| {
            read.unwrap_or_else(|why| {
                brought.notes.push(format!("{what} could not be read: {why}"));
                brought.is_in_part = true;
                Vec::new()
            })
        };
        let pods = had("the pods", pods);
        let replica_sets = had("the ReplicaSets", replica_sets);
        let events = had("the events", events.map(|all| list(&all, "/items").to_vec()));

        let everything = [std::slice::from_ref(&world.object), &replica_sets, &pods].concat();
        let uids: Vec<&str> = everything.iter().filter_map(|object| text(object, "/metadata/uid")).collect();
        let about =
            |event: &&Value| text(event, "/involvedObject/uid").is_some_and(|uid| uids.contains(&uid));
        let events: Vec<Value> = events.iter().filter(about).cloned().collect();
        let objects = json!({
            "workload": redacted(world.object.clone()),
            "replicaSets": replica_sets.into_iter().map(redacted).collect::<Vec<_>>(),
            "pods": pods.iter().cloned().map(redacted).collect::<Vec<_>>(),
        });
        let stem = &workload.name;
        brought.evidence.push(file(&format!("{stem}-objects.json"), pretty(&objects), None));
        let span = spanned(
            events
                .iter()
                .filter_map(|event| text(event, "/lastTimestamp").or_else(|| text(event, "/eventTime"))),
        );
        let events = Value::Array(events.into_iter().map(redacted).collect());
        brought.evidence.push(file(&format!("{stem}-events.json"), pretty(&events), span));
        self.take_logs(namespace, &pods, wanted, &mut brought).await;
        brought
    }

    async fn take_logs(&self, namespace: &str, pods: &[Value], wanted: Wanted, brought: &mut Brought) {
        let all: Vec<Log<'_>> = pods.iter().flat_map(logs).collect();
        if all.len() > CONTAINERS_MAX {
            brought.notes.push(format!("{CONTAINERS_MAX} of {} logs were taken", all.len()));
            brought.is_in_part = true;
        }
        let reads = all.iter().take(CONTAINERS_MAX).map(|log| async move {
            let path = format!("api/v1/namespaces/{namespace}/pods/{}/log", log.pod);
            let mut request = Request::get(path)
                .with("container", log.container)
                .with("limitBytes", LOG_MAX.to_string())
                .with("timestamps", "true");
            // The last lines of a log need not be of the time that is asked for.
            request = match wanted.range {
                Some((from, _)) => request.with("sinceTime", from.format("%Y-%m-%dT%H:%M:%SZ").to_string()),
                None => request.with("tailLines", wanted.lines.to_string()),
            };
            if log.previous {
                request = request.with("previous", "true");
            }
            (log, self.read_text(&request).await)
        });
        for (log, read) in join_all(reads).await {
            let Log { pod, container, previous, has_run } = log;
            let before = if *previous { "-previous" } else { "" };
            match read {
                Ok(bytes) => {
                    let (bytes, cut) = wanted.of(bytes);
                    brought
                        .notes
                        .extend(cut.map(|cut| format!("of the log of {pod} {container}{before}, {cut}")));
                    let span = times(&bytes);
                    brought.evidence.push(file(&format!("{pod}-{container}{before}.log"), bytes, span));
                }
                Err(why) => {
                    let note = format!("the log of {pod} {container}{before} could not be read: {why}");
                    brought.notes.push(note);
                    // The one before a restart is kept for a while only, and is no part that must be.
                    brought.is_in_part |= *has_run && !previous;
                }
            }
        }
    }
}

impl Wanted {
    /// What of a log was asked for, and what of that is missing.
    fn of(self, log: Vec<u8>) -> (Vec<u8>, Option<String>) {
        let Some((_, to)) = self.range else { return (log, None) };
        let is_full = log.len() >= LOG_MAX as usize;
        let mut later = false;
        let mut lines: Vec<&[u8]> = Vec::new();
        for line in log.split_inclusive(|byte| *byte == b'\n') {
            // A line without a time belongs to the one before it.
            later = stamp(line).map_or(later, |at| at > to);
            if !later {
                lines.push(line);
            }
        }
        let over = lines.len().saturating_sub(self.lines as usize);
        let kept = &lines[over..];
        let first = kept.iter().find_map(|line| stamp(line));
        let mut cut = Vec::new();
        if over > 0 {
            let at = first.map_or_else(String::new, |at| format!(" before {}", at.format("%H:%M:%S")));
            cut.push(format!("{over} lines{at}: limit = {}", self.lines));
        }
        if is_full && !later {
            let last = kept.iter().rev().find_map(|line| stamp(line));
            let at = last.map_or_else(String::new, |at| format!(" after {}", at.format("%H:%M:%S")));
            cut.push(format!("what came{at}: {} MiB are read at once", LOG_MAX >> 20));
        }
        (kept.concat(), (!cut.is_empty()).then(|| cut.join(", and ")))
    }
}

/// When a line was written, as the cluster stamps it.
fn stamp(line: &[u8]) -> Option<Time> {
    let first = line.split(|byte| *byte == b' ').next()?;
    let time = DateTime::parse_from_rfc3339(std::str::from_utf8(first).ok()?).ok()?;
    Some(time.with_timezone(&Utc))
}

/// Every log of a pod.
fn logs(pod: &Value) -> Vec<Log<'_>> {
    let mut logs = Vec::new();
    for (specs, statuses) in [
        ("/spec/initContainers", "/status/initContainerStatuses"),
        ("/spec/containers", "/status/containerStatuses"),
    ] {
        for container in list(pod, specs).iter().filter_map(|container| text(container, "/name")) {
            let status = list(pod, statuses).iter().find(|status| text(status, "/name") == Some(container));
            let restarted = status.and_then(|it| number(it, "/restartCount")).is_some_and(|count| count > 0);
            let has_run = restarted || status.is_some_and(|it| it.pointer("/state/waiting").is_none());
            logs.push(Log { pod: name(pod), container, previous: false, has_run });
            if restarted {
                logs.push(Log { pod: name(pod), container, previous: true, has_run });
            }
        }
    }
    logs
}

fn pretty(value: &Value) -> Vec<u8> {
    serde_json::to_vec_pretty(value).unwrap_or_default()
}

fn file(name: &str, bytes: Vec<u8>, span: Option<(Time, Time)>) -> Evidence {
    let (from, to) = span.unzip();
    Evidence { name: Text::line(name), bytes, from, to }
}

/// The first and last moment of a log whose lines begin with one.
fn times(log: &[u8]) -> Option<(Time, Time)> {
    let text = String::from_utf8_lossy(log);
    let first = text.lines().next()?;
    let last = text.lines().next_back()?;
    spanned([first, last].into_iter().filter_map(|line| line.split(' ').next()))
}

fn spanned<'a>(times: impl Iterator<Item = &'a str>) -> Option<(Time, Time)> {
    let all: Vec<Time> = times
        .filter_map(|raw| DateTime::parse_from_rfc3339(raw).ok())
        .map(|time| time.with_timezone(&Utc))
        .collect();
    Some((all.iter().min().copied()?, all.iter().max().copied()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a4_a_container_that_was_restarted_has_two_logs() {
        let pod = json!({"metadata": {"name": "p"},
            "spec": {"initContainers": [{"name": "setup"}], "containers": [{"name": "a"}, {"name": "b"}]},
            "status": {"containerStatuses": [{"name": "b", "restartCount": 2}, {"name": "a", "restartCount": 0}]}});
        let all: Vec<String> = logs(&pod).iter().map(|l| format!("{} {}", l.container, l.previous)).collect();
        assert_eq!(all, ["setup false", "a false", "b false", "b true"]);
    }

    #[test]
    fn a4_a_container_that_never_ran_owes_no_log() {
        let pod = json!({"metadata": {"name": "p"},
            "spec": {"containers": [{"name": "a"}, {"name": "b"}, {"name": "c"}]},
            "status": {"containerStatuses": [
                {"name": "a", "restartCount": 0, "state": {"running": {}}},
                {"name": "b", "restartCount": 0, "state": {"waiting": {"reason": "ImagePullBackOff"}}}]}});
        assert_eq!(logs(&pod).iter().map(|log| log.has_run).collect::<Vec<_>>(), [true, false, false]);
    }

    /// The last lines of a log were taken, whatever time they are of.
    #[test]
    fn a4_regression_of_a_log_comes_what_is_of_the_time_asked_for_and_what_was_cut_is_said() {
        let at = |clock: &str| format!("2026-11-21T{clock}Z").parse::<Time>().unwrap();
        let log = "2026-11-21T05:00:01.5Z one\n2026-11-21T05:00:02Z two\n  at two\n2026-11-21T05:00:09Z later\n  at later\n";
        let range = Some((at("05:00:00"), at("05:00:02")));
        let of = |lines, log: &str| {
            let (kept, cut) = Wanted { lines, range }.of(log.as_bytes().to_vec());
            (String::from_utf8(kept).unwrap(), cut.unwrap_or_default())
        };
        let whole = "2026-11-21T05:00:01.5Z one\n2026-11-21T05:00:02Z two\n  at two\n";
        assert_eq!(of(9, log), (whole.to_owned(), String::new()));
        let newest = "2026-11-21T05:00:02Z two\n  at two\n";
        assert_eq!(of(2, log), (newest.to_owned(), "1 lines before 05:00:02: limit = 2".to_owned()));
        let flood = "2026-11-21T05:00:01Z x\n".repeat(LOG_MAX as usize / 23 + 1);
        let (_, cut) = of(u32::MAX, &flood);
        assert_eq!(cut, "what came after 05:00:01: 4 MiB are read at once");
        let all = Wanted { lines: 1, range: None }.of(log.as_bytes().to_vec());
        assert_eq!(all, (log.as_bytes().to_vec(), None));
        assert_eq!(
            Wanted { lines: 5, range }.to_string(),
            "from 2026-11-21T05:00:00Z to 2026-11-21T05:00:02Z, 5 lines of each container"
        );
    }

    #[test]
    fn a4_a_log_says_which_time_it_covers() {
        let (from, to) = times(b"2026-11-21T05:39:25.123456789Z one\n2026-11-21T05:41:00Z two\n").unwrap();
        assert_eq!((to - from).num_seconds(), 94);
        for nothing in [&b""[..], b"no time\n", b"\xff\xfe"] {
            assert_eq!(times(nothing), None);
        }
    }
}
