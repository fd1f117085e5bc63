//! SQLite's write-ahead log, looked at before SQLite reads it.
//!
//! SQLite ends its reading at the first frame that does not hold, without a word: that is right for a
//! tail that a crash tore, which nobody was told is on disk. A frame that was changed later looks the
//! same to it, and everything behind would vanish. The two are told apart here: each transaction is
//! synced before the next is written, so where a whole transaction and more follow, it was no crash.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

const HEADER: usize = 32;
const FRAME: usize = 24;
/// The file begins with it; the last bit says which way round checksums read.
const MAGIC: u32 = 0x377f_0682;

/// What is wrong with a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Damage {
    /// The first frame that does not hold, from 1; 0: the header.
    pub frame: u64,
    /// How many frames behind it cannot be read for that.
    pub behind: u64,
}

/// A checksum as SQLite computes it: over what was before, and pairs of words.
#[derive(Clone, Copy)]
struct Sum {
    big: bool,
    value: (u32, u32),
}

impl Sum {
    fn add(&mut self, bytes: &[u8]) {
        let word = |bytes: &[u8]| {
            let bytes = [bytes[0], bytes[1], bytes[2], bytes[3]];
            if self.big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
        };
        let (mut one, mut two) = self.value;
        for pair in bytes.chunks_exact(8) {
            one = one.wrapping_add(word(&pair[..4])).wrapping_add(two);
            two = two.wrapping_add(word(&pair[4..])).wrapping_add(one);
        }
        self.value = (one, two);
    }

    fn is(self, written: &[u8]) -> bool {
        self.value == (number(&written[..4]), number(&written[4..8]))
    }
}

fn number(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |number, byte| (number << 8) | u32::from(*byte))
}

/// The log beside a file.
pub(super) fn beside(path: &Path) -> PathBuf {
    let mut log = path.to_owned().into_os_string();
    log.push("-wal");
    log.into()
}

/// Looks at a log. Another process may be writing to it: what is found then is gone at the next look,
/// so it counts only if it is found three times.
pub(super) fn damage(path: &Path) -> Option<Damage> {
    let mut found = None;
    for _ in 0..3 {
        // A log that is not there, or cannot be read, is for SQLite to complain about.
        let now = File::open(path).and_then(|file| look(BufReader::with_capacity(1 << 16, file))).ok()??;
        if found.is_some_and(|before| before != now) {
            return None;
        }
        found = Some(now);
    }
    found
}

fn look(mut log: impl Read) -> io::Result<Option<Damage>> {
    let mut header = [0; HEADER];
    if !fill(&mut log, &mut header)? {
        return Ok(None);
    }
    let magic = number(&header[..4]);
    let mut sum = Sum { big: magic & 1 == 1, value: (0, 0) };
    sum.add(&header[..24]);
    let page = usize::try_from(number(&header[8..12])).unwrap_or(0);
    if magic & !1 != MAGIC || !sum.is(&header[24..]) || !page.is_power_of_two() || page > 1 << 16 {
        // A log whose beginning never reached the disk has nothing behind it either.
        let mut rest = Vec::new();
        log.take(1 << 16).read_to_end(&mut rest)?;
        let written = rest.iter().any(|byte| *byte != 0);
        return Ok(written.then_some(Damage { frame: 0, behind: 0 }));
    }
    let salts = &header[16..24];
    let (mut frame, mut number_of) = (vec![0; FRAME + page], 0_u64);
    // The first frame that does not hold, and what of this log's own follows.
    let mut bad: Option<Damage> = None;
    let (mut committed, mut proved) = (false, false);
    while fill(&mut log, &mut frame)? {
        number_of += 1;
        let own = &frame[8..16] == salts;
        if let Some(damage) = &mut bad {
            if own {
                damage.behind += 1;
                proved |= committed;
            }
        } else {
            let before = sum;
            sum.add(&frame[..8]);
            sum.add(&frame[FRAME..]);
            if own && sum.is(&frame[16..24]) {
                continue;
            }
            sum = before;
            bad = Some(Damage { frame: number_of, behind: 0 });
        }
        committed |= own && number(&frame[4..8]) != 0;
    }
    Ok(bad.filter(|_| proved))
}

/// Reads until the buffer is full; false at the end.
fn fill(from: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match from.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}
