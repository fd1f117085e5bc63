//! JSON as it lies in a log line: members are found by passing over what nobody asked for.
//!
//! Nothing is allocated unless a text is escaped. It is no validator: of a line that was cut off it
//! gives what is there.

use std::borrow::Cow;

/// A value as it stands in the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// What stands between the quotes, escapes and all.
    Text(&'a [u8]),
    /// A number, `true`, `false` or `null`.
    Word(&'a [u8]),
    /// An object or an array, with its brackets.
    Nested(&'a [u8]),
    /// What stands behind a name in plain text.
    Plain(&'a [u8]),
}

impl<'a> Value<'a> {
    /// The value as text: unescaped, an object or array as it stands.
    #[must_use]
    pub fn text(self) -> Cow<'a, [u8]> {
        match self {
            Self::Text(raw) => unescaped(raw),
            Self::Word(raw) | Self::Nested(raw) | Self::Plain(raw) => Cow::Borrowed(raw),
        }
    }

    /// The value as a number; a text that is one counts, since many loggers quote them.
    #[must_use]
    pub fn number(self) -> Option<f64> {
        match self {
            Self::Text(raw) | Self::Word(raw) | Self::Plain(raw) => {
                raw.first().filter(|byte| byte.is_ascii_digit() || **byte == b'-')?;
                std::str::from_utf8(raw).ok()?.parse().ok()
            }
            Self::Nested(_) => None,
        }
    }

    /// Whether it says nothing: `null`, `false` or an empty text.
    #[must_use]
    pub fn is_nothing(self) -> bool {
        match self {
            Self::Text(raw) | Self::Plain(raw) => raw.is_empty(),
            Self::Word(raw) => raw == b"null" || raw == b"false",
            Self::Nested(_) => false,
        }
    }
}

/// The members of an object, in its order, as far as it is one.
#[derive(Debug, Clone)]
pub struct Members<'a> {
    rest: &'a [u8],
}

/// The members of the object that `line` begins with; nothing if it begins with none.
pub(in crate::incident) fn members(line: &[u8]) -> Option<Members<'_>> {
    let line = line.trim_ascii_start();
    (line.first() == Some(&b'{')).then(|| Members { rest: &line[1..] })
}

/// The value at a path such as `tool_call.name`; names may hold dots themselves.
pub(super) fn find<'a>(members: Members<'a>, path: &[u8]) -> Option<Value<'a>> {
    for (name, value) in members {
        let name = if memchr::memchr(b'\\', name).is_some() { unescaped(name) } else { Cow::Borrowed(name) };
        let Some(rest) = path.strip_prefix(&*name) else { continue };
        match (rest, value) {
            ([], value) => return Some(value),
            ([b'.', rest @ ..], Value::Nested(inner)) => {
                if let Some(found) = self::members(inner).and_then(|members| find(members, rest)) {
                    return Some(found);
                }
            }
            (_, _) => {}
        }
    }
    None
}

impl Members<'_> {
    /// Whether, after the last member, the object ends and the line with it.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.rest.trim_ascii() == b"}"
    }
}

impl<'a> Iterator for Members<'a> {
    type Item = (&'a [u8], Value<'a>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let rest = after(self.rest, b',');
        let (name, rest) = text(rest)?;
        let rest = after_colon(rest)?;
        let (value, rest) = value(rest)?;
        self.rest = rest;
        Some((name, value))
    }
}

/// What follows white space and, if it is there, this sign.
#[inline]
fn after(bytes: &[u8], sign: u8) -> &[u8] {
    let bytes = spaceless(bytes);
    match bytes.first() {
        Some(byte) if *byte == sign => spaceless(&bytes[1..]),
        _ => bytes,
    }
}

#[inline]
fn after_colon(bytes: &[u8]) -> Option<&[u8]> {
    let bytes = spaceless(bytes);
    (bytes.first() == Some(&b':')).then(|| spaceless(&bytes[1..]))
}

#[inline]
fn spaceless(bytes: &[u8]) -> &[u8] {
    match bytes.first() {
        Some(b' ' | b'\t' | b'\n' | b'\r') => bytes.trim_ascii_start(),
        _ => bytes,
    }
}

/// A text and what follows it.
#[inline]
fn text(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let inside = bytes.strip_prefix(b"\"")?;
    let mut at = 0;
    loop {
        at += memchr::memchr2(b'"', b'\\', &inside[at..])?;
        if inside[at] == b'"' {
            return Some((&inside[..at], &inside[at + 1..]));
        }
        at += 2;
        if at > inside.len() {
            return None;
        }
    }
}

#[inline]
fn value(bytes: &[u8]) -> Option<(Value<'_>, &[u8])> {
    match bytes.first()? {
        b'"' => text(bytes).map(|(inside, rest)| (Value::Text(inside), rest)),
        b'{' | b'[' => {
            let end = nested(bytes)?;
            Some((Value::Nested(&bytes[..end]), &bytes[end..]))
        }
        _ => {
            let end =
                bytes.iter().position(|b| matches!(b, b',' | b'}' | b']') || b.is_ascii_whitespace())?;
            (end > 0).then(|| (Value::Word(&bytes[..end]), &bytes[end..]))
        }
    }
}

/// Where an object or array ends. It counts and does not recurse: depth is whatever a line says.
fn nested(bytes: &[u8]) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => {
                let (_, rest) = text(&bytes[at..])?;
                at = bytes.len() - rest.len();
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// A text without its escapes.
fn unescaped(raw: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(b'\\', raw).is_none() {
        return Cow::Borrowed(raw);
    }
    let quoted = [b"\"", raw, b"\""].concat();
    // What is no proper text stays as it stands.
    match serde_json::from_slice::<String>(&quoted) {
        Ok(text) => Cow::Owned(text.into_bytes()),
        Err(_) => Cow::Borrowed(raw),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn get(line: &str, path: &str) -> Option<String> {
        let found = find(members(line.as_bytes())?, path.as_bytes())?;
        Some(String::from_utf8_lossy(&found.text()).into_owned())
    }

    #[test]
    fn values_are_found_by_their_path() {
        let line = r#" {"a":1,"b": {"c":"x \"y\" \\","d":[1,{"e":2}],"f":{"g":true}} ,"h.i":null,"é":"ü","\u006a":"k"}"#;
        for (path, value) in [
            ("a", Some("1")),
            ("b.c", Some(r#"x "y" \"#)),
            ("b.d", Some(r#"[1,{"e":2}]"#)),
            ("b.f.g", Some("true")),
            ("h.i", Some("null")),
            ("é", Some("ü")),
            ("j", Some("k")),
            ("b.x", None),
            ("c", None),
            ("", None),
            ("a.b", None),
            ("b.", None),
        ] {
            assert_eq!(get(line, path).as_deref(), value, "{path}");
        }
    }

    #[test]
    fn a_line_that_was_cut_off_gives_what_is_there() {
        for (line, path, value) in [
            (r#"{"level":"error","msg":"cut o"#, "level", Some("error")),
            (r#"{"level":"error","msg":"cut o"#, "msg", None),
            (r#"{"level":"err\"#, "level", None),
            (r#"{"n":12"#, "n", None),
            (r#"{"o":{"p":1"#, "o.p", None),
            (r#"{"#, "x", None),
            (r#"["a"]"#, "a", None),
            (r#"{1:2}"#, "1", None),
            (r#"{"a" "b"}"#, "a", None),
            (r#"{"a":}"#, "a", None),
            (r#"{"a":]]]]}"#, "a", None),
        ] {
            assert_eq!(get(line, path).as_deref(), value, "{line}");
        }
    }

    #[test]
    fn hostile_depth_is_passed_over() {
        let line = format!("{{\"a\":{}1{},\"b\":2}}", "[".repeat(300_000), "]".repeat(300_000));
        assert_eq!(get(&line, "b").as_deref(), Some("2"));
        assert_eq!(get(&"{\"a\":".repeat(100_000), "b"), None);
        let deep = format!("{}1{}", "{\"a\":".repeat(3_000), "}".repeat(3_000));
        assert_eq!(get(&deep, &["a"; 3_000].join(".")).as_deref(), Some("1"));
    }

    fn any_value() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            any::<String>().prop_map(Into::into),
        ];
        leaf.prop_recursive(3, 20, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
                proptest::collection::btree_map("[a-c\"\\\\é]{1,2}", inner, 0..4)
                    .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn it_reads_what_a_parser_reads(
            map in proptest::collection::btree_map("[a-c\"\\\\é]{1,2}", any_value(), 0..5),
            pretty in any::<bool>(),
        ) {
            let object = serde_json::Value::Object(map.clone().into_iter().collect());
            let line = if pretty { format!("{object:#}") } else { object.to_string() };
            let read: Vec<_> = members(line.as_bytes()).expect("an object").collect();
            prop_assert_eq!(read.len(), map.len());
            for ((name, value), (wanted, parsed)) in read.iter().zip(&map) {
                prop_assert_eq!(&*unescaped(name), wanted.as_bytes());
                if let Some(text) = parsed.as_str() {
                    prop_assert_eq!(&*value.text(), text.as_bytes());
                } else {
                    let again: serde_json::Value = serde_json::from_slice(&value.text()).expect("JSON");
                    prop_assert_eq!(&again, parsed);
                }
            }
        }

        #[test]
        fn nothing_is_too_strange(line in "[{}\\[\\]\",:\\\\a1 é]{0,40}") {
            let _ = get(&format!("{{{line}"), "a.a");
        }
    }
}
