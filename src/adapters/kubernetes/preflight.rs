//! What could fight a deed, each in words with the step that goes with it.
//!
//! Nothing here stops anybody: a commander may act on a workload that a controller owns, and must
//! know that it does.

use futures::future::join_all;
use serde_json::{Value, json};

use crate::incident::Text;

use super::cluster::{Cluster, Outcome};
use super::deed::{Access, Body, Deed, Request};
use super::object::{annotation, label, list, name, number, selects, text};
use super::workload::{Workload, is_name};

/// What is looked at.
pub struct Scene<'a> {
    /// The workload.
    pub workload: &'a Workload,
    /// As it was read.
    pub object: &'a Value,
    /// Its pods.
    pub pods: &'a [Value],
    /// What is to be done.
    pub deed: &'a Deed,
}

/// Which conflicts a deed can have.
struct Touches {
    /// It changes how many pods there are.
    scale: bool,
    /// It changes the workload itself.
    object: bool,
    /// It takes pods away against a budget.
    pods: bool,
}

fn touches(deed: &Deed) -> Touches {
    let (scale, object, pods) = match deed {
        Deed::Scale { replicas, .. } => (true, true, *replicas == 0),
        Deed::Suspend { suspended, .. } => (true, true, *suspended),
        Deed::Quarantine { .. } => (false, false, true),
        Deed::Annotate { .. } | Deed::Restart { .. } | Deed::Rollback { .. } => (false, true, false),
        Deed::EndQuarantine { .. } | Deed::SetKey { .. } | Deed::Snapshot { .. } => (false, false, false),
    };
    Touches { scale, object, pods }
}

impl Cluster {
    /// Looks for everything that could fight the deed.
    pub async fn preflight(&self, scene: &Scene<'_>, rehearsed: &[Request]) -> Vec<Text> {
        let touches = touches(scene.deed);
        let namespace = &scene.workload.namespace;
        let of = |group: &str, resource: &str| format!("apis/{group}/namespaces/{namespace}/{resource}");
        let scalers = async {
            if !touches.scale {
                return Vec::new();
            }
            let (hpas, keda) = tokio::join!(
                self.read(of("autoscaling/v1", "horizontalpodautoscalers")),
                self.read(of("keda.sh/v1alpha1", "scaledobjects")),
            );
            let mut found = looked_at("horizontal pod autoscalers", hpas, |all| autoscalers(all, scene));
            found.extend(looked_at("KEDA's scaled objects", keda, |all| scaled_objects(all, scene)));
            found
        };
        let budgets = async {
            if !touches.pods {
                return Vec::new();
            }
            let mut answer = self.read(of("policy/v1", "poddisruptionbudgets")).await;
            if matches!(&answer, Outcome::Refused(refusal) if refusal.code == 404) {
                // Before 1.21.
                answer = self.read(of("policy/v1beta1", "poddisruptionbudgets")).await;
            }
            looked_at("disruption budgets", answer, |all| disruption_budgets(all, scene))
        };
        let leave = async {
            let missing = self.missing(&scene.deed.accesses()).await;
            // The same no twice helps nobody.
            if missing.is_empty() { self.rehearsal(rehearsed).await } else { missing }
        };
        let owners = async { if touches.object { self.owners(scene).await } else { Vec::new() } };
        let (scalers, budgets, leave, owners) = tokio::join!(scalers, budgets, leave, owners);
        [leave, owners, scalers, budgets, effects(scene)].concat()
    }

    /// What this account is known not to be allowed to do; what could not be asked is left out.
    pub async fn refused(&self, accesses: &[Access]) -> Vec<Text> {
        let asked = join_all(accesses.iter().map(|access| async move {
            let answer = self.send(&review(access)).await.read().ok()?;
            (answer.pointer("/status/allowed") == Some(&Value::Bool(false))).then(|| may_not(access))
        }));
        asked.await.into_iter().flatten().collect()
    }

    /// What this account may not do.
    async fn missing(&self, accesses: &[Access]) -> Vec<Text> {
        let asked = join_all(accesses.iter().map(|access| async move {
            let answer = self.send(&review(access)).await.read();
            (access, answer)
        }));
        let mut words = Vec::new();
        for (access, answer) in asked.await {
            match answer {
                Ok(answer) if answer.pointer("/status/allowed") == Some(&Value::Bool(true)) => {}
                Ok(_) => words.push(may_not(access)),
                Err(why) => words.push(Text::line(&format!(
                    "whether this account may {} {} could not be asked: {why}",
                    access.verb,
                    access.resource()
                ))),
            }
        }
        words
    }

    /// What the cluster says to a dry run.
    async fn rehearsal(&self, requests: &[Request]) -> Vec<Text> {
        for request in requests {
            let words = match self.rehearse(request).await {
                Outcome::Done(_) => continue,
                // Taking away what is not there is no conflict.
                Outcome::Refused(refusal) if request.method == "DELETE" && refusal.code == 404 => continue,
                Outcome::Refused(refusal) => {
                    format!("a dry run of the call was refused: {}", refusal.words())
                }
                Outcome::NotSent(why) | Outcome::Unknown(why) => {
                    format!("a dry run of the call got no answer: {why}")
                }
            };
            return vec![Text::line(&words)];
        }
        Vec::new()
    }
}

/// Asks whether this account may do something.
fn review(access: &Access) -> Request {
    let Access { verb, group, resource, subresource, namespace, name } = access;
    let attributes = json!({
        "namespace": namespace, "verb": verb, "group": group, "resource": resource,
        "subresource": subresource, "name": name,
    });
    let body = json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    });
    let path = "apis/authorization.k8s.io/v1/selfsubjectaccessreviews".to_owned();
    Request { method: "POST", path, query: Vec::new(), body: Body::New(body) }
}

fn may_not(access: &Access) -> Text {
    let resource = access.resource();
    let Access { verb, namespace, .. } = access;
    let role = resource.replace(['.', '/'], "-");
    Text::line(&format!(
        "this account may not {verb} {resource} in {namespace}; grant it: kubectl -n {namespace} create role \
         flightdeck-{verb}-{role} --verb={verb} --resource={resource}, and bind that role to it"
    ))
}

/// What a list says, or that it could not be looked at. What is not installed cannot fight.
fn looked_at(what: &str, answer: Outcome, say: impl Fn(&[Value]) -> Vec<Text>) -> Vec<Text> {
    match answer {
        Outcome::Done(answer) => say(list(&answer, "/items")),
        Outcome::Refused(refusal) if refusal.code == 404 => Vec::new(),
        Outcome::Refused(refusal) => vec![unseen(what, &refusal.words())],
        Outcome::NotSent(why) | Outcome::Unknown(why) => vec![unseen(what, &why)],
    }
}

fn unseen(what: &str, why: &Text) -> Text {
    Text::line(&format!("{what} could not be looked at: {why}"))
}

/// Whether a `scaleTargetRef` means the workload. KEDA takes a Deployment where no kind is said.
fn is_target(reference: Option<&Value>, workload: &Workload) -> bool {
    reference.is_some_and(|reference| {
        text(reference, "/kind").unwrap_or("Deployment") == workload.kind.name()
            && text(reference, "/name") == Some(workload.name.as_str())
    })
}

fn autoscalers(all: &[Value], scene: &Scene<'_>) -> Vec<Text> {
    let meant = all.iter().filter(|hpa| is_target(hpa.pointer("/spec/scaleTargetRef"), scene.workload));
    let say = |hpa: &Value| {
        let least = number(hpa, "/spec/minReplicas").unwrap_or(1);
        let most = number(hpa, "/spec/maxReplicas").unwrap_or_default();
        let (name, namespace) = (name(hpa), &scene.workload.namespace);
        let rests = if stops(scene.deed) {
            "rests while there are 0 replicas and goes on after the release; if somebody sets another \
             number it scales again"
        } else {
            "takes the number of replicas over from here on"
        };
        Text::line(&format!(
            "the HorizontalPodAutoscaler {name} ({least} to {most}) {rests}; to keep it out: kubectl -n \
             {namespace} delete hpa {name}, and make it again afterwards"
        ))
    };
    meant.map(say).collect()
}

/// KEDA scales from zero by itself unless it is paused (keda.sh/docs, "Pausing autoscaling").
fn scaled_objects(all: &[Value], scene: &Scene<'_>) -> Vec<Text> {
    let meant = all.iter().filter(|it| is_target(it.pointer("/spec/scaleTargetRef"), scene.workload));
    let say = |scaled: &Value| {
        let (name, namespace) = (name(scaled), &scene.workload.namespace);
        let paused =
            annotation(scaled, PAUSED_REPLICAS).or_else(|| annotation(scaled, "autoscaling.keda.sh/paused"));
        Text::line(&match (stops(scene.deed), paused) {
            (true, Some(at)) => {
                format!("KEDA's ScaledObject {name} is paused ({at}); so it must stay until the release")
            }
            (true, None) => format!(
                "KEDA's ScaledObject {name} starts pods again as soon as a trigger fires; pause it first: \
                 kubectl -n {namespace} annotate scaledobject {name} {PAUSED_REPLICAS}=0"
            ),
            (false, Some(_)) => format!(
                "KEDA's ScaledObject {name} is paused; let it go on afterwards: kubectl -n {namespace} \
                 annotate scaledobject {name} {PAUSED_REPLICAS}- autoscaling.keda.sh/paused-"
            ),
            (false, None) => {
                format!("KEDA's ScaledObject {name} takes the number of replicas over from here on")
            }
        })
    };
    meant.map(say).collect()
}

const PAUSED_REPLICAS: &str = "autoscaling.keda.sh/paused-replicas";

fn stops(deed: &Deed) -> bool {
    matches!(deed, Deed::Scale { replicas: 0, .. } | Deed::Suspend { suspended: true, .. })
}

fn disruption_budgets(all: &[Value], scene: &Scene<'_>) -> Vec<Text> {
    let of_template = scene.object.pointer("/spec/template/metadata/labels");
    let of_pod = || scene.pods.first()?.pointer("/metadata/labels");
    let Some(labels) = of_template.or_else(of_pod) else { return Vec::new() };
    let meant =
        all.iter().filter(|budget| budget.pointer("/spec/selector").is_some_and(|it| selects(it, labels)));
    let say = |budget: &Value| {
        let wants = ["minAvailable", "maxUnavailable"].into_iter().find_map(|key| {
            let value = budget.pointer(&format!("/spec/{key}"))?;
            Some(format!("{key} {}", value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
        });
        Text::line(&format!(
            "the PodDisruptionBudget {} ({}) counts for evictions only and does not hold this back: the agent \
             goes below it; tell whoever relies on it",
            name(budget),
            wants.unwrap_or_default()
        ))
    };
    meant.map(say).collect()
}

/// Somebody who keeps a workload as a file somewhere says, by the marks that they leave on it.
#[derive(Debug, PartialEq, Eq)]
enum Keeper {
    /// Argo CD, by its tracking (argo-cd.readthedocs.io, "Resource tracking").
    Argo { app: String },
    /// Flux, by its labels (fluxcd.io, "Kustomization", "HelmRelease").
    Flux { kind: &'static FluxKind, name: String, namespace: String },
    /// An owner in the cluster itself.
    Owner { kind: String, name: String },
}

/// What of Flux keeps workloads.
#[derive(Debug, PartialEq, Eq)]
struct FluxKind {
    group: &'static str,
    kind: &'static str,
    /// Its word on the command line.
    word: &'static str,
    plural: &'static str,
    /// The versions that clusters serve, the newest first.
    versions: &'static [&'static str],
}

const FLUX: &[FluxKind] = &[
    FluxKind {
        group: "kustomize.toolkit.fluxcd.io",
        kind: "Kustomization",
        word: "kustomization",
        plural: "kustomizations",
        versions: &["v1", "v1beta2"],
    },
    FluxKind {
        group: "helm.toolkit.fluxcd.io",
        kind: "HelmRelease",
        word: "helmrelease",
        plural: "helmreleases",
        versions: &["v2", "v2beta2", "v2beta1"],
    },
];

/// Where Argo CD's applications are unless somebody put them elsewhere.
const ARGO_NAMESPACE: &str = "argocd";

fn keepers(object: &Value) -> Vec<Keeper> {
    let mut all = Vec::new();
    let argo = annotation(object, "argocd.argoproj.io/tracking-id").and_then(|id| id.split(':').next());
    if let Some(app) = argo.or_else(|| label(object, "argocd.argoproj.io/instance")) {
        all.push(Keeper::Argo { app: app.rsplit('_').next().unwrap_or(app).to_owned() });
    }
    for kind in FLUX {
        if let Some(name) = label(object, &format!("{}/name", kind.group)) {
            let namespace = label(object, &format!("{}/namespace", kind.group)).unwrap_or("flux-system");
            all.push(Keeper::Flux { kind, name: name.to_owned(), namespace: namespace.to_owned() });
        }
    }
    let controllers = list(object, "/metadata/ownerReferences").iter();
    for owner in controllers.filter(|owner| owner.get("controller") == Some(&Value::Bool(true))) {
        let of = |key| text(owner, key).unwrap_or_default().to_owned();
        all.push(Keeper::Owner { kind: of("/kind"), name: of("/name") });
    }
    all
}

impl Keeper {
    /// What they do, with the step that stops them; `rests` says that they were stopped already.
    fn words(&self, rests: bool) -> Text {
        let words = match self {
            Self::Argo { app } if rests => {
                format!("Argo CD's application {app} owns this and syncs by hand only; so it must stay")
            }
            Self::Argo { app } => format!(
                "Argo CD's application {app} owns this, and with self-heal puts back what is changed; stop it \
                 first: argocd app set {app} --sync-policy none"
            ),
            Self::Flux { kind, name, .. } if rests => format!(
                "Flux's {} {name} owns this and is suspended; so it must stay until this is undone",
                kind.kind
            ),
            Self::Flux { kind, name, namespace } => format!(
                "Flux's {} {name} owns this and puts back what is changed; stop it first: flux suspend {} \
                 {name} -n {namespace}",
                kind.kind, kind.word
            ),
            Self::Owner { kind, name } => {
                format!("the {kind} {name} controls this and may put back what is changed; change it there")
            }
        };
        Text::line(&words)
    }
}

impl Cluster {
    /// Who keeps the workload, and whether they were stopped already, as far as that can be read.
    async fn owners(&self, scene: &Scene<'_>) -> Vec<Text> {
        let keepers = keepers(scene.object);
        join_all(keepers.iter().map(|keeper| async move { keeper.words(self.rests(keeper).await) })).await
    }

    /// Whether a keeper was told to leave the workload alone. What cannot be read does not rest.
    async fn rests(&self, keeper: &Keeper) -> bool {
        match keeper {
            Keeper::Argo { app } => {
                if !is_name(app) {
                    return false;
                }
                let path =
                    format!("apis/argoproj.io/v1alpha1/namespaces/{ARGO_NAMESPACE}/applications/{app}");
                let read = self.read(path).await.read();
                read.is_ok_and(|app| app.pointer("/spec/syncPolicy/automated").is_none())
            }
            Keeper::Flux { kind, name, namespace } => {
                if !is_name(name) || !is_name(namespace) {
                    return false;
                }
                for version in kind.versions {
                    let FluxKind { group, plural, .. } = kind;
                    let path = format!("apis/{group}/{version}/namespaces/{namespace}/{plural}/{name}");
                    match self.read(path).await {
                        Outcome::Done(it) => return it.pointer("/spec/suspend") == Some(&Value::Bool(true)),
                        Outcome::Refused(refusal) if refusal.code == 404 => {}
                        Outcome::Refused(_) | Outcome::NotSent(_) | Outcome::Unknown(_) => return false,
                    }
                }
                false
            }
            Keeper::Owner { .. } => false,
        }
    }
}

/// What else comes of the deed that its author should know.
fn effects(scene: &Scene<'_>) -> Vec<Text> {
    let mut words = Vec::new();
    if let Deed::Quarantine { .. } = scene.deed {
        words.push(
            "a NetworkPolicy cuts off only where the cluster's network plugin enforces it; that it does \
             is for a reader to prove (probes)",
        );
    }
    let paused = scene.object.pointer("/spec/paused") == Some(&Value::Bool(true));
    if paused && matches!(scene.deed, Deed::Restart { .. } | Deed::Rollback { .. }) {
        words.push("its rollouts are paused, so no pod will change; kubectl rollout resume first");
    }
    let on_delete = text(scene.object, "/spec/updateStrategy/type") == Some("OnDelete");
    if on_delete && matches!(scene.deed, Deed::Restart { .. }) {
        words.push("its pods change only when somebody deletes them (updateStrategy OnDelete)");
    }
    words.into_iter().map(Text::line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::kubernetes::workload::Kind;

    fn workload() -> Workload {
        Workload { kind: Kind::Deployment, namespace: "agents".to_owned(), name: "support-1".to_owned() }
    }

    fn stop() -> Deed {
        Deed::Scale { workload: workload(), replicas: 0 }
    }

    fn go() -> Deed {
        Deed::Scale { workload: workload(), replicas: 3 }
    }

    fn said(words: Vec<Text>) -> String {
        words.iter().map(Text::as_str).collect::<Vec<_>>().join("\n")
    }

    /// What is said of an object in a list.
    fn of(deed: &Deed, object: Value, say: fn(&[Value], &Scene<'_>) -> Vec<Text>, one: Value) -> String {
        let scene = Scene { workload: &workload(), object: &object, pods: &[], deed };
        said(say(&[one], &scene))
    }

    #[test]
    fn an_autoscaler_of_the_workload_is_told_with_its_range() {
        let hpa = |name: &str| {
            json!({"metadata": {"name": "h"}, "spec": {"minReplicas": 2, "maxReplicas": 10,
                "scaleTargetRef": {"kind": "Deployment", "name": name}}})
        };
        let words = of(&stop(), json!({}), autoscalers, hpa("support-1"));
        assert!(words.contains("h (2 to 10) rests while there are 0 replicas"), "{words}");
        assert!(words.contains("kubectl -n agents delete hpa h"), "{words}");
        assert!(of(&go(), json!({}), autoscalers, hpa("support-1")).contains("takes the number"));
        assert_eq!(of(&stop(), json!({}), autoscalers, hpa("other")), "");
    }

    #[test]
    fn keda_is_to_be_paused_first_and_let_go_on_afterwards() {
        let scaled = |paused: bool| {
            let annotations = if paused { json!({PAUSED_REPLICAS: "0"}) } else { json!({}) };
            json!({"metadata": {"name": "s", "annotations": annotations},
                "spec": {"scaleTargetRef": {"name": "support-1"}}})
        };
        for (deed, paused, says) in [
            (stop(), false, "annotate scaledobject s autoscaling.keda.sh/paused-replicas=0"),
            (stop(), true, "is paused (0); so it must stay"),
            (go(), true, "autoscaling.keda.sh/paused-replicas-"),
            (go(), false, "takes the number"),
        ] {
            let words = of(&deed, json!({}), scaled_objects, scaled(paused));
            assert!(words.contains(says), "{words}");
        }
    }

    #[test]
    fn a_budget_is_told_where_the_agent_goes_below_it() {
        let object = json!({"spec": {"template": {"metadata": {"labels": {"app": "a"}}}}});
        let budget = |app: &str| json!({"metadata": {"name": "pdb"}, "spec": {"minAvailable": 3, "selector": {"matchLabels": {"app": app}}}});
        let words = of(&stop(), object.clone(), disruption_budgets, budget("a"));
        assert!(words.contains("pdb (minAvailable 3)"), "{words}");
        assert_eq!(of(&stop(), object, disruption_budgets, budget("b")), "");
    }

    #[test]
    fn whoever_puts_things_back_is_told_with_the_way_to_stop_them() {
        for (metadata, says) in [
            (
                json!({"annotations": {"argocd.argoproj.io/tracking-id": "chat:apps/Deployment:agents/support-1"}}),
                "argocd app set chat --sync-policy none",
            ),
            (json!({"labels": {"argocd.argoproj.io/instance": "chat"}}), "argocd app set chat"),
            (
                json!({"labels": {"kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "fs"}}),
                "flux suspend kustomization apps -n fs",
            ),
            (
                json!({"labels": {"helm.toolkit.fluxcd.io/name": "chat", "helm.toolkit.fluxcd.io/namespace": "x"}}),
                "flux suspend helmrelease chat -n x",
            ),
            (
                json!({"ownerReferences": [{"kind": "SandboxClaim", "name": "c", "controller": true}]}),
                "SandboxClaim c controls this",
            ),
            (
                json!({"ownerReferences": [{"kind": "X", "name": "c"}], "labels": {"app.kubernetes.io/instance": "helm"}}),
                "",
            ),
        ] {
            let object = json!({ "metadata": metadata });
            let words = said(keepers(&object).iter().map(|keeper| keeper.words(false)).collect());
            assert!(words.contains(says) && words.is_empty() == says.is_empty(), "{words}");
        }
    }

    #[test]
    fn what_is_not_installed_cannot_fight_and_what_is_not_seen_is_told() {
        let refused = |code| {
            Outcome::Refused(super::super::cluster::Refusal {
                code,
                message: Text::line("no"),
                retry_after: None,
            })
        };
        let looked = |answer| said(looked_at("budgets", answer, |_| Vec::new()));
        assert_eq!(looked(refused(404)), "");
        assert_eq!(looked(refused(403)), "budgets could not be looked at: 403 no");
        assert_eq!(looked(Outcome::Unknown(Text::line("late"))), "budgets could not be looked at: late");
        assert_eq!(looked(Outcome::Done(json!({"items": []}))), "");
    }

    #[test]
    fn a_missing_permission_is_told_with_the_command_that_grants_it() {
        let words = may_not(&stop().accesses()[0]);
        assert!(words.as_str().contains("may not patch deployments.apps/scale in agents"), "{words}");
        assert!(words.as_str().contains("--verb=patch --resource=deployments.apps/scale"), "{words}");
    }
}
