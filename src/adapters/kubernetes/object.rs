//! Objects of a cluster as plain JSON: what is read of them, and how one becomes another.
//!
//! No typed structs: those drop fields that are newer than themselves, and a rollback must put
//! back the whole of a template.

use serde_json::{Map, Value};

/// The text at a JSON pointer.
pub fn text<'a>(object: &'a Value, pointer: &str) -> Option<&'a str> {
    object.pointer(pointer).and_then(Value::as_str)
}

/// The whole number at a JSON pointer.
pub fn number(object: &Value, pointer: &str) -> Option<i64> {
    object.pointer(pointer).and_then(Value::as_i64)
}

/// The list at a JSON pointer; empty if there is none.
pub fn list<'a>(object: &'a Value, pointer: &str) -> &'a [Value] {
    object.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The object's name.
pub fn name(object: &Value) -> &str {
    text(object, "/metadata/name").unwrap_or_default()
}

/// A label's value.
pub fn label<'a>(object: &'a Value, key: &str) -> Option<&'a str> {
    object.pointer("/metadata/labels")?.get(key)?.as_str()
}

/// An annotation's value.
pub fn annotation<'a>(object: &'a Value, key: &str) -> Option<&'a str> {
    object.pointer("/metadata/annotations")?.get(key)?.as_str()
}

/// Whether the object belongs to the one with this uid.
pub fn is_owned_by(object: &Value, uid: &str) -> bool {
    list(object, "/metadata/ownerReferences").iter().any(|owner| text(owner, "/uid") == Some(uid))
}

/// A label selector as a list request takes it; none for one that selects everything or nothing
/// that can be said.
pub fn selector(selector: &Value) -> Option<String> {
    let mut parts = Vec::new();
    if let Some(labels) = selector.get("matchLabels").and_then(Value::as_object) {
        for (key, value) in labels {
            parts.push(format!("{key}={}", value.as_str()?));
        }
    }
    for expression in list(selector, "/matchExpressions") {
        let key = text(expression, "/key")?;
        let values: Option<Vec<&str>> = list(expression, "/values").iter().map(Value::as_str).collect();
        let values = values?.join(",");
        parts.push(match text(expression, "/operator")? {
            "In" => format!("{key} in ({values})"),
            "NotIn" => format!("{key} notin ({values})"),
            "Exists" => key.to_owned(),
            "DoesNotExist" => format!("!{key}"),
            _ => return None,
        });
    }
    (!parts.is_empty()).then(|| parts.join(","))
}

/// Whether a selector takes an object with these labels.
pub fn selects(selector: &Value, labels: &Value) -> bool {
    let has = |key: &str| labels.get(key).and_then(Value::as_str);
    let equal = selector
        .get("matchLabels")
        .and_then(Value::as_object)
        .is_none_or(|wanted| wanted.iter().all(|(key, value)| has(key) == value.as_str()));
    equal
        && list(selector, "/matchExpressions").iter().all(|expression| {
            let value = has(text(expression, "/key").unwrap_or_default());
            let among = list(expression, "/values").iter().any(|v| value.is_some() && v.as_str() == value);
            match text(expression, "/operator") {
                Some("In") => among,
                Some("NotIn") => !among,
                Some("Exists") => value.is_some(),
                Some("DoesNotExist") => value.is_none(),
                Some(_) | None => false,
            }
        })
}

/// The merge patch (RFC 7386) that makes `wanted` of `from`: what is gone is null, lists are
/// replaced whole.
pub fn merge_patch(from: &Value, wanted: &Value) -> Value {
    let (Value::Object(from), Value::Object(wanted)) = (from, wanted) else { return wanted.clone() };
    let mut patch = Map::new();
    for (key, value) in wanted {
        match from.get(key) {
            Some(before) if before == value => {}
            Some(before) => drop(patch.insert(key.clone(), merge_patch(before, value))),
            None => drop(patch.insert(key.clone(), value.clone())),
        }
    }
    for key in from.keys().filter(|key| !wanted.contains_key(*key)) {
        patch.insert(key.clone(), Value::Null);
    }
    Value::Object(patch)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn a_selector_is_said_as_a_list_request_takes_it() {
        for (given, said) in [
            (json!({"matchLabels": {"app": "a", "tier": "b"}}), Some("app=a,tier=b")),
            (
                json!({"matchExpressions": [{"key": "k", "operator": "In", "values": ["a", "b"]},
                                            {"key": "x", "operator": "DoesNotExist"}]}),
                Some("k in (a,b),!x"),
            ),
            (json!({}), None),
            (json!({"matchExpressions": [{"key": "k", "operator": "Near"}]}), None),
        ] {
            assert_eq!(selector(&given).as_deref(), said, "{given}");
        }
    }

    #[test]
    fn a_selector_takes_what_it_says() {
        let labels = json!({"app": "a", "tier": "b"});
        for (given, takes) in [
            (json!({"matchLabels": {"app": "a"}}), true),
            (json!({"matchLabels": {"app": "b"}}), false),
            (json!({}), true),
            (json!({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["a"]}]}), false),
            (json!({"matchExpressions": [{"key": "no", "operator": "NotIn", "values": ["a"]}]}), true),
            (json!({"matchExpressions": [{"key": "tier", "operator": "Exists"}]}), true),
            (json!({"matchExpressions": [{"key": "tier", "operator": "Near"}]}), false),
        ] {
            assert_eq!(selects(&given, &labels), takes, "{given}");
        }
    }

    #[test]
    fn a_merge_patch_takes_away_what_the_older_template_did_not_have() {
        let from = json!({"a": {"x": 1, "gone": 2}, "l": [1, 2], "same": true});
        let wanted = json!({"a": {"x": 3}, "l": [1], "same": true, "new": "n"});
        assert_eq!(merge_patch(&from, &wanted), json!({"a": {"x": 3, "gone": null}, "l": [1], "new": "n"}));
    }

    /// What an API server does with a merge patch.
    fn merged(target: &Value, patch: &Value) -> Value {
        let Value::Object(patch) = patch else { return patch.clone() };
        let mut out = target.as_object().cloned().unwrap_or_default();
        for (key, value) in patch {
            if value.is_null() {
                out.remove(key);
            } else {
                let before = out.get(key).cloned().unwrap_or(Value::Null);
                out.insert(key.clone(), merged(&before, value));
            }
        }
        Value::Object(out)
    }

    fn objects() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![any::<bool>().prop_map(Value::from), (0..3i64).prop_map(Value::from)];
        let inner = leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                prop::collection::btree_map("[ab]", inner, 0..3).prop_map(|m| m.into_iter().collect())
            ]
        });
        prop::collection::btree_map("[abc]", inner, 0..4).prop_map(|m| m.into_iter().collect())
    }

    proptest! {
        #[test]
        fn a_merge_patch_makes_the_one_of_the_other(from in objects(), wanted in objects()) {
            prop_assert_eq!(merged(&from, &merge_patch(&from, &wanted)), wanted);
        }
    }
}
