//! A live incident about one agent on a real control plane, through the one door.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use flightdeck::adapters::{Ask, KubernetesAction, KubernetesAdapter, KubernetesSpec, Live, Rig, Sample};
use flightdeck::incident::{
    Action, ActionId, Actor, Command, Confirmation, Event, FirstCheck, Incident, IncidentId, Lamp, Naming,
    Op, Params, Pattern, Plan, Policy, Realm, Role, Settlement, Severity, Text, Topic,
};
use flightdeck::runtime::first::{self, Questions};
use flightdeck::runtime::{Clock, Hub, dispatch, watch};
use flightdeck::store::Journal;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::support::kubernetes::{Api, ControlPlane};

/// For anything to come about, on a busy machine.
pub const DEADLINE: Duration = Duration::from_secs(90);

/// The agent, which is also the name of its workload.
pub const AGENT: &str = "support-1";

const INC: IncidentId = IncidentId(1);

/// A check's name, a replica, and what was read.
pub type Read = (String, Option<String>, String);

/// A live incident.
pub struct Stage {
    pub plane: Arc<ControlPlane>,
    pub api: Api,
    pub namespace: String,
    hub: Hub,
    ana: Actor,
    cancel: CancellationToken,
}

/// What an adapter is made of, with some operations.
pub fn spec(actions: &[(Op, KubernetesAction)]) -> KubernetesSpec {
    let actions = actions.iter().cloned().collect();
    KubernetesSpec { actions, deadline: Duration::from_secs(5), ..KubernetesSpec::default() }
}

/// A namespace that no other test has.
pub fn own_namespace() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("agents-{}", COUNT.fetch_add(1, Ordering::SeqCst))
}

/// Operations without settings.
pub fn plain(ops: &[Op]) -> KubernetesSpec {
    let actions: Vec<_> = ops.iter().map(|op| (*op, KubernetesAction::default())).collect();
    spec(&actions)
}

impl Stage {
    /// With the administrator's leave, on the shared control plane.
    pub async fn open(spec: KubernetesSpec) -> Self {
        Self::on(ControlPlane::shared(), "admin", spec).await
    }

    /// On this control plane, as this user.
    pub async fn on(plane: Arc<ControlPlane>, user: &str, spec: KubernetesSpec) -> Self {
        let namespace = own_namespace();
        let kubeconfig = plane.kubeconfig(user, &namespace);
        Self::by(plane, namespace, kubeconfig, spec).await
    }

    /// On this control plane, by this kubeconfig of a namespace.
    pub async fn by(
        plane: Arc<ControlPlane>,
        namespace: String,
        kubeconfig: PathBuf,
        spec: KubernetesSpec,
    ) -> Self {
        let api = plane.api().await;
        api.post("/api/v1/namespaces", json!({"metadata": {"name": namespace}})).await;
        let spec = KubernetesSpec { kubeconfig: Some(kubeconfig), ..spec };
        let adapter = KubernetesAdapter::new("cluster", spec).unwrap_or_else(|why| panic!("{why:?}"));
        let rig = Rig::Live(Live::new(vec![Box::new(adapter)]));
        let journal = Journal::memory(Realm::Live).expect("memory");
        let hub = Hub::new(journal, Arc::new(Policy::built_in()), Clock::wall(), rig, false);
        let (cancel, tasks) = (CancellationToken::new(), TaskTracker::new());
        tokio::spawn(dispatch::run(hub.clone(), cancel.clone(), tasks.clone()));
        tokio::spawn(watch::run(hub.clone(), cancel.clone(), tasks.clone()));
        tokio::spawn(hub.clone().run(cancel.clone()));
        let stage = Self { plane, api, namespace, hub, ana: Actor::person("ana"), cancel };
        stage.begin().await;
        stage
    }

    async fn begin(&self) {
        let declare = Command::Declare {
            realm: Realm::Live,
            title: Text::line("it pays refunds that nobody asked for"),
            severity: Severity::P0,
            pattern: Some(Pattern::Boundary),
            agents: vec![AGENT.parse().expect("an id")],
            detected_at: None,
        };
        self.hub.until_loaded().await;
        self.hub.submit(None, declare, &self.ana).await.expect("allowed");
        self.say(Command::Acknowledge).await;
        self.say(Command::Assign { role: Role::Commander, holder: "ana".into() }).await;
        let pattern = Some(Pattern::Boundary);
        self.say(Command::Classify { severity: Severity::P0, pattern, reason: None }).await;
    }

    async fn say(&self, command: Command) {
        self.hub.submit(Some(INC), command, &self.ana).await.expect("allowed");
    }

    /// The path of objects of a kind in apps/v1.
    pub fn apps(&self, kind: &str, name: &str) -> String {
        format!("/apis/apps/v1/namespaces/{}/{kind}/{name}", self.namespace)
    }

    /// A path of the core API.
    pub fn core(&self, rest: &str) -> String {
        format!("/api/v1/namespaces/{}/{rest}", self.namespace)
    }

    /// The agent's Deployment, with all its pods running.
    pub async fn deploy(&self, image: &str, replicas: u32) {
        let path = format!("/apis/apps/v1/namespaces/{}/deployments", self.namespace);
        self.api.post(&path, deployment(image, replicas)).await;
        self.until_pods("they run", |pods| pods.len() == replicas as usize && pods.iter().all(is_ready))
            .await;
    }

    /// The same as a StatefulSet.
    pub async fn deploy_set(&self, image: &str, replicas: u32) {
        let mut set = deployment(image, replicas);
        set["spec"]["serviceName"] = json!(AGENT);
        self.api.post(&self.apps("statefulsets", ""), set).await;
        self.until_pods("they run", |pods| pods.len() == replicas as usize && pods.iter().all(is_ready))
            .await;
    }

    /// Gathers what a commander asks first, and gives one answer.
    pub async fn first(&self, topic: Topic, source: &str) -> FirstCheck {
        let (cancel, tasks) = (self.cancel.child_token(), TaskTracker::new());
        let gathering = first::run(self.hub.clone(), Questions::default(), cancel.clone(), tasks);
        tokio::spawn(gathering);
        let until = Instant::now() + DEADLINE;
        let is_it = |check: &&FirstCheck| check.topic == topic && check.source.as_str() == source;
        let found = loop {
            let first = self.incident().first;
            if let Some(check) = first.iter().find(is_it) {
                break check.clone();
            }
            assert!(Instant::now() < until, "never: {topic} of {source}\n{}", self.timeline());
            sleep(Duration::from_millis(50)).await;
        };
        cancel.cancel();
        found
    }

    /// Changes the agent's Deployment, as somebody else.
    pub async fn change(&self, patch: Value) {
        self.api.patch(&self.apps("deployments", AGENT), patch).await;
    }

    /// The pods of the agent.
    pub async fn pods(&self) -> Vec<Value> {
        let all = self.api.get(&self.core("pods")).await;
        all["items"].as_array().cloned().unwrap_or_default()
    }

    /// Waits for the pods to be so.
    pub async fn until_pods(&self, what: &str, so: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        let until = Instant::now() + DEADLINE;
        loop {
            let pods = self.pods().await;
            if so(&pods) {
                return pods;
            }
            assert!(Instant::now() < until, "never: {what}\n{pods:#?}\n{}", self.plane.log());
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// The plan of an operation.
    pub async fn plan(&self, op: Op, params: &[(&str, &str)]) -> Result<Plan, Text> {
        let params: Params = params.iter().map(|(k, v)| ((*k).to_owned(), Text::line(v))).collect();
        self.hub.plan(INC, Ask { op, target: AGENT.into(), params }).await
    }

    /// Plans it and confirms the plan.
    pub async fn act(&self, op: Op, params: &[(&str, &str)]) -> ActionId {
        let plan = self.plan(op, params).await.unwrap_or_else(|why| panic!("{op}: {why}"));
        self.confirm(plan).await
    }

    /// Confirms a plan; gives the action's number.
    pub async fn confirm(&self, plan: Plan) -> ActionId {
        let confirmation = Confirmation { digest: plan.digest(), typed: Some(plan.target.clone()) };
        let known = self.incident().actions.len();
        self.say(Command::Act { plan, confirmation, runner: self.hub.runner() }).await;
        let incident = self.incident();
        assert_eq!(incident.actions.len(), known + 1);
        *incident.actions.keys().next_back().expect("one more")
    }

    /// Asks for what undoes an action.
    pub async fn undo(&self, action: ActionId) -> ActionId {
        let plan = self.action(action).plan;
        let inverse = plan.inverse.expect("it can be undone");
        let ask = Ask { op: inverse.op, target: plan.target, params: inverse.params };
        let plan = self.hub.plan(INC, ask).await.unwrap_or_else(|why| panic!("{why}"));
        if !inverse.call.as_str().contains("{version}") {
            assert_eq!(plan.call, inverse.call, "what undoes it is what was recorded");
        }
        self.confirm(plan).await
    }

    pub fn incident(&self) -> Incident {
        self.hub.board().incident(INC).cloned().expect("declared")
    }

    pub fn action(&self, id: ActionId) -> Action {
        self.incident().actions[&id].clone()
    }

    /// Waits for an action's lamp.
    pub async fn lamp(&self, id: ActionId, lamp: Lamp) -> Action {
        self.until(id, &lamp.to_string(), |action| action.lamp == lamp).await
    }

    /// Waits for an action to be so.
    pub async fn until(&self, id: ActionId, what: &str, so: impl Fn(&Action) -> bool) -> Action {
        let until = Instant::now() + DEADLINE;
        loop {
            let action = self.action(id);
            if so(&action) {
                return action;
            }
            assert!(Instant::now() < until, "never: {what}\n{}", self.timeline());
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Reads what an action's probes read now, until it is so: `(check, replica, value)`, a value
    /// that was not read left out.
    pub async fn until_read(&self, id: ActionId, what: &str, so: impl Fn(&[Read]) -> bool) {
        let until = Instant::now() + DEADLINE;
        let plan = self.action(id).plan;
        let adapter = self.hub.rig().by_name("cluster").expect("the only one");
        loop {
            let of = |sample: Sample| {
                let replica = sample.replica.map(|replica| replica.as_str().to_owned());
                Some((
                    plan.checks[sample.check].name.as_str().to_owned(),
                    replica,
                    sample.value?.as_str().to_owned(),
                ))
            };
            let read: Vec<Read> = adapter.probe(&plan).await.into_iter().filter_map(of).collect();
            if so(&read) {
                return;
            }
            assert!(Instant::now() < until, "never: {what}\n{read:#?}\n{}", self.timeline());
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Every entry in words, and what was read last.
    pub fn timeline(&self) -> String {
        let mut words = String::new();
        {
            let board = self.hub.board();
            let entries = board.record(INC).map(|record| record.entries.clone()).unwrap_or_default();
            for entry in &entries {
                let _ = writeln!(words, "{}", flightdeck::incident::telling::tell(entry, Naming::P));
            }
        }
        for action in self.incident().actions.values() {
            let _ = writeln!(words, "{action}: {}", action.answer);
            for reading in &action.readings {
                let _ = writeln!(words, "    {:?} {reading}", reading.replica);
            }
        }
        words
    }

    /// Every file that was brought home: its name, its content, and whether it says what time it
    /// covers.
    pub async fn evidence(&self) -> Vec<(String, String, bool)> {
        let entries = self.hub.board().record(INC).map(|record| record.entries.clone()).unwrap_or_default();
        let mut files = Vec::new();
        for entry in &entries {
            let Event::EvidenceStored { name, sha256, from, to, .. } = &entry.event else { continue };
            let stored = self.hub.journal().evidence(sha256.as_str()).await.expect("readable");
            let bytes = stored.expect("it was stored").bytes;
            let text = String::from_utf8(bytes).expect("text");
            files.push((name.as_str().to_owned(), text, from.is_some() && to > from));
        }
        files
    }

    /// Gives a user leave for something.
    pub async fn allow(&self, user: &str, name: &str, rules: Value) {
        let group = "rbac.authorization.k8s.io";
        self.allow_subject(json!({"apiGroup": group, "kind": "User", "name": user}), name, rules).await;
    }

    /// The same for a subject of any kind.
    pub async fn allow_subject(&self, subject: Value, name: &str, rules: Value) {
        let path = format!("/apis/rbac.authorization.k8s.io/v1/namespaces/{}", self.namespace);
        self.api.post(&format!("{path}/roles"), json!({"metadata": {"name": name}, "rules": rules})).await;
        let group = "rbac.authorization.k8s.io";
        let binding = json!({
            "metadata": {"name": name},
            "roleRef": {"apiGroup": group, "kind": "Role", "name": name},
            "subjects": [subject],
        });
        self.api.post(&format!("{path}/rolebindings"), binding).await;
    }

    /// Has the cluster serve a kind of object as far as tests need it, with any fields; gives the path
    /// of those in this namespace.
    pub async fn install(&self, group: &str, version: &str, plural: &str, kind: &str) -> String {
        let open = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
        let version_of =
            json!({"name": version, "served": true, "storage": true, "schema": {"openAPIV3Schema": open}});
        let names = json!({"plural": plural, "singular": kind.to_lowercase(), "kind": kind,
            "listKind": format!("{kind}List")});
        let spec = json!({"group": group, "scope": "Namespaced", "names": names, "versions": [version_of]});
        let crd = json!({"metadata": {"name": format!("{plural}.{group}")}, "spec": spec});
        // Another test may have been quicker.
        let _ = self.api.try_post("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", crd).await;
        let path = format!("/apis/{group}/{version}/namespaces/{}/{plural}", self.namespace);
        let until = Instant::now() + DEADLINE;
        while self.api.try_get(&path).await.is_err() {
            assert!(Instant::now() < until, "{kind} is never served\n{}", self.plane.log());
            sleep(Duration::from_millis(50)).await;
        }
        path
    }

    /// Settles an action by a person's word.
    pub async fn settle(&self, action: ActionId, settlement: Settlement) {
        self.say(Command::Settle { action, settlement, reason: "looked".into() }).await;
    }

    /// Everything that was written down, as it lies on disk.
    pub fn record(&self) -> String {
        let board = self.hub.board();
        let entries = board.record(INC).map(|record| record.entries.clone()).unwrap_or_default();
        format!("{entries:?}")
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

/// A Deployment of the agent.
pub fn deployment(image: &str, replicas: u32) -> Value {
    json!({
        "metadata": {"name": AGENT, "labels": {"app": AGENT}},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": AGENT}},
            "template": {
                "metadata": {"labels": {"app": AGENT}},
                "spec": {"containers": [{"name": "agent", "image": image, "env": [
                    {"name": "API_KEY", "value": "hunter2"}, {"name": "MODEL", "value": "small"}]}]},
            },
        },
    })
}

/// Whether a pod is ready and stays.
pub fn is_ready(pod: &Value) -> bool {
    let conditions = pod["status"]["conditions"].as_array();
    pod["metadata"]["deletionTimestamp"].is_null()
        && conditions.is_some_and(|all| all.iter().any(|it| it["type"] == "Ready" && it["status"] == "True"))
}

/// Every conflict of a plan, a line each.
pub fn conflicts(plan: &Plan) -> String {
    plan.cautions().map(|(_, words)| words.to_string()).collect::<Vec<_>>().join("\n")
}
