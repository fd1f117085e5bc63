//! What runs an agent in a cluster: a Deployment, a StatefulSet, or a Sandbox of agent-sandbox.

use std::fmt;

use crate::adapters::template::{Template, Values};
use crate::incident::Text;

/// The group of the agent-sandbox API (kubernetes-sigs/agent-sandbox, `docs/api.md`).
pub const SANDBOX_GROUP: &str = "agents.x-k8s.io";

/// A kind of workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `apps/v1` Deployment.
    Deployment,
    /// `apps/v1` StatefulSet.
    StatefulSet,
    /// `agents.x-k8s.io` Sandbox: one pod that can be suspended.
    Sandbox,
}

impl Kind {
    /// Every kind, as written in the configuration.
    pub const ALL: [(&'static str, Self); 3] =
        [("deployment", Self::Deployment), ("statefulset", Self::StatefulSet), ("sandbox", Self::Sandbox)];

    /// As objects call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Deployment => "Deployment",
            Self::StatefulSet => "StatefulSet",
            Self::Sandbox => "Sandbox",
        }
    }

    /// As paths and permissions call it.
    pub const fn plural(self) -> &'static str {
        match self {
            Self::Deployment => "deployments",
            Self::StatefulSet => "statefulsets",
            Self::Sandbox => "sandboxes",
        }
    }

    /// Its API group.
    pub const fn group(self) -> &'static str {
        match self {
            Self::Deployment | Self::StatefulSet => "apps",
            Self::Sandbox => SANDBOX_GROUP,
        }
    }

    /// The label by which a pod tells from which template it was made.
    pub const fn hash_label(self) -> &'static str {
        match self {
            Self::Deployment => "pod-template-hash",
            Self::StatefulSet => "controller-revision-hash",
            Self::Sandbox => "agents.x-k8s.io/sandbox-pod-template-hash",
        }
    }
}

/// A configured way to an agent's workload: `deployment/{agent}`, `agents/deployment/{agent}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkloadTemplate {
    kind: Kind,
    namespace: Option<String>,
    name: Template,
}

impl WorkloadTemplate {
    /// Reads `KIND/NAME` or `NAMESPACE/KIND/NAME`; `{agent}` may stand in the name.
    ///
    /// # Errors
    /// In words.
    pub fn parse(raw: &str) -> Result<Self, String> {
        let shape = || {
            format!(
                "'{}' is no workload; write deployment/NAME or NAMESPACE/deployment/NAME",
                Text::line(raw)
            )
        };
        let parts: Vec<&str> = raw.split('/').collect();
        let (namespace, kind, name) = match parts[..] {
            [kind, name] => (None, kind, name),
            [namespace, kind, name] => (Some(namespace), kind, name),
            [..] => return Err(shape()),
        };
        let Some((_, kind)) = Kind::ALL.into_iter().find(|(word, _)| *word == kind) else {
            let known: Vec<&str> = Kind::ALL.iter().map(|(word, _)| *word).collect();
            let kind = Text::line(kind);
            return Err(format!("there is no kind of workload '{kind}'; there is {}", known.join(", ")));
        };
        if namespace.is_some_and(|namespace| !is_name(namespace)) || name.is_empty() {
            return Err(shape());
        }
        let name = Template::parse(name, &["agent", "target"])?;
        Ok(Self { kind, namespace: namespace.map(str::to_owned), name })
    }

    /// Any workload of its kind, for asking what may be done with them; none where that has no name yet.
    pub fn kind_in(&self, namespace: &str) -> Option<Workload> {
        let namespace = self.namespace.clone().unwrap_or_else(|| namespace.to_owned());
        Some(Workload { kind: self.kind, namespace, name: String::new() })
    }

    /// The workload of one agent; `namespace` is the one to take where none is written.
    ///
    /// # Errors
    /// In words: an agent's id that no object can have as its name.
    pub fn fill(&self, agent: &Text, namespace: &str) -> Result<Workload, Text> {
        let values: Values = ["agent", "target"].map(|name| (name.to_owned(), agent.clone())).into();
        let name = self.name.fill(&values)?;
        if !is_name(&name) {
            return Err(Text::line(&format!(
                "'{name}' cannot be the name of a {}; name the workload of {agent} under `workloads`",
                self.kind.name()
            )));
        }
        let namespace = self.namespace.as_deref().unwrap_or(namespace).to_owned();
        Ok(Workload { kind: self.kind, namespace, name })
    }
}

/// A name as Kubernetes has them: a DNS subdomain. So it can stand in a path as it is.
pub fn is_name(raw: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let bytes = raw.as_bytes();
    (1..=253).contains(&raw.len())
        && bytes.iter().all(|b| plain(*b) || matches!(b, b'-' | b'.'))
        && bytes.first().is_some_and(|b| plain(*b))
        && bytes.last().is_some_and(|b| plain(*b))
        && !raw.contains("..")
}

/// One workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workload {
    /// What it is.
    pub kind: Kind,
    /// Where it is.
    pub namespace: String,
    /// What it is called.
    pub name: String,
}

impl Workload {
    /// Its path; `sandbox_version` is that which the cluster serves of the sandbox API.
    pub fn path(&self, sandbox_version: &str) -> String {
        let version = match self.kind {
            Kind::Deployment | Kind::StatefulSet => "v1",
            Kind::Sandbox => sandbox_version,
        };
        let Self { kind, namespace, name } = self;
        format!("apis/{}/{version}/namespaces/{namespace}/{}/{name}", kind.group(), kind.plural())
    }
}

impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{} {}/{}", self.kind.name(), self.namespace, self.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workload_is_written_as_kind_and_name() {
        for (raw, agent, shown) in [
            ("deployment/{agent}", "support-1", "Deployment agents/support-1"),
            ("statefulset/chat", "support-1", "StatefulSet agents/chat"),
            ("prod/deployment/x-{agent}", "a", "Deployment prod/x-a"),
            ("sandbox/{agent}", "a.b", "Sandbox agents/a.b"),
        ] {
            let workload = WorkloadTemplate::parse(raw).unwrap().fill(&Text::line(agent), "agents");
            assert_eq!(workload.unwrap().to_string(), shown, "{raw}");
        }
    }

    #[test]
    fn what_is_no_workload_is_told_in_words() {
        for (raw, says) in [
            ("support-1", "write deployment/NAME"),
            ("deployment/", "write deployment/NAME"),
            ("a/b/c/d", "write deployment/NAME"),
            ("daemonset/x", "deployment, statefulset, sandbox"),
            ("UP/deployment/x", "write deployment/NAME"),
            ("deployment/{agnt}", "{agent}"),
        ] {
            let words = WorkloadTemplate::parse(raw).unwrap_err();
            assert!(words.contains(says), "{raw}: {words}");
        }
    }

    #[test]
    fn no_agent_s_id_leads_to_another_path() {
        let template = WorkloadTemplate::parse("deployment/{agent}").unwrap();
        for attack in
            ["team/support-1", "../../secrets", "x?dryRun=All", "a/scale", "A", "", "a..b", "x#", "-x"]
        {
            assert!(template.fill(&Text::line(attack), "agents").is_err(), "{attack}");
        }
    }

    #[test]
    fn a_path_has_the_group_of_its_kind() {
        let of = |raw| {
            let template = WorkloadTemplate::parse(raw).unwrap();
            template.fill(&Text::line("a"), "n").unwrap().path("v1beta1")
        };
        assert_eq!(of("deployment/{agent}"), "apis/apps/v1/namespaces/n/deployments/a");
        assert_eq!(of("statefulset/{agent}"), "apis/apps/v1/namespaces/n/statefulsets/a");
        assert_eq!(of("sandbox/{agent}"), "apis/agents.x-k8s.io/v1beta1/namespaces/n/sandboxes/a");
    }
}
