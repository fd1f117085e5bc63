//! Holds DESIGN.md's layer rule: dependencies point inward only.
//!
//! Reads every `crate::…`, `flightdeck::…` and `super::…` path of `src/`, outside comments and
//! strings, and compares the layer it leads to with [`ALLOWED`]. Test modules obey it too. Also
//! keeps clocks and the outside world out of the pure layers ([`FOREIGN`]).

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

/// What each layer may name, besides itself. `error` and `secret` are at the bottom: they know
/// nothing. `web` speaks HTTP for whoever has to, and `pagerduty` one vendor's API, which a channel
/// and an adapter share.
///
/// `cli` is a front of `runtime`: it parses, asks `runtime` and prints, so it may name the values
/// that pass through its hands (`incident`, `app`, `config`, `error`), but no store, adapter or
/// screen. `main` parses nothing itself: it calls `cli` and maps an error to an exit code.
const ALLOWED: &[(&str, &[&str])] = &[
    ("error", &[]),
    ("secret", &[]),
    ("incident", &[]),
    ("app", &["incident"]),
    ("web", &["incident", "secret"]),
    ("pagerduty", &["incident", "web"]),
    ("config", &["incident", "app", "error", "secret"]),
    ("store", &["incident", "app", "error"]),
    ("adapters", &["incident", "app", "error", "secret", "web", "pagerduty"]),
    ("channels", &["incident", "app", "error", "secret", "web", "pagerduty"]),
    ("checks", &["incident", "app", "error", "secret", "web"]),
    ("sources", &["incident", "app", "error", "secret", "web"]),
    ("logs", &["incident", "app", "error"]),
    ("sim", &["incident", "app", "error"]),
    ("tui", &["incident", "app", "error"]),
    (
        "runtime",
        &[
            "incident",
            "app",
            "error",
            "secret",
            "web",
            "pagerduty",
            "config",
            "store",
            "adapters",
            "channels",
            "checks",
            "sources",
            "logs",
            "sim",
            "tui",
        ],
    ),
    ("cli", &["incident", "app", "error", "config", "runtime"]),
    ("main", &["cli", "error"]),
];

/// Words that have no business in a layer, with the reason.
const FOREIGN: &[(&[&str], &[&str], &str)] = &[
    (
        &["incident", "app"],
        &[
            "tokio",
            "axum",
            "reqwest",
            "rusqlite",
            "crossterm",
            "std::fs",
            "std::net",
            "std::env",
            "std::process",
            "std::thread",
            "std::sync::mpsc",
            "Instant::now",
        ],
        "the pure layers take values and return values",
    ),
    (
        &[
            "incident", "app", "web", "store", "adapters", "channels", "checks", "sources", "logs", "sim",
            "tui", "config",
        ],
        &["Utc::now", "Local::now", "SystemTime::now"],
        "there is no clock below runtime: time comes in as a value",
    ),
];

/// A path that leads where it must not.
#[derive(Debug, PartialEq, Eq)]
struct Violation {
    file: PathBuf,
    line: usize,
    why: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file.display(), self.line, self.why)
    }
}

#[test]
fn dependencies_point_inward_only() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = rust_files(&src);
    assert!(files.len() > 10, "found only {} source files", files.len());
    let violations: Vec<String> = files
        .iter()
        .flat_map(|file| {
            let text = fs::read_to_string(file).unwrap();
            check(file.strip_prefix(&src).unwrap(), &text)
        })
        .map(|violation| format!("src/{violation}"))
        .collect();
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

#[test]
fn a_layer_that_nobody_placed_is_found() {
    let why = only(check(Path::new("managers/mod.rs"), "use crate::incident::Text;"));
    assert!(why.contains("`managers` has no place in the layer rule"), "{why}");
}

#[test]
fn planted_violations_are_found_in_every_spelling() {
    // (file, source, line, the layer it must not name)
    let cases: &[(&str, &str, usize, &str)] = &[
        ("store/mod.rs", "use crate::adapters::Adapter;", 1, "adapters"),
        ("store/sqlite.rs", "\n\nuse crate::{incident::Text, tui::theme};", 3, "tui"),
        ("store/sqlite.rs", "use crate::{incident::{Text, a::{b, c}}, logs as l};", 1, "logs"),
        ("store/sqlite.rs", "use crate::{\n    incident,\n    sim,\n};", 3, "sim"),
        ("incident/mod.rs", "fn f() -> crate::app::Model { todo() }", 1, "app"),
        ("incident/event.rs", "pub use crate :: error :: Error;", 1, "error"),
        ("tui/panes/log.rs", "fn f(l: &super::super::super::logs::Log) {}", 1, "logs"),
        ("tui/mod.rs", "mod tests { use super::super::store::Memory; }", 1, "store"),
        ("tui/mod.rs", "use super::{store, tui::theme};", 1, "store"),
        ("tui/view.rs", "use self::super::super::store;", 1, "store"),
        ("app/mod.rs", "macro_rules! m { () => { $crate::tui::draw() } }", 1, "tui"),
        ("main.rs", "use flightdeck::runtime;", 1, "runtime"),
        ("runtime/hub.rs", "use crate::cli;", 1, "cli"),
        ("cli/act.rs", "use ::flightdeck::store::Store;", 1, "store"),
        ("logs/mod.rs", "use crate::*;", 1, "*"),
        ("logs/mod.rs", "/* crate::tui */ use crate::r#sim::x;", 1, "sim"),
    ];
    for (file, source, line, layer) in cases {
        let found = check(Path::new(file), source);
        assert_eq!(found.len(), 1, "{file}: {source}: {found:?}");
        assert_eq!(found[0].line, *line, "{file}: {source}");
        assert!(found[0].why.contains(&format!("`{layer}`")), "{file}: {}", found[0].why);
    }
}

#[test]
fn a_clock_or_the_world_in_a_pure_layer_is_found() {
    let cases = [
        ("incident/mod.rs", "use tokio::sync::mpsc;", "tokio"),
        ("app/update.rs", "let now = std::time::Instant::now();", "Instant::now"),
        ("store/mod.rs", "let at = chrono::Utc::now();", "Utc::now"),
    ];
    for (file, source, word) in cases {
        let why = only(check(Path::new(file), source));
        assert!(why.contains(&format!("`{word}`")), "{why}");
    }
    assert_eq!(check(Path::new("runtime/clock.rs"), "Utc::now()"), []);
}

#[test]
fn what_is_allowed_passes() {
    let cases = [
        ("store/mod.rs", "use crate::incident::{self, Text}; use crate::store::x; use super::store;"),
        ("store/mod.rs", "//! see crate::tui\n/* crate::tui /* nested */ crate::sim */ let a = 1;"),
        ("store/mod.rs", "let a = \"crate::tui\"; let b = r#\"crate::\"tui\"#; let c = '\"';"),
        ("store/mod.rs", "fn f<'a>(x: &'a str) { let q = '\\''; let s = b\"crate::tui\"; }"),
        ("store/mod.rs", "pub(crate) fn f() {} pub(in crate::store) fn g() {}"),
        ("store/sqlite.rs", "mod tests { use super::*; use super::super::memory; }"),
        ("runtime/mod.rs", "use crate::{adapters, store, tui::{view, theme::Theme}, config};"),
        ("lib.rs", "pub mod store; pub use crate::error::Error;"),
        ("main.rs", "fn main() -> std::process::ExitCode { flightdeck::cli::run() }"),
    ];
    for (file, source) in cases {
        assert_eq!(check(Path::new(file), source), [], "{file}: {source}");
    }
}

#[test]
fn nothing_that_is_banned_is_locked() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |name: &str| -> toml::Table { fs::read_to_string(root.join(name)).unwrap().parse().unwrap() };
    let names = |list: &toml::Value| -> Vec<String> {
        list.as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
    };
    let banned = names(&read("deny.toml")["bans"]["deny"]);
    assert!(banned.contains(&"openssl-sys".to_owned()));
    let locked = names(&read("Cargo.lock")["package"]);
    let found: Vec<_> = locked.iter().filter(|name| banned.contains(name)).collect();
    assert!(found.is_empty(), "{found:?}: see deny.toml");
}

fn only(found: Vec<Violation>) -> String {
    assert_eq!(found.len(), 1, "{found:?}");
    found[0].why.clone()
}

/// Every `.rs` file below `dir`, in a stable order.
fn rust_files(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).expect("the source directory is there") {
        let path = entry.expect("and readable").path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// The violations in one file, whose path is relative to `src`.
fn check(file: &Path, text: &str) -> Vec<Violation> {
    let home = modules(file);
    let Some(layer) = home.first() else { return Vec::new() }; // lib.rs joins all of them
    let violation = |line, why| Violation { file: file.to_owned(), line, why };
    let Some((_, allowed)) = ALLOWED.iter().find(|(name, _)| name == layer) else {
        return vec![violation(
            1,
            format!("`{layer}` has no place in the layer rule; give it one in ALLOWED"),
        )];
    };
    let code = without_comments_and_strings(text);
    let mut found = Vec::new();
    for reference in references(&code, &home) {
        let target = reference.layer.as_str();
        if target != layer && !allowed.contains(&target) {
            let line = line_of(text, reference.at);
            found.push(violation(line, format!("`{layer}` must not name `{target}`")));
        }
    }
    for (layers, words, why) in FOREIGN {
        for word in words.iter().filter(|_| layers.contains(&layer.as_str())) {
            if let Some(at) = find_word(&code, word) {
                found.push(violation(line_of(text, at), format!("`{word}` in `{layer}`: {why}")));
            }
        }
    }
    found
}

/// `store/sqlite.rs` is `[store, sqlite]`, `store/mod.rs` is `[store]`, `lib.rs` is the root.
fn modules(file: &Path) -> Vec<String> {
    let mut parts: Vec<String> =
        file.with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if parts.last().is_some_and(|last| last == "mod" || last == "lib") {
        parts.pop();
    }
    parts
}

fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1
}

/// The first place where `word` stands as a word.
fn find_word(code: &str, word: &str) -> Option<usize> {
    let in_word = |c: char| c == '_' || c.is_alphanumeric();
    code.match_indices(word)
        .map(|(at, _)| at)
        .find(|at| !code[..*at].ends_with(in_word) && !code[at + word.len()..].starts_with(in_word))
}

/// The same length as `text`, with comments, strings and characters blanked.
fn without_comments_and_strings(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let end = match bytes[at] {
            b'/' if bytes[at..].starts_with(b"//") => {
                bytes[at..].iter().position(|b| *b == b'\n').map_or(bytes.len(), |n| at + n)
            }
            b'/' if bytes[at..].starts_with(b"/*") => end_of_block_comment(bytes, at),
            b'"' => end_of_string(bytes, at),
            b'r' if starts_raw_string(bytes, at) => end_of_raw_string(bytes, at),
            b'\'' => end_of_char(bytes, at),
            _ => at,
        };
        if end == at {
            at += 1;
            continue;
        }
        for byte in &mut out[at..end] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
        at = end;
    }
    String::from_utf8(out).expect("only whole tokens were blanked, byte by byte, with ASCII")
}

fn end_of_block_comment(bytes: &[u8], start: usize) -> usize {
    let (mut depth, mut at) = (0, start);
    while at < bytes.len() {
        if bytes[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if bytes[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    bytes.len()
}

fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < bytes.len() && bytes[at] != b'"' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(bytes.len())
}

/// `r"` or `r#"`, not the end of a longer word (`br"` counts) and not `r#ident`.
fn starts_raw_string(bytes: &[u8], at: usize) -> bool {
    let before = if at == 0 { b' ' } else { bytes[at - 1] };
    let hashes = bytes[at + 1..].iter().take_while(|b| **b == b'#').count();
    (before == b'b' || !(before == b'_' || before.is_ascii_alphanumeric()))
        && bytes.get(at + 1 + hashes) == Some(&b'"')
}

fn end_of_raw_string(bytes: &[u8], start: usize) -> usize {
    let hashes = bytes[start + 1..].iter().take_while(|b| **b == b'#').count();
    let mut close = vec![b'"'];
    close.resize(1 + hashes, b'#');
    let body = start + hashes + 2;
    bytes[body..]
        .windows(close.len())
        .position(|window| window == close)
        .map_or(bytes.len(), |n| body + n + close.len())
}

/// A character literal's end; a lifetime's quote is left as it is.
fn end_of_char(bytes: &[u8], start: usize) -> usize {
    match bytes.get(start + 1) {
        Some(b'\\') => {
            let from = start + 3; // what is escaped may be the quote itself
            bytes
                .get(from..)
                .and_then(|rest| rest.iter().position(|b| *b == b'\''))
                .map_or(start, |n| from + n + 1)
        }
        Some(_) => {
            let rest = &bytes[start + 1..bytes.len().min(start + 6)];
            let width = rest.iter().skip(1).take_while(|b| **b & 0xc0 == 0x80).count() + 1;
            if rest.get(width) == Some(&b'\'') { start + width + 2 } else { start }
        }
        None => start,
    }
}

/// The layer that a path leads to, and where in the file it is named.
struct Reference {
    layer: String,
    at: usize,
}

/// A word, `::` or a single other character.
type Token<'a> = (usize, &'a str);

fn tokens(code: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = code.char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        if c.is_whitespace() {
            continue;
        }
        let mut end = at + c.len_utf8();
        let is_word = |c: char| c == '_' || c.is_alphanumeric();
        if is_word(c) {
            while let Some((next, _)) = rest.next_if(|(_, c)| is_word(*c)) {
                end = next + code[next..].chars().next().map_or(0, char::len_utf8);
            }
            // `r#name` is `name`.
            if &code[at..end] == "r" && code[end..].starts_with('#') {
                rest.next();
                continue;
            }
        } else if c == ':' && code[end..].starts_with(':') {
            rest.next();
            end += 1;
        }
        tokens.push((at, &code[at..end]));
    }
    tokens
}

/// Every path in `code`, a file of module `home`, that leads to the root's modules.
fn references(code: &str, home: &[String]) -> Vec<Reference> {
    let tokens = tokens(code);
    let word = |at: usize| tokens.get(at).map_or("", |token| token.1);
    let follows_super = |at: usize| at >= 2 && word(at - 1) == "::" && word(at - 2) == "super";
    let mut found = Vec::new();
    // The module we are in: the file's, then one for each open `mod name {`.
    let mut inside: Vec<String> = home.to_vec();
    let mut braces: Vec<bool> = Vec::new();
    for at in 0..tokens.len() {
        match word(at) {
            "{" => {
                let opens_module = at >= 2 && word(at - 2) == "mod";
                if opens_module {
                    inside.push(word(at - 1).to_owned());
                }
                braces.push(opens_module);
            }
            "}" if braces.pop() == Some(true) => {
                inside.pop();
            }
            "crate" | "flightdeck" if word(at + 1) == "::" => {
                from_root(&tokens, at + 2, &mut found);
            }
            "super" if word(at + 1) == "::" && !follows_super(at) => {
                let mut levels = 1;
                while word(at + 2 * levels) == "super" && word(at + 2 * levels + 1) == "::" {
                    levels += 1;
                }
                if levels >= inside.len() {
                    from_root(&tokens, at + 2 * levels, &mut found);
                }
            }
            _ => {}
        }
    }
    found
}

/// The first names of the use tree (or path) that starts at token `at`, just below the root.
fn from_root(tokens: &[Token<'_>], at: usize, found: &mut Vec<Reference>) {
    let Some((place, first)) = tokens.get(at).copied() else { return };
    if first != "{" {
        found.push(Reference { layer: first.to_owned(), at: place });
        return;
    }
    let mut depth = 0;
    for (index, (place, token)) in tokens.iter().enumerate().skip(at) {
        match *token {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ => {
                let before = tokens[index - 1].1;
                if depth == 1 && (before == "{" || before == ",") && *token != "self" {
                    found.push(Reference { layer: (*token).to_owned(), at: *place });
                }
            }
        }
        if depth == 0 {
            return;
        }
    }
}
