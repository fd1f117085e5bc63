//! What was rolled out lately (D11): a Deployment's ReplicaSets, a StatefulSet's ControllerRevisions.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::incident::{Release, Text, Time};

use super::KubernetesAdapter;
use super::object::{annotation, is_owned_by, label, list, name, number, text};
use super::template::REVISION;
use super::workload::Kind;

impl KubernetesAdapter {
    /// The templates of an agent's workload, by when they were rolled out.
    pub(super) async fn read_releases(&self, agent: &Text) -> Result<Vec<Release>, Text> {
        let (_, workload) = self.place(agent).await?;
        let world = self.cluster.world(&workload).await?;
        let kept = match workload.kind {
            Kind::Deployment => "replicasets",
            Kind::StatefulSet => "controllerrevisions",
            Kind::Sandbox => return Ok(made(&world.object).into_iter().collect()),
        };
        let path = format!("apis/apps/v1/namespaces/{}/{kept}", workload.namespace);
        let all = self.cluster.read(path).await.read()?;
        Ok(match workload.kind {
            Kind::Deployment => of_replica_sets(list(&all, "/items"), &world.object),
            Kind::StatefulSet | Kind::Sandbox => of_revisions(list(&all, "/items"), &world.object),
        })
    }
}

/// A sandbox keeps no earlier template: it was made as it is.
fn made(object: &Value) -> Option<Release> {
    let images = images(object.pointer("/spec/podTemplate")?);
    Some(Release { at: time(object, "/metadata/creationTimestamp"), what: Text::line(&images), runs: true })
}

fn of_replica_sets(all: &[Value], deployment: &Value) -> Vec<Release> {
    let uid = text(deployment, "/metadata/uid").unwrap_or_default();
    let now = annotation(deployment, REVISION);
    let owned: Vec<&Value> = all.iter().filter(|it| is_owned_by(it, uid)).collect();
    let created = |set: &Value| time(set, "/metadata/creationTimestamp");
    let newest = owned.iter().filter_map(|set| created(set)).max();
    let release = |set: &&Value| {
        let runs = annotation(set, REVISION).is_some() && annotation(set, REVISION) == now;
        let hash = label(set, Kind::Deployment.hash_label()).unwrap_or_else(|| name(set));
        let made = created(set);
        // A template that was put back keeps the age it had: then its rollout is what is new.
        let put_back = runs && made < newest;
        let rolled = put_back.then(|| rolled_out(deployment)).flatten();
        let what = Text::line(&format!("{hash} ({})", images(set.pointer("/spec/template")?)));
        Some(Release { at: rolled.max(made), what, runs })
    };
    newest_first(owned.iter().filter_map(release).collect())
}

/// When the Deployment's last rollout moved last.
fn rolled_out(deployment: &Value) -> Option<Time> {
    let all = list(deployment, "/status/conditions").iter();
    all.filter(|condition| text(condition, "/type") == Some("Progressing"))
        .find_map(|condition| time(condition, "/lastUpdateTime"))
}

fn of_revisions(all: &[Value], set: &Value) -> Vec<Release> {
    let uid = text(set, "/metadata/uid").unwrap_or_default();
    let now = text(set, "/status/updateRevision");
    let owned = || all.iter().filter(|it| is_owned_by(it, uid));
    let highest = owned().filter_map(|it| number(it, "/revision")).max();
    let release = |revision: &Value| {
        let runs = match now {
            Some(now) => name(revision) == now,
            None => number(revision, "/revision") == highest,
        };
        let hash = label(revision, Kind::StatefulSet.hash_label()).unwrap_or_else(|| name(revision));
        let hash = hash.strip_prefix(name(set)).map_or(hash, |hash| hash.trim_start_matches('-'));
        let what = Text::line(&format!("{hash} ({})", images(revision.pointer("/data/spec/template")?)));
        Some(Release { at: time(revision, "/metadata/creationTimestamp"), what, runs })
    };
    newest_first(owned().filter_map(release).collect())
}

fn newest_first(mut all: Vec<Release>) -> Vec<Release> {
    all.sort_by_key(|release| std::cmp::Reverse((release.at, release.runs)));
    all
}

fn images(template: &Value) -> String {
    let containers = list(template, "/spec/containers").iter();
    containers.filter_map(|container| text(container, "/image")).collect::<Vec<_>>().join(" and ")
}

fn time(object: &Value, pointer: &str) -> Option<Time> {
    let read = DateTime::parse_from_rfc3339(text(object, pointer)?).ok()?;
    Some(read.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn set(hash: &str, revision: &str, created: &str) -> Value {
        json!({"metadata": {"name": format!("a-{hash}"), "creationTimestamp": created,
                "labels": {"pod-template-hash": hash}, "annotations": {REVISION: revision},
                "ownerReferences": [{"uid": "u"}]},
            "spec": {"template": {"spec": {"containers": [{"image": format!("agent:{hash}")}]}}}})
    }

    fn shown(all: &[Release]) -> Vec<String> {
        all.iter()
            .map(|r| {
                format!("{} {}{}", r.at.unwrap().format("%H:%M"), r.what, if r.runs { " *" } else { "" })
            })
            .collect()
    }

    #[test]
    fn d11_a_replica_set_is_a_deploy_and_one_that_was_put_back_is_a_new_one() {
        let deployment = |revision: &str| {
            json!({"metadata": {"uid": "u", "annotations": {REVISION: revision}}, "status": {"conditions": [
                {"type": "Available", "lastUpdateTime": "2026-05-04T01:00:00Z"},
                {"type": "Progressing", "lastUpdateTime": "2026-05-04T09:30:00Z"}]}})
        };
        let sets = [set("h1", "3", "2026-05-01T08:00:00Z"), set("h2", "2", "2026-05-04T09:00:00Z")];
        let after_a_rollback = of_replica_sets(&sets, &deployment("3"));
        assert_eq!(shown(&after_a_rollback), ["09:30 h1 (agent:h1) *", "09:00 h2 (agent:h2)"]);
        let sets = [set("h1", "1", "2026-05-01T08:00:00Z"), set("h2", "2", "2026-05-04T09:00:00Z")];
        let after_a_deploy = of_replica_sets(&sets, &deployment("2"));
        assert_eq!(shown(&after_a_deploy), ["09:00 h2 (agent:h2) *", "08:00 h1 (agent:h1)"]);
    }

    #[test]
    fn d11_a_stateful_set_s_revisions_are_its_deploys() {
        let revision = |hash: &str, number: i64, created: &str| {
            json!({"metadata": {"name": format!("a-{hash}"), "creationTimestamp": created,
                    "labels": {"controller.kubernetes.io/hash": hash}, "ownerReferences": [{"uid": "u"}]},
                "revision": number,
                "data": {"spec": {"template": {"spec": {"containers": [{"image": "agent:1"}]}}}}})
        };
        let all = [revision("x", 1, "2026-05-01T08:00:00Z"), revision("y", 2, "2026-05-04T09:00:00Z")];
        let object = json!({"metadata": {"name": "a", "uid": "u"}, "status": {"updateRevision": "a-y"}});
        let read = of_revisions(&all, &object);
        assert_eq!(read.len(), 2);
        assert!(read[0].runs && !read[1].runs, "{read:?}");
    }
}
