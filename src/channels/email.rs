//! Mail, handed to a program such as sendmail on its standard input: no shell, no address and no
//! word of an incident in its arguments.
//!
//! Headers are made of what cannot end a line: addresses that were checked when the configuration
//! was read, and subjects that are encoded whenever they hold anything but printable ASCII.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;

use super::{Channel, Delivery, LiveChannel, Pending};
use crate::incident::{Incident, Message, Recipient, Text};

/// Bytes of what the program says that are looked at.
const SAID_MAX: u64 = 4 * 1024;

/// Characters of base64 in a line of a mail (RFC 2045).
const LINE: usize = 76;

/// Bytes of a subject in one encoded word, so that it fits a line (RFC 2047).
const WORD: usize = 36;

/// Exit codes of sendmail by which it says that the mail will never go (sysexits.h): a usage error,
/// wrong data, no such user, no such host.
const NEVER: [i32; 4] = [64, 65, 67, 68];

/// How mail is sent, from whom and to whom.
#[derive(Clone, Debug)]
pub struct EmailSpec {
    /// The program and its arguments.
    pub send: Vec<String>,
    /// Where it runs.
    pub dir: PathBuf,
    /// Who it is from.
    pub from: String,
    /// Whom it is for, unless it is for one person.
    pub to: Vec<String>,
    /// People's own addresses.
    pub people: BTreeMap<String, String>,
    /// How long one try may take.
    pub limit: Duration,
}

/// Mail.
pub struct Email {
    name: Text,
    spec: EmailSpec,
}

impl Email {
    /// By this program.
    #[must_use]
    pub fn new(name: &str, spec: EmailSpec) -> Self {
        Self { name: Text::line(name), spec }
    }

    fn addresses(&self, to: &Recipient) -> Result<Vec<&str>, Text> {
        let addresses: Vec<&str> = match to {
            Recipient::Person(person) => {
                self.spec.people.get(person.as_str()).into_iter().map(String::as_str).collect()
            }
            Recipient::Audience(_) | Recipient::Level(_) => self.spec.to.iter().map(String::as_str).collect(),
        };
        if addresses.is_empty() {
            return Err(Text::line(&format!("no address of {to} is known")));
        }
        Ok(addresses)
    }

    async fn mail(&self, key: &str, message: &Message, incident: &Incident) -> Delivery {
        let to = match self.addresses(&message.to) {
            Ok(to) => to,
            Err(why) => return Delivery::Refused(why),
        };
        let mail = written(&self.spec.from, &to, key, message, incident);
        let Some((program, arguments)) = self.spec.send.split_first() else {
            return Delivery::Refused(Text::line("no program sends mail"));
        };
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(&self.spec.dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            // Given up, it is sent again under the same Message-ID.
            .kill_on_drop(true);
        #[cfg(unix)]
        command.process_group(0);
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(error) => return failed(format!("{program} cannot be started: {error}")),
        };
        let (stdin, stderr) = (child.stdin.take(), child.stderr.take());
        let give = async {
            if let Some(mut stdin) = stdin {
                // It may end without reading: what it says by its exit counts.
                drop(stdin.write_all(mail.as_bytes()).await);
                drop(stdin.shutdown().await);
            }
        };
        let hear = async {
            let mut said = Vec::new();
            if let Some(stderr) = stderr {
                drop(stderr.take(SAID_MAX).read_to_end(&mut said).await);
            }
            Text::line(String::from_utf8_lossy(&said).trim())
        };
        let ((), said, ended) = tokio::join!(give, hear, child.wait());
        let count = to.len();
        match ended.map(|status| status.code()) {
            Ok(Some(0)) => {
                let answer = format!(
                    "taken by {program} for {count} {}",
                    if count == 1 { "address" } else { "addresses" }
                );
                Delivery::Delivered { answer: Text::line(&answer), reference: None }
            }
            Ok(Some(code)) if NEVER.contains(&code) => {
                Delivery::Refused(Text::line(&format!("{program} ended with {code}: {said}")))
            }
            Ok(Some(code)) => failed(format!("{program} ended with {code}: {said}")),
            Ok(None) => Delivery::Unknown(Text::line(&format!("{program} was killed: {said}"))),
            Err(error) => Delivery::Unknown(Text::line(&format!("{program}: {error}"))),
        }
    }
}

fn failed(why: String) -> Delivery {
    Delivery::Failed { why: Text::line(&why), retry_after: None }
}

/// The whole mail. The same message has the same Message-ID for ever, and all of an incident refer
/// to one thread.
fn written(from: &str, to: &[&str], key: &str, message: &Message, incident: &Incident) -> String {
    let host = from.rsplit_once('@').map_or("localhost", |(_, host)| host);
    let thread = key.rsplit_once('-').map_or(key, |(thread, _)| thread);
    let mut mail = String::new();
    let mut header = |name: &str, value: &str| {
        mail.push_str(&format!("{name}: {value}\n"));
    };
    header("From", from);
    header("To", &to.join(",\n "));
    header("Subject", &encoded(message.subject.as_str()));
    header("Message-ID", &format!("<{key}@{host}>"));
    header("References", &format!("<{thread}@{host}>"));
    header("Auto-Submitted", "auto-generated");
    header("X-Flightdeck-Incident", &incident.id.to_string());
    header("X-Flightdeck-Kind", message.kind.word());
    header("MIME-Version", "1.0");
    header("Content-Type", "text/plain; charset=utf-8");
    header("Content-Transfer-Encoding", "base64");
    mail.push('\n');
    let body = STANDARD.encode(format!("{}\n", message.text.as_str().replace('\n', "\r\n")));
    let mut rest = body.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(LINE));
        mail.push_str(line);
        mail.push('\n');
        rest = after;
    }
    mail
}

/// A header's text: as it is where it is short printable ASCII, else in encoded words (RFC 2047).
fn encoded(text: &str) -> String {
    let plain =
        text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) && !text.contains("=?") && text.len() <= 900;
    if plain {
        return text.to_owned();
    }
    let mut words = Vec::new();
    let mut word = String::new();
    for c in text.chars() {
        if word.len() + c.len_utf8() > WORD {
            words.push(std::mem::take(&mut word));
        }
        word.push(c);
    }
    words.push(word);
    let words: Vec<String> =
        words.iter().map(|word| format!("=?utf-8?B?{}?=", STANDARD.encode(word))).collect();
    words.join("\n ")
}

impl Channel for Email {
    fn name(&self) -> &Text {
        &self.name
    }

    fn limit(&self) -> Duration {
        self.spec.limit
    }

    fn send<'a>(
        &'a self,
        key: &'a str,
        message: &'a Message,
        incident: &'a Incident,
    ) -> Pending<'a, Delivery> {
        Box::pin(self.mail(key, message, incident))
    }
}

impl LiveChannel for Email {}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use crate::incident::{Audience, IncidentId, MessageId, MessageKind, Severity, Time};

    fn message(to: Recipient, subject: &str) -> Message {
        Message {
            id: MessageId(3),
            channel: "mail".into(),
            to,
            kind: MessageKind::Declared,
            about: 1,
            action: None,
            severity: Severity::P0,
            topic: "incident".into(),
            state: "declared".into(),
            // As a journal may hold it: a text of several lines.
            subject: Text::block(subject),
            text: "line one\nBcc: everybody@example.com\n.\n".into(),
            tell_by: Time::UNIX_EPOCH,
        }
    }

    fn email(script: &str, dir: &std::path::Path) -> Email {
        let send = ["/bin/sh", "-c", script, "sh", "-t"].map(str::to_owned).to_vec();
        let people = [("ana".to_owned(), "ana@example.com".to_owned())].into();
        let spec = EmailSpec {
            send,
            dir: dir.to_owned(),
            from: "flightdeck@example.com".into(),
            to: vec!["ops@example.com".into(), "lead@example.com".into()],
            people,
            limit: Duration::from_secs(20),
        };
        Email::new("mail", spec)
    }

    async fn sent(script: &str, dir: &std::path::Path, message: &Message) -> Delivery {
        let incident = Incident::blank(IncidentId(1));
        email(script, dir).send("0a1b-INC-1-M3", message, &incident).await
    }

    const ENGINEERS: Recipient = Recipient::Audience(Audience::Engineering);

    #[tokio::test]
    async fn hostile_subjects_add_no_header_and_no_address() {
        let dir = tempfile::tempdir().unwrap();
        for attack in [
            "x\nBcc: all@example.com",
            "x\r\n\r\nbody",
            "=?utf-8?B?QmNj?=",
            "\u{202e}x",
            "漢字\u{7f}",
            &"é".repeat(600),
        ] {
            let delivery = sent("cat > mail", dir.path(), &message(ENGINEERS, attack)).await;
            assert!(matches!(delivery, Delivery::Delivered { .. }), "{delivery:?}");
            let mail = std::fs::read_to_string(dir.path().join("mail")).unwrap();
            let (head, body) = mail.split_once("\n\n").unwrap();
            let names: Vec<&str> =
                head.lines().filter(|l| !l.starts_with(' ')).map(|l| l.split(':').next().unwrap()).collect();
            assert_eq!(
                names,
                [
                    "From",
                    "To",
                    "Subject",
                    "Message-ID",
                    "References",
                    "Auto-Submitted",
                    "X-Flightdeck-Incident",
                    "X-Flightdeck-Kind",
                    "MIME-Version",
                    "Content-Type",
                    "Content-Transfer-Encoding"
                ],
                "{attack:?}"
            );
            assert!(head.lines().all(|line| line.len() < 998), "{attack:?}");
            assert!(body.lines().all(|line| line.len() <= 76 && !line.contains([':', '.'])), "{body}");
        }
    }

    #[tokio::test]
    async fn a_mail_says_whom_it_is_for_and_what_it_always_was() {
        let dir = tempfile::tempdir().unwrap();
        drop(sent("cat > mail", dir.path(), &message(ENGINEERS, "P0 INC-1: mails leave")).await);
        let mail = std::fs::read_to_string(dir.path().join("mail")).unwrap();
        for line in [
            "From: flightdeck@example.com\nTo: ops@example.com,\n lead@example.com\nSubject: P0 INC-1: mails leave\n",
            "Message-ID: <0a1b-INC-1-M3@example.com>\nReferences: <0a1b-INC-1@example.com>\n",
        ] {
            assert!(mail.contains(line), "{mail}");
        }
        let to_ana = message(Recipient::Person("ana".into()), "x");
        drop(sent("cat > mail", dir.path(), &to_ana).await);
        assert!(
            std::fs::read_to_string(dir.path().join("mail")).unwrap().contains("\nTo: ana@example.com\n")
        );
        let to_zoe = message(Recipient::Person("zoe".into()), "x");
        assert_eq!(
            sent("cat > mail", dir.path(), &to_zoe).await,
            Delivery::Refused("no address of zoe is known".into())
        );
    }

    #[tokio::test]
    async fn how_the_program_ends_says_whether_to_try_again() {
        let dir = tempfile::tempdir().unwrap();
        let ends = async |script: &str| {
            let delivery = sent(script, dir.path(), &message(ENGINEERS, "x")).await;
            match delivery {
                Delivery::Delivered { answer, .. } => format!("delivered: {answer}"),
                Delivery::Failed { why, .. } => format!("failed: {why}"),
                Delivery::Refused(why) => format!("refused: {why}"),
                Delivery::Unknown(why) | Delivery::Repeated(why) | Delivery::Unknowable(why) => {
                    format!("unknown: {why}")
                }
            }
        };
        assert_eq!(ends("cat > /dev/null").await, "delivered: taken by /bin/sh for 2 addresses");
        assert_eq!(ends("echo queue full >&2; exit 75").await, "failed: /bin/sh ended with 75: queue full");
        assert_eq!(
            ends("echo no such user >&2; exit 67").await,
            "refused: /bin/sh ended with 67: no such user"
        );
        assert_eq!(ends("kill -9 $$").await, "unknown: /bin/sh was killed: ");
        assert_eq!(ends("exec 0<&-; exit 0").await, "delivered: taken by /bin/sh for 2 addresses");
    }
}
