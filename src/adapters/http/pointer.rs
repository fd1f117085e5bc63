//! Where a value stands in a JSON answer: a JSON pointer (RFC 6901), with two things more.
//!
//! A segment `name=production` is the item of a list whose field `name` is that, and a last
//! segment `#` is how many items a list has.

use serde_json::Value;

use crate::adapters::template::{Template, Values};
use crate::incident::Text;

/// The place of a value.
#[derive(Clone, Debug)]
pub struct Pointer(Vec<Template>);

impl Pointer {
    /// Reads a pointer: `/info/blocked`, `/features/name={feature}/enabled`, `/runs/#`; empty is
    /// the whole answer.
    ///
    /// # Errors
    /// In words.
    pub fn parse(raw: &str, known: &[&str]) -> Result<Self, String> {
        if raw.is_empty() {
            return Ok(Self(Vec::new()));
        }
        let Some(rest) = raw.strip_prefix('/') else {
            return Err(format!("'{}' is no JSON pointer; write /field/0/field", Text::line(raw)));
        };
        rest.split('/').map(|segment| Template::parse(segment, known)).collect::<Result<_, _>>().map(Self)
    }

    /// The names it uses.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flat_map(Template::names)
    }

    /// The value there; none where there is none. A JSON null is one.
    pub fn find(&self, values: &Values, answer: &Value) -> Option<Value> {
        let mut at = answer;
        for (index, segment) in self.0.iter().enumerate() {
            let segment = segment.fill(values).ok()?;
            if segment == "#" && index + 1 == self.0.len() {
                return at.as_array().map(|items| Value::from(items.len()));
            }
            at = step(at, &segment)?;
        }
        Some(at.clone())
    }
}

fn step<'a>(at: &'a Value, segment: &str) -> Option<&'a Value> {
    let key = segment.replace("~1", "/").replace("~0", "~");
    match at {
        Value::Object(fields) => fields.get(&key),
        Value::Array(items) => match key.split_once('=') {
            Some((field, wanted)) => items.iter().find(|item| item.get(field).is_some_and(|v| is(v, wanted))),
            None => items.get(key.parse::<usize>().ok()?),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

fn is(value: &Value, wanted: &str) -> bool {
    reading(value).is_some_and(|read| read.as_str() == wanted)
}

/// A value as a reading: `yes` and `no` for booleans, `none` for null, nothing for what is no
/// single value.
pub fn reading(value: &Value) -> Option<Text> {
    match value {
        Value::String(text) => Some(Text::line(text.trim())),
        Value::Number(number) => Some(Text::line(&number.to_string())),
        Value::Bool(true) => Some(Text::line("yes")),
        Value::Bool(false) => Some(Text::line("no")),
        Value::Null => Some(Text::line("none")),
        Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_is_found_where_it_stands_and_nowhere_else() {
        let answer = json!({
            "info": {"blocked": true, "rpm": null, "a/b": 1},
            "features": [{"name": "x", "on": false}, {"name": "chat", "on": true}, {"name": 7, "on": "seven"}],
            "#": "field",
        });
        let values = [("feature".to_owned(), Text::line("chat"))].into();
        for (pointer, read) in [
            ("/info/blocked", Some("yes")),
            ("/info/rpm", Some("none")),
            ("/info/a~1b", Some("1")),
            ("/info", None),
            ("/info/missing", None),
            ("/features/0/on", Some("no")),
            ("/features/name={feature}/on", Some("yes")),
            ("/features/name=7/on", Some("seven")),
            ("/features/name=other/on", None),
            ("/features/9/on", None),
            ("/features/#", Some("3")),
            ("/info/#", None),
            ("/info/blocked/deeper", None),
        ] {
            let found = Pointer::parse(pointer, &["feature"]).unwrap().find(&values, &answer);
            assert_eq!(found.as_ref().and_then(reading), read.map(Text::line), "{pointer}");
        }
        assert_eq!(Pointer::parse("/#", &[]).unwrap().find(&values, &json!([1, 2])), Some(json!(2)));
        assert!(Pointer::parse("info", &[]).is_err() && Pointer::parse("/{x}", &[]).is_err());
    }
}
