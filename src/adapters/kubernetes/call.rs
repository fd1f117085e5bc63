//! Makes the call that was confirmed, and no other.

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};
use serde_json::Value;
use tokio::time::{sleep, timeout};

use crate::adapters::ask;
use crate::adapters::{CallOutcome, KEY_TO_COME, Unmade};
use crate::incident::{Plan, Text};

use super::KubernetesAdapter;
use super::cluster::{Outcome, Refusal};
use super::deed::{Deed, Request, policy, remove_pods};
use super::object::{name, selector, text};
use super::plan::{Read, put_back};
use super::route::Route;
use super::snapshot::{Brought, Wanted};
use super::workload::Workload;
use super::world::{Pin, last_known_writer};

/// Log lines of each container that are taken along while it is contained (A4).
const EVIDENCE: Wanted = Wanted { lines: 1_000, range: None };

/// How long after the cluster's answer evidence is waited for.
const EVIDENCE_WAITS: Duration = Duration::from_secs(3);

/// How often a rollback is put on a newer version of an object of which only the status moved.
const STATUS_MOVES: usize = 5;

impl KubernetesAdapter {
    pub(super) async fn make_call(&self, key: &str, plan: &Plan) -> CallOutcome {
        let limit = Duration::from_secs(plan.limit_s.into());
        // What was sent when time ran out may have been done.
        match timeout(limit, self.call_within(key, plan)).await {
            Ok(outcome) => outcome,
            Err(_) => CallOutcome::Unknown(Text::line(&format!(
                "it was not done within {} s: nobody knows whether it took effect",
                plan.limit_s
            ))),
        }
    }

    async fn call_within(&self, key: &str, plan: &Plan) -> CallOutcome {
        let prepared = async {
            ask::check_target(plan.op, &plan.target)?;
            if plan.adapter != self.name || !self.is_for(plan.target.as_str()) {
                return Err(Text::line(&format!("'{}' does not carry {}", self.name, plan.title())).into());
            }
            let route = self.route(plan.op)?;
            let read = self.read_for_call(&route, &plan.target).await?;
            let deed = self.confirmed(key, &route, plan, &read)?;
            Ok::<_, Unmade>((deed, read))
        };
        match prepared.await {
            Ok((deed, read)) => self.perform(key, plan, &deed, &read).await,
            Err(unmade) => CallOutcome::from(unmade),
        }
    }

    /// What was confirmed, if it still is what would be done.
    fn confirmed(&self, key: &str, route: &Route<'_>, plan: &Plan, read: &Read) -> Result<Deed, Unmade> {
        let params = route.complete(&plan.params)?;
        let mut deed = self.deed(route, &plan.target, &params, read)?;
        // A rollback goes onto the version that was confirmed.
        if let Deed::Rollback { resource_version, .. } = &mut deed {
            let pin = plan.version.as_ref().and_then(Pin::parse);
            let pin = pin.ok_or_else(|| Text::line("the plan does not say which version it is for"))?;
            *resource_version = pin.resource_version;
        }
        let shown = deed.shown(&read.context);
        // The timeline has the call as it is sent; whoever plans by hand may not know the key yet.
        let sent = Text::block(&shown.as_str().replace(KEY_TO_COME, key));
        if params != plan.params || (shown != plan.call && sent != plan.call) {
            return Err(Unmade::Outdated(Text::line(&format!(
                "what is configured or selected changed since this was confirmed: it would now be {shown}"
            ))));
        }
        Ok(deed)
    }

    async fn perform(&self, key: &str, plan: &Plan, deed: &Deed, read: &Read) -> CallOutcome {
        match deed {
            Deed::Rollback { workload, to, resource_version, .. } => {
                self.roll_back(plan, workload, to, resource_version, read).await
            }
            Deed::Quarantine { workload, selector } => {
                self.taking_evidence(workload, self.quarantine(workload, selector)).await
            }
            Deed::Scale { workload, replicas: 0 } | Deed::Suspend { workload, suspended: true, .. } => {
                let stop = async { settled(self.send_all(&deed.requests(key)).await) };
                self.taking_evidence(workload, stop).await
            }
            Deed::Snapshot { workload, wanted } => {
                let brought = self.cluster.snapshot(workload, &read.world, *wanted).await;
                self.brought.note(plan, &brought.evidence);
                if brought.is_in_part {
                    self.brought.in_part(plan);
                }
                let files =
                    brought.evidence.iter().map(|it| format!("{} ({} bytes)", it.name, it.bytes.len()));
                let missing = brought.notes.into_iter().map(|note| format!("MISSING: {note}"));
                let words: Vec<String> = missing.chain(files).collect();
                CallOutcome::Accepted { answer: Text::block(&words.join("\n")), evidence: brought.evidence }
            }
            Deed::EndQuarantine { .. } => {
                let outcome = self.send_all(&deed.requests(key)).await;
                if outcome.is_missing() {
                    return accepted(Text::line("there was no such policy any more"));
                }
                settled(outcome)
            }
            Deed::Scale { .. }
            | Deed::Suspend { .. }
            | Deed::Annotate { .. }
            | Deed::SetKey { .. }
            | Deed::Restart { .. } => settled(self.send_all(&deed.requests(key)).await),
        }
    }

    /// Contains, and reads meanwhile what goes with the pods (A3 before A4). The containment is sent at
    /// once and waits for nothing; what was not read shortly after its answer is left.
    async fn taking_evidence(
        &self,
        workload: &Workload,
        contain: impl Future<Output = CallOutcome>,
    ) -> CallOutcome {
        let reading = async {
            match self.cluster.world(workload).await {
                Ok(world) => self.cluster.snapshot(workload, &world, EVIDENCE).await,
                Err(why) => Brought { notes: vec![why.to_string()], ..Brought::default() },
            }
        };
        tokio::pin!(contain, reading);
        let mut read = None;
        let outcome = loop {
            tokio::select! {
                biased;
                outcome = &mut contain => break outcome,
                brought = &mut reading, if read.is_none() => read = Some(brought),
            }
        };
        let CallOutcome::Accepted { answer, mut evidence } = outcome else { return outcome };
        if read.is_none() {
            read = timeout(EVIDENCE_WAITS, reading).await.ok();
        }
        let brought = read.unwrap_or_else(|| {
            let late = format!("it was not read within {} s", EVIDENCE_WAITS.as_secs());
            Brought { notes: vec![late], ..Brought::default() }
        });
        let answer = taken_along(&answer, &brought);
        evidence.extend(brought.evidence);
        CallOutcome::Accepted { answer, evidence }
    }

    async fn send_all(&self, requests: &[Request]) -> Outcome {
        let mut last = Outcome::Done(Value::Null);
        for request in requests {
            last = self.send_patiently(request).await;
            if !matches!(last, Outcome::Done(_)) {
                break;
            }
        }
        last
    }

    /// Sends it again only where it is certain that nothing was done: it never left us, or the
    /// cluster said that it is too busy (E1). What may have been done is left to the probes.
    async fn send_patiently(&self, request: &Request) -> Outcome {
        let waits = ExponentialBuilder::new()
            .with_min_delay(Duration::from_secs(1))
            .with_max_delay(Duration::from_secs(60))
            .with_max_times(2)
            .with_jitter()
            .build();
        for wait in waits {
            let outcome = self.cluster.send(request).await;
            let asked = match (&outcome, outcome.refusal()) {
                (Outcome::NotSent(_), _) => None,
                (_, Some(Refusal { code: 429, retry_after, .. })) => *retry_after,
                (_, _) => return outcome,
            };
            sleep(asked.map_or(wait, |seconds| Duration::from_secs(seconds.into()))).await;
        }
        self.cluster.send(request).await
    }

    /// Puts a template back on the version that was confirmed. A 409 is read for what it means:
    /// where only the status moved, what was confirmed still is so; anything else is for a person.
    async fn roll_back(
        &self,
        plan: &Plan,
        workload: &Workload,
        to: &str,
        confirmed: &str,
        read: &Read,
    ) -> CallOutcome {
        let generation = plan.version.as_ref().and_then(Pin::parse).map(|pin| pin.generation);
        let gone = || CallOutcome::Failed(Text::line("nothing was called: that template is gone"));
        let Some(mut request) = put_back(workload, read, to, confirmed) else { return gone() };
        let mut refused = Refusal { code: 409, message: Text::default(), retry_after: None };
        for _ in 0..STATUS_MOVES {
            let outcome = self.send_patiently(&request).await;
            match outcome.refusal().filter(|refusal| refusal.code == 409) {
                Some(refusal) => refused = refusal.clone(),
                None => return settled(outcome),
            }
            let now = match self.cluster.world(workload).await {
                Ok(world) => world,
                Err(why) => {
                    let words = format!("{}; and it could not be read again: {why}", refused.words());
                    return CallOutcome::Failed(Text::line(&words));
                }
            };
            let pin = now.pin(None);
            if Some(pin.generation) != generation {
                // Nothing shows who it was.
                let known = last_known_writer(&now.object).map(|by| format!(" (last known: {by})"));
                return CallOutcome::Outdated(Text::line(&format!(
                    "{}. Nothing was changed. Somebody{} changed it since this was confirmed, and it is now \
                     at {}",
                    refused.words(),
                    known.unwrap_or_default(),
                    pin.shown()
                )));
            }
            let again = Read {
                context: read.context.clone(),
                workload: workload.clone(),
                world: now,
                pods: Vec::new(),
                templates: read.templates.clone(),
                limit: None,
            };
            let Some(next) = put_back(workload, &again, to, &pin.resource_version) else { return gone() };
            request = next;
        }
        CallOutcome::Outdated(Text::line(&format!("{}. Its status moves too fast", refused.words())))
    }

    /// First the policy, then every pod that was made before it.
    async fn quarantine(&self, workload: &Workload, pods: &Value) -> CallOutcome {
        let made = self.send_patiently(&policy(workload, pods, None)).await;
        if !matches!(made, Outcome::Done(_)) {
            return settled(made);
        }
        let rest = async {
            // Whoever is here now may have connections from before. Whoever comes later has none.
            let selector = selector(pods).unwrap_or_default();
            let path = super::deed::pods_path(&workload.namespace);
            let list = Request::get(path).with("labelSelector", selector.clone());
            let met = self.cluster.send(&list).await.read()?;
            let uids =
                super::object::list(&met, "/items").iter().filter_map(|pod| text(pod, "/metadata/uid"));
            let uids = uids.collect::<Vec<_>>().join(" ");
            self.send_patiently(&policy(workload, pods, Some(&uids))).await.read()?;
            self.send_patiently(&remove_pods(&workload.namespace, &selector)).await.read()
        };
        match rest.await {
            Ok(removed) => {
                let count = super::object::list(&removed, "/items").len();
                accepted(Text::line(&format!("connections are denied, and {count} pods are made anew")))
            }
            Err(why) => CallOutcome::Unknown(Text::line(&format!(
                "the policy is there, but not every pod was made anew: {why}"
            ))),
        }
    }
}

fn accepted(answer: Text) -> CallOutcome {
    CallOutcome::Accepted { answer, evidence: Vec::new() }
}

fn settled(outcome: Outcome) -> CallOutcome {
    match outcome {
        Outcome::Done(object) => accepted(told(&object)),
        Outcome::NotSent(why) => CallOutcome::Failed(Text::line(&format!("nothing was called: {why}"))),
        Outcome::Refused(refusal) => CallOutcome::Failed(refusal.words()),
        Outcome::Unknown(why) => {
            CallOutcome::Unknown(Text::line(&format!("{why}: nobody knows whether it took effect")))
        }
    }
}

/// `Scale support-1, resourceVersion 443`.
fn told(object: &Value) -> Text {
    let kind = text(object, "/kind").unwrap_or("done");
    let version = text(object, "/metadata/resourceVersion").unwrap_or("unknown");
    Text::line(&format!("{kind} {}, resourceVersion {version}", name(object)))
}

/// The answer, with what of the evidence was taken along and what was not: the pods go, and what was not
/// read of them is gone for good.
fn taken_along(answer: &Text, brought: &Brought) -> Text {
    let taken = match brought.evidence.len() {
        0 => "no evidence was taken along".to_owned(),
        1 => "1 file of evidence was taken along".to_owned(),
        count => format!("{count} files of evidence were taken along"),
    };
    let missing = brought.notes.iter().map(|note| format!("MISSING: {note}"));
    let lines: Vec<String> = std::iter::once(format!("{answer}; {taken}")).chain(missing).collect();
    Text::block(&lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::Evidence;

    /// Quarantine said that evidence was taken along when every log of the pods had failed.
    #[test]
    fn a4_what_of_the_evidence_could_not_be_read_is_said_where_it_was_taken_along() {
        let file = |name: &str| Evidence { name: name.into(), bytes: vec![], from: None, to: None };
        let whole = Brought { evidence: vec![file("w-objects.json"), file("w-1.log")], ..Brought::default() };
        let part = Brought {
            evidence: vec![file("w-objects.json"), file("w-events.json")],
            notes: vec!["the log of w-1 app could not be read: 500".into()],
            is_in_part: true,
        };
        let none = Brought { notes: vec!["403".into()], ..Brought::default() };
        for (brought, words) in [
            (whole, "cut off; 2 files of evidence were taken along"),
            (
                part,
                "cut off; 2 files of evidence were taken along\n\
                 MISSING: the log of w-1 app could not be read: 500",
            ),
            (none, "cut off; no evidence was taken along\nMISSING: 403"),
        ] {
            assert_eq!(taken_along(&"cut off".into(), &brought).as_str(), words);
        }
    }
}
