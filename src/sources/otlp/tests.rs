//! Both forms of OTLP, what they become, and what is refused.

use prost::Message as _;
use serde_json::{Value, json};

use super::message::{Any, AnyValue, KeyValue, LogRecord, Logs, Resource, ResourceLogs, ScopeLogs};
use super::*;
use crate::incident::{Level, LineKind, LogLine};

fn seen() -> Time {
    "2026-11-21T08:00:00Z".parse().unwrap()
}

/// The lines of a JSON request.
fn lines(signal: Signal, request: &Value) -> Vec<String> {
    let known = [Text::line("support-1")];
    let (lines, kept) = read(signal, Form::Json, request.to_string().as_bytes(), &known, seen()).unwrap();
    assert_eq!(kept, Kept::default());
    lines
}

fn shown(line: &str) -> LogLine {
    LogLine::parse(Text::line("otlp"), Text::line("f"), 0, line.as_bytes(), seen())
}

/// Attributes as JSON writes them: text, numbers as text, and as they are.
fn attributes(pairs: &[(&str, Value)]) -> Value {
    let value = |value: &Value| match value {
        Value::String(_) => json!({"stringValue": value}),
        Value::Bool(_) => json!({"boolValue": value}),
        Value::Number(number) if number.is_f64() => json!({"doubleValue": value}),
        Value::Number(number) => json!({"intValue": number.to_string()}),
        Value::Array(items) => {
            let items: Vec<Value> = items.iter().map(|item| json!({"stringValue": item})).collect();
            json!({"arrayValue": {"values": items}})
        }
        Value::Null | Value::Object(_) => json!({}),
    };
    pairs.iter().map(|(key, of)| json!({"key": key, "value": value(of)})).collect()
}

fn log(resource: &[(&str, Value)], record: Value) -> Value {
    json!({"resourceLogs": [{
        "resource": {"attributes": attributes(resource)},
        "scopeLogs": [{"scope": {"name": "lab"}, "logRecords": [record]}],
    }]})
}

fn span(record: Value) -> Value {
    json!({"resourceSpans": [{"scopeSpans": [{"spans": [record]}]}]})
}

#[test]
fn a_log_record_becomes_the_line_that_an_agent_would_log() {
    let record = json!({
        "timeUnixNano": "1770091506123456789",
        "severityNumber": 17,
        "severityText": "ERROR",
        "body": {"stringValue": "model call failed"},
        "eventName": "gen_ai.client.inference.operation.details",
        "attributes": attributes(&[
            ("gen_ai.request.model", json!("m-1")),
            ("gen_ai.usage.input_tokens", json!(812)),
            ("http.response.status_code", json!(429)),
        ]),
        "traceId": "1A149B239D3BA4EC44B97EA3F79E0B97",
        "spanId": "",
        "flags": 3,
        "somethingNew": {"a": [1]},
    });
    let request = log(&[("service.name", json!("chat-gw"))], record);
    assert_eq!(
        lines(Signal::Logs, &request),
        [concat!(
            r#"{"ts":"2026-02-03T04:05:06.123456Z","level":"error","agent":"chat-gw","#,
            r#""msg":"model call failed","event":"gen_ai.client.inference.operation.details","#,
            r#""gen_ai.request.model":"m-1","gen_ai.usage.input_tokens":812,"#,
            r#""http.response.status_code":429,"trace_id":"1a149b239d3ba4ec44b97ea3f79e0b97"}"#
        )]
    );
    let line = shown(&lines(Signal::Logs, &request)[0]);
    assert_eq!((line.level, line.at.unwrap().timestamp()), (Some(Level::Error), 1_770_091_506));
    assert!(line.text.as_str().starts_with("model call failed agent=chat-gw"), "{}", line.text);
}

#[test]
fn a4_the_genai_conventions_are_the_key_fields_of_a_log() {
    use LineKind::{Decision, Other, PermissionCheck, ToolCall, UserInput};
    let messages = r#"[{"role":"user","parts":[{"type":"text","content":"refund me"}]},{"role":"assistant","parts":[]}]"#;
    for (name, of, kind, said) in [
        (
            "execute_tool export",
            vec![("gen_ai.operation.name", json!("execute_tool")), ("gen_ai.tool.name", json!("export"))],
            ToolCall,
            "tool_call.name=export",
        ),
        (
            "chat m-1",
            vec![
                ("gen_ai.operation.name", json!("chat")),
                ("gen_ai.response.finish_reasons", json!(["tool_calls"])),
            ],
            Decision,
            "agent_decision=tool_calls",
        ),
        (
            "apply_guardrail g",
            vec![
                ("gen_ai.operation.name", json!("apply_guardrail")),
                ("gen_ai.security.decision.type", json!("deny")),
                ("gen_ai.security.target.type", json!("tool_call")),
            ],
            PermissionCheck,
            "permission_check.decision=deny permission_check.target=tool_call",
        ),
        ("chat", vec![("gen_ai.input.messages", json!(messages))], UserInput, "user_input=\"refund me\""),
        // What an agent calls so itself.
        ("x", vec![("permission_check", json!("denied"))], PermissionCheck, "permission_check=denied"),
        ("chat", vec![("gen_ai.operation.name", json!("chat"))], Other, "event=span"),
    ] {
        let request = span(
            json!({"name": name, "endTimeUnixNano": 1_770_091_506_000_000_000_u64, "attributes": attributes(&of)}),
        );
        let line = shown(&lines(Signal::Traces, &request)[0]);
        assert_eq!(line.kind, kind, "{name}: {}", line.text);
        assert!(line.text.as_str().contains(said), "{said} in {}", line.text);
    }
    // Events of the conventions up to 1.36, which carry it in their body.
    for (event, body, kind, said) in [
        (
            "gen_ai.user.message",
            json!([{"key": "content", "value": {"stringValue": "hello"}}]),
            UserInput,
            "user_input=hello",
        ),
        (
            "gen_ai.choice",
            json!([{"key": "finish_reason", "value": {"stringValue": "stop"}}]),
            Decision,
            "agent_decision=stop",
        ),
    ] {
        let request = log(&[], json!({"eventName": event, "body": {"kvlistValue": {"values": body}}}));
        let line = shown(&lines(Signal::Logs, &request)[0]);
        assert_eq!(line.kind, kind, "{}", line.text);
        assert!(line.text.as_str().starts_with(&format!("{event} {said}")), "{}", line.text);
    }
}

#[test]
fn a_span_is_told_when_it_is_over_and_its_exceptions_before_it() {
    let request = span(json!({
        "traceId": "29d9736ca4310efa9eb77226567e9ad9",
        "spanId": "6f4417cef0dc2344",
        "name": "chat m-1",
        "kind": 3,
        "startTimeUnixNano": "1770091500000000000",
        "endTimeUnixNano": "1770091506500000000",
        "attributes": attributes(&[("gen_ai.agent.name", json!("support-1"))]),
        "events": [{
            "timeUnixNano": "1770091505000000000",
            "name": "exception",
            "attributes": attributes(&[("exception.type", json!("RateLimitError"))]),
        }],
        "status": {"code": 2, "message": "429"},
    }));
    let read: Vec<LogLine> = lines(Signal::Traces, &request).iter().map(|line| shown(line)).collect();
    let said: Vec<_> =
        read.iter().map(|line| (line.at.unwrap().timestamp(), line.level, line.text.as_str())).collect();
    let ids = "trace_id=29d9736ca4310efa9eb77226567e9ad9 span_id=6f4417cef0dc2344";
    assert_eq!(
        said,
        [
            (
                1_770_091_505,
                Some(Level::Error),
                &*format!("exception agent=support-1 exception.type=RateLimitError {ids}")
            ),
            (
                1_770_091_506,
                Some(Level::Error),
                &*format!(
                    "chat m-1 agent=support-1 error=429 duration_ms=6500.0 event=span \
                     gen_ai.agent.name=support-1 {ids}"
                )
            ),
        ]
    );
}

#[test]
fn a_record_is_of_the_agent_that_is_known_here_else_of_the_first_that_is_named() {
    for (resource, record, agent) in [
        (vec![("service.name", json!("gw"))], vec![("gen_ai.agent.name", json!("planner"))], "planner"),
        (
            vec![("service.name", json!("support-1"))],
            vec![("gen_ai.agent.name", json!("planner"))],
            "support-1",
        ),
        (vec![("service.name", json!("gw"))], vec![("gen_ai.agent.id", json!("support-1"))], "support-1"),
        (vec![("service.name", json!("gw"))], vec![("gen_ai.agent.name", json!(""))], "gw"),
        (vec![], vec![], "unknown"),
        // No record passes for another agent's by a field of its own.
        (vec![("service.name", json!("gw"))], vec![("agent", json!("support-1"))], "gw"),
    ] {
        let request = log(&resource, json!({"attributes": attributes(&record)}));
        let line: Value = serde_json::from_str(&lines(Signal::Logs, &request)[0]).unwrap();
        assert_eq!(line["agent"], agent);
    }
}

#[test]
fn what_a_record_does_not_say_is_not_made_up() {
    let request = log(&[], json!({"body": null, "attributes": null, "timeUnixNano": 0}));
    let [line] = &lines(Signal::Logs, &request)[..] else { panic!("one line") };
    assert_eq!(line, r#"{"ts":"2026-11-21T08:00:00.000000Z","agent":"unknown","msg":"(no text)"}"#);
    for empty in [json!({}), json!({"resourceLogs": []}), json!({"resourceLogs": null})] {
        assert_eq!(lines(Signal::Logs, &empty), [""; 0], "{empty}");
    }
}

#[test]
fn both_forms_say_the_same() {
    let value = |value| Some(AnyValue { value: Some(value) });
    let pair = |key: &str, of| KeyValue { key: key.to_owned(), value: value(of) };
    let binary = Logs {
        resource_logs: vec![ResourceLogs {
            resource: Some(Resource { attributes: vec![pair("service.name", Any::Text("gw".to_owned()))] }),
            scope_logs: vec![ScopeLogs {
                log_records: vec![LogRecord {
                    time_unix_nano: 1_770_091_506_000_000_000,
                    severity_number: 13,
                    body: value(Any::Text("m".to_owned())),
                    attributes: vec![
                        pair("n", Any::Int(-7)),
                        pair("d", Any::Double(0.5)),
                        pair("nan", Any::Double(f64::NAN)),
                        pair("b", Any::Bytes(vec![1, 2])),
                        pair("yes", Any::Bool(true)),
                    ],
                    span_id: vec![0, 1],
                    ..LogRecord::default()
                }],
            }],
        }],
    };
    let text = json!({"resourceLogs": [{
        "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "gw"}}]},
        "scopeLogs": [{"logRecords": [{
            "timeUnixNano": 1_770_091_506_000_000_000_u64,
            "severityNumber": 13,
            "body": {"stringValue": "m"},
            "attributes": [
                {"key": "n", "value": {"intValue": "-7"}},
                {"key": "d", "value": {"doubleValue": 0.5}},
                {"key": "nan", "value": {"doubleValue": "NaN"}},
                {"key": "b", "value": {"bytesValue": "AQI="}},
                {"key": "yes", "value": {"boolValue": true}},
            ],
            "spanId": "0001",
        }]}],
    }]});
    let (said, _) = read(Signal::Logs, Form::Protobuf, &binary.encode_to_vec(), &[], seen()).unwrap();
    assert_eq!(said, lines(Signal::Logs, &text));
    assert!(
        said[0].ends_with(r#""n":-7,"d":0.5,"nan":"NaN","b":"AQI=","yes":true,"span_id":"0001"}"#),
        "{}",
        said[0]
    );
}

#[test]
fn what_is_no_otlp_is_refused_with_its_place() {
    for (form, body, place) in [
        (Form::Json, &b"{"[..], "body"),
        (Form::Json, br#"{"resourceLogs": 7}"#, "resourceLogs"),
        (
            Form::Json,
            br#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"traceId":"xyz"}]}]}]}"#,
            "resourceLogs[0].scopeLogs[0].logRecords[0].traceId",
        ),
        (Form::Protobuf, b"\x0a\xff", "body"),
        (Form::Protobuf, b"not protobuf", "body"),
    ] {
        let error = read(Signal::Logs, form, body, &[], seen()).unwrap_err();
        assert_eq!(error.place, place, "{error}");
    }
}

#[test]
fn a_record_that_is_too_long_is_left_out_and_the_others_are_kept() {
    let long = "x".repeat(LINE_MAX);
    let records = json!([{"body": {"stringValue": "short"}}, {"body": {"stringValue": long}}]);
    let request = json!({"resourceLogs": [{"scopeLogs": [{"logRecords": records}]}]});
    let (lines, kept) = read(Signal::Logs, Form::Json, request.to_string().as_bytes(), &[], seen()).unwrap();
    assert_eq!((lines.len(), kept.rejected), (1, 1));
    assert_eq!(kept.words, "1 log records are longer than 256 KiB and were not kept");
}

#[test]
fn a_bomb_is_unpacked_no_further_than_a_body_may_be() {
    use std::io::Write as _;
    let packed = |bytes: &[u8]| {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        packer.write_all(bytes).unwrap();
        packer.finish().unwrap()
    };
    assert_eq!(unpacked(&packed(b"{}"), 2).unwrap(), b"{}");
    let bomb = packed(&vec![b' '; 8 << 20]);
    assert!(bomb.len() < 10_000);
    assert_eq!(unpacked(&bomb, 1 << 20).unwrap_err().status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(unpacked(b"no gzip", 1 << 20).unwrap_err().status, StatusCode::BAD_REQUEST);
    assert_eq!(unpacked(&packed(b"cut off")[..12], 1 << 20).unwrap_err().status, StatusCode::BAD_REQUEST);
}

#[test]
fn depth_and_breadth_are_no_harm() {
    let deep =
        |depth: usize| format!("{}{}", "{\"arrayValue\":{\"values\":[".repeat(depth), "]}}".repeat(depth));
    let request = |depth| {
        format!(r#"{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{{"body":{}}}]}}]}}]}}"#, deep(depth))
    };
    assert!(read(Signal::Logs, Form::Json, request(20).as_bytes(), &[], seen()).is_ok());
    assert!(read(Signal::Logs, Form::Json, request(100_000).as_bytes(), &[], seen()).is_err());
    // Nested messages in the binary form: a length and a tag for each level.
    let mut nested = Vec::new();
    for _ in 0..5_000 {
        let mut outer = vec![0x2a];
        prost::encoding::encode_varint(nested.len() as u64, &mut outer);
        outer.extend_from_slice(&nested);
        let mut list = vec![0x0a];
        prost::encoding::encode_varint(outer.len() as u64, &mut list);
        list.extend_from_slice(&outer);
        nested = list;
    }
    assert!(message::ArrayValue::decode(&*nested).is_err());
    let many: Vec<Value> =
        (0..20_000).map(|n| json!({"key": format!("k{n}"), "value": {"boolValue": true}})).collect();
    assert_eq!(lines(Signal::Logs, &log(&[], json!({"attributes": many[..5_000]}))).len(), 1);
}

proptest::proptest! {
    #[test]
    fn no_bytes_are_too_strange(body in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..400)) {
        for signal in [Signal::Logs, Signal::Traces] {
            for form in [Form::Json, Form::Protobuf] {
                drop(read(signal, form, &body, &[], seen()));
            }
        }
    }
}
