//! Reads a workload and its pods.

use serde_json::Value;

use crate::incident::Text;

use super::cluster::Cluster;
use super::deed::{Request, pods_path};
use super::object::{is_owned_by, list, number, selector, text};
use super::template::{Template, templates};
use super::workload::{Kind, SANDBOX_GROUP, Workload};

/// A workload as it is.
#[derive(Clone, Debug)]
pub struct World {
    /// What the cluster serves of the sandbox API; empty where that does not matter.
    pub version: String,
    /// The object.
    pub object: Value,
}

/// What of an object a plan was made on. A status that moves makes another resource version, but
/// no other generation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// The hash of its template; none where that is not known.
    pub template: Option<String>,
    /// Its generation: how often it was changed.
    pub generation: i64,
    /// Its version as the cluster counts.
    pub resource_version: String,
}

impl World {
    /// What it is now; `template` is the hash of its template.
    pub fn pin(&self, template: Option<&str>) -> Pin {
        Pin {
            template: template.map(str::to_owned),
            generation: number(&self.object, "/metadata/generation").unwrap_or_default(),
            resource_version: text(&self.object, "/metadata/resourceVersion").unwrap_or_default().to_owned(),
        }
    }
}

impl Pin {
    /// `template 6c76974bbf, generation 6, resourceVersion 442`.
    pub fn shown(&self) -> Text {
        let template = self.template.as_deref().map(|hash| format!("template {hash}, ")).unwrap_or_default();
        let Self { generation, resource_version, .. } = self;
        Text::line(&format!("{template}generation {generation}, resourceVersion {resource_version}"))
    }

    /// Reads what [`Pin::shown`] wrote.
    pub fn parse(shown: &Text) -> Option<Self> {
        let mut pin = Self { template: None, generation: 0, resource_version: String::new() };
        for part in shown.as_str().split(", ") {
            match part.split_once(' ')? {
                ("template", hash) => pin.template = Some(hash.to_owned()),
                ("generation", number) => pin.generation = number.parse().ok()?,
                ("resourceVersion", version) => version.clone_into(&mut pin.resource_version),
                (_, _) => return None,
            }
        }
        (!pin.resource_version.is_empty()).then_some(pin)
    }
}

/// Who is known to have written the spec of an object last, and when. That is no proof of who wrote
/// last: an entry's time moves only when the set of fields that it owns does, so a writer who changes
/// what is theirs already leaves no trace.
pub fn last_known_writer(object: &Value) -> Option<String> {
    let entries = list(object, "/metadata/managedFields").iter();
    let of_spec = entries.filter(|entry| {
        // Before 1.22 no entry says that it is of the status.
        text(entry, "/subresource") != Some("status") && entry.pointer("/fieldsV1/f:spec").is_some()
    });
    let last = of_spec.max_by_key(|entry| text(entry, "/time"))?;
    Some(format!("{} at {}", text(last, "/manager")?, text(last, "/time")?))
}

impl Cluster {
    /// Reads a workload.
    ///
    /// # Errors
    /// In words: that there is none, or why it cannot be read.
    pub async fn world(&self, workload: &Workload) -> Result<World, Text> {
        let version = match workload.kind {
            Kind::Deployment | Kind::StatefulSet => String::new(),
            Kind::Sandbox => self.sandbox_version().await?,
        };
        let outcome = self.read(workload.path(&version)).await;
        if outcome.is_missing() {
            return Err(Text::line(&format!("there is no {workload}")));
        }
        Ok(World { object: outcome.read()?, version })
    }

    /// What the cluster serves of the sandbox API, the newest that is known here first.
    async fn sandbox_version(&self) -> Result<String, Text> {
        let outcome = self.read(format!("apis/{SANDBOX_GROUP}")).await;
        if outcome.is_missing() {
            return Err(Text::line("the cluster has no agent-sandbox API (agents.x-k8s.io)"));
        }
        let group = outcome.read()?;
        let served: Vec<&str> =
            list(&group, "/versions").iter().filter_map(|v| text(v, "/version")).collect();
        let known = ["v1beta1", "v1alpha1"].into_iter().find(|known| served.contains(known));
        known.map(str::to_owned).ok_or_else(|| {
            let served = served.join(", ");
            Text::line(&format!(
                "of {SANDBOX_GROUP} the cluster serves only {served}, which is not known here"
            ))
        })
    }

    /// Every pod of a workload that was read, ended and terminating ones too.
    ///
    /// # Errors
    /// In words: why they cannot be read.
    pub async fn pods(&self, workload: &Workload, object: &Value) -> Result<Vec<Value>, Text> {
        let request = Request::get(pods_path(&workload.namespace));
        let selected = match workload.kind {
            Kind::Deployment | Kind::StatefulSet => {
                let selector = object.pointer("/spec/selector").and_then(selector);
                Some(
                    selector.ok_or_else(|| {
                        Text::line(&format!("the selector of {workload} is not understood"))
                    })?,
                )
            }
            Kind::Sandbox => text(object, "/status/selector").filter(|it| !it.is_empty()).map(str::to_owned),
        };
        let owned = selected.is_none();
        let request = match selected {
            Some(selector) => request.with("labelSelector", selector),
            None => request,
        };
        let mut answer = self.send(&request).await.read()?;
        let items = answer.pointer_mut("/items").map(Value::take);
        let Some(Value::Array(mut pods)) = items else {
            return Err(Text::line("the list of pods was no list"));
        };
        if owned {
            let uid = text(object, "/metadata/uid").unwrap_or_default();
            pods.retain(|pod| is_owned_by(pod, uid));
        }
        Ok(pods)
    }

    /// The templates that a Deployment's ReplicaSets keep; none for other workloads.
    ///
    /// # Errors
    /// In words: why they cannot be read.
    pub async fn templates(&self, workload: &Workload, object: &Value) -> Result<Vec<Template>, Text> {
        if workload.kind != Kind::Deployment {
            return Ok(Vec::new());
        }
        let path = format!("apis/apps/v1/namespaces/{}/replicasets", workload.namespace);
        let all = self.read(path).await.read()?;
        Ok(templates(list(&all, "/items"), object))
    }

    /// The selector of a workload's pods, as a policy takes it.
    ///
    /// # Errors
    /// In words: where nothing selects just them.
    pub fn pod_selector(workload: &Workload, object: &Value) -> Result<Value, Text> {
        let found = match workload.kind {
            Kind::Deployment | Kind::StatefulSet => object.pointer("/spec/selector").cloned(),
            Kind::Sandbox => text(object, "/status/selector").and_then(equal_labels),
        };
        // An empty selector would take every pod of the namespace.
        found.filter(|found| selector(found).is_some()).ok_or_else(|| {
            Text::line(&format!(
                "nothing selects the pods of {workload} alone, so no policy can be made for them"
            ))
        })
    }
}

/// `a=b,c=d` as a selector.
fn equal_labels(selector: &str) -> Option<Value> {
    let pair = |part: &str| {
        let (key, value) = part.split_once('=')?;
        let value = value.trim_start_matches('=');
        (!key.contains(['!', ' '])).then(|| (key.to_owned(), Value::from(value)))
    };
    let labels: Option<serde_json::Map<String, Value>> = selector.split(',').map(pair).collect();
    Some(serde_json::json!({"matchLabels": labels?}))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_pin_is_read_as_it_was_written() {
        for pin in [
            Pin {
                template: Some("6c76974bbf".to_owned()),
                generation: 6,
                resource_version: "442".to_owned(),
            },
            Pin { template: None, generation: 1, resource_version: "9".to_owned() },
        ] {
            assert_eq!(Pin::parse(&pin.shown()), Some(pin));
        }
        for wrong in ["", "v7", "generation x, resourceVersion 1", "template a", "generation 3"] {
            assert_eq!(Pin::parse(&Text::line(wrong)), None, "{wrong}");
        }
    }

    #[test]
    fn nobody_is_named_who_wrote_only_the_status_or_a_note_of_it() {
        let spec = json!({"f:spec": {"f:replicas": {}}});
        let status = json!({"f:metadata": {"f:annotations": {}}, "f:status": {}});
        let object = json!({"metadata": {"managedFields": [
            {"manager": "helm", "time": "2026-11-21T05:39:25Z", "fieldsV1": spec},
            {"manager": "kubectl-edit", "time": "2026-11-21T05:40:25Z", "fieldsV1": spec},
            {"manager": "scaler", "time": "2026-11-21T05:41:25Z", "subresource": "status", "fieldsV1": spec},
            // As 1.20 has it: no entry says of what it is.
            {"manager": "kube-controller-manager", "time": "2026-11-21T05:42:25Z", "fieldsV1": status},
        ]}});
        assert_eq!(last_known_writer(&object).as_deref(), Some("kubectl-edit at 2026-11-21T05:40:25Z"));
        assert_eq!(last_known_writer(&json!({})), None);
    }

    #[test]
    fn no_policy_is_ever_made_for_all_pods_of_a_namespace() {
        let of = |kind, object: Value| {
            let workload = Workload { kind, namespace: "n".to_owned(), name: "a".to_owned() };
            Cluster::pod_selector(&workload, &object).is_ok()
        };
        assert!(of(Kind::Deployment, json!({"spec": {"selector": {"matchLabels": {"app": "a"}}}})));
        assert!(!of(Kind::Deployment, json!({"spec": {"selector": {}}})));
        assert!(!of(Kind::Deployment, json!({"spec": {}})));
        assert!(of(Kind::Sandbox, json!({"status": {"selector": "agents.x-k8s.io/sandbox-name-hash=1"}})));
        for nothing in ["", "a in (b)", "!x", "x"] {
            assert!(!of(Kind::Sandbox, json!({"status": {"selector": nothing}})), "{nothing}");
        }
    }
}
