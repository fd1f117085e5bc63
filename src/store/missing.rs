//! What was recorded and is not there any more.
//!
//! Three things tell: a log with damage in its middle, a log that was kept for that, and the bell. The
//! bell is rung when an entry is on disk and before anybody is told so; it says how many there are, so
//! a journal that ends before it has lost some. After a loss of power it may lag, and says less.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::incident::Text;

use super::file::Place;
use super::log::{self, Damage};
use super::migrate::Meta;
use super::writer::BELL;

/// What a damaged log is kept as, beside the journal.
const KEPT: &str = "damaged-wal";

/// How many of them are kept.
const KEEP: u32 = 9;

/// Where it is noted, beside the journal, which entries are missing: the next commit rings the bell anew.
const NOTE: &str = "missing";

/// What the bell says: the position of the newest entry, and of which journal.
pub(super) fn rung(position: u64, meta: &Meta) -> Vec<u8> {
    let mut bytes = position.to_be_bytes().to_vec();
    bytes.extend_from_slice(meta.id.as_bytes());
    bytes
}

/// The position that the bell tells, if it is this journal's.
fn heard(place: &Place, meta: &Meta) -> Option<u64> {
    let bytes = fs::read(place.beside(BELL)).ok()?;
    let (position, id) = bytes.split_first_chunk::<8>()?;
    (id == meta.id.as_bytes()).then(|| u64::from_be_bytes(*position))
}

/// Keeps a damaged log aside before SQLite goes over it.
///
/// # Errors
/// When it is damaged and cannot be kept.
pub(super) fn keep(place: &Place) -> io::Result<()> {
    let path = log::beside(place.path());
    if log::damage(&path).is_none() {
        return Ok(());
    }
    let bytes = fs::read(&path)?;
    for kept in kept_names(place) {
        match fs::read(&kept) {
            Ok(before) if before == bytes => return Ok(()),
            Ok(_) => {}
            Err(_) => return fs::write(&kept, bytes),
        }
    }
    // The first ones tell the most.
    Ok(())
}

fn kept_names(place: &Place) -> impl Iterator<Item = PathBuf> {
    (1..=KEEP)
        .map(|number| place.beside(&if number == 1 { KEPT.to_owned() } else { format!("{KEPT}-{number}") }))
}

/// What can be told before the journal is read: the bell may only have rung less then.
#[derive(Clone, Debug)]
pub(super) struct Before {
    bell: Option<u64>,
    damage: Option<Damage>,
    noted: String,
}

impl Before {
    /// Looks at the bell and at the log.
    pub fn look(place: &Place, meta: &Meta) -> Self {
        Self {
            bell: heard(place, meta),
            damage: log::damage(&log::beside(place.path())),
            noted: fs::read_to_string(place.beside(NOTE)).unwrap_or_default(),
        }
    }

    /// What the bell tells of that a journal that ends at this position has not.
    fn lost(&self, position: u64) -> Option<String> {
        let last = self.bell.filter(|last| *last > position)?;
        Some(match last - position {
            1 => format!("entry {last} of the journal was recorded and is missing"),
            count => format!("{count} entries ({} to {last}) were recorded and are missing", position + 1),
        })
    }

    /// Notes what is missing from a journal that ends at this position, before anything is appended to it.
    pub fn note(&self, place: &Place, position: u64) {
        let Some(lost) = self.lost(position).filter(|lost| !self.noted.lines().any(|line| line == lost))
        else {
            return;
        };
        // Where nothing can be noted nothing can be appended either, which would make it forgotten.
        let _ = fs::write(place.beside(NOTE), format!("{}{lost}\n", self.noted));
    }

    /// What is missing from a journal that ends at this position, if anything is.
    pub fn missing(&self, place: &Place, position: u64) -> Option<Text> {
        let mut words: Vec<String> = self.noted.lines().map(str::to_owned).collect();
        if !words.is_empty() {
            words.push(format!(
                "that is noted in {}, until somebody looks into it and removes it",
                name(&place.beside(NOTE))
            ));
        }
        words.extend(self.lost(position).filter(|lost| !self.noted.lines().any(|line| line == lost)));
        if let Some(Damage { frame, behind }) = self.damage {
            let log = name(&log::beside(place.path()));
            words.push(match frame {
                0 => format!("its log {log} is damaged at its head, and nothing of it is read"),
                _ => format!("its log {log} is damaged in frame {frame}: {behind} behind it are not read"),
            });
        }
        for kept in kept_names(place).filter(|kept| kept.exists()) {
            words.push(format!(
                "a damaged log was kept as {}, until somebody looks into it and removes it",
                name(&kept)
            ));
        }
        (!words.is_empty()).then(|| Text::line(&words.join("; ")))
    }
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().display().to_string()
}
