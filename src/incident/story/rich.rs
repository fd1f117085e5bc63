//! One incident with everything in it that a review can tell of.

use super::{ISOLATED, Story, WORKING, act, alert, plan, time};
use crate::incident::{
    ActionId, Alert, Area, Audience, Command, Disposition, HypothesisId, ImprovementId, Mark, Outcome,
    Pattern, Plan, Progress, Realm, Report, Role, Severity, Text,
};

/// A P0: an alert, a correction, a hand-over, approval, a leak, a rollback, evidence, hypotheses,
/// updates, escalation, improvements, and its end.
pub fn rich() -> Story {
    rich_in(&|words| words.to_owned())
}

/// The same with every foreign text in other words: what people, alerts, backends and logs say.
pub fn rich_in(words: &dyn Fn(&str) -> String) -> Story {
    let say = Say(words);
    say.ends(say.finds(say.acts(say.begins(Story::blank()))))
}

/// How foreign text is worded.
struct Say<'a>(&'a dyn Fn(&str) -> String);

impl Say<'_> {
    fn text(&self, plain: &str) -> Text {
        Text::block(&(self.0)(plain))
    }

    fn by(&self, story: Story, name: &str) -> Story {
        story.by(self.text(name).as_str())
    }

    fn plan(&self, words: &str) -> Plan {
        let mut plan = plan(words);
        plan.call = self.text(plan.call.as_str());
        plan.adapter = self.text("simulated");
        plan.version = Some(self.text("v12"));
        plan.cautions = vec![self.text("the autoscaler starts replicas of support").into()];
        if let Some(inverse) = &mut plan.inverse {
            inverse.call = self.text(inverse.call.as_str());
        }
        plan
    }

    fn asks(&self, story: Story, words: &str) -> Story {
        story.says(act(&self.plan(words)))
    }

    fn accepts(&self, story: Story, number: u32) -> Story {
        story.hears(number, Report::Accepted { answer: self.text("202 accepted") })
    }

    /// Probes read what they should not, in foreign words.
    fn leaks(&self, story: Story, number: u32) -> Story {
        let Report::Readings(mut readings) = story.readings(number, WORKING) else { return story };
        for reading in &mut readings {
            reading.value = reading.value.as_ref().map(|value| self.text(value.as_str()));
        }
        story.hears(number, Report::Readings(readings))
    }

    fn begins(&self, story: Story) -> Story {
        let alert = Alert {
            name: self.text("DataLeak"),
            summary: self.text("support-1 sends customer data out"),
            source: self.text("alertmanager"),
            ..alert("k1")
        };
        let assign = |role, name| Command::Assign { role, holder: Text::line(self.text(name).as_str()) };
        self.by(story, "ana")
            .says(Command::Alert { realm: Realm::Live, alert })
            .at("12:01:10")
            .says(Command::Acknowledge)
            .says(assign(Role::Commander, "ana"))
            .says(assign(Role::TechLead, "bo"))
            .at("12:02:30")
            .says(Command::Classify {
                severity: Severity::P0,
                pattern: Some(Pattern::Boundary),
                reason: Some(self.text("the export tool is among its permissions")),
            })
    }

    fn acts(&self, story: Story) -> Story {
        let story = self.asks(story.at("12:03:00"), "isolate support-1").at("12:03:02");
        let story = self.accepts(story, 1).at("12:03:20").reads(1, ISOLATED).at("12:05:00");
        let story = self.asks(story, "snapshot support-1").at("12:05:30");
        let story = self.accepts(story, 2).reads(2, "evidence_stored=yes").says(Command::StoreEvidence {
            action: Some(ActionId(2)),
            name: self.text("support-1-logs.jsonl"),
            bytes: 48_213,
            sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".into(),
            from: Some(time("12:00:00")),
            to: Some(time("12:01:10")),
            redacted: Some(3),
        });
        let reason = Some(self.text("a second replica is suspected"));
        let story = self.leaks(story.at("12:09:00"), 1).says(Command::Escalate { level: 1, reason });
        let story = self.by(story, "bo").at("12:10:00");
        let story = self.asks(story, "rollback-branch support-1 to=v11 back to=v12");
        let story = self.by(story, "ana").at("12:10:40").approves(3).at("12:10:45");
        let story = self.accepts(story, 3).at("12:11:30").reads(1, ISOLATED).at("12:12:00");
        let story = story.says(Command::Update {
            audience: Audience::Customers,
            affected: self.text("answers by mail; some mails went to the wrong person"),
            doing: self.text("the agent is isolated, the version before is being put back"),
            next_at: None,
        });
        let story = story.at("12:14:00").reads(3, "version=v11 agent_status=running healthy=yes");
        let story = self.asks(story.by_ai("triage").at("12:20:00"), "rate-limit support-1");
        self.by(story.at("12:22:00").ticks(), "ana")
    }

    fn finds(&self, story: Story) -> Story {
        let suppose = |what, owner| Command::Suppose { text: self.text(what), owner: self.text(owner) };
        let close = |number, outcome, why| Command::CloseHypothesis {
            hypothesis: HypothesisId(number),
            outcome,
            reason: self.text(why),
        };
        story
            .says(suppose("the deploy of 11:50 opened the export tool", "bo"))
            .says(suppose("a prompt injection in a customer's mail", "cy"))
            .says(Command::PinLine {
                agent: self.text("support-1"),
                source: self.text("/var/log/agents/support-1.jsonl"),
                offset: 40_960,
                sha256: "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae".into(),
                logged_at: Some(time("11:59:38")),
                text: self.text("tool_call export_customers rows=3120"),
            })
            .at("12:30:00")
            .says(close(1, Outcome::Rejected, "the tool was open before"))
            .at("12:50:00")
            .says(close(2, Outcome::Confirmed, "the mail is in the log, and replaying it exports again"))
            .says(Command::Decide {
                text: self.text("the export tool stays off"),
                reason: self.text("nobody needs it for answers"),
            })
            .says(Command::SetMark {
                mark: Mark::T1,
                at: Some(time("12:00:50")),
                reason: Some(self.text("answered by phone first")),
            })
            .says(Command::Note { text: self.text("the vendor was told") })
    }

    fn ends(&self, story: Story) -> Story {
        let (owner, reason) = (self.text("bo"), self.text("until v13 is out"));
        let commander = Text::line(self.text("dee").as_str());
        let story = story.at("13:00:00").says(Command::Assign { role: Role::Commander, holder: commander });
        let story = self.asks(self.by(story, "dee").at("13:20:00"), "release support-1");
        self.accepts(story, 5)
            .at("13:20:20")
            .reads(5, "agent_status=running")
            .says(Command::Account { action: ActionId(3), disposition: Disposition::Kept { owner, reason } })
            .says(Command::Improve {
                area: Area::Technical,
                text: self.text("check exports beforehand, whoever asks"),
                owner: self.text("bo"),
                due: time("+7 12:00:00"),
            })
            .at("13:30:00")
            .says(Command::Resolve {
                summary: self.text("v11 is back, the export tool is off"),
                despite: Some("seen by hand".into()),
            })
            .at("+1 09:00:00")
            .says(Command::MoveImprovement {
                improvement: ImprovementId(1),
                progress: Progress::Done,
                note: self.text("merged, and covered by a test"),
            })
    }
}
