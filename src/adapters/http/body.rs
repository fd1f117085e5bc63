//! A JSON body with placeholders inside its texts: a value is text inside a text, and never JSON.
//!
//! A text that is one placeholder and nothing else becomes a number where the parameter is one;
//! `{name:json}` becomes what it was read as: a number, `true`, `false`, `null`, or else a text.

use serde_json::{Map, Value};

use crate::adapters::ask;
use crate::adapters::template::{Template, Values};
use crate::incident::Text;

/// A body, or a part of one.
#[derive(Clone, Debug)]
pub enum BodyTemplate {
    /// As it stands.
    Literal(Value),
    /// A text with values in it.
    Filled(Template),
    /// A value that becomes JSON of its own kind.
    Typed(Template),
    /// A list.
    List(Vec<Self>),
    /// An object. Its keys are texts too.
    Object(Vec<(Template, Self)>),
}

impl BodyTemplate {
    /// Reads a configured body.
    ///
    /// # Errors
    /// In words: a name that does not exist.
    pub fn parse(raw: &Value, known: &[&str]) -> Result<Self, String> {
        Ok(match raw {
            Value::Null | Value::Bool(_) | Value::Number(_) => Self::Literal(raw.clone()),
            Value::String(text) => match text.strip_prefix('{').and_then(|t| t.strip_suffix(":json}")) {
                Some(name) => Self::Typed(Template::parse(&format!("{{{name}}}"), known)?),
                None => Self::Filled(Template::parse(text, known)?),
            },
            Value::Array(items) => {
                Self::List(items.iter().map(|item| Self::parse(item, known)).collect::<Result<_, _>>()?)
            }
            Value::Object(fields) => {
                let field = |(key, value): (&String, &Value)| {
                    Ok((Template::parse(key, known)?, Self::parse(value, known)?))
                };
                Self::Object(fields.iter().map(field).collect::<Result<_, String>>()?)
            }
        })
    }

    /// The names it uses.
    pub fn names(&self) -> Vec<&str> {
        match self {
            Self::Literal(_) => Vec::new(),
            Self::Filled(template) | Self::Typed(template) => template.names().collect(),
            Self::List(items) => items.iter().flat_map(Self::names).collect(),
            Self::Object(fields) => {
                fields.iter().flat_map(|(key, value)| key.names().chain(value.names())).collect()
            }
        }
    }

    /// The body with every value put in.
    ///
    /// # Errors
    /// In words: a value that nobody gave.
    pub fn fill(&self, values: &Values) -> Result<Value, Text> {
        Ok(match self {
            Self::Literal(value) => value.clone(),
            Self::Filled(template) => {
                let text = template.fill(values)?;
                let is_number = template.only_value().is_some_and(ask::is_number);
                match text.parse::<u64>() {
                    Ok(number) if is_number => Value::from(number),
                    Ok(_) | Err(_) => Value::from(text),
                }
            }
            Self::Typed(template) => typed(&template.fill(values)?),
            Self::List(items) => {
                Value::Array(items.iter().map(|item| item.fill(values)).collect::<Result<_, _>>()?)
            }
            Self::Object(fields) => {
                let mut object = Map::new();
                for (key, value) in fields {
                    object.insert(key.fill(values)?, value.fill(values)?);
                }
                Value::Object(object)
            }
        })
    }
}

/// A reading as the JSON that it was read from.
fn typed(text: &str) -> Value {
    match text {
        "none" => Value::Null,
        "yes" => Value::Bool(true),
        "no" => Value::Bool(false),
        text => match serde_json::from_str::<Value>(text) {
            Ok(number @ Value::Number(_)) => number,
            Ok(_) | Err(_) => Value::from(text),
        },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn filled(body: &Value, pairs: &[(&str, &str)]) -> Value {
        let values: Values = pairs.iter().map(|(n, v)| ((*n).to_owned(), Text::line(v))).collect();
        let known: Vec<&str> = pairs.iter().map(|(name, _)| *name).collect();
        BodyTemplate::parse(body, &known).unwrap().fill(&values).unwrap()
    }

    #[test]
    fn a_value_is_text_inside_a_text_and_never_json() {
        for hostile in ["\"}", "a\", \"admin\": true, \"x\": \"", "\\", "true", "{agent}", "null"] {
            let body = filled(&json!({"id": "{agent}", "why": ["by {agent}"]}), &[("agent", hostile)]);
            assert_eq!(body, json!({"id": hostile, "why": [format!("by {hostile}")]}));
        }
    }

    #[test]
    fn a_whole_value_is_a_number_where_its_parameter_is_one() {
        let pairs = [("calls_per_minute", "10"), ("to", "10"), ("was_limit", "none")];
        let body = json!({
            "limit": "{calls_per_minute}", "text": "{calls_per_minute} calls", "version": "{to}",
            "number": "{to:json}", "back": "{was_limit:json}", "kept": [1, true, null],
        });
        let expected = json!({
            "limit": 10, "text": "10 calls", "version": "10",
            "number": 10, "back": null, "kept": [1, true, null],
        });
        assert_eq!(filled(&body, &pairs), expected);
    }

    #[test]
    fn a_misspelt_placeholder_is_found() {
        let why = BodyTemplate::parse(&json!({"a": [{"b": "{agnt}"}]}), &["agent"]).unwrap_err();
        assert!(why.contains("{agent}"), "{why}");
        assert!(BodyTemplate::parse(&json!("{agnt:json}"), &["agent"]).is_err());
    }
}
