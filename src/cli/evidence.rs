//! `flightdeck evidence`: what was stored for the analysis, and the way out of the journal for it.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::context::Context;
use super::incidents::realm;
use super::output::{DONE, Format, Out, Outcome, say};
use super::table::{Table, TooWide};
use super::words;
use crate::error::{Error, Result};
use crate::incident::{ActionId, Entry, Event, IncidentId, Text, Time};

/// Whose evidence, and where to.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The incident: INC-42 or 42
    id: IncidentId,
    /// Write the files to a directory, none over one that is there
    #[arg(long, short, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Of the drill's journal
    #[arg(long)]
    drill: bool,
    /// For people or for programs
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Lists it; with a directory, writes it out.
pub fn run(args: &Args, context: &Context, out: &mut Out) -> Outcome {
    let archive = context.archive(realm(args.drill))?;
    let record = archive.record(args.id)?;
    let pieces: Vec<Piece<'_>> = record.entries.iter().filter_map(|entry| Piece::of(entry)).collect();
    match args.format {
        Format::Json => {
            out.json(&Document { format: 1, incident: args.id.to_string(), evidence: &pieces })?
        }
        Format::Table if pieces.is_empty() => say(&format!("no evidence of {} is on record", args.id)),
        Format::Table => {
            let mut table = Table::new(&["#", "BY", "BYTES", "REDACTED", "FILE", "SHA-256"], TooWide::Wrap);
            for piece in &pieces {
                table.row([
                    piece.seq.to_string(),
                    piece.action.map_or_else(String::new, |action| action.to_string()),
                    piece.bytes.to_string(),
                    piece.redacted.map_or_else(|| "not searched".to_owned(), |count| count.to_string()),
                    piece.file(),
                    piece.sha256.to_string(),
                ]);
            }
            for line in table.lines(out.width()) {
                out.line(&line)?;
            }
        }
    }
    if let Some(directory) = &args.out {
        for piece in &pieces {
            let bytes = archive.evidence(piece.sha256.as_str())?;
            let file = directory.join(piece.file());
            write_new(directory, &file, &bytes)?;
            say(&format!("wrote {}", words::path(&file)));
        }
    }
    Ok(DONE)
}

/// One file, as the timeline has it.
#[derive(Serialize)]
struct Piece<'a> {
    seq: u64,
    action: Option<ActionId>,
    name: &'a Text,
    bytes: u64,
    sha256: &'a Text,
    from: Option<Time>,
    to: Option<Time>,
    redacted: Option<u64>,
}

impl<'a> Piece<'a> {
    fn of(entry: &'a Entry) -> Option<Self> {
        let Event::EvidenceStored { action, name, bytes, sha256, from, to, redacted } = &entry.event else {
            return None;
        };
        let (bytes, from, to, redacted) = (*bytes, *from, *to, *redacted);
        Some(Self { seq: entry.seq, action: *action, name, bytes, sha256, from, to, redacted })
    }

    /// Its name as a file, the entry's number before it. The name came from outside: it chooses no
    /// directory, and nothing that a shell or a file browser would take for more than a name.
    fn file(&self) -> String {
        let plain = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' };
        format!("{}-{}", self.seq, self.name.as_str().chars().map(plain).collect::<String>())
    }
}

/// The JSON form.
#[derive(Serialize)]
struct Document<'a> {
    format: u32,
    incident: String,
    evidence: &'a [Piece<'a>],
}

fn write_new(directory: &Path, file: &Path, bytes: &[u8]) -> Result<()> {
    let cannot = |error: io::Error| {
        let shown = words::path(file);
        match error.kind() == io::ErrorKind::AlreadyExists {
            true => Error::user(format!("{shown} exists already")).hint("name another directory"),
            false => Error::user(format!("cannot write {shown}")).because(error),
        }
    };
    fs::create_dir_all(directory).map_err(cannot)?;
    let mut opened = OpenOptions::new().write(true).create_new(true).open(file).map_err(cannot)?;
    opened.write_all(bytes).and_then(|()| opened.sync_all()).map_err(cannot)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_from_outside_chooses_no_directory() {
        for (name, file) in [
            ("support-1-logs.jsonl", "7-support-1-logs.jsonl"),
            ("../../.ssh/authorized_keys", "7-.._.._.ssh_authorized_keys"),
            ("/etc/passwd", "7-_etc_passwd"),
            ("a b;rm -rf $(x)", "7-a_b_rm_-rf___x_"),
            ("", "7-"),
        ] {
            let (name, sha256) = (Text::line(name), Text::default());
            let (from, to, redacted) = (None, None, None);
            let piece =
                Piece { seq: 7, action: None, name: &name, bytes: 0, sha256: &sha256, from, to, redacted };
            assert_eq!(piece.file(), file);
        }
    }
}
