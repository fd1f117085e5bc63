//! Says what would be done, checked and undone. Reads the cluster, and rehearses; changes nothing.

use std::time::Duration;

use serde_json::Value;

use crate::adapters::ask;
use crate::adapters::template::CheckTemplate;
use crate::adapters::{Adapter as _, Ask, Health};
use crate::incident::covered::range;
use crate::incident::{Caution, Check, Inverse, Op, Params, Plan, Text};

use super::KubernetesAdapter;
use super::cluster::Cluster;
use super::deed::{Access, Deed, Request, is_suspended, wanted};
use super::object::label;
use super::object::merge_patch;
use super::pods::may_run;
use super::preflight::Scene;
use super::route::{Method, REPLICAS, Route, TO, WAS};
use super::snapshot::Wanted;
use super::template::{Template, current, meant};
use super::workload::{Kind, Workload};
use super::world::{Pin, World};

/// What was read for a plan.
pub(super) struct Read {
    pub context: String,
    pub workload: Workload,
    pub world: World,
    pub pods: Vec<Value>,
    /// The templates that the ReplicaSets keep; none for other workloads.
    pub templates: Vec<Template>,
    /// What stands where a rate limit is written.
    pub limit: Option<Text>,
}

impl Read {
    pub fn template(&self) -> Option<&Template> {
        current(&self.templates, &self.world.object)
    }

    fn pin(&self) -> Pin {
        self.world.pin(self.template().map(|template| template.hash.as_str()))
    }

    fn wanted(&self) -> i64 {
        wanted(self.workload.kind, &self.world.object)
    }
}

impl KubernetesAdapter {
    pub(super) async fn make_plan(&self, ask: &Ask) -> Result<Plan, Text> {
        ask::check_target(ask.op, &ask.target)?;
        if !self.is_for(ask.target.as_str()) {
            return Err(Text::line(&format!("'{}' is not configured for {}", self.name, ask.target)));
        }
        let route = self.route(ask.op)?;
        let mut params = route.complete(&ask.params)?;
        let read = match self.read_for(&route, &ask.target).await {
            Ok(read) => read,
            Err(why) => return Err(self.with_missing(&ask.target, route.op, why).await),
        };
        resolve(&route, &read, &mut params)?;
        let deed = self.deed(&route, &ask.target, &params, &read)?;
        let rehearsed = rehearsed(&deed, &read, &params);
        let scene =
            Scene { workload: &read.workload, object: &read.world.object, pods: &read.pods, deed: &deed };
        let goes = evidence_goes(&route, &read);
        // Pods that go take their memory along, whatever becomes of their logs.
        let destroys_evidence = goes.is_some() && !route.undoes;
        let mut conflicts = self.cluster.preflight(&scene, &rehearsed).await;
        let checks = self.checks(&route, &ask.target, &params, &read)?;
        conflicts.extend(unproved(&route, &checks));
        let inverse = self.inverse(&route, &ask.target, &params, &read);
        if inverse.is_none() && route.op.info().mitigation {
            conflicts.push(Text::line("it has no replicas as it is, so nothing is known to go back to"));
        }
        Ok(Plan {
            op: ask.op,
            target: ask.target.clone(),
            params,
            adapter: self.name.clone(),
            call: deed.shown(&read.context),
            version: Some(read.pin().shown()),
            inverse,
            checks,
            cautions: goes.into_iter().chain(conflicts.into_iter().map(Caution::from)).collect(),
            limit_s: seconds(route.limit()),
            verify_s: seconds(route.action.verify_within),
            already: false,
            blind: false,
            destroys_evidence,
        })
    }

    /// Reads what a plan is made of.
    async fn read_for(&self, route: &Route<'_>, agent: &Text) -> Result<Read, Text> {
        let (context, workload) = self.place(agent).await?;
        let world = self.cluster.world(&workload).await?;
        let (pods, templates, limit) = tokio::join!(
            self.cluster.pods(&workload, &world.object),
            self.cluster.templates(&workload, &world.object),
            self.limit_now(route, agent, &workload, &world),
        );
        // Only a rollback is lost without them.
        let templates = match templates {
            Err(why) if route.needs_templates() => return Err(why),
            other => other.unwrap_or_default(),
        };
        Ok(Read { context, workload, world, pods: pods?, templates, limit: limit? })
    }

    /// Why nothing could be read, with the leave that is missing and how to grant it: a no without its
    /// companion step helps nobody.
    async fn with_missing(&self, agent: &Text, op: Op, why: Text) -> Text {
        let Ok((_, workload)) = self.place(agent).await else { return why };
        let mut accesses = Access::of_plan(&workload);
        accesses.extend(Access::of_call(&workload, op));
        let missing: Vec<String> =
            self.cluster.refused(&accesses).await.iter().map(Text::to_string).collect();
        if missing.is_empty() { why } else { Text::block(&format!("{why}\n{}", missing.join("\n"))) }
    }

    /// Looks whether the cluster is there and lets this account read what plans are made from.
    pub(super) async fn look_closely(&self) -> Health {
        let health = self.cluster.look().await;
        let Health::Well(words) = &health else { return health };
        let Ok((_, namespace)) = self.cluster.place().await else { return health };
        let namespace = self.namespace.clone().unwrap_or(namespace);
        let mut accesses = Vec::new();
        for workload in self
            .workload
            .kind_in(&namespace)
            .into_iter()
            .chain(self.workloads.values().flat_map(|template| template.kind_in(&namespace)))
        {
            accesses.extend(Access::of_plan(&workload));
            for op in self.carries() {
                accesses.extend(Access::of_call(&workload, op));
            }
        }
        accesses.sort_by_key(|access| (access.namespace.clone(), access.resource(), access.verb));
        accesses.dedup();
        match self.cluster.refused(&accesses).await.as_slice() {
            [] => health,
            missing => {
                let missing: Vec<&str> = missing.iter().map(Text::as_str).collect();
                Health::Ill(Text::block(&format!("{words}, but {}", missing.join("\n"))))
            }
        }
    }

    /// Reads no more than what a call cannot be made without: an isolation must not wait for
    /// readings that it does not need.
    pub(super) async fn read_for_call(&self, route: &Route<'_>, agent: &Text) -> Result<Read, Text> {
        let (context, workload) = self.place(agent).await?;
        let needs_object = matches!(route.op, Op::Snapshot | Op::RollbackBranch | Op::RollForward)
            || (route.op == Op::Isolate && route.action.method == Method::Quarantine)
            || workload.kind == Kind::Sandbox;
        let world = match needs_object {
            true => self.cluster.world(&workload).await?,
            false => World { version: String::new(), object: Value::Null },
        };
        let templates = match route.needs_templates() {
            true => self.cluster.templates(&workload, &world.object).await?,
            false => Vec::new(),
        };
        Ok(Read { context, workload, world, pods: Vec::new(), templates, limit: None })
    }

    pub(super) async fn place(&self, agent: &Text) -> Result<(String, Workload), Text> {
        let (context, namespace) = self.cluster.place().await?;
        let namespace = self.namespace.clone().unwrap_or(namespace);
        Ok((context, self.workload(agent).fill(agent, &namespace)?))
    }

    /// What is done, from what was asked and what was read.
    pub(super) fn deed(
        &self,
        route: &Route<'_>,
        agent: &Text,
        params: &Params,
        read: &Read,
    ) -> Result<Deed, Text> {
        let workload = read.workload.clone();
        let number = |name: &str| params.get(name).and_then(|value| value.as_str().parse::<u32>().ok());
        let stop = |replicas: u32| match workload.kind {
            Kind::Deployment | Kind::StatefulSet => Deed::Scale { workload: workload.clone(), replicas },
            Kind::Sandbox => Deed::Suspend {
                workload: workload.clone(),
                version: read.world.version.clone(),
                suspended: replicas == 0,
            },
        };
        Ok(match (route.op, route.method(params)) {
            (Op::Isolate, Method::Stop) => stop(0),
            (Op::Isolate, Method::Quarantine) => {
                let selector = Cluster::pod_selector(&workload, &read.world.object)?;
                Deed::Quarantine { workload, selector }
            }
            (Op::Release, Method::Quarantine) => Deed::EndQuarantine { workload },
            (Op::Release, Method::Stop) if workload.kind == Kind::Sandbox => stop(1),
            (Op::Release, Method::Stop) => {
                let replicas = number(REPLICAS).filter(|count| *count > 0).ok_or_else(|| {
                    Text::line(&format!(
                        "how many replicas {agent} had is not known here; undo the isolation itself, or say \
                         {REPLICAS}=NUMBER"
                    ))
                })?;
                stop(replicas)
            }
            (Op::RateLimit, _) => self.knob(route, agent, read, params.get("calls_per_minute").cloned())?,
            (Op::Lift, _) => self.knob(route, agent, read, params.get(WAS).cloned())?,
            (Op::Restart, _) => Deed::Restart { workload },
            (Op::RollbackBranch | Op::RollForward, _) => {
                let to = params.get(TO).map(Text::as_str).unwrap_or_default();
                let found = read.templates.iter().find(|template| template.hash == to);
                let found = found
                    .ok_or_else(|| Text::line(&format!("no ReplicaSet keeps the template {to} any more")))?;
                Deed::Rollback {
                    workload,
                    to: to.to_owned(),
                    resource_version: read.pin().resource_version,
                    images: found.images(),
                }
            }
            (Op::Snapshot, _) => {
                let wanted = Wanted { lines: number("limit").unwrap_or(1000), range: range(params) };
                Deed::Snapshot { workload, wanted }
            }
            (op, _) => return Err(Text::line(&format!("'{}' cannot do '{op}'", self.name))),
        })
    }

    /// What must read true afterwards.
    fn checks(
        &self,
        route: &Route<'_>,
        agent: &Text,
        params: &Params,
        read: &Read,
    ) -> Result<Vec<Check>, Text> {
        let values = ask::values(route.op, agent, params);
        let fill = |check: &CheckTemplate| check.fill(&values);
        if let Some(own) = route.own_checks() {
            return own.iter().map(fill).collect();
        }
        let of = |raw: &str| raw.parse::<Check>().expect("a check written here");
        let table = || ask::table_checks(route.op).into_iter().map(|check| check.fill(&values));
        // Pods answer for these themselves.
        let by_readers = |check: &Check| ["task_queue", "api_calls"].contains(&check.name.as_str());
        let others = || -> Result<Vec<Check>, Text> {
            let all: Result<Vec<Check>, Text> = table().collect();
            Ok(all?.into_iter().filter(|check| route.action.has_readers && by_readers(check)).collect())
        };
        let equal = |name: &str, value: &str| Check {
            name: Text::line(name),
            compare: crate::incident::Compare::Equal,
            expected: Text::line(value),
        };
        Ok(match (route.op, route.method(params)) {
            (Op::Isolate, Method::Stop) => [vec![of("agent_status = stopped")], others()?].concat(),
            (Op::Isolate, Method::Quarantine) => {
                [vec![of("quarantine = on"), of("pods_before = 0")], others()?].concat()
            }
            (Op::Release, Method::Quarantine) => vec![of("quarantine = off"), of("agent_status = running")],
            (Op::RateLimit, _) => {
                let limit = params.get("calls_per_minute").map(Text::as_str).unwrap_or_default();
                let mut all = table().collect::<Result<Vec<Check>, Text>>()?;
                all.push(equal("rate_limit", limit));
                all
            }
            (Op::Lift, _) => vec![equal("rate_limit", params.get(WAS).map_or("none", Text::as_str))],
            (Op::Restart, _) => {
                // A pod of a template from before is one that was not restarted.
                let alive = read.pods.iter().filter(|pod| may_run(pod));
                let hashes = alive.filter_map(|pod| label(pod, read.workload.kind.hash_label()));
                let mut hashes: Vec<&str> = hashes.chain(read.template().map(|t| t.hash.as_str())).collect();
                hashes.sort_unstable();
                hashes.dedup();
                if hashes.is_empty() {
                    return Err(Text::line(&format!("{} has no pod that could be restarted", read.workload)));
                }
                let not_before = hashes.iter().map(|hash| Check {
                    name: Text::line("version"),
                    compare: crate::incident::Compare::NotEqual,
                    expected: Text::line(hash),
                });
                not_before.chain([of("agent_status = running")]).collect()
            }
            (Op::RollForward, _) => {
                let to = params.get(TO).map(Text::as_str).unwrap_or_default();
                [vec![equal("version", to)], table().collect::<Result<_, _>>()?].concat()
            }
            (_, _) => table().collect::<Result<_, _>>()?,
        })
    }

    /// What goes back to just how things are now; none where there is nothing to go back to.
    fn inverse(&self, route: &Route<'_>, agent: &Text, params: &Params, read: &Read) -> Option<Inverse> {
        let op = route.op.info().inverse?;
        let mut back = Params::new();
        match (route.op, route.method(params)) {
            (Op::Isolate, Method::Stop) if read.workload.kind == Kind::Sandbox => {
                (!is_suspended(&read.world.object)).then_some(())?;
            }
            (Op::Isolate, Method::Stop) => {
                let replicas = Some(read.wanted()).filter(|count| *count > 0)?;
                back.insert(REPLICAS.to_owned(), Text::line(&replicas.to_string()));
            }
            (Op::RateLimit, _) => back.extend(read.limit.clone().map(|was| (WAS.to_owned(), was))),
            (Op::Lift, _) => back.extend(read.limit.clone().map(|was| ("calls_per_minute".to_owned(), was))),
            (Op::RollbackBranch, _) => {
                back.insert(TO.to_owned(), Text::line(&read.template()?.hash));
            }
            (_, _) => {}
        }
        if matches!(route.op, Op::Isolate | Op::Release) {
            let method = route.method(params).word();
            back.insert(super::route::METHOD.to_owned(), Text::line(method));
        }
        let undo = self.route(op).ok()?;
        let params = undo.complete(&back).ok()?;
        let mut deed = self.deed(&undo, agent, &params, read).ok()?;
        if let Deed::Rollback { resource_version, .. } = &mut deed {
            // Which it is then is read when the undo is planned.
            "{version}".clone_into(resource_version);
        }
        Some(Inverse { op, params, call: deed.shown(&read.context) })
    }
}

/// Puts names such as `backup` into what they mean now, so that what is confirmed cannot move.
fn resolve(route: &Route<'_>, read: &Read, params: &mut Params) -> Result<(), Text> {
    if !route.needs_templates() {
        return Ok(());
    }
    if read.workload.kind != Kind::Deployment {
        return Err(Text::line(&format!(
            "{} keeps no ReplicaSets, so there is no template to pin a rollback to",
            read.workload
        )));
    }
    let now = read
        .template()
        .ok_or_else(|| Text::line("which template it has now cannot be told; wait for its rollout"))?;
    let to = params.get(TO).map(Text::as_str).unwrap_or("backup");
    let hash = Text::line(&meant(&read.templates, now, to)?.hash);
    params.insert(TO.to_owned(), hash);
    Ok(())
}

/// The requests that a dry run makes.
fn rehearsed(deed: &Deed, read: &Read, params: &Params) -> Vec<Request> {
    if let Deed::Rollback { workload, to, resource_version, .. } = deed {
        debug_assert_eq!(params.get(TO).map(Text::as_str), Some(to.as_str()));
        return put_back(workload, read, to, resource_version).into_iter().collect();
    }
    deed.requests("dry-run")
}

/// The request that puts a kept template back on the object as it was read.
pub(super) fn put_back(
    workload: &Workload,
    read: &Read,
    to: &str,
    resource_version: &str,
) -> Option<Request> {
    let kept = read.templates.iter().find(|template| template.hash == to)?;
    let now = read.world.object.pointer("/spec/template")?;
    Some(Deed::put_back(workload, resource_version, merge_patch(now, &kept.content)))
}

/// What goes with pods that go (A4).
fn evidence_goes(route: &Route<'_>, read: &Read) -> Option<Caution> {
    let restarts = matches!(route.op, Op::Isolate | Op::Restart | Op::RollbackBranch | Op::RollForward);
    let what = if route.op == Op::Isolate && !route.undoes {
        "its pods go and take their logs and memory with them; what can be read of them meanwhile is kept, \
         and nothing waits for it"
    } else {
        "its pods go and take their logs and memory with them"
    };
    (restarts && !read.pods.is_empty())
        .then(|| Caution::EvidenceGoes { what: Text::line(what), secured: None })
}

/// What of A3 and A6 nothing reads. It is told, never taken for granted.
fn unproved(route: &Route<'_>, checks: &[Check]) -> Vec<Text> {
    let read = |name: &str| checks.iter().any(|check| check.name.as_str() == name);
    let words = if route.action.has_readers {
        return Vec::new();
    } else if route.op == Op::Isolate && !read("api_calls") {
        "task_queue and api_calls (A3) are not read: pods cannot show them; add probes = [\"NAME\"] that do"
    } else if route.op == Op::RateLimit && read("api_calls") {
        "nothing reads api_calls, so that the agent keeps to the limit will stay unverified; add probes = \
         [\"NAME\"] that read it"
    } else {
        return Vec::new();
    };
    vec![Text::line(words)]
}

/// Whole seconds, rounded up: a limit of half a second is not none.
fn seconds(duration: Duration) -> u32 {
    u32::try_from(duration.as_millis().div_ceil(1000)).unwrap_or(u32::MAX)
}
