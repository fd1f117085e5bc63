//! Programs that read the world, and what is made of what they print.
//!
//! Only what can be trusted is a reading: a probe that failed, printed too much or contradicts
//! itself has read nothing, and no data proves nothing.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::time::Duration;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::adapters::template::{Argv, Values};
use crate::incident::{AgentId, Text};

use super::child::{self, How, Place, Program, WhenDropped};
use super::spec::{Format, ProbeSpec};

/// Values that a program printed, by name.
pub type Printed = BTreeMap<String, Text>;

/// A probe prints a few values, not logs.
const OUTPUT_MAX: usize = 256 * 1024;

/// Values taken of one reading at most.
const VALUES_MAX: usize = 1024;

/// How long after its limit a reading is killed. It changes nothing, so nothing is lost.
pub(super) const KILL: Duration = Duration::from_secs(2);

/// A checked probe.
#[derive(Clone, Debug)]
pub struct Probe {
    argv: Argv,
    format: Format,
    limit: Duration,
    place: Place,
}

impl Probe {
    /// A probe of agents, whose arguments may hold `{agent}` and `{target}`: for vitals.
    ///
    /// # Errors
    /// Every problem, with the index of the argument it is in.
    pub fn new(spec: &ProbeSpec, place: Place) -> Result<Self, Vec<(usize, String)>> {
        Self::with(spec, place, &["agent", "target"])
    }

    pub(super) fn with(spec: &ProbeSpec, place: Place, known: &[&str]) -> Result<Self, Vec<(usize, String)>> {
        let argv = Argv::parse(&spec.run, known)?;
        Ok(Self { argv, format: spec.format, limit: spec.limit, place })
    }

    /// What is read of an agent now.
    ///
    /// # Errors
    /// In words: why nothing could be read.
    pub async fn read(&self, agent: &AgentId) -> Result<Printed, Text> {
        let target = Text::line(agent.as_str());
        let values = [("agent", target.clone()), ("target", target)].map(|(n, v)| (n.to_owned(), v));
        self.read_with(&values.into(), vec![("FLIGHTDECK_AGENT", agent.as_str().into())]).await
    }

    pub(super) fn uses_name(&self, name: &str) -> bool {
        self.argv.uses(name)
    }

    pub(super) async fn read_with(
        &self,
        values: &Values,
        env: Vec<(&'static str, OsString)>,
    ) -> Result<Printed, Text> {
        let argv = self.argv.fill(values)?;
        let printed = read_output(argv, self.place.clone(), env, self.limit).await?;
        readings(&printed, self.format)
    }
}

/// Runs a program that only reads, and gives back all that it printed.
pub(super) async fn read_output(
    argv: Vec<String>,
    place: Place,
    env: Vec<(&'static str, OsString)>,
    limit: Duration,
) -> Result<Vec<u8>, Text> {
    let name = argv[0].clone();
    let when_dropped = WhenDropped::Kill;
    let ran =
        child::run(Program { argv, place, env, limit, kill: KILL, keep: OUTPUT_MAX, when_dropped }).await;
    let why = match ran.how {
        How::Exited(0) if ran.stdout.cut() == 0 => return Ok(ran.stdout.bytes()),
        How::Exited(0) => format!("printed {} bytes, more than a reading can be", ran.stdout.total()),
        How::Exited(code) => match ran.stderr.text().lines().last() {
            Some(last) => format!("ended with code {code}: {last}"),
            None => format!("ended with code {code}"),
        },
        How::NotStarted(why) => format!("could not be started: {why}"),
        How::Signalled(signal) => format!("was killed by signal {signal}"),
        How::TimeLimit => format!("gave no answer within {} s", limit.as_secs_f32()),
        How::Lost(why) => format!("was lost sight of: {why}"),
    };
    Err(Text::line(&format!("{name} {why}")))
}

/// The values in what a probe printed.
///
/// # Errors
/// In words: why nothing in it can be trusted.
pub fn readings(printed: &[u8], format: Format) -> Result<Printed, Text> {
    let all = match format {
        Format::Lines => of_lines(printed)?,
        Format::Json => of_json(printed)?,
    };
    if all.len() > VALUES_MAX {
        return Err(Text::line(&format!("{} values are more than a reading can have", all.len())));
    }
    if all.is_empty() {
        return Err(Text::line(match format {
            Format::Lines => "the probe printed no line like name=value",
            Format::Json => "the probe printed no value in its JSON object",
        }));
    }
    Ok(all)
}

/// Lines that are no `name=value` or `name@replica=value` are passed over. Where a name has two values,
/// nothing is believed: somebody may have smuggled a line into another's value.
fn of_lines(printed: &[u8]) -> Result<Printed, Text> {
    let text = String::from_utf8_lossy(printed);
    let mut all = Pairs::default();
    for line in text.lines() {
        let Some((name, value)) = line.split_once('=') else { continue };
        all.put(name.trim(), Some(Text::line(value.trim())));
    }
    all.all()
}

/// Values by name, and the names that were said to be two things.
#[derive(Default)]
struct Pairs {
    said: BTreeMap<String, Option<Text>>,
    contradicted: Option<String>,
}

impl Pairs {
    fn put(&mut self, name: &str, value: Option<Text>) {
        if !is_name(name) {
            return;
        }
        if self.said.get(name).is_some_and(|before| *before != value) {
            self.contradicted.get_or_insert_with(|| name.to_owned());
        }
        self.said.insert(name.to_owned(), value);
    }

    /// Each name that has a value, if none has two.
    fn all(self) -> Result<Printed, Text> {
        match self.contradicted {
            Some(name) => {
                let words = format!("the probe contradicts itself: it says {name} twice, and not the same");
                Err(Text::line(&words))
            }
            None => Ok(self.said.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()),
        }
    }
}

/// A JSON value as it stands there: an object keeps a key that it has twice.
enum Said {
    Value(Text),
    Members(Vec<(String, Said)>),
    /// There, and no value of a check: null, or a list.
    Nothing,
}

impl Said {
    fn value(self) -> Option<Text> {
        match self {
            Self::Value(value) => Some(value),
            Self::Members(_) | Self::Nothing => None,
        }
    }
}

impl<'de> Deserialize<'de> for Said {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AsSaid)
    }
}

/// Reads a [`Said`].
struct AsSaid;

impl<'de> Visitor<'de> for AsSaid {
    type Value = Said;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, yes: bool) -> Result<Said, E> {
        Ok(Said::Value(Text::line(if yes { "yes" } else { "no" })))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Said, E> {
        Ok(Said::Value(Text::line(&number.to_string())))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Said, E> {
        Ok(Said::Value(Text::line(&number.to_string())))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Said, E> {
        Ok(Said::Value(Text::line(&serde_json::Value::from(number).to_string())))
    }

    fn visit_str<E>(self, text: &str) -> Result<Said, E> {
        Ok(Said::Value(Text::line(text.trim())))
    }

    fn visit_unit<E>(self) -> Result<Said, E> {
        Ok(Said::Nothing)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Said, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Said::Nothing)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Said, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = object.next_entry()? {
            members.push(member);
        }
        Ok(Said::Members(members))
    }
}

fn of_json(printed: &[u8]) -> Result<Printed, Text> {
    let said: Said = serde_json::from_slice(printed)
        .map_err(|why| Text::line(&format!("the probe printed no JSON object: {why}")))?;
    let Said::Members(members) = said else {
        return Err(Text::line("the probe printed no JSON object"));
    };
    let mut all = Pairs::default();
    for (name, said) in members {
        match said {
            // An object holds a value for each replica.
            Said::Members(replicas) => {
                for (replica, said) in replicas {
                    all.put(&format!("{name}@{replica}"), said.value());
                }
            }
            Said::Value(_) | Said::Nothing => all.put(&name, said.value()),
        }
    }
    all.all()
}

/// `api_calls`, or `api_calls@replica`.
fn is_name(name: &str) -> bool {
    let (value, replica) =
        name.split_once('@').map_or((name, None), |(value, replica)| (value, Some(replica)));
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    let replica_byte = |byte: u8| plain(byte) || b":/".contains(&byte);
    (1..=64).contains(&value.len())
        && value.bytes().all(plain)
        && replica.is_none_or(|r| (1..=128).contains(&r.len()) && r.bytes().all(replica_byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pairs(readings: &Printed) -> Vec<(&str, &str)> {
        readings.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    #[test]
    fn lines_and_json_read_alike() {
        let expected = [("agent_status", "stopped"), ("api_calls", "0"), ("note", "a = b")];
        let lines = b"# probe\nagent_status=stopped\r\n api_calls = 0\nnote=a = b\nchatter\n";
        assert_eq!(pairs(&readings(lines, Format::Lines).unwrap()), expected);
        let json = br#"{"agent_status":"stopped","api_calls":0,"note":"a = b","deep":{"x":[1]},"n":null}"#;
        assert_eq!(pairs(&readings(json, Format::Json).unwrap()), expected);
        let booleans = readings(br#"{"healthy":true,"pre_check":false,"p95":1.5}"#, Format::Json).unwrap();
        assert_eq!(pairs(&booleans), [("healthy", "yes"), ("p95", "1.5"), ("pre_check", "no")]);
    }

    #[test]
    fn garbage_is_no_reading() {
        let deep = "[".repeat(100_000);
        let many: String = (0..1100).map(|n| format!("v{n}=1\n")).collect();
        for (printed, format) in [
            (&b""[..], Format::Lines),
            (b"\x00\xff\xfe=\x80\n=\n==", Format::Lines),
            (b"<html>502 Bad Gateway</html>", Format::Lines),
            (many.as_bytes(), Format::Lines),
            (b"", Format::Json),
            (b"{}", Format::Json),
            (b"[1]", Format::Json),
            (b"{\"a\":1} trailing", Format::Json),
            (b"{\"a\":{\"b\":{\"c\":1}}}", Format::Json),
            (b"a@=1\na@b c=1\na@\x1b[2J=1", Format::Lines),
            (b"\xff", Format::Json),
            (deep.as_bytes(), Format::Json),
        ] {
            assert!(readings(printed, format).is_err(), "{:?}", &printed[..printed.len().min(40)]);
        }
    }

    #[test]
    fn an_agent_that_smuggles_a_line_proves_nothing() {
        // A probe prints a name that the agent chose, with a line end in it.
        let printed = b"agent_status=running\nname=x\nagent_status=stopped\ntask_queue=0\n";
        let why = readings(printed, Format::Lines).unwrap_err();
        assert!(why.as_str().contains("it says agent_status twice"), "{why}");
        let twice_the_same = readings(b"task_queue=0\ntask_queue=0\n", Format::Lines).unwrap();
        assert_eq!(pairs(&twice_the_same), [("task_queue", "0")]);
    }

    #[test]
    fn regression_of_a_json_key_that_stands_there_twice_the_last_was_believed() {
        for printed in [
            r#"{"agent_status":"running","agent_status":"stopped","task_queue":0}"#,
            r#"{"agent_status":"stopped","agent_status":null,"task_queue":0}"#,
            r#"{"agent_status":{"a":"running","a":"stopped","b":"stopped"}}"#,
            r#"{"agent_status":{"a":"running"},"agent_status":{"a":"stopped"},"agent_status@b":"x"}"#,
        ] {
            let why = readings(printed.as_bytes(), Format::Json).unwrap_err();
            assert!(why.as_str().contains("contradicts itself: it says agent_status"), "{printed}: {why}");
        }
        let twice_the_same = readings(br#"{"task_queue":0,"task_queue":0}"#, Format::Json).unwrap();
        assert_eq!(pairs(&twice_the_same), [("task_queue", "0")]);
    }

    #[test]
    fn a_value_is_clean_text() {
        let read = readings(b"a=\x1b[2Jx\xe2\x80\xae", Format::Lines).unwrap();
        assert_eq!(read["a"], "^[[2Jx<U+202E>");
        let read = readings(br#"{"a":"x\ny"}"#, Format::Json).unwrap();
        assert_eq!(read["a"], "x^Jy");
    }

    proptest! {
        #[test]
        fn nothing_printed_is_ever_more_than_refused(printed in any::<Vec<u8>>()) {
            for format in [Format::Lines, Format::Json] {
                let _ = readings(&printed, format);
            }
        }
    }
}
