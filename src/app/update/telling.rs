//! Telling people: the composer of updates, "no change" by one key, messages that did not arrive,
//! and whom to bring in.

use super::super::effect::Effect;
use super::super::field::Field;
use super::super::form::{Form, Purpose, words};
use super::super::model::{Choose, Modal, Model, Then};
use super::super::msg::Notice;
use super::forms::Built;
use crate::incident::name::counted;
use crate::incident::state::Update;
use crate::incident::{Audience, Command, DraftId, Due, MessageId, Op, Outgoing, Realm, Span, Text};

const RETRY: &str = "try it again";
const DROP: &str = "drop it";
const SEND: &str = "send it";

/// What "no change" puts before the words that were said last.
const NO_CHANGE: &str = "no change since ";

impl Model {
    /// An update says what is affected, what is being done, and when the next one comes (D3). A
    /// draft that waits comes first, then the most overdue audience; the last words to it are the
    /// start of the next.
    pub(super) fn update_form(&self) -> Form {
        if let Some((id, draft)) = self.incident().and_then(|i| i.drafts.first_key_value()) {
            let title =
                format!("{id}: {} drafted this for {}; a person sends it (C2)", draft.by, draft.audience);
            return Form::new(Purpose::SendDraft(*id), title)
                .choice("it", vec![SEND.to_owned(), DROP.to_owned()], SEND)
                .text("affected", "what is affected", draft.affected.as_str())
                .text("doing", "what is being done", draft.doing.as_str())
                .text("next in", "a span such as 15m; empty: by the policy's cadence", "")
                .text("reason", "needed to drop it", "");
        }
        let due = self
            .deadlines()
            .into_iter()
            .find_map(|d| if let Due::Update(audience) = d.due { Some(audience) } else { None });
        self.update_to(due.unwrap_or(Audience::Customers), false)
    }

    pub(super) fn update_from(&self, form: &Form) -> Built {
        Ok(Command::Update {
            audience: form.get("audience").as_str().parse()?,
            affected: form.get("affected"),
            doing: form.get("doing"),
            next_at: self.next_from(form)?,
        })
    }

    pub(super) fn draft_from(&self, form: &Form, draft: DraftId) -> Built {
        if form.get("it") == DROP {
            return Ok(Command::DropDraft { draft, reason: form.get("reason") });
        }
        let (affected, doing) = (form.get("affected"), form.get("doing"));
        Ok(Command::SendDraft { draft, affected, doing, next_at: self.next_from(form)? })
    }

    fn next_from(&self, form: &Form) -> Result<Option<crate::incident::Time>, String> {
        let span = form.given("next in").map(|span| span.as_str().parse::<Span>()).transpose()?;
        Ok(span.map(|span| span.after(self.now())))
    }

    /// One key: nothing has changed, said all the same (D3), to the audience whose update is due
    /// next. Whoever has heard nothing yet gets a first update, which is to be written; whoever
    /// hears only what a person sends gets it when that person has read it.
    pub(super) fn no_change(&mut self) -> Vec<Effect> {
        let Some((audience, Some(last))) = self.next_to_hear() else {
            let effects = self.open_form(super::super::intent::Intent::Update);
            self.take_notice(Notice::info("whose turn it is has heard nothing yet: write the first update"));
            return effects;
        };
        if self.policy.people_tell.contains(&audience) {
            let form = self.update_to(audience, true);
            self.modals.push(Modal::Form(form));
            return vec![];
        }
        let doing = no_change_since(&last);
        let effects =
            self.submit(Command::Update { audience, affected: last.affected, doing, next_at: None });
        if !effects.is_empty() {
            self.take_notice(Notice::info(format!("to {audience}: no change")));
        }
        effects
    }

    /// The composer, for one audience, with words that a person may still change.
    fn update_to(&self, audience: Audience, unchanged: bool) -> Form {
        let (affected, doing) = self.said_last(audience, unchanged);
        let form = Form::new(Purpose::Update, "send a status update (D3)")
            .choice("audience", words(Audience::ALL), audience.word())
            .text("affected", "what is affected", affected.as_str())
            .text("doing", "what is being done", doing.as_str())
            .text("next in", "a span such as 15m; empty: by the policy's cadence", "");
        Form { unchanged, ..form }
    }

    /// What the composer begins with for an audience: what it heard last, and that nothing has changed,
    /// where that is to be said. Whoever has heard nothing yet is told nothing of the kind.
    fn said_last(&self, audience: Audience, unchanged: bool) -> (Text, Text) {
        let last = self.incident().and_then(|incident| incident.updates.get(&audience));
        let doing = last.filter(|_| unchanged).map(no_change_since);
        (last.map(|last| last.affected.clone()).unwrap_or_default(), doing.unwrap_or_default())
    }

    /// Begins anew for another audience with what nobody changed: words of one are not offered to the
    /// other.
    pub(super) fn refill_update(&mut self, before: &str) {
        let Some(Modal::Form(form)) = self.modals.last() else { return };
        if form.purpose != Purpose::Update {
            return;
        }
        let (unchanged, now) = (form.unchanged, form.get("audience"));
        let (Ok(before), Ok(now)) = (before.parse(), now.as_str().parse()) else { return };
        let (was, is) = (self.said_last(before, unchanged), self.said_last(now, unchanged));
        let Some(Modal::Form(form)) = self.modals.last_mut() else { return };
        for (label, was, is) in [("affected", was.0, is.0), ("doing", was.1, is.1)] {
            let offered = form.entries.iter_mut().filter(|e| e.label == label && e.field.as_text() == was);
            offered.for_each(|entry| entry.field = Field::new(is.as_str()));
        }
    }

    pub(super) fn show_messages(&mut self) -> Vec<Effect> {
        let Some((title, lines)) = self.messages() else {
            return self.refuse("messages", self.no_incident());
        };
        self.modals.push(Modal::Detail { title, lines, scroll: 0 });
        vec![]
    }

    /// The form by which a person tries a message again, or drops it.
    pub(super) fn message_form(&self) -> Result<Form, String> {
        let shown = |sent: &&Outgoing| {
            format!("{} {} through {}", sent.message.id, sent.message.to, sent.message.channel)
        };
        let all: Vec<String> = self.unsettled().iter().map(shown).collect();
        let first = all.first().cloned().ok_or("every message was delivered or dropped")?;
        Ok(Form::new(Purpose::Message, "a message that has not arrived (B12)")
            .choice("message", all, &first)
            .choice("it", vec![RETRY.to_owned(), DROP.to_owned()], RETRY)
            .text("reason", "needed to drop it: how they were told instead", ""))
    }

    pub(super) fn message_from(form: &Form) -> Built {
        let written = form.get("message");
        let number = written.as_str().split(' ').next().unwrap_or_default();
        let message = MessageId(counted(number, 'M')?);
        if form.get("it") == DROP {
            return Ok(Command::DropMessage { message, reason: form.get("reason") });
        }
        Ok(Command::RetryMessage { message })
    }

    /// Whom to bring in: the policy's levels, each with who has the duty now, and then everybody
    /// whom the on-call table names. Nothing is sent before the plan was read.
    pub(super) fn choose_whom(&mut self) -> Vec<Effect> {
        let rota = &self.policy.rota;
        let mut all: Vec<(Text, (Op, Text))> = Vec::new();
        let mut add =
            |words: String, op, target: String| all.push((Text::line(&words), (op, Text::line(&target))));
        for level in &self.policy.escalation {
            let target = Text::line(&level.level.to_string());
            let adapter = self.reached.get(&(Op::Escalate, target));
            let who = match (rota.on_call(level.level, self.now()), adapter) {
                (Some(duty), None) => format!(": {}", duty.words()),
                (Some(_) | None, Some(adapter)) => format!(": through {adapter}, the plan says whom"),
                (None, None) if self.is_nobody(level.level) => {
                    format!(": nobody is on call - {}", level.trigger)
                }
                (None, None) => format!(" - {}", level.trigger),
            };
            add(format!("{} {}{who}", level.level, level.name), Op::Escalate, level.level.to_string());
        }
        let by_adapter = self.reached.iter().filter(|((op, who), _)| *op == Op::Page && !who.is_blank());
        let by_adapter = by_adapter.map(|((_, who), adapter)| (who, adapter));
        let mut people: Vec<(&Text, &Text)> = rota.people().chain(by_adapter).collect();
        people.sort();
        people.dedup_by_key(|(person, _)| *person);
        for (person, channel) in people {
            let by = self.pages(person).unwrap_or(channel);
            add(format!("page {person} through {by}"), Op::Page, person.to_string());
        }
        let (items, targets) = all.into_iter().unzip();
        let title = "escalate: whom? nothing is sent yet".to_owned();
        self.modals.push(Modal::Choose(Choose { title, then: Then::Whom(targets), items, selected: 0 }));
        vec![]
    }

    /// What would page somebody: an adapter where only that reaches them, else the on-call table's channel.
    fn pages(&self, who: &Text) -> Option<&Text> {
        let by_adapter = |who: Text| self.reached.get(&(Op::Page, who));
        let channel = || self.policy.rota.channel_of(who.as_str());
        by_adapter(who.clone()).or_else(channel).or_else(|| by_adapter(Text::default()))
    }

    /// Whether nobody can be reached at a level: no turn of the on-call table, and in a drill the
    /// simulated people are asked instead.
    pub(super) fn is_nobody(&self, level: u8) -> bool {
        let by_adapter = self.reached.contains_key(&(Op::Escalate, Text::line(&level.to_string())));
        let nobody = !by_adapter && self.policy.rota.on_call(level, self.now()).is_none();
        let table = !self.policy.rota.levels.is_empty() || !self.offers.contains(&Op::Escalate);
        nobody && table && self.realm == Realm::Live
    }

    /// Whom to page: who holds a role, who has the duty, who answers for an agent; and anybody else
    /// by name. Nothing is sent before the plan was read.
    pub(super) fn choose_person(&mut self) -> Vec<Effect> {
        let rota = &self.policy.rota;
        let mut all: Vec<(Text, String)> = Vec::new();
        let mut add = |who: &Text, why: String| {
            if !who.is_blank() && !all.iter().any(|(known, _)| known == who) {
                all.push((who.clone(), why));
            }
        };
        for level in rota.levels.keys() {
            if let Some(person) = rota.on_call(*level, self.now()).and_then(|duty| duty.person) {
                add(&person, format!("on call at level {level}"));
            }
        }
        let held = self.incident().into_iter().flat_map(|incident| &incident.roles);
        held.for_each(|(role, holding)| add(&holding.holder, role.title().to_owned()));
        rota.people().for_each(|(person, _)| add(person, "takes turns on call".to_owned()));
        for (agent, card) in &self.cards {
            add(&card.owner, format!("answers for {agent}"));
        }
        let channel = |who: &Text| self.pages(who);
        let words = |who: &Text, why: &str| match channel(who) {
            Some(channel) => format!("{who}, {why}, through {channel}"),
            None if self.realm == Realm::Live => format!("{who}, {why}: nothing pages them"),
            None => format!("{who}, {why}"),
        };
        // Whom a channel reaches comes first.
        all.sort_by_key(|(who, _)| channel(who).is_none());
        let mut items: Vec<Text> = all.iter().map(|(who, why)| Text::line(&words(who, why))).collect();
        let mut targets: Vec<(Op, Text)> = all.into_iter().map(|(who, _)| (Op::Page, who)).collect();
        items.push("somebody else, by name".into());
        targets.push((Op::Page, Text::default()));
        let title = "page: whom? nothing is sent yet".to_owned();
        self.modals.push(Modal::Choose(Choose { title, then: Then::Whom(targets), items, selected: 0 }));
        vec![]
    }
}

/// That nothing has changed since an update, in its own words.
fn no_change_since(last: &Update) -> Text {
    let said = last.doing.as_str();
    let doing =
        said.strip_prefix(NO_CHANGE).and_then(|rest| rest.split_once(": ")).map_or(said, |(_, was)| was);
    Text::line(&format!("{NO_CHANGE}{}: {doing}", last.at.format("%H:%M UTC")))
}
