//! The selectors in a PromQL expression: whose samples it is made from.
//!
//! A scanner, not a parser: the server says what is wrong with a query.

/// Words before a list of labels in parentheses.
const LISTS: &[&str] = &["by", "without", "on", "ignoring", "group_left", "group_right"];

/// Words that are no metrics, and need no parenthesis behind them.
const WORDS: &[&str] = &[
    "and",
    "or",
    "unless",
    "bool",
    "atan2",
    "inf",
    "nan",
    "sum",
    "min",
    "max",
    "avg",
    "group",
    "stddev",
    "stdvar",
    "count",
    "count_values",
    "bottomk",
    "topk",
    "quantile",
    "limitk",
    "limit_ratio",
];

/// Every selector of an expression, in its order; none where it looks at another time than now
/// (`offset`, `@`), so that how old a sample is says nothing.
pub(super) fn selectors(promql: &str) -> Option<Vec<&str>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(c) = promql[at..].chars().next() {
        let from = at;
        at = match c {
            '"' | '\'' | '`' => after_string(promql, at),
            '#' => promql[at..].find('\n').map_or(promql.len(), |end| at + end),
            '[' => promql[at..].find(']').map_or(promql.len(), |end| at + end + 1),
            '{' => {
                let end = after_closed(promql, at);
                found.push(&promql[from..end]);
                end
            }
            '@' => return None,
            c if c.is_ascii_digit() => after(promql, at, |c| c.is_ascii_alphanumeric() || c == '.'),
            c if c.is_ascii_alphabetic() || c == '_' || c == ':' => {
                let end = after(promql, at, |c| c.is_ascii_alphanumeric() || c == '_' || c == ':');
                let word = promql[from..end].to_ascii_lowercase();
                let next = after(promql, end, char::is_whitespace);
                let follows = promql[next..].chars().next();
                match follows {
                    _ if word == "offset" => return None,
                    Some('(') if LISTS.contains(&word.as_str()) => after_closed(promql, next),
                    Some('(') => end,
                    _ if WORDS.contains(&word.as_str()) || LISTS.contains(&word.as_str()) => end,
                    Some('{') => {
                        let end = after_closed(promql, next);
                        found.push(&promql[from..end]);
                        end
                    }
                    Some(_) | None => {
                        found.push(&promql[from..end]);
                        end
                    }
                }
            }
            c => at + c.len_utf8(),
        };
    }
    Some(found)
}

fn after(text: &str, at: usize, is_in: impl Fn(char) -> bool) -> usize {
    text[at..].find(|c| !is_in(c)).map_or(text.len(), |end| at + end)
}

/// Behind the string that begins here.
fn after_string(text: &str, at: usize) -> usize {
    let mut chars = text[at..].char_indices();
    let Some((_, quote)) = chars.next() else { return text.len() };
    while let Some((end, c)) = chars.next() {
        if c == quote {
            return at + end + 1;
        }
        if c == '\\' && quote != '`' {
            chars.next();
        }
    }
    text.len()
}

/// Behind the brace or parenthesis that begins here, and all in it.
fn after_closed(text: &str, at: usize) -> usize {
    let mut depth = 0_usize;
    let mut at = at;
    while let Some(c) = text[at..].chars().next() {
        match c {
            '"' | '\'' | '`' => {
                at = after_string(text, at);
                continue;
            }
            '{' | '(' => depth += 1,
            '}' | ')' => depth -= 1,
            _ => {}
        }
        at += c.len_utf8();
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_selector_is_found_and_nothing_else() {
        for (promql, expected) in [
            ("errors", Some(vec!["errors"])),
            (r#"sum by (pod) (rate(calls{agent="a(b)"}[5m])) / 2e3"#, Some(vec![r#"calls{agent="a(b)"}"#])),
            ("sum(rate(bad[1m])) / on(job) group_left sum(rate(all [1m]))", Some(vec!["bad", "all"])),
            ("histogram_quantile(0.95, sum(rate(b_bucket[5m])) by (le))", Some(vec!["b_bucket"])),
            (r#"{__name__="x"} or vector(0)"#, Some(vec![r#"{__name__="x"}"#])),
            (r#"label_replace(up, "x", "$1", 'y', "a\"b") # errors"#, Some(vec!["up"])),
            ("job:errors:rate5m > bool 1", Some(vec!["job:errors:rate5m"])),
            ("vector(1)", Some(vec![])),
            ("errors offset 5m", None),
            ("errors @ 1609746000", None),
            ("broken{", Some(vec!["broken{"])),
            ("sum(x{a=\"\u{e4}\"}", Some(vec!["x{a=\"\u{e4}\"}"])),
        ] {
            assert_eq!(selectors(promql), expected, "{promql}");
        }
    }
}
