//! What is done to a cluster, as a value: shown before it is done, and done as it was shown.

use serde_json::{Value, json};

use crate::adapters::KEY_TO_COME;
use crate::incident::{Op, Text};

use super::object::selector;
use super::snapshot::Wanted;
use super::workload::{Kind, Workload};

/// Who is named as the field manager of everything that flightdeck writes.
pub const FIELD_MANAGER: &str = "flightdeck";

/// The template's annotation that a restart sets to the action's id: the same action again changes
/// nothing again.
pub const RESTART: &str = "flightdeck/restart";

/// The policy's annotation with the uids of the pods that it met.
pub const PODS_BEFORE: &str = "flightdeck/pods-before";

/// The body of a request, by what it does with the object that is there.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// No body.
    None,
    /// A merge patch.
    Merge(Value),
    /// A server-side apply: makes the object, or makes it so.
    Apply(Value),
    /// A new object.
    New(Value),
}

/// What a request does, in the words of permissions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// `get`, `list`, `patch`, `create`, `delete`, `deletecollection`.
    pub verb: &'static str,
    /// The API group; empty for the core.
    pub group: &'static str,
    /// The plural name.
    pub resource: &'static str,
    /// `scale`, `log`.
    pub subresource: &'static str,
    /// Where.
    pub namespace: String,
    /// On which object; empty: any.
    pub name: String,
}

impl Access {
    fn on(workload: &Workload, verb: &'static str, subresource: &'static str) -> Self {
        Self {
            verb,
            group: workload.kind.group(),
            resource: workload.kind.plural(),
            subresource,
            namespace: workload.namespace.clone(),
            name: workload.name.clone(),
        }
    }

    fn to(workload: &Workload, verb: &'static str, group: &'static str, resource: &'static str) -> Self {
        let namespace = workload.namespace.clone();
        Self { verb, group, resource, subresource: "", namespace, name: String::new() }
    }

    /// What reading for any plan needs leave for.
    pub fn of_plan(workload: &Workload) -> Vec<Self> {
        let mut all = vec![Self::on(workload, "get", ""), Self::to(workload, "list", "", "pods")];
        if workload.kind == Kind::Deployment {
            all.push(Self::to(workload, "list", "apps", "replicasets"));
        }
        all
    }

    /// What an operation needs leave for at least, before anything is known of the world.
    pub fn of_call(workload: &Workload, op: Op) -> Vec<Self> {
        match (op, workload.kind) {
            (Op::Isolate | Op::Release, Kind::Deployment | Kind::StatefulSet) => {
                vec![Self::on(workload, "patch", "scale")]
            }
            (Op::Snapshot, _) => {
                vec![Self { subresource: "log", ..Self::to(workload, "get", "", "pods") }]
            }
            (Op::Isolate | Op::Release | Op::Restart | Op::RollbackBranch | Op::RollForward, _) => {
                vec![Self::on(workload, "patch", "")]
            }
            (_, _) => Vec::new(),
        }
    }

    /// `deployments/scale`, `networkpolicies.networking.k8s.io`, as `kubectl create role` takes it.
    pub fn resource(&self) -> String {
        let mut resource = self.resource.to_owned();
        if !self.group.is_empty() {
            resource = format!("{resource}.{}", self.group);
        }
        if !self.subresource.is_empty() {
            resource = format!("{resource}/{}", self.subresource);
        }
        resource
    }
}

/// One request.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The HTTP method.
    pub method: &'static str,
    /// The path, without the slash at its beginning.
    pub path: String,
    /// The query, besides what every write has.
    pub query: Vec<(&'static str, String)>,
    /// The body.
    pub body: Body,
}

impl Request {
    /// A reading.
    pub fn get(path: String) -> Self {
        Self { method: "GET", path, query: Vec::new(), body: Body::None }
    }

    /// With a query parameter.
    pub fn with(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.query.push((key, value.into()));
        self
    }

    fn patch(path: String, body: Value) -> Self {
        Self { method: "PATCH", path, query: Vec::new(), body: Body::Merge(body) }
    }

    fn shown(&self) -> String {
        let mut shown = format!("{} {}", self.method, self.path);
        for (index, (key, value)) in self.query.iter().enumerate() {
            shown.push_str(&format!("{}{key}={value}", if index == 0 { "?" } else { "&" }));
        }
        match &self.body {
            Body::None => {}
            Body::Merge(body) | Body::Apply(body) | Body::New(body) => shown.push_str(&format!(" {body}")),
        }
        shown
    }
}

/// What is done.
#[derive(Clone, Debug, PartialEq)]
pub enum Deed {
    /// The number of replicas is set.
    Scale {
        /// Of what.
        workload: Workload,
        /// To how many.
        replicas: u32,
    },
    /// A Sandbox is suspended, or runs again.
    Suspend {
        /// Which.
        workload: Workload,
        /// What the cluster serves of the API.
        version: String,
        /// Whether it is suspended.
        suspended: bool,
    },
    /// Every connection is denied, and every pod made anew.
    Quarantine {
        /// Whose pods.
        workload: Workload,
        /// Which those are.
        selector: Value,
    },
    /// The policy of a quarantine is taken away.
    EndQuarantine {
        /// Whose.
        workload: Workload,
    },
    /// An annotation of the workload is set, or taken away.
    Annotate {
        /// Whose.
        workload: Workload,
        /// What the cluster serves of the sandbox API.
        version: String,
        /// Its key.
        key: String,
        /// Its value.
        value: Option<Text>,
    },
    /// A key of a ConfigMap is set, or taken away.
    SetKey {
        /// Where.
        namespace: String,
        /// The ConfigMap.
        name: String,
        /// The key.
        key: String,
        /// Its value.
        value: Option<Text>,
    },
    /// Every pod is made anew, some at a time.
    Restart {
        /// Whose.
        workload: Workload,
    },
    /// The template of one ReplicaSet is put back.
    Rollback {
        /// Where.
        workload: Workload,
        /// The hash of the template.
        to: String,
        /// The version of the object that it is put back on.
        resource_version: String,
        /// What is in the template, in words; it proves nothing.
        images: String,
    },
    /// Everything about the agent is read.
    Snapshot {
        /// Of what.
        workload: Workload,
        /// What of each container's log.
        wanted: Wanted,
    },
}

/// The name of a workload's quarantine.
pub fn policy_name(workload: &Workload) -> String {
    format!("flightdeck-quarantine-{}", workload.name)
}

/// The path of a workload's quarantine.
pub fn policy_path(workload: &Workload) -> String {
    let namespace = &workload.namespace;
    format!("apis/networking.k8s.io/v1/namespaces/{namespace}/networkpolicies/{}", policy_name(workload))
}

/// The path of a namespace's pods.
pub fn pods_path(namespace: &str) -> String {
    format!("api/v1/namespaces/{namespace}/pods")
}

/// A NetworkPolicy that lets nothing in and nothing out.
pub fn policy(workload: &Workload, pods: &Value, before: Option<&str>) -> Request {
    let mut metadata = json!({
        "name": policy_name(workload),
        "namespace": workload.namespace,
        "labels": {"app.kubernetes.io/managed-by": FIELD_MANAGER},
    });
    if let Some(before) = before {
        metadata["annotations"] = json!({ PODS_BEFORE: before });
    }
    let body = json!({
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata,
        "spec": {"podSelector": pods, "policyTypes": ["Ingress", "Egress"]},
    });
    let path = policy_path(workload);
    // Nobody else has a say in flightdeck's own policy.
    let query = vec![("force", "true".to_owned())];
    Request { method: "PATCH", path, query, body: Body::Apply(body) }
}

/// The removal of every pod of a selector.
pub fn remove_pods(namespace: &str, selector: &str) -> Request {
    let query = vec![("labelSelector", selector.to_owned())];
    Request { method: "DELETE", path: pods_path(namespace), query, body: Body::None }
}

impl Deed {
    /// The requests that change something, `key` being the action's id; none where another reading
    /// comes first.
    pub fn requests(&self, key: &str) -> Vec<Request> {
        match self {
            Self::Scale { workload, replicas } => {
                let path = format!("{}/scale", workload.path(""));
                vec![Request::patch(path, json!({"spec": {"replicas": replicas}}))]
            }
            Self::Suspend { workload, version, suspended } => {
                vec![Request::patch(workload.path(version), suspension(version, *suspended))]
            }
            Self::Quarantine { workload, selector: pods } => {
                let selector = selector(pods).unwrap_or_default();
                vec![policy(workload, pods, None), remove_pods(&workload.namespace, &selector)]
            }
            Self::EndQuarantine { workload } => {
                let path = policy_path(workload);
                vec![Request { method: "DELETE", path, query: Vec::new(), body: Body::None }]
            }
            Self::Annotate { workload, version, key, value } => {
                let body = json!({"metadata": {"annotations": {key.as_str(): value}}});
                vec![Request::patch(workload.path(version), body)]
            }
            Self::SetKey { namespace, name, key, value } => {
                let path = format!("api/v1/namespaces/{namespace}/configmaps/{name}");
                vec![Request::patch(path, json!({"data": {key.as_str(): value}}))]
            }
            Self::Restart { workload } => {
                let template = json!({"metadata": {"annotations": {RESTART: key}}});
                vec![Request::patch(workload.path(""), json!({"spec": {"template": template}}))]
            }
            Self::Rollback { .. } | Self::Snapshot { .. } => Vec::new(),
        }
    }

    /// The rollback's own request, with what turns the template into the one that is put back.
    pub fn put_back(workload: &Workload, resource_version: &str, template: Value) -> Request {
        let body = json!({
            "metadata": {"resourceVersion": resource_version},
            "spec": {"template": template},
        });
        Request::patch(workload.path(""), body)
    }

    /// The call as a person reads it. Every write also has `fieldManager=flightdeck` and a time
    /// limit; `context` says in which cluster.
    pub fn shown(&self, context: &str) -> Text {
        let what = match self {
            Self::Scale { .. }
            | Self::Suspend { .. }
            | Self::Quarantine { .. }
            | Self::EndQuarantine { .. }
            | Self::Annotate { .. }
            | Self::SetKey { .. }
            | Self::Restart { .. } => {
                self.requests(KEY_TO_COME).iter().map(Request::shown).collect::<Vec<_>>().join("; then ")
            }
            Self::Rollback { workload, to, resource_version, images } => format!(
                "PATCH {} {{\"metadata\":{{\"resourceVersion\":\"{resource_version}\"}},\"spec\":\
                 {{\"template\":<of the ReplicaSet with pod-template-hash {to}: {images}>}}}}",
                workload.path(""),
            ),
            Self::Snapshot { workload, wanted } => {
                format!("read the logs ({wanted}), the pods, the events and the objects of {workload}")
            }
        };
        Text::line(&format!("{context}: {what}"))
    }

    /// What it needs leave for.
    pub fn accesses(&self) -> Vec<Access> {
        let pods = |workload: &Workload, verb, subresource| Access {
            verb,
            group: "",
            resource: "pods",
            subresource,
            namespace: workload.namespace.clone(),
            name: String::new(),
        };
        let policy = |workload: &Workload, verb| Access {
            verb,
            group: "networking.k8s.io",
            resource: "networkpolicies",
            subresource: "",
            namespace: workload.namespace.clone(),
            name: if verb == "create" { String::new() } else { policy_name(workload) },
        };
        match self {
            Self::Scale { workload, .. } => {
                vec![Access::on(workload, "patch", "scale"), pods(workload, "list", "")]
            }
            Self::Suspend { workload, .. } | Self::Restart { workload } | Self::Rollback { workload, .. } => {
                vec![Access::on(workload, "patch", ""), pods(workload, "list", "")]
            }
            Self::Quarantine { workload, .. } => vec![
                policy(workload, "patch"),
                policy(workload, "create"),
                policy(workload, "get"),
                pods(workload, "deletecollection", ""),
                pods(workload, "list", ""),
            ],
            Self::EndQuarantine { workload } => {
                vec![policy(workload, "delete"), policy(workload, "get"), pods(workload, "list", "")]
            }
            Self::Annotate { workload, .. } => vec![Access::on(workload, "patch", "")],
            Self::SetKey { namespace, name, .. } => ["patch", "get"]
                .map(|verb| Access {
                    verb,
                    group: "",
                    resource: "configmaps",
                    subresource: "",
                    namespace: namespace.clone(),
                    name: name.clone(),
                })
                .to_vec(),
            Self::Snapshot { workload, .. } => vec![pods(workload, "list", ""), pods(workload, "get", "log")],
        }
    }
}

/// How a Sandbox is told: since v1beta1 by `spec.operatingMode`, before by `spec.replicas`
/// (kubernetes-sigs/agent-sandbox, `api/v1beta1/sandbox_types.go` and its pull request 801).
fn suspension(version: &str, suspended: bool) -> Value {
    if version == "v1alpha1" {
        return json!({"spec": {"replicas": if suspended { 0 } else { 1 }}});
    }
    json!({"spec": {"operatingMode": if suspended { "Suspended" } else { "Running" }}})
}

/// Whether a Sandbox, as read, is told to be suspended.
pub fn is_suspended(sandbox: &Value) -> bool {
    sandbox.pointer("/spec/operatingMode").and_then(Value::as_str) == Some("Suspended")
        || sandbox.pointer("/spec/replicas").and_then(Value::as_i64) == Some(0)
}

/// How many pods a workload, as read, asks for.
pub fn wanted(kind: Kind, workload: &Value) -> i64 {
    match kind {
        // The API's own default is one.
        Kind::Deployment | Kind::StatefulSet => {
            workload.pointer("/spec/replicas").and_then(Value::as_i64).unwrap_or(1)
        }
        Kind::Sandbox => i64::from(!is_suspended(workload)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workload(kind: Kind) -> Workload {
        Workload { kind, namespace: "agents".to_owned(), name: "support-1".to_owned() }
    }

    #[test]
    fn a_deed_is_shown_as_the_requests_that_are_made() {
        let deployment = workload(Kind::Deployment);
        let sandbox = workload(Kind::Sandbox);
        let value = Some(Text::line("10"));
        for (deed, shown) in [
            (
                Deed::Scale { workload: deployment.clone(), replicas: 0 },
                "prod: PATCH apis/apps/v1/namespaces/agents/deployments/support-1/scale {\"spec\":{\"replicas\":0}}",
            ),
            (
                Deed::Suspend { workload: sandbox.clone(), version: "v1beta1".to_owned(), suspended: true },
                "prod: PATCH apis/agents.x-k8s.io/v1beta1/namespaces/agents/sandboxes/support-1 \
                 {\"spec\":{\"operatingMode\":\"Suspended\"}}",
            ),
            (
                Deed::Suspend { workload: sandbox, version: "v1alpha1".to_owned(), suspended: false },
                "prod: PATCH apis/agents.x-k8s.io/v1alpha1/namespaces/agents/sandboxes/support-1 \
                 {\"spec\":{\"replicas\":1}}",
            ),
            (
                Deed::Annotate {
                    workload: deployment.clone(),
                    version: String::new(),
                    key: "x/rpm".to_owned(),
                    value: None,
                },
                "prod: PATCH apis/apps/v1/namespaces/agents/deployments/support-1 \
                 {\"metadata\":{\"annotations\":{\"x/rpm\":null}}}",
            ),
            (
                Deed::SetKey {
                    namespace: "agents".to_owned(),
                    name: "limits".to_owned(),
                    key: "rpm".to_owned(),
                    value,
                },
                "prod: PATCH api/v1/namespaces/agents/configmaps/limits {\"data\":{\"rpm\":\"10\"}}",
            ),
            (
                Deed::Restart { workload: deployment.clone() },
                "prod: PATCH apis/apps/v1/namespaces/agents/deployments/support-1 {\"spec\":{\"template\":\
                 {\"metadata\":{\"annotations\":{\"flightdeck/restart\":\"id.of.this.action\"}}}}}",
            ),
            (
                Deed::EndQuarantine { workload: deployment },
                "prod: DELETE apis/networking.k8s.io/v1/namespaces/agents/networkpolicies/\
                 flightdeck-quarantine-support-1",
            ),
        ] {
            assert_eq!(deed.shown("prod"), shown);
        }
    }

    #[test]
    fn a_quarantine_denies_all_and_makes_the_pods_anew() {
        let selector = json!({"matchLabels": {"app": "support-1"}});
        let deed = Deed::Quarantine { workload: workload(Kind::Deployment), selector: selector.clone() };
        let [policy, removal] = &deed.requests("k")[..] else { panic!("two requests") };
        let Body::Apply(body) = &policy.body else { panic!("applied") };
        assert_eq!(body["spec"]["podSelector"], selector);
        assert_eq!(body["spec"]["policyTypes"], json!(["Ingress", "Egress"]));
        assert!(body["spec"].get("ingress").is_none() && body["spec"].get("egress").is_none());
        assert_eq!((removal.method, removal.path.as_str()), ("DELETE", "api/v1/namespaces/agents/pods"));
        assert_eq!(removal.query, [("labelSelector", "app=support-1".to_owned())]);
    }

    #[test]
    fn what_a_deed_needs_leave_for_is_said_as_kubectl_takes_it() {
        let of =
            |deed: Deed| deed.accesses().iter().map(|a| format!("{} {}", a.verb, a.resource())).collect();
        let words: Vec<String> = of(Deed::Scale { workload: workload(Kind::Deployment), replicas: 0 });
        assert_eq!(words, ["patch deployments.apps/scale", "list pods"]);
        let words: Vec<String> = of(Deed::Snapshot {
            workload: workload(Kind::Sandbox),
            wanted: Wanted { lines: 5, range: None },
        });
        assert_eq!(words, ["list pods", "get pods/log"]);
    }

    #[test]
    fn how_many_pods_are_wanted_is_read_of_each_kind() {
        for (kind, object, count) in [
            (Kind::Deployment, json!({"spec": {"replicas": 3}}), 3),
            (Kind::Deployment, json!({"spec": {}}), 1),
            (Kind::StatefulSet, json!({"spec": {"replicas": 0}}), 0),
            (Kind::Sandbox, json!({"spec": {"operatingMode": "Suspended"}}), 0),
            (Kind::Sandbox, json!({"spec": {"operatingMode": "Running"}}), 1),
            (Kind::Sandbox, json!({"spec": {"replicas": 0}}), 0),
            (Kind::Sandbox, json!({"spec": {}}), 1),
        ] {
            assert_eq!(wanted(kind, &object), count, "{object}");
        }
    }
}
