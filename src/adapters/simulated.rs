//! The drill's adapter: the same plans, calls and probes, on a world that is made up.
//!
//! Knows nothing of the fleet behind [`World`], and a `World` has nothing of this crate's to act
//! on the real one with: it takes values and gives values, without waiting.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::incident::{
    AgentId, Caution, Check, FirstCheck, Inverse, Op, Params, Plan, Release, Text, Time, covered,
};

use super::ask::{self, VERIFY_S};
use super::evidence::{Brought, EVIDENCE_STORED, empty};
use super::{Adapter, Ask, CallOutcome, Evidence, Pending, Readings, Sample};

/// A simulated world. Time passes in it by its owner's doing.
pub trait World: Send + Sync {
    /// Whether there is such a target: an agent, an alert, a level or a person, by the
    /// operation's aim.
    fn knows(&self, op: Op, target: &str) -> bool;

    /// The parameters as the backend takes them: defaults filled in, names such as `backup`
    /// resolved to what will be read.
    ///
    /// # Errors
    /// In words: a value without sense.
    fn complete(&self, op: Op, target: &str, params: &Params) -> Result<Params, Text> {
        let _ = target;
        ask::complete(op, params, &[])
    }

    /// The target's version as it is now.
    fn version(&self, target: &str) -> Option<Text>;

    /// Carries out an operation with complete parameters and says what the backend answers. The
    /// same `key` twice is the same call: it answers again and does nothing.
    ///
    /// # Errors
    /// What the backend says when it refuses.
    fn call(&self, key: &str, op: Op, target: &str, params: &Params) -> Result<Text, Text>;

    /// What probes read of the target, by the names of vitals and checks; `name@replica` is the value
    /// of one replica.
    fn read(&self, target: &str) -> BTreeMap<String, Text>;

    /// Logs, state and API history of the target in this time, `limit` log lines at most (A4).
    fn evidence(&self, target: &str, range: Option<(Time, Time)>, limit: usize) -> Vec<Evidence>;

    /// The parameters with which the inverse operation goes back to how things are now; none:
    /// there is no way back.
    fn inverse_params(&self, op: Op, target: &str, params: &Params) -> Option<Params>;

    /// What was put to run as an agent, the newest first.
    fn releases(&self, target: &str) -> Vec<Release> {
        let _ = target;
        Vec::new()
    }

    /// What a commander asks first of the world around these agents (C1, D11).
    fn first_checks(&self, agents: &[AgentId]) -> Vec<FirstCheck> {
        let _ = agents;
        Vec::new()
    }

    /// What could fight the operation, in words: a controller, a second replica.
    fn conflicts(&self, op: Op, target: &str) -> Vec<Text> {
        let _ = (op, target);
        Vec::new()
    }
}

/// The adapter of a simulated world.
pub struct Simulated {
    name: Text,
    world: Arc<dyn World>,
    brought: Brought,
}

/// Log lines of a snapshot, should its parameter be no number.
const LOG_LINES: usize = 1000;

impl Simulated {
    /// An adapter named `simulated`.
    #[must_use]
    pub fn new(world: Arc<dyn World>) -> Self {
        Self { name: Text::line("simulated"), world, brought: Brought::default() }
    }

    fn known(&self, op: Op, target: &Text) -> Result<(), Text> {
        ask::check_target(op, target)?;
        if self.world.knows(op, target.as_str()) {
            return Ok(());
        }
        Err(Text::line(&format!("there is no {} '{target}' in this drill", ask::target_name(op))))
    }

    fn planned(&self, ask: &Ask) -> Result<Plan, Text> {
        let Ask { op, target, params } = ask;
        self.known(*op, target)?;
        let params = self.world.complete(*op, target.as_str(), params)?;
        let values = ask::values(*op, target, &params);
        let table: Result<Vec<Check>, Text> =
            ask::table_checks(*op).iter().map(|check| check.fill(&values)).collect();
        let checks = [ask::restored(*op, &params), table?].concat();
        Ok(Plan {
            op: *op,
            target: target.clone(),
            adapter: self.name.clone(),
            call: shown(*op, target, &params),
            version: self.world.version(target.as_str()),
            inverse: self.inverse(*op, target, &params),
            params,
            checks,
            cautions: self.world.conflicts(*op, target.as_str()).into_iter().map(Caution::from).collect(),
            limit_s: op.info().limit_s,
            verify_s: VERIFY_S,
            already: false,
            blind: false,
            destroys_evidence: false,
        })
    }

    fn inverse(&self, op: Op, target: &Text, params: &Params) -> Option<Inverse> {
        let inverse = op.info().inverse?;
        let params = self.world.inverse_params(op, target.as_str(), params)?;
        let params = ask::complete(inverse, &params, &[]).ok()?;
        let call = shown(inverse, target, &params);
        Some(Inverse { op: inverse, params, call })
    }

    fn called(&self, key: &str, plan: &Plan) -> CallOutcome {
        let target = plan.target.as_str();
        if let Err(why) = self.known(plan.op, &plan.target) {
            return CallOutcome::Failed(Text::line(&format!("nothing was called: {why}")));
        }
        let answer = match self.world.call(key, plan.op, target, &plan.params) {
            Ok(answer) => answer,
            Err(why) => return CallOutcome::Failed(why),
        };
        let mut evidence = Vec::new();
        if plan.op == Op::Snapshot {
            let limit = plan.params.get("limit").and_then(|limit| limit.as_str().parse().ok());
            evidence = self.world.evidence(target, covered::range(&plan.params), limit.unwrap_or(LOG_LINES));
            self.brought.note(plan, &evidence);
        }
        let empty = empty(&evidence);
        let answer = match empty.is_empty() {
            true => answer,
            false => Text::line(&format!("{answer}; EMPTY, and no proof: {}", empty.join(", "))),
        };
        CallOutcome::Accepted { answer, evidence }
    }

    /// What can be read of an agent now.
    #[must_use]
    pub fn vitals(&self, agent: &str) -> BTreeMap<String, Text> {
        self.world.read(agent)
    }

    /// What the world around these agents says to a commander's first questions.
    #[must_use]
    pub fn first_checks(&self, agents: &[AgentId]) -> Vec<FirstCheck> {
        self.world.first_checks(agents)
    }

    fn read(&self, plan: &Plan) -> Vec<Sample> {
        let mut read = self.world.read(plan.target.as_str());
        // What this snapshot brought says more than that there was one.
        if self.brought.knows(plan) {
            read.remove(EVIDENCE_STORED);
        }
        let mut read: Readings = read.into_iter().collect();
        self.brought.add(plan, &mut read);
        read.samples(&plan.checks)
    }
}

/// `rate-limit support-1 calls_per_minute=10`.
fn shown(op: Op, target: &Text, params: &Params) -> Text {
    let mut params = params.clone();
    // What it checks is shown with its checks.
    params.retain(|name, _| !name.starts_with(ask::WAS));
    let params = ask::shown(&params);
    Text::line(format!("{op} {target} {params}").trim_end())
}

impl Adapter for Simulated {
    fn name(&self) -> &Text {
        &self.name
    }

    fn kind(&self) -> &'static str {
        "simulated"
    }

    fn carries(&self) -> Vec<Op> {
        Op::ALL.to_vec()
    }

    fn offers(&self, op: Op, target: &str) -> bool {
        self.world.knows(op, target)
    }

    fn releases<'a>(&'a self, agent: &'a Text) -> Option<Pending<'a, Result<Vec<Release>, Text>>> {
        let knows = self.world.knows(Op::Isolate, agent.as_str());
        knows.then(|| {
            let read = async { Ok(self.world.releases(agent.as_str())) };
            Box::pin(read) as Pending<'a, Result<Vec<Release>, Text>>
        })
    }

    fn plan<'a>(&'a self, ask: &'a Ask) -> Pending<'a, Result<Plan, Text>> {
        Box::pin(async { self.planned(ask) })
    }

    fn call<'a>(&'a self, key: &'a str, plan: &'a Plan) -> Pending<'a, CallOutcome> {
        Box::pin(async { self.called(key, plan) })
    }

    fn probe<'a>(&'a self, plan: &'a Plan) -> Pending<'a, Vec<Sample>> {
        Box::pin(async { self.read(plan) })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// Two agents; what was called is what is read.
    #[derive(Default)]
    struct Two {
        calls: Mutex<Vec<String>>,
        level: Mutex<String>,
    }

    impl World for Two {
        fn knows(&self, op: Op, target: &str) -> bool {
            op == Op::Page || ["support-1", "trader-1"].contains(&target)
        }

        fn version(&self, _: &str) -> Option<Text> {
            Some(Text::line("v7"))
        }

        fn call(&self, key: &str, op: Op, target: &str, params: &Params) -> Result<Text, Text> {
            if target == "trader-1" {
                return Err(Text::line("503 overloaded"));
            }
            self.calls.lock().unwrap().push(format!("{key}: {}", shown(op, &Text::line(target), params)));
            if let Some(level) = params.get("level") {
                level.as_str().clone_into(&mut self.level.lock().unwrap());
            }
            Ok(Text::line("ok"))
        }

        fn read(&self, _: &str) -> BTreeMap<String, Text> {
            [("model_level".to_owned(), Text::line(&self.level.lock().unwrap()))].into()
        }

        fn evidence(&self, target: &str, _: Option<(Time, Time)>, limit: usize) -> Vec<Evidence> {
            let bytes = limit.to_string().into_bytes();
            vec![Evidence { name: Text::line(target), bytes, from: None, to: None }]
        }

        fn inverse_params(&self, op: Op, _: &str, _: &Params) -> Option<Params> {
            let level = || ("level".to_owned(), Text::line(&self.level.lock().unwrap()));
            Some(if op == Op::SwitchModel { [level()].into() } else { Params::new() })
        }
    }

    fn ask(op: Op, target: &str, params: &[(&str, &str)]) -> Ask {
        let params = params.iter().map(|(name, value)| ((*name).to_owned(), Text::line(value))).collect();
        Ask { op, target: Text::line(target), params }
    }

    /// What a probe reads, where nothing has replicas.
    async fn values(simulated: &Simulated, plan: &Plan) -> Vec<Option<Text>> {
        simulated.probe(plan).await.into_iter().map(|sample| sample.value).collect()
    }

    #[tokio::test]
    async fn e3_a_drill_plans_calls_proves_and_undoes_as_life_does() {
        let world = Arc::new(Two { level: "L0".to_owned().into(), ..Two::default() });
        let simulated = Simulated::new(world.clone());
        let plan = simulated.plan(&ask(Op::SwitchModel, "support-1", &[("level", "L2")])).await.unwrap();
        assert_eq!(plan.call, "switch-model support-1 level=L2");
        assert_eq!(plan.version, Some(Text::line("v7")));
        assert_eq!(plan.checks[0].to_string(), "model_level = L2");
        assert_eq!(plan.inverse.as_ref().unwrap().call, "switch-model support-1 level=L0");
        assert_eq!(values(&simulated, &plan).await, [Some(Text::line("L0"))], "nothing was called yet");
        let accepted = CallOutcome::Accepted { answer: Text::line("ok"), evidence: vec![] };
        assert_eq!(simulated.call("INC-1/A1", &plan).await, accepted);
        assert_eq!(values(&simulated, &plan).await, [Some(Text::line("L2"))]);
        assert_eq!(*world.calls.lock().unwrap(), ["INC-1/A1: switch-model support-1 level=L2"]);
    }

    #[tokio::test]
    async fn every_operation_can_be_planned_in_a_drill() {
        let simulated = Simulated::new(Arc::new(Two { level: "L0".to_owned().into(), ..Two::default() }));
        for op in Op::ALL {
            let needed = op.info().params.iter().filter(|param| param.default.is_empty());
            let params: Vec<_> = needed.map(|param| (param.name, "5")).collect();
            let plan = simulated.plan(&ask(*op, "support-1", &params)).await.unwrap();
            assert_eq!(plan.checks.len(), op.info().checks.len(), "{op}");
            assert_eq!(plan.inverse.map(|inverse| inverse.op), op.info().inverse, "{op}");
        }
    }

    #[tokio::test]
    async fn a_refusal_and_a_stranger_are_failures_in_words() {
        let simulated = Simulated::new(Arc::new(Two::default()));
        let plan = simulated.plan(&ask(Op::Isolate, "trader-1", &[])).await.unwrap();
        assert_eq!(simulated.call("k", &plan).await, CallOutcome::Failed(Text::line("503 overloaded")));
        for target in ["nobody", "-rf", "a b"] {
            assert!(simulated.plan(&ask(Op::Isolate, target, &[])).await.is_err(), "{target}");
            let forged = Plan { target: Text::line(target), ..plan.clone() };
            assert!(matches!(simulated.call("k", &forged).await, CallOutcome::Failed(_)));
        }
    }

    #[tokio::test]
    async fn a4_a_simulated_snapshot_brings_evidence() {
        let simulated = Simulated::new(Arc::new(Two::default()));
        let plan = simulated.plan(&ask(Op::Snapshot, "support-1", &[("limit", "50")])).await.unwrap();
        assert_eq!(values(&simulated, &plan).await, [None]);
        let CallOutcome::Accepted { evidence, .. } = simulated.call("k", &plan).await else {
            panic!("refused")
        };
        assert_eq!(evidence[0].bytes, b"50");
        assert_eq!(values(&simulated, &plan).await, [Some(Text::line("yes"))]);
    }
}
