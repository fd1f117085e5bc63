//! Foreign text inside a Markdown document: shown as it is, never obeyed.

/// Text for any inline place: a sentence, a list item, a heading, a table's cell.
///
/// It stays one line, and nothing in it is markup: no heading, list, quote, rule, cell, emphasis,
/// link, code, HTML or entity. What is only text stays readable: `agent_status = stopped`.
pub fn inline(text: &str) -> String {
    let line = one_line(text);
    let mut out = String::with_capacity(line.len() + 8);
    let mut before = ' ';
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        let after = chars.peek().copied().unwrap_or(' ');
        let marks = match c {
            '\\' | '`' | '*' | '{' | '}' | '[' | ']' | '|' | '~' | '&' | '$' => true,
            // A tag or a link begins with a word, and what comes behind this text is not known.
            '<' => chars.peek().is_none_or(|c| !c.is_whitespace() && !c.is_ascii_digit() && *c != '='),
            // At the beginning it makes a quotation.
            '>' => out.is_empty(),
            // Inside a word an underscore is a letter.
            '_' => !(before.is_alphanumeric() && after.is_alphanumeric()),
            // Before a word it may make a heading or, after a word, end one.
            '#' => !before.is_alphanumeric() || !after.is_alphanumeric(),
            // At the beginning it may make a list or a rule.
            '-' | '+' | '=' => out.is_empty(),
            '.' | ')' => after == ' ' && !out.is_empty() && out.chars().all(|c| c.is_ascii_digit()),
            // A word followed by it and slashes makes a link of itself.
            ':' => after == '/',
            _ => false,
        };
        if marks {
            out.push('\\');
        }
        out.push(c);
        before = c;
    }
    out
}

/// Text as code, for calls and commands; not for a table's cell, where [`inline`] is right.
pub fn code(text: &str) -> String {
    let line = one_line(text);
    if line.is_empty() {
        return String::new();
    }
    let longest = line.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if line.starts_with('`') || line.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{line}{pad}{fence}")
}

/// Lines become one, and white space at the ends goes: indented text would be a block of code.
fn one_line(text: &str) -> String {
    let lines = text.split(['\n', '\r', '\u{2028}', '\u{2029}', '\u{b}', '\u{c}']);
    let words: Vec<&str> = lines.map(str::trim).filter(|line| !line.is_empty()).collect();
    words.join(" / ").replace('\t', " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn foreign_text_is_shown_and_never_obeyed() {
        for (attack, shown) in [
            ("# Root cause: ana", r"\# Root cause: ana"),
            ("a\n\n# Root cause\n\nana", r"a / \# Root cause / ana"),
            ("<script>alert(1)</script>", r"\<script>alert(1)\</script>"),
            ("<!-- gone", r"\<!-- gone"),
            ("-->", r"\-->"),
            ("cell | cell", r"cell \| cell"),
            (r"cell \| cell", r"cell \\\| cell"),
            ("`code", r"\`code"),
            ("**bold** and _lean_", r"\*\*bold\*\* and \_lean\_"),
            ("[click](https://evil.example)", r"\[click\](https\://evil.example)"),
            ("![x](https://evil.example/pixel)", r"!\[x\](https\://evil.example/pixel)"),
            ("> quoted", r"\> quoted"),
            ("- item", r"\- item"),
            ("+ item", r"\+ item"),
            ("12. item", r"12\. item"),
            ("3) item", r"3\) item"),
            ("---", r"\---"),
            ("===", r"\==="),
            ("~~gone~~", r"\~\~gone\~\~"),
            ("&lt;b&gt;", r"\&lt;b\&gt;"),
            ("    indented", "indented"),
            ("[#12]", r"\[\#12\]"),
            ("title #", r"title \#"),
        ] {
            assert_eq!(inline(attack), shown, "{attack:?}");
        }
    }

    #[test]
    fn what_is_only_text_stays_readable() {
        for plain in [
            "agent_status = stopped",
            "error rate 2.5 %, 12:04:05",
            "the deploy of 11:50 (v12)",
            "C# and issue a#12",
            "漢字，標點。",
            "it's 3 - 4 minutes",
            "error_rate < 1 (0.4), api_calls <= 7, x > 2",
            "0.4",
        ] {
            assert_eq!(inline(plain), plain.replace("C# ", r"C\# "));
        }
    }

    #[test]
    fn code_ends_where_it_should() {
        for (call, shown) in [
            ("fleetctl isolate support-1", "`fleetctl isolate support-1`"),
            ("echo `id`", "`` echo `id` ``"),
            ("``` fence", "```` ``` fence ````"),
            ("a\nb", "`a / b`"),
            ("", ""),
        ] {
            assert_eq!(code(call), shown, "{call:?}");
        }
    }

    proptest! {
        #[test]
        fn nothing_breaks_out_of_its_line(raw in any::<String>()) {
            for text in [inline(&raw), code(&raw)] {
                prop_assert!(!text.contains(['\n', '\r']));
            }
            let safe = inline(&raw);
            prop_assert!(!safe.starts_with('>') && !safe.ends_with('<') || safe.ends_with("\\<"), "{safe}");
            let (mut escaped, mut before) = (false, None);
            for c in safe.chars() {
                prop_assert!(escaped || !"`*[]|{}".contains(c), "{safe}");
                // What begins a tag or a link is no number and no space.
                let opens = !(c.is_whitespace() || c.is_ascii_digit() || c == '=');
                prop_assert!(!(before == Some('<') && opens), "{safe}");
                before = Some(c).filter(|_| !escaped);
                escaped = c == '\\' && !escaped;
            }
        }
    }
}
