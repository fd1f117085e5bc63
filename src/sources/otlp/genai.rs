//! What the OpenTelemetry GenAI conventions say, as the key fields of an agent's log (A4).
//!
//! The conventions are still changing: both the present names and those of v1.36 and before, which
//! libraries send by default, are understood.

use serde_json::{Map, Value, json};

use super::record::Attributes;

/// The key fields that a record carries by the conventions; what the sender itself called by one of
/// these names is its own.
pub(super) fn key_fields(
    attributes: &Attributes,
    event: &str,
    body: Option<&Value>,
) -> Vec<(&'static str, Value)> {
    let of = [
        ("agent_decision", decision(attributes, event, body)),
        ("tool_call", tool_call(attributes)),
        ("permission_check", permission_check(attributes)),
        ("user_input", user_input(attributes, event, body)),
    ];
    of.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// What the model answered: that it is done, or which tools are to be called.
fn decision(attributes: &Attributes, event: &str, body: Option<&Value>) -> Option<Value> {
    if event == "gen_ai.choice" {
        let reason = body.and_then(|body| body.get("finish_reason"));
        let reason = reason.or_else(|| attributes.get("finish_reason"));
        return Some(reason.cloned().unwrap_or_else(|| json!("choice")));
    }
    let reasons = attributes.get("gen_ai.response.finish_reasons").map(|reasons| {
        let only = reasons.as_array().filter(|reasons| reasons.len() == 1);
        only.map_or_else(|| reasons.clone(), |only| only[0].clone())
    });
    reasons.or_else(|| {
        let last = messages(attributes.get("gen_ai.output.messages")?)?.pop()?;
        Some(last.get("finish_reason").cloned().unwrap_or_else(|| json!("answer")))
    })
}

fn tool_call(attributes: &Attributes) -> Option<Value> {
    let executes = attributes.text("gen_ai.operation.name") == Some("execute_tool");
    let name = attributes.get("gen_ai.tool.name");
    if !executes && name.is_none() {
        return None;
    }
    let members = [("name", name), ("id", attributes.get("gen_ai.tool.call.id"))];
    Some(object(members))
}

fn permission_check(attributes: &Attributes) -> Option<Value> {
    let decision = attributes.get("gen_ai.security.decision.type");
    if decision.is_none() && attributes.text("gen_ai.operation.name") != Some("apply_guardrail") {
        return None;
    }
    Some(object([
        ("decision", decision),
        ("target", attributes.get("gen_ai.security.target.type")),
        ("reason", attributes.get("gen_ai.security.decision.reason")),
        ("guardian", attributes.get("gen_ai.guardian.name")),
    ]))
}

fn user_input(attributes: &Attributes, event: &str, body: Option<&Value>) -> Option<Value> {
    if event == "gen_ai.user.message" {
        let content = body.and_then(|body| body.get("content"));
        return Some(content.or_else(|| attributes.get("content")).cloned().unwrap_or_else(|| json!("...")));
    }
    let messages = messages(attributes.get("gen_ai.input.messages")?)?;
    let said = messages.iter().rev().find(|message| message.get("role") == Some(&json!("user")))?;
    let parts = said.get("parts")?.as_array()?;
    let texts: Vec<&str> = parts.iter().filter_map(|part| part.get("content")?.as_str()).collect();
    Some(json!(texts.join(" ")))
}

/// Messages, which spans may carry as JSON in a text.
fn messages(value: &Value) -> Option<Vec<Value>> {
    match value {
        Value::Array(messages) => Some(messages.clone()),
        Value::String(text) => serde_json::from_str(text).ok(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
    }
}

fn object<const N: usize>(members: [(&str, Option<&Value>); N]) -> Value {
    let said = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.clone())));
    Value::Object(said.collect::<Map<_, _>>())
}
