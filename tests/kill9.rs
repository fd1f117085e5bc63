//! Nothing acknowledged is ever lost: two processes at a time append to one journal and are killed
//! with SIGKILL at random instants, at least 200 times; every acknowledged entry is found again.
//!
//! The processes are this test program itself, started again as [`child`].
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "what cannot be done fails the test")]

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use flightdeck::incident::{Actor, Event, IncidentId, Realm, Severity, Time};
use flightdeck::store::{Journal, NewEntry, Opening};

const PATH: &str = "FLIGHTDECK_TEST_KILL9_PATH";
const INCIDENT: &str = "FLIGHTDECK_TEST_KILL9_INCIDENT";
const ROUND: &str = "FLIGHTDECK_TEST_KILL9_ROUND";

/// Kills in all, and on one file: a new file is begun often, so that some die while making it.
const KILLS: u32 = 240;
const KILLS_ON_A_FILE: u32 = 24;

#[test]
fn every_acknowledged_entry_survives_sigkill() {
    let directory = tempfile::tempdir().unwrap();
    let mut dice = Dice(0x2545_f491_4f6c_dd1d);
    let (mut kills, mut acknowledged) = (0, 0);
    while kills < KILLS {
        let path = directory.path().join(format!("{kills}.db"));
        let mut promised = BTreeMap::new();
        for round in 0..KILLS_ON_A_FILE / 2 {
            let victims = [1, 2].map(|incident| Victim::start(&path, incident, round, &mut dice));
            for victim in victims {
                promised.extend(victim.killed());
                kills += 1;
            }
            // Often the next ones find the file as the killed ones left it.
            if round % 3 == 2 || round + 1 == KILLS_ON_A_FILE / 2 {
                check(&path, &promised);
            }
        }
        acknowledged += promised.len();
    }
    assert!(acknowledged > 500, "only {acknowledged} entries were acknowledged: this proves little");
}

#[test]
fn the_runner_of_a_killed_process_is_dead() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal.db");
    let mut victim = Victim::start(&path, 1, 0, &mut Dice(1));
    let mut lines = BufReader::new(victim.process.stdout.take().unwrap()).lines().map_while(Result::ok);
    let id = lines.find_map(|line| line.strip_prefix("runner ").map(str::to_owned)).unwrap();
    // Once it has acknowledged, the file is there.
    lines.find_map(|line| acknowledgement(&line)).unwrap();
    let journal = Journal::open(&path, &Opening::read()).unwrap();
    assert!(journal.runner_is_alive(&id));
    victim.process.kill().unwrap();
    victim.process.wait().unwrap();
    assert!(!journal.runner_is_alive(&id));
}

/// What was promised: the text of each entry by incident and sequence.
type Promised = BTreeMap<(u32, u64), String>;

/// Opens the file as a person does after a crash.
fn check(path: &Path, promised: &Promised) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let journal = Journal::open(path, &Opening::write(Realm::Live)).unwrap();
        assert_eq!(journal.degraded(), None);
        let verified = journal.verify().await.unwrap();
        assert!(verified.entries >= promised.len() as u64);
        let mut found = Promised::new();
        for (_, entry) in journal.read_all_after(0, usize::MAX).await.unwrap() {
            if let Event::Noted { text } = entry.event {
                found.insert((entry.incident.0, entry.seq), text.to_string());
            }
        }
        for (place, text) in promised {
            assert_eq!(found.get(place), Some(text), "{place:?} of {}", path.display());
        }
    });
}

/// A process that appends until it is killed.
struct Victim {
    process: Child,
    /// Where it says why it ended by itself.
    said: PathBuf,
    acknowledgements: u64,
    then: Duration,
}

impl Victim {
    fn start(path: &Path, incident: u32, round: u32, dice: &mut Dice) -> Self {
        let said = path.with_extension(format!("{incident}.{round}.txt"));
        let process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child", "--nocapture", "--test-threads=1"])
            .env(PATH, path)
            .env(INCIDENT, incident.to_string())
            .env(ROUND, round.to_string())
            .stdout(Stdio::piped())
            .stderr(File::create(&said).unwrap())
            .spawn()
            .unwrap();
        // One in four dies before its first acknowledgement: while it starts, makes the file or
        // recovers it.
        let early = dice.roll(4) == 0;
        let (acknowledgements, micros) = if early { (0, 30_000) } else { (1 + dice.roll(25), 600) };
        Self { process, said, acknowledgements, then: Duration::from_micros(dice.roll(micros)) }
    }

    /// Kills it at its instant; what it was told is on disk.
    fn killed(mut self) -> Promised {
        let mut lines = BufReader::new(self.process.stdout.take().unwrap()).lines();
        let mut told = Promised::new();
        while (told.len() as u64) < self.acknowledgements {
            let line = lines.next();
            assert!(line.is_some(), "it ended by itself: {}", fs::read_to_string(&self.said).unwrap());
            let line = line.unwrap().unwrap();
            told.extend(acknowledgement(&line));
        }
        thread::sleep(self.then);
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        // What it had still said counts too, but for a line it was killed in.
        told.extend(lines.map_while(Result::ok).filter_map(|line| acknowledgement(&line)));
        told
    }
}

/// Reads `ack INCIDENT SEQ TEXT.`; the full stop tells a whole line from half of one.
fn acknowledgement(line: &str) -> Option<((u32, u64), String)> {
    let mut words = line.strip_prefix("ack ")?.strip_suffix('.')?.split(' ');
    let place = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    Some((place, words.next()?.to_owned()))
}

/// Not a test of its own: the process that is killed.
#[test]
fn child() {
    let Some(path) = std::env::var_os(PATH).map(PathBuf::from) else { return };
    let number = |name: &str| std::env::var(name).unwrap().parse::<u32>().unwrap();
    let (incident, round) = (IncidentId(number(INCIDENT)), number(ROUND));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let journal = Journal::open(path, &Opening::write(Realm::Live)).unwrap();
        let runner = journal.lease_runner().unwrap();
        writeln!(std::io::stdout(), "\nrunner {}", runner.id()).unwrap();
        let mut seq = journal.read(incident, 0).await.unwrap().len() as u64;
        if seq == 0 {
            journal.append(incident, 0, vec![new(declared())]).await.unwrap();
            seq = 1;
        }
        loop {
            let text = format!("{round}/{seq}");
            let event = Event::Noted { text: text.as_str().into() };
            seq = journal.append(incident, seq, vec![new(event)]).await.unwrap()[0].seq;
            // Begins a line of its own: the test program says the test's name without ending the line.
            writeln!(std::io::stdout(), "\nack {} {seq} {text}.", incident.0).unwrap();
        }
    });
}

fn new(event: Event) -> NewEntry {
    NewEntry { at: Time::UNIX_EPOCH, actor: Actor::Flightdeck, event }
}

fn declared() -> Event {
    Event::Declared {
        realm: Realm::Live,
        title: "killed".into(),
        severity: Severity::P3,
        pattern: None,
        agents: vec![],
        detected_at: Time::UNIX_EPOCH,
    }
}

/// The same instants every time, as far as the machine allows (xorshift).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}
