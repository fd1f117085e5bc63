//! A night on call, as values: three incidents, a fleet, its logs.

use std::sync::Arc;

use flightdeck::app::keymap::Keymap;
use flightdeck::app::model::{AgentCard, DrillInfo, Model};
use flightdeck::app::msg::Msg;
use flightdeck::app::update;
use flightdeck::config::Problems;
use flightdeck::config::keymap::Keymaps;
use flightdeck::incident::{
    Action, ActionId, Actor, Audience, Caution, Check, Command, Confirmation, Disposition, Entry, Event,
    FirstCheck, Glance, Incident, IncidentId, Inverse, LogLine, Op, Pattern, Plan, Policy, Reading, Realm,
    Report, Role, Severity, Text, Time, Topic, Vitals, decide,
};

/// A time of that night: `03:12:45`.
pub fn time(clock: &str) -> Time {
    format!("2026-05-04T{clock}Z").parse().unwrap()
}

/// The built-in default keymap.
pub fn keymap() -> Keymap {
    let mut problems = Problems::default();
    let keymap = Keymaps::default().read("default", &mut problems);
    assert!(problems.is_empty());
    keymap
}

/// One incident as it is told.
pub struct Story {
    incident: Incident,
    pub entries: Vec<Arc<Entry>>,
    policy: Policy,
    now: Time,
    actor: Actor,
}

impl Story {
    pub fn of(id: u32, clock: &str, severity: Severity, title: &str, agents: &[&str]) -> Self {
        let story = Self {
            incident: Incident::blank(IncidentId(id)),
            entries: vec![],
            policy: Policy::built_in(),
            now: time(clock),
            actor: Actor::Flightdeck,
        };
        story.says(Command::Declare {
            realm: Realm::Live,
            title: title.into(),
            severity,
            pattern: Some(Pattern::Boundary),
            agents: agents.iter().map(|a| a.parse().unwrap()).collect(),
            detected_at: None,
        })
    }

    pub fn at(self, clock: &str) -> Self {
        Self { now: time(clock), ..self }
    }

    pub fn by(self, name: &str) -> Self {
        Self { actor: Actor::person(name), ..self }
    }

    pub fn says(mut self, command: Command) -> Self {
        let own = matches!(command, Command::Report { .. } | Command::Tick);
        let actor = if own { Actor::Flightdeck } else { self.actor.clone() };
        let events = decide(&self.incident, &self.policy, &command, &actor, self.now).unwrap();
        for event in events {
            self = self.records(actor.clone(), event);
        }
        self
    }

    pub fn records(mut self, actor: Actor, event: Event) -> Self {
        let seq = self.incident.seq + 1;
        let entry = Entry { incident: self.incident.id, seq, at: self.now, actor, event };
        self.incident.apply(&entry);
        self.entries.push(Arc::new(entry));
        self
    }

    pub fn acts(self, op: Op, target: &str) -> Self {
        let plan = plan(op, target);
        let confirmation = Confirmation { digest: plan.digest(), typed: Some(plan.target.clone()) };
        self.says(Command::Act { plan, confirmation, runner: "host-1".into() })
    }

    /// An AI actor may only propose.
    pub fn proposed_by_ai(self, op: Op, target: &str) -> Self {
        Self { actor: Actor::Ai("triage".into()), ..self }.acts(op, target)
    }

    pub fn hears(self, action: u32, report: Report) -> Self {
        self.says(Command::Report { action: ActionId(action), report })
    }

    pub fn reads(self, action: u32, values: &[&str]) -> Self {
        let readings = self.readings(action, values);
        self.hears(action, Report::Readings(readings))
    }

    fn readings(&self, action: u32, values: &[&str]) -> Vec<Reading> {
        let action: &Action = &self.incident.actions[&ActionId(action)];
        let value = |v: &&str| Some(Text::line(v)).filter(|v| !v.is_blank());
        let checks = action.plan.checks.iter().zip(values);
        checks
            .map(|(check, v)| Reading {
                check: check.clone(),
                replica: None,
                source: None,
                value: value(v),
                why: None,
                at: self.now,
            })
            .collect()
    }
}

/// What an adapter would plan.
pub fn plan(op: Op, target: &str) -> Plan {
    let info = op.info();
    let params: std::collections::BTreeMap<String, Text> =
        info.params.iter().map(|p| (p.name.to_owned(), Text::line(p.default))).collect();
    let fill = |check: &&str| {
        let filled = params
            .iter()
            .fold((*check).to_owned(), |c, (name, v)| c.replace(&format!("{{{name}}}"), v.as_str()));
        filled.parse::<Check>().unwrap()
    };
    let inverse = info.inverse.map(|op| Inverse {
        op,
        params: Default::default(),
        call: Text::line(&format!("fleetctl {op} {target}")),
    });
    Plan {
        op,
        target: target.into(),
        adapter: "process".into(),
        call: Text::line(&format!("fleetctl {op} {target} --grace 0 --kill-after 30")),
        version: Some("v12".into()),
        inverse,
        checks: info.checks.iter().map(fill).collect(),
        cautions: if op == Op::Isolate {
            vec![Caution::Fights("Argo CD syncs this deployment every 3 minutes".into())]
        } else {
            vec![]
        },
        limit_s: info.limit_s,
        verify_s: 60,
        already: false,
        blind: false,
        destroys_evidence: false,
        params,
    }
}

const ISOLATED: [&str; 3] = ["stopped", "0", "0"];

/// Over since 01:41.
pub fn resolved() -> Story {
    Story::of(40, "01:02:11", Severity::P1, "order-2 refunds above its limit", &["order-2"])
        .by("bo")
        .at("01:05:00")
        .says(Command::Acknowledge)
        .says(Command::Assign { role: Role::Commander, holder: "bo".into() })
        .says(Command::Classify { severity: Severity::P1, pattern: Some(Pattern::Boundary), reason: None })
        .at("01:20:00")
        .acts(Op::RateLimit, "order-2")
        .hears(1, Report::Accepted { answer: "limited".into() })
        .at("01:21:00")
        .reads(1, &["4"])
        .at("01:40:00")
        .acts(Op::Lift, "order-2")
        .hears(2, Report::Accepted { answer: "lifted".into() })
        .reads(2, &["none"])
        .at("01:41:00")
        .says(Command::Resolve {
            summary: "the limit was read from the wrong file".into(),
            despite: Some("seen by hand".into()),
        })
}

/// Isolated at 03:01, leaking since 03:09.
pub fn leaking() -> Story {
    Story::of(41, "02:50:00", Severity::P0, "customer data leaves through support-2", &["support-2"])
        .by("cleo")
        .at("02:53:00")
        .says(Command::Acknowledge)
        .says(Command::Assign { role: Role::Commander, holder: "cleo".into() })
        .at("02:57:00")
        .says(Command::Classify { severity: Severity::P0, pattern: Some(Pattern::Boundary), reason: None })
        .at("03:01:00")
        .acts(Op::Isolate, "support-2")
        .at("03:01:04")
        .hears(1, Report::Accepted { answer: "202 accepted".into() })
        .at("03:01:30")
        .reads(1, &ISOLATED)
        .at("03:09:10")
        .reads(1, &["stopped", "0", "17"])
}

/// A P0 in the middle: isolated and verified, the cause not yet known.
pub fn burning() -> Story {
    let title = "support-1 sends customer addresses to an unknown host";
    Story::of(42, "03:00:12", Severity::P0, title, &["support-1", "mailer-3"])
        .by("ana")
        .at("03:03:20")
        .says(Command::Acknowledge)
        .at("03:03:41")
        .says(Command::Assign { role: Role::Commander, holder: "ana".into() })
        .says(Command::Assign { role: Role::TechLead, holder: "bo".into() })
        .at("03:05:02")
        .says(Command::Classify { severity: Severity::P0, pattern: Some(Pattern::Boundary), reason: None })
        .at("03:05:30")
        .acts(Op::Isolate, "support-1")
        .at("03:05:34")
        .hears(1, Report::Accepted { answer: "202 accepted, terminating".into() })
        .at("03:06:01")
        .reads(1, &ISOLATED)
        .by("bo")
        .at("03:07:00")
        .says(Command::Suppose {
            text: "the 02:40 deploy widened the mail tool's scope".into(),
            owner: "bo".into(),
        })
        .at("03:08:00")
        .says(Command::Update {
            audience: Audience::Engineering,
            affected: "support-1".into(),
            doing: "isolated, looking for the cause".into(),
            next_at: None,
        })
        .at("03:12:30")
        .acts(Op::Snapshot, "support-1")
        .at("03:12:33")
        .hears(2, Report::Accepted { answer: "job 118".into() })
}

/// An incident that nobody has looked at yet.
pub fn fresh() -> Story {
    Story::of(43, "03:11:30", Severity::P1, "trader-1 calls its pricing tool in a loop", &["trader-1"])
}

/// What was gathered of it by itself; one thing did not come.
pub fn asked() -> Model {
    let check = |topic, source: &str, glance, found: &str| {
        let check = FirstCheck { topic, source: source.into(), glance, found: found.into() };
        Event::FirstChecked { check }
    };
    let deploy =
        "1 in the 2h before: 6c76974bbf (trader:v31) 11 min before, it runs; roll back before you debug";
    let mut story = fresh().at("03:11:33");
    for event in [
        check(Topic::Similar, "incidents on record", Glance::Quiet, "nothing like it is on record"),
        check(Topic::Deploys, "cluster: trader-1", Glance::Notable, deploy),
        check(Topic::Deploys, "git /srv/agents/prompts", Glance::Quiet, "no deploy in the 2h before"),
        check(
            Topic::Scope,
            "vitals of the fleet",
            Glance::Notable,
            "partial: 1 of 5 agents are affected: trader-1",
        ),
        check(Topic::Dependency, "prices", Glance::Alarm, "DOWN: it answers 503, not 200"),
        check(Topic::Dependency, "cache", Glance::Quiet, "PONG in 2 ms"),
        check(Topic::OnCall, "pager's on-call", Glance::NotRead, "pager did not answer in 5 s"),
    ] {
        story = story.records(Actor::Flightdeck, event);
    }
    let mut model = night();
    tell(&mut model, Msg::Entries(story.entries));
    model.selection.incident = Some(IncidentId(43));
    model.notice = None;
    model
}

/// Over since 21:40 of the day before; Bo was to take its limit away an hour ago.
pub fn left_behind() -> Story {
    let title = "crawler-7 reads pages that nobody asked for";
    Story::of(38, "01:02:00", Severity::P2, title, &["crawler-7"])
        .by("bo")
        .says(Command::Classify { severity: Severity::P2, pattern: None, reason: None })
        .at("01:10:00")
        .acts(Op::RateLimit, "crawler-7")
        .hears(1, Report::Accepted { answer: "limited".into() })
        .at("01:11:00")
        .reads(1, &["4"])
        .acts(Op::Restrict, "crawler-7")
        .hears(2, Report::Accepted { answer: "scope: data".into() })
        .at("01:12:00")
        .says(account(
            1,
            Disposition::HandedOver {
                owner: "bo".into(),
                due: time("02:10:00"),
                reason: "until the robots file is read again".into(),
            },
        ))
        .says(account(
            2,
            Disposition::Kept { owner: "team-web".into(), reason: "it never needed more".into() },
        ))
        .says(Command::Resolve {
            summary: "it follows no links any more".into(),
            despite: Some("seen by hand".into()),
        })
}

fn account(action: u32, disposition: Disposition) -> Command {
    Command::Account { action: ActionId(action), disposition }
}

/// The night, and what an earlier incident left in force.
pub fn in_force() -> Model {
    let mut model = night();
    tell(&mut model, Msg::Entries(left_behind().entries));
    model
}

/// The agents' vitals.
pub fn vitals() -> Vec<Vitals> {
    let agent = |id: &str, at: &str, values: [&str; 11]| Vitals {
        agent: id.parse().unwrap(),
        at: time(at),
        values: flightdeck::incident::VITALS
            .iter()
            .zip(values)
            .filter(|(_, value)| !value.is_empty())
            .map(|(vital, value)| (vital.name.to_owned(), Text::line(value)))
            .collect(),
    };
    vec![
        agent("support-1", "03:12:44", ["stopped", "L0", "0", "0", "", "31", "12", "40", "0", "v12", "c7"]),
        agent(
            "support-2",
            "03:12:44",
            ["running", "L0", "17", "0.2", "1.1", "62", "71", "40", "3", "v12", "c7"],
        ),
        agent(
            "mailer-3",
            "03:12:43",
            ["running", "L1", "48", "0.4", "2.0", "55", "20", "75", "9", "v4", "c2"],
        ),
        agent(
            "trader-1",
            "03:12:44",
            ["running", "L0", "312", "6.5", "7.9", "91", "86", "12", "240", "v31", "c9"],
        ),
        agent(
            "order-2",
            "03:10:02",
            ["running", "L2", "61", "0.1", "0.8", "44", "30", "55", "2", "v8", "c3"],
        ),
    ]
}

/// What the agents logged.
pub fn lines() -> Vec<LogLine> {
    let line = |agent: &str, raw: &str| {
        LogLine::parse(
            Text::line(agent),
            Text::line(&format!("/var/log/{agent}.log")),
            0,
            raw.as_bytes(),
            time("03:12:44"),
        )
    };
    vec![
        line(
            "support-1",
            r#"{"ts":"2026-05-04T03:00:01Z","level":"info","user_input":"where is my order?"}"#,
        ),
        line(
            "support-1",
            r#"{"ts":"2026-05-04T03:00:03Z","level":"info","agent_decision":"look the order up","tool":"orders"}"#,
        ),
        line(
            "support-1",
            r#"{"ts":"2026-05-04T03:00:05Z","level":"warn","permission_check":"mail.send to unknown host","allowed":true}"#,
        ),
        line(
            "support-1",
            r#"{"ts":"2026-05-04T03:00:06Z","level":"error","tool_call":"mail.send","to":"x@203.0.113.9","rows":418,"msg":"sent customer addresses"}"#,
        ),
        line("trader-1", r#"{"ts":"2026-05-04T03:12:40Z","level":"debug","msg":"price cache miss"}"#),
        line(
            "trader-1",
            r#"{"ts":"2026-05-04T03:12:41Z","level":"warn","tool_call":"pricing.get","attempt":311,"msg":"retry"}"#,
        ),
        line(
            "mailer-3",
            "2026-05-04 03:12:42 ERROR queue: cannot reach smtp, will retry in 30 seconds and then give up on the whole batch",
        ),
    ]
}

/// A model of an empty live journal, loaded.
pub fn idle() -> Model {
    let policy = Arc::new(Policy::built_in());
    let now = time("03:12:45");
    let mut model = Model::new(Actor::person("ana"), Realm::Live, policy, Arc::new(keymap()), now);
    model.reach = flightdeck::tui::view::reach;
    model.offers = Op::ALL.iter().copied().collect();
    tell(&mut model, Msg::Loaded);
    model
}

/// The night: INC-42 is selected, INC-41 leaks, INC-43 is new, INC-40 is over.
pub fn night() -> Model {
    let mut model = idle();
    for story in [resolved(), leaking(), burning(), fresh()] {
        tell(&mut model, Msg::Entries(story.entries));
    }
    model.selection.incident = Some(IncidentId(42));
    model.selection.action = None;
    tell(&mut model, Msg::Vitals(vitals()));
    let card = AgentCard {
        tools: vec!["mail.send".into(), "mail.search".into()],
        permissions: vec!["mail.send".into()],
        name: "Mail desk".into(),
        about: "writes and sends what the others decide".into(),
        owner: "team-mail".into(),
    };
    model.cards.insert("mailer-3".parse().unwrap(), card);
    tell(&mut model, Msg::Lines(vec![Arc::new(lines().into())]));
    tell(&mut model, Msg::Tick(time("03:12:45")));
    model.notice = None;
    model
}

/// The same night as a drill.
pub fn drill() -> Model {
    let mut model = night();
    model.realm = Realm::Drill;
    model.drill = Some(DrillInfo { scenario: "data-leak".into(), seed: 7, speed: 1.0 });
    model
}

/// Takes a message in.
pub fn tell(model: &mut Model, msg: Msg) {
    let _ = update(model, msg);
}
