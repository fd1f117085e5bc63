//! Opening the file: for writing, and where that cannot be, for reading with a word about why.
//!
//! The file itself is only ever opened by SQLite: closing any other handle on it would drop this
//! process's locks (POSIX locks belong to the process, not to the handle).

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::incident::{Realm, Text};

use super::StoreError;
use super::log;
use super::migrate::{self, Form, KNOWN, Meta};
use super::missing;

/// How long another process's lock is waited for.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// How long to wait before a lock is asked for again. SQLite's own waits grow to 100 ms: beside
/// another process that appends without a pause they find the file locked every time.
const NAP: Duration = Duration::from_millis(1);

/// What a journal is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// To append; the file is made when it is missing.
    ReadWrite,
    /// To read; nothing is made or changed.
    ReadOnly,
}

/// How a journal is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// For what.
    pub mode: Mode,
    /// The realm it must have; none takes it as it is, and makes a new one live.
    pub realm: Option<Realm>,
    /// The id of a new journal: eight hex digits; none makes one up. A drill gives its own, so that
    /// the same seed makes the same file.
    pub id: Option<String>,
}

impl Opening {
    /// To append in a realm.
    #[must_use]
    pub const fn write(realm: Realm) -> Self {
        Self { mode: Mode::ReadWrite, realm: Some(realm), id: None }
    }

    /// To read, whatever the realm.
    #[must_use]
    pub const fn read() -> Self {
        Self { mode: Mode::ReadOnly, realm: None, id: None }
    }
}

/// Where a journal is, and how further connections reach it.
#[derive(Clone, Debug)]
pub(super) struct Place {
    path: PathBuf,
    shown: Text,
    /// Where not even the wal-index could be written: as long as that is so, SQLite reads the file as if
    /// it never changed.
    frozen: bool,
    /// Part of it is gone or not what it was: what is left is read.
    damaged: bool,
}

/// A connection, and what was learnt while opening.
pub(super) struct Opened {
    pub conn: Connection,
    pub place: Place,
    pub meta: Meta,
    pub writable: bool,
    /// Why it is read-only although it was to be written.
    pub notice: Option<StoreError>,
}

/// Opens for the mode asked for, or for reading when writing cannot be.
pub(super) fn open(path: &Path, opening: &Opening) -> Result<Opened, StoreError> {
    let place = Place::new(path);
    let opened = match opening.mode {
        Mode::ReadOnly => match open_readable(place.clone()) {
            Err(error @ StoreError::Damaged { .. }) => open_damaged(place, error)?,
            opened => opened?,
        },
        Mode::ReadWrite => match open_writable(place.clone(), opening) {
            Ok(opened) => opened,
            Err(error) if error.leaves_reading() => {
                // The first error is the one to mend; that reading fails too follows from it.
                let mut opened = open_readable(place).map_err(|_| error.clone())?;
                opened.notice = Some(error);
                opened
            }
            Err(error @ StoreError::Damaged { .. }) => open_damaged(place, error)?,
            Err(error) => return Err(error),
        },
    };
    match opening.realm {
        Some(wanted) if wanted != opened.meta.realm => {
            let (place, found) = (opened.place.shown, opened.meta.realm);
            Err(StoreError::OtherRealm { place, found, wanted })
        }
        Some(_) | None => Ok(opened),
    }
}

/// Opens for writing.
pub(super) fn open_writable(place: Place, opening: &Opening) -> Result<Opened, StoreError> {
    make_directory(&place)?;
    // SQLite writes over what it cannot read of its log.
    missing::keep(&place).map_err(|error| StoreError::ReadOnly {
        place: place.shown.clone(),
        why: Text::line(&format!("its log is damaged, and no copy of it can be kept: {error}")),
    })?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    mend_index(&place);
    let mut conn = place.connect(flags, false)?;
    if conn.is_readonly(rusqlite::MAIN_DB).unwrap_or(false) {
        let why = "you may not write it".into();
        return Err(StoreError::ReadOnly { place: place.shown, why });
    }
    let found = place.look(&conn)?;
    place.accept(found)?;
    let fresh = Meta {
        id: opening.id.clone().unwrap_or_else(|| random_hex()[..8].to_owned()),
        realm: opening.realm.unwrap_or(Realm::Live),
    };
    patiently(|| {
        prepare_for_writing(&conn)?;
        migrate::migrate(&mut conn, &fresh)
    })
    .map_err(|error| place.words(&error))?;
    if found == Form::Empty {
        // What it is lies in the file itself from the beginning: a log that is lost cannot take it along.
        // If somebody reads it just now, that waits until the file is closed.
        let _ = conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
    }
    let meta = migrate::meta(&conn, &place.shown)?;
    Ok(Opened { conn, place, meta, writable: true, notice: None })
}

fn open_readable(mut place: Place) -> Result<Opened, StoreError> {
    if !place.path.exists() {
        return Err(place.unreachable("there is no such file"));
    }
    let opened = place.connect_reader().and_then(|conn| Ok((place.look(&conn)?, conn)));
    let (found, conn) = match opened {
        Ok(opened) => opened,
        Err(
            error @ (StoreError::Unavailable { .. } | StoreError::ReadOnly { .. } | StoreError::Full { .. }),
        ) => {
            // Reading a file in WAL mode needs a wal-index beside it. Where that cannot be made, the
            // file can still be read as it is, if there is no log of unmerged entries beside it.
            if place.has_log() {
                return Err(place.unreachable(&format!(
                    "its log ({}-wal) holds entries that can only be read where the directory is \
                     writable; copy both files elsewhere ({error})",
                    place.shown
                )));
            }
            place.frozen = true;
            let conn = place.connect_reader()?;
            (place.look(&conn)?, conn)
        }
        Err(error) => return Err(error),
    };
    let notice = match place.accept(found) {
        Ok(()) if found == Form::Empty => {
            return Err(StoreError::NotAJournal { place: place.shown, why: "it is empty".into() });
        }
        Ok(()) => None,
        // A newer form is read as far as the tables known here are still there.
        Err(error @ StoreError::Newer { .. }) if reads(&conn) => Some(error),
        Err(error) => return Err(error),
    };
    let meta = migrate::meta(&conn, &place.shown)?;
    Ok(Opened { conn, place, meta, writable: false, notice })
}

/// Opens what is left of a file that SQLite calls malformed, such as one that was cut off, to be read
/// as far as that goes.
fn open_damaged(mut place: Place, error: StoreError) -> Result<Opened, StoreError> {
    place.damaged = true;
    let opened = place.connect_reader().and_then(|conn| {
        place.accept(place.look(&conn)?)?;
        Ok((migrate::meta(&conn, &place.shown)?, conn))
    });
    // The first error is the one to mend.
    let Ok((meta, conn)) = opened else { return Err(error) };
    Ok(Opened { conn, place, meta, writable: false, notice: Some(error) })
}

impl Place {
    fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            shown: Text::line(&path.display().to_string()),
            frozen: false,
            damaged: false,
        }
    }

    /// The path, for words.
    pub fn shown(&self) -> &Text {
        &self.shown
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether only a part of it can be read.
    pub fn is_damaged(&self) -> bool {
        self.damaged
    }

    /// A file beside the journal: `journal.db` has `journal.NAME`.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.path.with_extension(name)
    }

    /// Puts what SQLite says into words.
    pub fn words(&self, error: &rusqlite::Error) -> StoreError {
        StoreError::from_sqlite(&self.shown, error)
    }

    /// Whether what is read of it may be old by now: such a connection is not to be kept.
    pub fn may_be_frozen(&self) -> bool {
        self.frozen
    }

    /// Another connection, that cannot write.
    pub fn connect_reader(&self) -> Result<Connection, StoreError> {
        if !self.frozen {
            return self.connect_as(false);
        }
        let thawed = self.connect_as(false).and_then(|conn| Ok((self.look(&conn)?, conn)));
        match thawed {
            Ok((_, conn)) => Ok(conn),
            // Without its log the file would be older than what was read before.
            Err(error) if self.has_log() => Err(error),
            Err(_) => self.connect_as(true),
        }
    }

    fn connect_as(&self, frozen: bool) -> Result<Connection, StoreError> {
        let conn = self.connect(OpenFlags::SQLITE_OPEN_READ_ONLY, frozen)?;
        let _ = conn.pragma_update(None, "query_only", true);
        if self.damaged {
            // SQLite then takes a file for as long as it is, and not for as long as it was.
            let _ = conn.pragma_update(None, "writable_schema", true);
        }
        Ok(conn)
    }

    fn connect(&self, flags: OpenFlags, frozen: bool) -> Result<Connection, StoreError> {
        let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let conn = if frozen {
            Connection::open_with_flags(frozen_uri(&self.path), flags | OpenFlags::SQLITE_OPEN_URI)
        } else {
            Connection::open_with_flags(&self.path, flags)
        };
        let mut conn = conn.map_err(|error| self.words(&error))?;
        conn.busy_handler(Some(nap)).map_err(|error| self.words(&error))?;
        conn.set_prepared_statement_cache_capacity(32);
        Ok(conn)
    }

    fn look(&self, conn: &Connection) -> Result<Form, StoreError> {
        // In this order: another process may be making the file just now.
        let bytes = fs::metadata(&self.path).map_or(0, |meta| meta.len());
        let pages = || conn.pragma_query_value(None, "page_count", |row| row.get::<_, i64>(0));
        let (form, pages) =
            patiently(|| Ok((migrate::form(conn)?, pages()?))).map_err(|error| self.words(&error))?;
        // SQLite takes a file shorter than a page for an empty one, and would write over it.
        if bytes > 0 && pages == 0 {
            let why = format!("it has {bytes} bytes, too few for a journal");
            return Err(StoreError::NotAJournal { place: self.shown.clone(), why: Text::line(&why) });
        }
        Ok(form)
    }

    fn accept(&self, form: Form) -> Result<(), StoreError> {
        let place = self.shown.clone();
        match form {
            Form::Empty => Ok(()),
            Form::Journal(found) if found <= KNOWN => Ok(()),
            Form::Journal(found) => Err(StoreError::Newer { place, found, known: KNOWN }),
            Form::Foreign => {
                Err(StoreError::NotAJournal { place, why: "it is another program's SQLite file".into() })
            }
        }
    }

    fn has_log(&self) -> bool {
        fs::metadata(log::beside(&self.path)).is_ok_and(|meta| meta.len() > 0)
    }

    fn unreachable(&self, why: &str) -> StoreError {
        StoreError::Unavailable { place: self.shown.clone(), why: Text::line(why) }
    }
}

/// SQLite makes the wal-index as readable and writable as the file is. One that was made while the file
/// could not be written would keep it read-only for good.
fn mend_index(place: &Place) {
    let mut index = place.path.clone().into_os_string();
    index.push("-shm");
    let (Ok(file), Ok(found)) = (fs::metadata(&place.path), fs::metadata(&index)) else { return };
    if found.permissions().readonly() && !file.permissions().readonly() {
        // Somebody else's stays as it is, and opening says so.
        let _ = fs::set_permissions(&index, file.permissions());
    }
}

/// The settings that make an acknowledged entry a durable one.
fn prepare_for_writing(conn: &Connection) -> rusqlite::Result<()> {
    let mode: String = conn.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
    if mode != "wal" {
        conn.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
    }
    conn.pragma_update(None, "synchronous", "full")?;
    // On Apple's systems fsync alone does not reach the disk; elsewhere this changes nothing.
    conn.pragma_update(None, "fullfsync", true)?;
    conn.pragma_update(None, "checkpoint_fullfsync", true)?;
    // After a large piece of evidence the log shrinks again.
    conn.pragma_update(None, "journal_size_limit", 16 * 1024 * 1024)
}

/// Whether the tables known here are there.
fn reads(conn: &Connection) -> bool {
    let entries = format!("SELECT {} FROM entry LIMIT 1", super::codec::COLUMNS);
    let heads = format!("SELECT {} FROM head LIMIT 1", super::head::COLUMNS);
    conn.prepare(&entries).is_ok() && conn.prepare(&heads).is_ok()
}

/// Waits for a lock that somebody else has, after so many times: whether to ask once more.
fn nap(times: i32) -> bool {
    let waited = NAP.saturating_mul(u32::try_from(times).unwrap_or(u32::MAX));
    thread::sleep(NAP);
    waited < PATIENCE
}

/// Tries again while another process holds a lock that SQLite does not wait for by itself, such as
/// the one for changing the journal mode of a new file.
fn patiently<T>(mut attempt: impl FnMut() -> rusqlite::Result<T>) -> rusqlite::Result<T> {
    let until = Instant::now() + PATIENCE;
    loop {
        match attempt() {
            Err(error)
                if matches!(
                    error.sqlite_error_code(),
                    Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
                ) && Instant::now() < until =>
            {
                thread::sleep(Duration::from_millis(5));
            }
            result => return result,
        }
    }
}

/// Makes the directory, for its owner only: incidents are nobody else's business.
fn make_directory(place: &Place) -> Result<(), StoreError> {
    let Some(directory) = place.path.parent().filter(|d| !d.as_os_str().is_empty() && !d.exists()) else {
        return Ok(());
    };
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(directory)
        .map_err(|error| place.unreachable(&format!("cannot make its directory: {error}")))
}

/// The path as SQLite reads it when told that the file cannot change.
fn frozen_uri(path: &Path) -> String {
    let mut uri = String::from("file:");
    for byte in path.as_os_str().as_encoded_bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.~".contains(byte) {
            uri.push(char::from(*byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri + "?immutable=1"
}

/// Sixteen hex digits from the operating system's randomness, by way of the standard library's hash
/// seeds.
pub(super) fn random_hex() -> String {
    use std::hash::{BuildHasher, Hasher, RandomState};
    format!("{:016x}", RandomState::new().build_hasher().finish())
}
