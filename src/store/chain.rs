//! The hash chain: each entry's hash covers every stored column and the hash before it.

use sha2::{Digest, Sha256};

use crate::incident::IncidentId;

use super::codec::Row;
use super::migrate::Meta;

/// A SHA-256.
pub(super) type Hash = [u8; 32];

/// What stands before an incident's first entry: bound to the journal, so that a timeline cannot be
/// moved to another file, or to another number, unnoticed.
pub(super) fn genesis(meta: &Meta, incident: IncidentId) -> Hash {
    let mut hash = Sha256::new();
    hash.update(b"flightdeck journal 1\0");
    field(&mut hash, meta.id.as_bytes());
    field(&mut hash, meta.realm.word().as_bytes());
    hash.update(incident.0.to_be_bytes());
    hash.finalize().into()
}

/// The hash of a row. The stored bytes are hashed, never a re-encoding of them: what this binary
/// does not understand is covered too.
pub(super) fn link(previous: &Hash, row: &Row) -> Hash {
    let mut hash = Sha256::new();
    hash.update(b"flightdeck entry 1\0");
    hash.update(previous);
    for number in [row.position, row.incident, row.seq, row.at, row.version] {
        hash.update(number.to_be_bytes());
    }
    field(&mut hash, row.actor.as_bytes());
    field(&mut hash, row.kind.as_bytes());
    field(&mut hash, row.data.as_bytes());
    hash.finalize().into()
}

/// The hash of a row that stands in no chain.
pub(super) fn seal(numbers: &[i64], texts: &[&str]) -> Hash {
    let mut hash = Sha256::new();
    hash.update(b"flightdeck row 1\0");
    for number in numbers {
        hash.update(number.to_be_bytes());
    }
    for text in texts {
        field(&mut hash, text.as_bytes());
    }
    hash.finalize().into()
}

/// SHA-256 of some bytes, in hex.
pub(super) fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Lower-case hex.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The length goes first, so that two fields cannot trade bytes.
fn field(hash: &mut Sha256, bytes: &[u8]) {
    hash.update((bytes.len() as u64).to_be_bytes());
    hash.update(bytes);
}
