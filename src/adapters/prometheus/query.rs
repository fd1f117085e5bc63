//! One query: what is asked for a value, and what is made of the answer.

use std::time::Duration;

use form_urlencoded::Serializer;
use regex::Regex;
use serde_json::Value;

use super::selector::selectors;
use crate::adapters::reader::Readings;
use crate::adapters::template::{Template, Values};
use crate::incident::Text;
use crate::web::Request;

/// Points that a range is looked at.
const POINTS: u64 = 8;

/// What may stand in a query.
const KNOWN: &[&str] = &["agent", "target"];

/// A query as configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuerySpec {
    /// PromQL with placeholders.
    pub query: String,
    /// The label that tells replicas apart; none: the query has one series.
    pub replica: Option<String>,
    /// Look at all of this time until now, and take the worst of it; none: now alone.
    pub over: Option<(Duration, Worst)>,
    /// The selector whose samples must be fresh. A query that is a selector itself needs none.
    pub fresh: Option<String>,
    /// How old its newest sample may be.
    pub stale: Duration,
}

/// Which value of a range is the worst.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Worst {
    /// Error rates, latencies.
    #[default]
    Highest,
    /// Success rates, satisfaction.
    Lowest,
}

/// A query that can be asked.
#[derive(Clone, Debug)]
pub struct Query {
    query: Template,
    replica: Option<String>,
    over: Option<(Duration, Worst)>,
    fresh: Option<Template>,
    stale: Duration,
}

impl Query {
    /// Checks the placeholders of a configured query.
    ///
    /// # Errors
    /// A placeholder that does not exist.
    pub fn new(spec: &QuerySpec) -> Result<Self, String> {
        let selector = Regex::new(r"^\s*[a-zA-Z_:][a-zA-Z0-9_:]*\s*(\{[^{}]*(\{[a-z_]+\}[^{}]*)*\})?\s*$");
        let is_selector = selector.expect("a constant").is_match(&spec.query);
        let fresh = spec.fresh.as_ref().or(is_selector.then_some(&spec.query));
        Ok(Self {
            query: Template::parse(&spec.query, KNOWN)?,
            replica: spec.replica.clone(),
            over: spec.over,
            fresh: fresh.map(|raw| Template::parse(raw, KNOWN)).transpose()?,
            stale: spec.stale,
        })
    }

    /// What asks for the value.
    pub(super) fn value(&self, values: &Values) -> Result<Request, Text> {
        Ok(instant(&self.body(values)?))
    }

    /// The PromQL of it.
    pub(super) fn body(&self, values: &Values) -> Result<String, Text> {
        let query = self.query.fill(&quoted(values))?;
        let Some((over, worst)) = self.over else { return Ok(query) };
        // The server counts the points and knows its own now: a hole has fewer of them.
        let (over, step) = (over.as_secs().max(POINTS), (over.as_secs() / POINTS).max(1));
        let window = format!("({query})[{over}s:{step}s]");
        let least = over / step;
        let take = match worst {
            Worst::Highest => "max",
            Worst::Lowest => "min",
        };
        // The newest value stands for a hole that lasts until now.
        Ok(format!("{take}_over_time({window}) and count_over_time({window}) >= {least} and ({query})"))
    }

    /// What asks how old the samples are, by the server's own clock. Where an action is to be proved
    /// every selector of the expression is asked for: what nobody named may be old all the same.
    ///
    /// # Errors
    /// In words: it looks at a time before the action was accepted.
    pub(super) fn ages(&self, values: &Values, since: Option<Duration>) -> Result<Vec<Request>, Text> {
        if let (Some((over, _)), Some(since)) = (self.over, since)
            && since < over
        {
            let left = (over - since).as_secs() + 1;
            return Err(Text::line(&format!(
                "its range of {} s reaches back before the call: it says nothing for another {left} s",
                over.as_secs()
            )));
        }
        let age = |selector: &str| instant(&format!("max(time() - timestamp({selector}))"));
        if let Some(fresh) = &self.fresh {
            return Ok(vec![age(fresh.fill(&quoted(values))?.as_str())]);
        }
        if since.is_none() {
            return Ok(Vec::new());
        }
        let query = self.query.fill(&quoted(values))?;
        let found = selectors(query.as_str()).ok_or_else(|| {
            Text::line(
                "it looks at another time than now (`offset`, `@`): it cannot prove what was just done",
            )
        })?;
        Ok(found.into_iter().map(age).collect())
    }

    /// Whether the ages found are young enough, and all of them of a time after acceptance.
    pub(super) fn fresh_enough(&self, ages: &[Value], since: Option<Duration>) -> Result<(), Text> {
        let mut found = Vec::new();
        for data in ages {
            found.extend(series(data)?.first().map(|(_, value)| value.as_str().parse::<f64>().ok()));
        }
        // One of two selectors may be without a series; where all are there is nothing to go by.
        if found.is_empty() && !ages.is_empty() {
            return Err(Text::line("no data, which is not zero"));
        }
        let stale = self.stale.as_secs_f64();
        for age in found {
            match age {
                Some(age) if since.is_some_and(|since| age >= since.as_secs_f64()) => {
                    return Err(Text::line(&format!(
                        "the newest sample is {age:.0} s old, from before the call was accepted"
                    )));
                }
                Some(age) if age <= stale => {}
                Some(age) => {
                    let why = format!("the newest sample is {age:.0} s old, and {stale:.0} s is the most");
                    return Err(Text::line(&why));
                }
                None => return Err(Text::line("no data, which is not zero")),
            }
        }
        Ok(())
    }

    /// The values in an answer.
    pub(super) fn readings(&self, name: &str, data: &Value) -> Result<Readings, Text> {
        let series = series(data)?;
        let mut readings = Readings::new();
        match (&self.replica, series.as_slice()) {
            (_, []) => return Err(Text::line("no data, which is not zero")),
            (None, [(_, value)]) => readings.put(name, value.clone()),
            (None, several) => {
                let count = several.len();
                let why = format!("{count} series where one is expected: sum them, or name `replica`");
                return Err(Text::line(&why));
            }
            (Some(label), several) => {
                for (labels, value) in several {
                    let Some(replica) = labels[label].as_str().filter(|replica| !replica.is_empty()) else {
                        return Err(Text::line(&format!("a series without the label `{label}`")));
                    };
                    readings.put_of(replica, name, value.clone());
                }
            }
        }
        Ok(readings)
    }
}

/// Nothing in a value ends the string of PromQL that it stands in.
fn quoted(values: &Values) -> Values {
    let quote = |c: char| match c {
        '\\' | '"' | '\'' | '`' => format!("\\x{:02x}", c as u32),
        c => c.to_string(),
    };
    let text = |value: &Text| Text::line(&value.as_str().chars().map(quote).collect::<String>());
    values.iter().map(|(name, value)| (name.clone(), text(value))).collect()
}

/// Long queries go in the body; that reads all the same.
fn instant(query: &str) -> Request {
    let form = Serializer::new(String::new()).append_pair("query", query).finish();
    Request::post("/api/v1/query")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form)
        .repeatable()
}

/// Labels and value of every series of an instant answer.
fn series(data: &Value) -> Result<Vec<(&Value, Text)>, Text> {
    let value = |of: &Value| of[1].as_str().map(Text::line);
    let odd = || Text::line("an answer in a form that nobody documented");
    match data["resultType"].as_str() {
        Some("scalar") => Ok(vec![(&Value::Null, value(&data["result"]).ok_or_else(odd)?)]),
        Some("vector") => {
            let all = data["result"].as_array().ok_or_else(odd)?;
            all.iter()
                .map(|one| Some((&one["metric"], value(&one["value"])?)))
                .collect::<Option<_>>()
                .ok_or_else(odd)
        }
        Some(_) | None => Err(Text::line("a query whose answer is no number")),
    }
}
