//! The backends behind the live adapters: what they carry, and whether anybody is there.

use std::time::Duration;

use futures::future::join_all;

use super::hub::Hub;
use super::live;
use crate::adapters::{Adapter, Health};
use crate::app::msg::{BrokenCircuit, Notice};
use crate::channels::Seen;
use crate::config::{self, Env, Settings, Way};
use crate::error::{Error, Result};
use crate::incident::{AgentId, Op, Text};
use crate::runtime::Feed;
use crate::web::CircuitState;

/// How long a look may take. A backend that needs longer is not well.
const LOOK: Duration = Duration::from_secs(8);

/// How something is, as a look showed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It does what it is for.
    Well,
    /// Somebody is there; what it is for was not tried.
    Reached,
    /// It is not there, or not as it should be.
    Ill,
    /// Only a call would tell.
    Unseen,
}

impl Standing {
    /// Its word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Well => "well",
            Self::Reached => "reached",
            Self::Ill => "ill",
            Self::Unseen => "not seen",
        }
    }
}

/// One adapter, as a person asks about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backend {
    /// Its name in the configuration.
    pub name: Text,
    /// Its type.
    pub kind: &'static str,
    /// What it carries.
    pub operations: Vec<Op>,
    /// Whether every call of it is refused.
    pub read_only: bool,
    /// How it is.
    pub standing: Standing,
    /// In words how.
    pub health: Text,
    /// Every circuit that it depends on, and how it is.
    pub circuits: Vec<(Text, Text)>,
}

/// Something beside the adapters that an incident uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beside {
    /// Its name in the configuration.
    pub name: Text,
    /// Whether it tells people; else it reads the world.
    pub is_channel: bool,
    /// Its type.
    pub kind: &'static str,
    /// What it is for.
    pub serves: String,
    /// Whether nothing is sent through it.
    pub read_only: bool,
    /// How it is.
    pub standing: Standing,
    /// In words how.
    pub health: Text,
}

/// All of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Backends {
    /// In the order in which they are asked.
    pub backends: Vec<Backend>,
    /// Channels and probes.
    pub beside: Vec<Beside>,
    /// The operations that neither an adapter nor the outbox carries.
    pub missing: Vec<Op>,
    /// What could not be built.
    pub problems: Vec<Text>,
}

/// Looks at every backend, channel and probe at once. Reads, never changes, and tells nobody
/// anything.
///
/// # Errors
/// When there are no threads to be had.
pub fn look(settings: &Settings, env: &Env<'_>) -> Result<Backends> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::internal("cannot look at the backends").because(error))?;
    let (rig, problems) = live::rig(settings);
    let (backends, beside) = runtime.block_on(async {
        let adapters = join_all(rig.adapters().map(one));
        let channels = join_all(settings.channels.iter().map(|(name, it)| channel(name, it, settings, env)));
        let probes = live::named_readers(settings);
        let probes =
            join_all(settings.probes.iter().map(|(name, it)| probe(name, it, &probes, settings, env)));
        let (adapters, channels, probes) = tokio::join!(adapters, channels, probes);
        (adapters, channels.into_iter().chain(probes).collect())
    });
    let mut carried: Vec<Op> = rig.adapters().flat_map(Adapter::carries).collect();
    if !settings.rota.levels.is_empty() && !settings.channels.is_empty() {
        // Where somebody is on call and a channel reaches them, the outbox pages.
        carried.extend([Op::Escalate, Op::Page]);
    }
    Ok(Backends {
        backends,
        missing: Op::ALL.iter().copied().filter(|op| !carried.contains(op)).collect(),
        beside,
        problems: problems.iter().map(|wrong| Text::line(&wrong.to_string())).collect(),
    })
}

async fn one(adapter: &dyn Adapter) -> Backend {
    let (standing, health) = within(adapter.look()).await;
    let circuits = adapter.circuits().into_iter();
    let circuits = circuits.map(|(name, state)| (name, Text::line(&state.to_string())));
    Backend {
        name: adapter.name().clone(),
        kind: adapter.kind(),
        operations: adapter.carries(),
        read_only: adapter.is_read_only(),
        standing,
        health,
        circuits: circuits.collect(),
    }
}

async fn within(look: impl Future<Output = Health>) -> (Standing, Text) {
    match tokio::time::timeout(LOOK, look).await {
        Ok(Health::Well(words)) => (Standing::Well, words),
        Ok(Health::Reached(words)) => (Standing::Reached, words),
        Ok(Health::Ill(words)) => (Standing::Ill, words),
        Ok(Health::Unseen) => (Standing::Unseen, Text::line("only a call would tell")),
        Err(_) => (Standing::Ill, Text::line(&format!("no answer within {} s", LOOK.as_secs()))),
    }
}

/// What is handed to a program: whether it may be run. What it does, only running it would show.
fn program(run: &[String], unproved: &str, env: &Env<'_>) -> Health {
    let program = run.first().map_or("", String::as_str);
    match config::cannot_run(program, env) {
        Some(why) => Health::Ill(Text::line(&why)),
        None => Health::Reached(Text::line(&format!("{program} may be run; {unproved}"))),
    }
}

async fn channel(name: &str, of: &config::Channel, settings: &Settings, env: &Env<'_>) -> Beside {
    let kind = match &of.way {
        Way::Webhook(_) => "webhook",
        Way::Http(_) => "http",
        Way::Email(_) => "email",
        Way::Slack(_) => "slack",
        Way::PagerDuty(_) => "pagerduty",
        Way::StatusPage(_) => "statuspage",
    };
    let (standing, health) = if of.read_only {
        (Standing::Unseen, Text::line("read_only: nothing is sent through it"))
    } else if let Way::Email(email) = &of.way {
        within(async { program(&email.send, "whether it delivers only a mail would show", env) }).await
    } else {
        let alone = Settings { channels: [(name.to_owned(), of.clone())].into(), ..settings.clone() };
        let (built, problems) = live::channels(&alone, env);
        let seen = async {
            match built.first() {
                Some(channel) => match channel.look().await {
                    Some(Seen::Well(words)) => Health::Well(words),
                    Some(Seen::Reached(words)) => Health::Reached(words),
                    Some(Seen::Ill(why)) => Health::Ill(why),
                    None => Health::Unseen,
                },
                None => Health::Ill(problems.into_iter().next().unwrap_or_default()),
            }
        };
        within(seen).await
    };
    let kinds: Vec<String> = of.kinds.iter().map(ToString::to_string).collect();
    let serves = format!("tells {}; flightdeck outbox shows what was delivered", kinds.join(", "));
    let (name, read_only) = (Text::line(name), of.read_only);
    Beside { name, is_channel: true, kind, serves, read_only, standing, health }
}

async fn probe(
    name: &str,
    of: &config::Reader,
    built: &live::Readers,
    settings: &Settings,
    env: &Env<'_>,
) -> Beside {
    let (kind, health) = match of {
        config::Reader::Process(reader) => {
            ("process", Some(program(&reader.probe.run, "what it reads only running it would show", env)))
        }
        config::Reader::Http(_) => ("http", None),
        config::Reader::Prometheus(_) => ("prometheus", None),
    };
    let (standing, health) = match (health, built.get(name)) {
        (Some(health), _) => within(async { health }).await,
        (None, Some(reader)) => within(reader.look()).await,
        (None, None) => (Standing::Ill, Text::line("it could not be built; flightdeck check says why")),
    };
    let named =
        |adapter: &config::Adapter| adapter.probes().any(|(_, names)| names.contains(&name.to_owned()));
    let by: Vec<&str> =
        settings.adapters.iter().filter(|(_, a)| named(a)).map(|(name, _)| name.as_str()).collect();
    let by = match (by.is_empty(), settings.recovery.probes.contains(&name.to_owned())) {
        (true, false) => "nothing: no action and no [recovery] names it".to_owned(),
        (true, true) => "recovery".to_owned(),
        (false, false) => by.join(", "),
        (false, true) => format!("{}, recovery", by.join(", ")),
    };
    let serves = format!("reads for {by}");
    Beside { name: Text::line(name), is_channel: false, kind, serves, read_only: true, standing, health }
}

/// The notice that backends are left alone.
const CIRCUITS: &str = "circuits";

/// Says on every screen which backends are left alone because they fail, and which agents that is
/// about, whenever it changes. Of channels the journal tells every process.
pub(super) fn tell_circuits(hub: &Hub) {
    let broken = broken(hub);
    let words = words(&broken);
    // That a trial may go now, or how long until then, is no news.
    if !hub.circuits_changed(&words) {
        return;
    }
    hub.tell(Feed::Circuits(broken.into()));
    hub.tell(Feed::Notice(match words.is_empty() {
        true => Notice::clear(CIRCUITS),
        false => Notice::lasting(CIRCUITS, words),
    }));
}

/// `llm fails and is left alone: refused`.
fn words(broken: &[BrokenCircuit]) -> String {
    let one = |broken: &BrokenCircuit| format!("{} fails and is left alone: {}", broken.backend, broken.why);
    broken.iter().map(one).collect::<Vec<_>>().join("; ")
}

/// Every circuit that is not closed: of adapters, of replicas that are read, of readers.
fn broken(hub: &Hub) -> Vec<BrokenCircuit> {
    let of_adapters = hub.rig().adapters().flat_map(Adapter::circuits);
    let of_readers = hub.readers().iter().flat_map(|reader| reader.reader.circuits());
    // Nearly always: then nobody is looked for whom it could be about.
    if of_adapters.chain(of_readers).all(|(_, state)| state.is_closed()) {
        return Vec::new();
    }
    let mut agents: Vec<AgentId> = hub.readers().iter().filter_map(|reader| reader.of.clone()).collect();
    agents.extend(hub.board().incidents().flat_map(|incident| incident.agents.iter().cloned()));
    agents.sort();
    agents.dedup();
    let mut broken: Vec<BrokenCircuit> = Vec::new();
    let mut put = |backend: &Text, state: &CircuitState, of: &dyn Fn(&AgentId) -> bool| {
        let Some(why) = state.why() else { return };
        let concerned = agents.iter().filter(|agent| of(agent)).cloned();
        match broken.iter_mut().find(|known| known.backend == *backend) {
            Some(known) => {
                known.agents.extend(concerned);
                known.agents.sort();
                known.agents.dedup();
            }
            None => {
                let (backend, why) = (backend.clone(), why.clone());
                broken.push(BrokenCircuit { backend, why, agents: concerned.collect() });
            }
        }
    };
    for adapter in hub.rig().adapters() {
        for (backend, state) in adapter.circuits() {
            put(&backend, &state, &|agent| adapter.serves(agent.as_str()));
        }
    }
    for reader in hub.readers() {
        for (backend, state) in reader.reader.circuits() {
            put(&backend, &state, &|agent| reader.of.as_ref().is_none_or(|of| of == agent));
        }
    }
    broken
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use tokio::time::Instant;

    use super::*;
    use crate::adapters::{Ask, CallOutcome, Live, LiveAdapter, Pending, Rig, Sample};
    use crate::app::msg::NoticeLevel;
    use crate::incident::{Actor, Command, Plan, Policy, Realm, Severity};
    use crate::runtime::Clock;
    use crate::store::Journal;
    use crate::web::{Circuit, CircuitRule};

    struct Fake {
        name: Text,
        circuit: Circuit,
    }

    impl Adapter for Fake {
        fn name(&self) -> &Text {
            &self.name
        }

        fn kind(&self) -> &'static str {
            "fake"
        }

        fn carries(&self) -> Vec<Op> {
            vec![Op::Isolate]
        }

        fn offers(&self, _: Op, target: &str) -> bool {
            target.starts_with("support")
        }

        fn circuit(&self) -> Option<CircuitState> {
            Some(self.circuit.state(Instant::now()))
        }

        fn plan<'a>(&'a self, _: &'a Ask) -> Pending<'a, std::result::Result<Plan, Text>> {
            Box::pin(async { Err(Text::line("no")) })
        }

        fn call<'a>(&'a self, _: &'a str, _: &'a Plan) -> Pending<'a, CallOutcome> {
            Box::pin(async { CallOutcome::Failed(Text::line("no")) })
        }

        fn probe<'a>(&'a self, _: &'a Plan) -> Pending<'a, Vec<Sample>> {
            Box::pin(async { Vec::new() })
        }
    }

    impl LiveAdapter for Fake {}

    fn fails(circuit: &Circuit, times: u32) {
        for _ in 0..times {
            let pass = circuit.admit(Instant::now(), true).unwrap();
            pass.settle(Instant::now(), Some(&Text::line("refused")));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn e1_a_circuit_is_told_when_it_opens_stays_while_it_is_half_open_and_is_cleared_when_it_closes() {
        let circuit = Circuit::new(CircuitRule { failures: 3, open_for: Duration::from_secs(10) });
        let fake = Fake { name: Text::line("llm"), circuit: circuit.clone() };
        let rig = Rig::Live(Live::new(vec![Box::new(fake)]));
        let journal = Journal::memory(Realm::Live).unwrap();
        let hub = Hub::new(journal, Arc::new(Policy::built_in()), Clock::wall(), rig, false);
        let agents = ["support-1", "trader-1"].map(|id| id.parse().unwrap()).into();
        let declare = Command::Declare {
            realm: Realm::Live,
            title: "a leak".into(),
            severity: Severity::P0,
            pattern: None,
            agents,
            detected_at: None,
        };
        hub.submit(None, declare, &Actor::person("ana")).await.unwrap();
        let mut feed = hub.subscribe();
        let mut heard = || {
            tell_circuits(&hub);
            let mut told = Vec::new();
            while let Ok(news) = feed.try_recv() {
                match news {
                    Feed::Circuits(all) => {
                        told.extend(all.iter().map(|b| format!("{} of {:?}", b.backend, b.agents)));
                    }
                    Feed::Notice(notice) => told.push(format!("{:?} {}", notice.level, notice.text)),
                    Feed::Entries(_)
                    | Feed::Loaded
                    | Feed::Lines(..)
                    | Feed::Vitals(_)
                    | Feed::Readings(..)
                    | Feed::Journal(..)
                    | Feed::Said(..) => {}
                }
            }
            told
        };
        assert_eq!(heard(), [""; 0]);
        fails(&circuit, 2);
        assert_eq!(heard(), [""; 0], "it is still closed");
        fails(&circuit, 1);
        let opened = heard();
        assert!(opened[0].starts_with("llm of ") && opened[0].contains("support-1"), "{opened:?}");
        assert!(!opened[0].contains("trader-1"), "it carries nothing for that one: {opened:?}");
        assert_eq!(opened[1], format!("{:?} llm fails and is left alone: refused", NoticeLevel::Warn));
        tokio::time::advance(Duration::from_secs(11)).await;
        assert!(matches!(circuit.state(Instant::now()), CircuitState::HalfOpen { .. }));
        assert_eq!(heard(), [""; 0], "nothing is proved yet, and the notice stands");
        let trial = circuit.admit(Instant::now(), false).unwrap();
        trial.settle(Instant::now(), None);
        assert_eq!(heard(), [format!("{:?} ", NoticeLevel::Clear)], "it closed");
    }
}
