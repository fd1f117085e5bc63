//! What of an object may be stored: all of it but what could be a secret, and what says nothing.

use serde_json::Value;

/// Names of variables and options whose value is not stored.
const SECRET: &[&str] =
    &["key", "token", "secret", "pass", "pwd", "credential", "auth", "cookie", "dsn", "url"];

/// The object without values of variables that look like secrets, without the copy of itself that
/// kubectl keeps in an annotation, and without the book-keeping of its fields' writers.
pub fn redacted(mut object: Value) -> Value {
    clean(&mut object);
    object
}

fn clean(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.remove("managedFields");
            map.remove("kubectl.kubernetes.io/last-applied-configuration");
            if map.get("name").and_then(Value::as_str).is_some_and(is_secret)
                && let Some(value) = map.get_mut("value")
            {
                *value = Value::from("(not stored)");
            }
            map.values_mut().for_each(clean);
        }
        Value::Array(list) => list.iter_mut().for_each(clean),
        Value::String(text) => {
            // `--api-key=…` among a container's arguments.
            if let Some((option, _)) = text.split_once('=').filter(|(option, _)| option.starts_with('-'))
                && is_secret(option)
            {
                *text = format!("{option}=(not stored)");
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET.iter().any(|word| name.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_secret_in_a_variable_is_not_stored() {
        let pod = json!({"metadata": {"managedFields": [1], "annotations": {
                "kubectl.kubernetes.io/last-applied-configuration": "hunter2", "note": "kept"}},
            "spec": {"containers": [{"name": "token-service", "image": "a:1",
                "args": ["--api-key=hunter2", "--model=small", "key=kept"], "env": [
                {"name": "OPENAI_API_KEY", "value": "hunter2"},
                {"name": "DATABASE_URL", "value": "postgres://u:hunter2@db"},
                {"name": "MODEL", "value": "small"}]}]}});
        let stored = redacted(pod);
        assert!(!stored.to_string().contains("hunter2"), "{stored}");
        assert_eq!(stored["spec"]["containers"][0]["env"][2]["value"], "small");
        assert_eq!(
            stored["spec"]["containers"][0]["args"],
            json!(["--api-key=(not stored)", "--model=small", "key=kept"])
        );
        assert_eq!(stored["metadata"], json!({"annotations": {"note": "kept"}}));
    }
}
