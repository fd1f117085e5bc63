//! `type = "email"`: mail, handed to a program such as sendmail on its standard input.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::incident::Text;

use super::{Reading, written};

/// Mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email {
    /// The program that sends what it reads on its standard input, and its arguments.
    pub send: Vec<String>,
    /// Where it runs.
    pub dir: PathBuf,
    /// Who it is from.
    pub from: String,
    /// Whom it is for, unless it is for one person.
    pub to: Vec<String>,
    /// People's own addresses.
    pub people: BTreeMap<String, String>,
}

written! {
    struct Written {
        send: Option<Vec<String>>,
        from: Option<String>,
        to: Vec<String>,
        people: BTreeMap<String, String>,
    }
}

/// What hands mail on nearly everywhere. `-t`: whom it is for stands in the mail itself, so that
/// no address is ever an argument; `-oi`: a line of one dot is a line.
const SENDMAIL: [&str; 3] = ["/usr/sbin/sendmail", "-t", "-oi"];

pub(super) fn read(reading: &mut Reading<'_>) -> Option<Email> {
    let (written, whole) = reading.written::<Written>()?;
    let send = written.send.unwrap_or_else(|| SENDMAIL.map(str::to_owned).to_vec());
    let send = reading.program("send", send);
    if written.from.is_none() {
        reading.lacks(&["from"], "lacks the key `from`", "from = \"flightdeck@example.com\"");
    }
    let is_for_somebody = !written.to.is_empty() || !written.people.is_empty();
    if !is_for_somebody {
        let hint = "to = [\"ops@example.com\"], or people = { ana = \"ana@example.com\" }";
        reading.lacks(if whole { &[] } else { &["to", "people"] }, "has nobody to write to", hint);
    }
    let mut right = whole && is_for_somebody;
    let addresses = written.from.iter().map(|from| ("from", from));
    let addresses = addresses.chain(written.to.iter().map(|to| ("to", to)));
    for (key, address) in addresses.chain(written.people.values().map(|address| ("people", address))) {
        if !is_address(address) {
            let shown = Text::line(address);
            let problem = reading.tree.problem_at(&[key], format!("`{key}`: \"{shown}\" is no address"));
            reading.problems.push(problem.hint("write name@example.com and nothing besides"));
            right = false;
        }
    }
    let dir = reading.dir();
    let email = Email { send: send?, dir, from: written.from?, to: written.to, people: written.people };
    right.then_some(email)
}

/// A bare address: nothing that could be a header, a list, an option or another address.
fn is_address(address: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+/=?^_`{|}~.-@".contains(c);
    let Some((name, host)) = address.split_once('@') else { return false };
    !name.is_empty()
        && !host.is_empty()
        && !host.contains('@')
        && !address.starts_with('-')
        && address.len() <= 254
        && address.chars().all(allowed)
}
