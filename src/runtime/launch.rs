//! From configuration and environment to a running cockpit, live or drill.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use chrono::TimeDelta;

use super::clock::Clock;
use super::desk::Desk;
use super::drill::{self, Run, Simulation};
use super::engine::Extras;
use super::first::Questions;
use super::hub::Hub;
use super::live;
use super::scenarios;
use super::session::{self, Front};
use crate::app::model::{AgentCard, Attention, DrillInfo, Model};
use crate::app::msg::Notice;
use crate::app::{digest, review, update};
use crate::config::{Agent, Env, Glyphs, Language, Looks, Paths, Problems, Settings};
use crate::error::{Error, Result};
use crate::incident::{Actor, Audience, Board, LogBlock, Policy, Realm, Route, Text, Time};
use crate::logs::{Filter, Input};
use crate::sim::{AgentSpec, Scenario};
use crate::store::{Journal, Opening};
use crate::tui::colour::Depth;
use crate::tui::env::TermEnv;
use crate::tui::glyphs;
use crate::tui::terminal::Modes;
use crate::tui::theme::Skin;

/// What every front starts from.
pub struct Launch<'a> {
    /// Where files are.
    pub paths: Paths,
    /// What they say, but for the rules: those are read when the first frame is on screen.
    pub looks: Looks,
    /// Who sits here.
    pub user: Text,
    /// Whether mutating calls are refused.
    pub read_only: bool,
    /// The environment.
    pub env: &'a Env<'a>,
}

/// Which drill is wanted. What is not said is taken from the run that was begun last, if that is
/// not over.
#[derive(Clone, Debug, Default)]
pub struct DemoArgs {
    /// The scenario.
    pub scenario: Option<String>,
    /// The seed.
    pub seed: Option<u64>,
    /// Virtual seconds for each real one.
    pub speed: Option<f64>,
    /// Whether to begin anew in any case.
    pub fresh: bool,
}

/// Opens the journal of a realm for a hub, cockpit's or errand's; where it cannot be written, for
/// reading.
///
/// # Errors
/// When it cannot be read either.
pub fn journal(paths: &Paths, realm: Realm) -> Result<Journal> {
    Ok(Journal::open(paths.journal_of(realm), &Opening::write(realm))?)
}

impl Launch<'_> {
    /// The cockpit on the live realm.
    ///
    /// # Errors
    /// When there is no terminal, or the journal can be neither written nor read.
    pub fn cockpit(self) -> Result<()> {
        self.expect_screen()?;
        let front = self.front(Realm::Live, &Clock::wall(), None);
        let open = move || {
            let journal = journal(&self.paths, Realm::Live)?;
            let config = self.looks.with_policy(&self.paths);
            let (rig, unbuilt) = live::located_rig(&config, &self.paths);
            let (channels, unmade) = live::channels(&config.settings, self.env);
            let mut extras = live::extras(&config, &self.paths, self.env);
            extras.problems.extend(unbuilt.iter().map(|words| Notice::error(words.as_str())));
            extras.problems.extend(unmade.iter().map(|words| Notice::error(words.as_str())));
            let readers = live::readers(&config.settings, &self.paths);
            let policy = Arc::new(config.policy);
            let hub = Hub::with_channels(journal, policy, Clock::wall(), rig, channels, self.read_only);
            let redactor = crate::config::redaction::redactor(&config.settings);
            Ok((hub.reading_by(readers).redacting_by(redactor), extras))
        };
        session::run(front, Box::new(open))
    }

    /// Logs on the whole screen; false if the terminal cannot show them.
    ///
    /// # Errors
    /// When it cannot be read, or is asked what is no filter.
    pub fn logs(self, inputs: &[Input], filter: Filter) -> Result<bool> {
        if !TermEnv::from_vars(self.env).has_cursor() {
            return Ok(false);
        }
        let clock = Clock::wall();
        let hints = crate::config::hints::hints(&self.looks.settings);
        super::pager::run(self.front(Realm::Live, &clock, None), inputs, filter, hints, clock)?;
        Ok(true)
    }

    /// The cockpit on a drill.
    ///
    /// # Errors
    /// When there is no such scenario, no terminal, or another drill runs in the data directory.
    pub fn demo(self, args: &DemoArgs) -> Result<()> {
        self.expect_screen()?;
        let directory = self.paths.data_dir.clone();
        // The journal makes the directory, for its owner only.
        let journal = journal(&self.paths, Realm::Drill)?;
        let lock = drill::lock(&directory)?;
        let board = loaded(&journal)?;
        let (run, resumed) = self.choose(args, &directory, &board)?;
        let scenario = scenarios::find(&self.paths, &run.scenario)?;
        run.note(&directory)?;
        // Time stood still while nobody watched.
        let now = if resumed {
            last_change(&board).map_or(run.start, |last| last.max(run.start))
        } else {
            run.start
        };
        let clock = Clock::running(now, run.speed);
        let simulation = Arc::new(Simulation::new(&scenario, &run, clock.clone()));
        let info = DrillInfo { scenario: scenario.name.clone(), seed: run.seed, speed: run.speed };
        let mut front = self.front(Realm::Drill, &clock, Some(info));
        front.model.cards = scenario.agents.iter().map(|agent| (agent.id.clone(), card(agent))).collect();
        if resumed {
            let lines = drill::log_lines(simulation.replay(&board, run.start, now));
            let blocks = vec![Arc::new(LogBlock::from(lines))];
            update(&mut front.model, crate::app::msg::Msg::Lines(blocks));
        }
        let open = move || {
            let hints = crate::config::hints::hints(&self.looks.settings);
            let mut policy = self.looks.with_policy(&self.paths).policy;
            // Nothing leaves a drill, so that it tells people whatever there is to tell.
            if policy.routes.is_empty() {
                let audiences = Audience::ALL.to_vec();
                policy.routes.push(Route { audiences, ..Route::everything("inbox") });
            }
            let policy = Arc::new(policy);
            let hub = Hub::new(journal, policy, clock, simulation.rig(), false);
            let extras = Extras {
                simulation: Some(simulation),
                end_earlier: !resumed,
                first: Some(Questions::default()),
                hints,
                ..Extras::default()
            };
            Ok((hub, extras))
        };
        let outcome = session::run(front, Box::new(open));
        drop(lock);
        outcome
    }

    /// A terminal whose cursor cannot be moved would show the bytes of a screen.
    fn expect_screen(&self) -> Result<()> {
        let terminal = TermEnv::from_vars(self.env);
        if terminal.has_cursor() {
            return Ok(());
        }
        let is = if terminal.term.is_empty() {
            "TERM is not set".to_owned()
        } else {
            format!("TERM={}", Text::line(&terminal.term))
        };
        Err(Error::user(format!("the cockpit needs a terminal that can show a full screen, and {is}"))
            .hint("say what the terminal is, as in TERM=xterm-256color, or use 'flightdeck incidents'"))
    }

    /// The run to play, and whether it goes on from where it was.
    fn choose(&self, args: &DemoArgs, directory: &Path, board: &Board) -> Result<(Run, bool)> {
        let unfinished = board.incidents().find(|incident| incident.is_open());
        if let (Some(last), Some(open)) = (Run::last(directory).filter(|_| !args.fresh), unfinished) {
            let same_scenario = args.scenario.as_ref().is_none_or(|wanted| *wanted == last.scenario);
            if same_scenario && args.seed.is_none_or(|wanted| wanted == last.seed) {
                return Ok((Run { speed: args.speed.unwrap_or(last.speed), ..last }, true));
            }
            // Somebody may be in the middle of it.
            let (scenario, seed) = (Text::line(&last.scenario), last.seed);
            return Err(Error::user(format!(
                "the drill '{scenario}' (seed {seed}) is not over: {} is open",
                open.id
            ))
            .hint("flightdeck demo goes on with it; --fresh ends it and begins the other one"));
        }
        let name = args.scenario.as_deref().unwrap_or(Scenario::DEFAULT);
        let scenario = scenarios::find(&self.paths, name)?;
        let run = Run {
            scenario: name.to_owned(),
            seed: args.seed.unwrap_or(scenario.seed),
            start: begins(Clock::wall().now(), board),
            speed: args.speed.unwrap_or(1.0),
        };
        Ok((run, false))
    }

    fn front(&self, realm: Realm, clock: &Clock, drill: Option<DrillInfo>) -> Front {
        let settings = &self.looks.settings;
        let mut problems = Problems::new();
        let keymap = self.looks.keymaps.read(&settings.ui.keymap, &mut problems);
        let actor = Actor::Person(self.user.clone());
        // Nothing is allowed by the empty policy; the hub brings the team's own.
        let mut model = Model::new(actor, realm, Arc::new(Policy::empty()), Arc::new(keymap), clock.now());
        model.drill = drill;
        model.reach = crate::tui::view::reach;
        if realm == Realm::Live {
            let card = |agent: &Agent| AgentCard {
                name: agent.name.clone(),
                about: agent.about.clone(),
                owner: agent.owner.clone(),
                ..AgentCard::default()
            };
            model.cards = settings.agents.iter().map(|agent| (agent.id.clone(), card(agent))).collect();
        }
        model.attention = Attention { bell: settings.ui.bell, notify: settings.ui.notify };
        let terminal = TermEnv::from_vars(self.env);
        let depth = terminal.depth();
        let wanted = if depth == Depth::Mono { crate::config::theme::MONO } else { &settings.ui.theme };
        let theme = self.looks.themes.read(wanted, &mut problems).unwrap_or_else(|| {
            let built_in = self.looks.themes.read(crate::config::theme::DEFAULT, &mut problems);
            built_in.expect("the built-in themes are read by a test")
        });
        let glyphs = match settings.ui.glyphs {
            Glyphs::Auto => terminal.glyphs(),
            Glyphs::Unicode => &glyphs::UNICODE,
            Glyphs::Ascii => &glyphs::ASCII,
        };
        let language = language(settings);
        let template = template(&self.paths, settings);
        let frames = u32::from(settings.ui.frames_per_second);
        Front {
            model,
            skin: Skin::new(&theme, depth, glyphs),
            depth,
            modes: Modes { mouse: settings.ui.mouse, focus: false },
            frames_per_second: frames.min(terminal.frames_per_second()).max(1),
            commands: terminal.commands(),
            desk: Desk::new(template, language.into(), self.paths.data_dir.clone(), self.user.clone()),
        }
    }
}

/// When anything of a journal changed last.
fn last_change(board: &Board) -> Option<Time> {
    board.incidents().map(|incident| incident.changed_at).max()
}

/// When a new drill begins: now, but behind everything that its journal holds. What an earlier one
/// played faster than real time is ended by this one, and nothing ends before it began.
fn begins(now: Time, board: &Board) -> Time {
    last_change(board).map_or(now, |last| now.max(last + TimeDelta::seconds(1)))
}

/// What a scenario says of an agent.
fn card(agent: &AgentSpec) -> AgentCard {
    AgentCard {
        about: agent.about.clone(),
        tools: agent.tools.clone(),
        permissions: agent.permissions.clone(),
        ..AgentCard::default()
    }
}

/// The review's template: the team's own, else the built-in one of the configured language.
#[must_use]
pub fn template(paths: &Paths, settings: &Settings) -> String {
    let own = settings.review.template.as_ref();
    let own = own.and_then(|name| fs::read_to_string(paths.templates().join(format!("{name}.md"))).ok());
    own.or_else(|| review::template(language(settings)).map(str::to_owned)).unwrap_or_default()
}

/// The digest's template: the team's own, else the built-in one of the configured language.
#[must_use]
pub fn digest_template(paths: &Paths, settings: &Settings) -> String {
    let own = fs::read_to_string(paths.templates().join("digest.txt"));
    own.unwrap_or_else(|_| digest::template(language(settings)).to_owned())
}

/// The tag of the configured language.
const fn language(settings: &Settings) -> &'static str {
    match settings.review.language {
        Language::English => "en",
        Language::TraditionalChinese => "zh-Hant",
    }
}

/// The board of a whole journal, read at once: drills are short.
fn loaded(journal: &Journal) -> Result<Board> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .map_err(|error| Error::internal("cannot read the journal").because(error))?;
    runtime.block_on(async {
        let mut board = Board::default();
        let mut position = 0;
        loop {
            let chunk = journal
                .read_all_after(position, 1_000)
                .await
                .map_err(|error| Error::internal(format!("the journal cannot be read: {error}")))?;
            let Some((last, _)) = chunk.last() else { return Ok(board) };
            position = *last;
            for (_, entry) in chunk {
                board.apply(&Arc::new(entry));
            }
        }
    })
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::incident::story::Story;

    /// `demo --scenario X` ended what somebody was in the middle of, at a time before it began.
    #[test]
    fn another_drill_than_the_one_that_is_open_is_begun_only_when_that_is_said() {
        let dir = tempfile::tempdir().unwrap();
        let paths = Paths {
            config_file: dir.path().join("config.toml"),
            config_named: false,
            config_dir: dir.path().to_owned(),
            data_dir: dir.path().to_owned(),
            home: None,
        };
        let env: &Env<'_> = &|_| None;
        let looks = crate::config::looks(&paths, env);
        let launch = Launch { paths, looks, user: "ana".into(), read_only: false, env };
        let later = Clock::wall().now() + TimeDelta::hours(1);
        let story = Story::p0();
        let mut board = Board::default();
        for entry in &story.entries {
            let at = later - (story.now - entry.at);
            board.apply(&Arc::new(crate::incident::Entry { at, ..(**entry).clone() }));
        }
        let run = Run { scenario: Scenario::DEFAULT.to_owned(), seed: 7, start: later, speed: 20.0 };
        run.note(dir.path()).unwrap();
        let choose = |scenario: Option<&str>, seed, fresh| {
            let args = DemoArgs { scenario: scenario.map(str::to_owned), seed, speed: None, fresh };
            launch.choose(&args, dir.path(), &board)
        };
        assert_eq!(choose(None, None, false).unwrap(), (run.clone(), true));
        assert_eq!(choose(Some(Scenario::DEFAULT), Some(7), false).unwrap(), (run, true));
        for (scenario, seed) in [(Some("llm-outage"), None), (None, Some(8))] {
            let refused = choose(scenario, seed, false).unwrap_err().to_string();
            assert!(refused.contains("INC-42 is open"), "{refused}");
            let (begun, resumed) = choose(scenario, seed, true).unwrap();
            assert!(!resumed && begun.start > last_change(&board).unwrap(), "{begun:?}");
        }
    }

    #[test]
    fn a_new_journal_lies_in_a_directory_that_is_its_owner_s_alone() {
        let dir = tempfile::tempdir().unwrap();
        let data_dir = dir.path().join("new/flightdeck");
        let paths = Paths {
            config_file: dir.path().join("config.toml"),
            config_named: false,
            config_dir: dir.path().to_owned(),
            data_dir: data_dir.clone(),
            home: None,
        };
        drop(journal(&paths, Realm::Live).unwrap());
        let mode = fs::metadata(data_dir).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{mode:o}");
    }
}
