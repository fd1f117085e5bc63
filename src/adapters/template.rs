//! Placeholders in configured programs and checks: `{agent}`, `{calls_per_minute}`, `{version}`.
//!
//! A value is text inside one argument: it is never split, never given to a shell, and never
//! becomes an option. Every name is checked when the configuration is read, so that a misspelt one
//! is found then and not during an incident. What the values mean is not known here.

use std::collections::BTreeMap;

use crate::incident::{Check, Compare, Text};

/// What placeholders stand for, by name.
pub type Values = BTreeMap<String, Text>;

/// Text with placeholders in it: names of `a-z` and `_` in braces. Braces around anything else are
/// just braces, so that JSON can be an argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Literal(String),
    Value(String),
}

impl Template {
    /// Reads `raw`, in which only the `known` names may stand.
    ///
    /// # Errors
    /// In words: a name that does not exist, with those that do, or a NUL.
    pub fn parse(raw: &str, known: &[&str]) -> Result<Self, String> {
        if raw.contains('\0') {
            return Err("holds a NUL, which no program can get".to_owned());
        }
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = raw;
        while let Some(at) = rest.find('{') {
            literal.push_str(&rest[..at]);
            let Some((name, after)) = name_in_braces(&rest[at..]) else {
                literal.push('{');
                rest = &rest[at + 1..];
                continue;
            };
            if !known.contains(&name) {
                return Err(unknown(name, known));
            }
            if !literal.is_empty() {
                parts.push(Part::Literal(std::mem::take(&mut literal)));
            }
            parts.push(Part::Value(name.to_owned()));
            rest = after;
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            parts.push(Part::Literal(literal));
        }
        Ok(Self(parts))
    }

    /// The names it uses.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Part::Literal(_) => None,
            Part::Value(name) => Some(name.as_str()),
        })
    }

    /// The value it opens with, whose first character is therefore the whole text's first.
    #[must_use]
    pub fn opens_with(&self) -> Option<&str> {
        match self.0.first() {
            Some(Part::Value(name)) => Some(name),
            Some(Part::Literal(_)) | None => None,
        }
    }

    /// The text with every value put in.
    ///
    /// # Errors
    /// In words: a value that nobody gave.
    pub fn fill(&self, values: &Values) -> Result<String, Text> {
        let mut out = String::new();
        for part in &self.0 {
            match part {
                Part::Literal(text) => out.push_str(text),
                Part::Value(name) => {
                    // What was read before an action is kept with the action, and nowhere else.
                    let how = match name.starts_with("was_") {
                        true => ": undo the action itself (flightdeck undo INCIDENT ACTION), which keeps it",
                        false => "",
                    };
                    let missing =
                        || Text::line(&format!("{{{name}}} is needed here and nothing gave it{how}"));
                    out.push_str(values.get(name).ok_or_else(missing)?.as_str());
                }
            }
        }
        Ok(out)
    }

    /// The parameter it consists of, if it is nothing else.
    #[must_use]
    pub fn only_value(&self) -> Option<&str> {
        if self.0.len() == 1 { self.opens_with() } else { None }
    }
}

/// `{name} and the rest` as (`name`, ` and the rest`).
fn name_in_braces(text: &str) -> Option<(&str, &str)> {
    let (name, after) = text.strip_prefix('{')?.split_once('}')?;
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    is_name.then_some((name, after))
}

fn unknown(name: &str, known: &[&str]) -> String {
    let all: Vec<String> = known.iter().map(|name| format!("{{{name}}}")).collect();
    format!("{{{name}}} stands for nothing here; there is {}", all.join(", "))
}

/// A program and its arguments, each argument a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argv {
    program: String,
    args: Vec<Template>,
}

impl Argv {
    /// Reads a configured list. The program itself is written out: no value chooses what runs.
    ///
    /// # Errors
    /// Every problem, with the index of the argument it is in.
    pub fn parse(raw: &[String], known: &[&str]) -> Result<Self, Vec<(usize, String)>> {
        let Some((program, args)) = raw.split_first() else {
            return Err(vec![(0, "names no program; write [\"./program\", \"{agent}\"]".to_owned())]);
        };
        let mut problems = Vec::new();
        if program.trim().is_empty() || program.starts_with('-') || program.contains('\0') {
            problems.push((0, "the program's name cannot be used".to_owned()));
        }
        if Template::parse(program, &[]).is_err() {
            problems.push((0, "no placeholder may choose the program; write its name out".to_owned()));
        }
        let mut templates = Vec::with_capacity(args.len());
        for (index, arg) in args.iter().enumerate() {
            match Template::parse(arg, known) {
                Ok(template) => templates.push(template),
                Err(problem) => problems.push((index + 1, problem)),
            }
        }
        if problems.is_empty() {
            Ok(Self { program: program.clone(), args: templates })
        } else {
            Err(problems)
        }
    }

    /// The program as configured.
    #[must_use]
    pub fn program(&self) -> &str {
        &self.program
    }

    /// The names that its arguments use.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.args.iter().flat_map(Template::names)
    }

    /// Whether any argument uses this name.
    #[must_use]
    pub fn uses(&self, name: &str) -> bool {
        self.names().any(|used| used == name)
    }

    /// The program and its arguments, values put in.
    ///
    /// A value may not open an argument with `-`, or it would be read as an option, unless the
    /// configuration has a `--` before it, by which its author says that options have ended.
    ///
    /// # Errors
    /// In words: a value that nobody gave, or one that would be read as an option.
    pub fn fill(&self, values: &Values) -> Result<Vec<String>, Text> {
        let mut argv = vec![self.program.clone()];
        let mut options_ended = false;
        for arg in &self.args {
            let text = arg.fill(values)?;
            if let Some(name) = arg.opens_with().filter(|_| !options_ended && text.starts_with('-')) {
                return Err(Text::line(&format!(
                    "'{text}' for {{{name}}} would be read as an option by {}; if it takes such text, \
                     configure a \"--\" before \"{{{name}}}\"",
                    self.program
                )));
            }
            options_ended |= text == "--";
            argv.push(text);
        }
        Ok(argv)
    }
}

/// An argument list as one would type it into a shell: for people to read, never to run.
#[must_use]
pub fn quoted(argv: &[String]) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c);
    let quote = |arg: &String| {
        if !arg.is_empty() && arg.chars().all(plain) {
            arg.clone()
        } else {
            format!("'{}'", arg.replace('\'', r"'\''"))
        }
    };
    argv.iter().map(quote).collect::<Vec<_>>().join(" ")
}

/// A check whose expected value may have placeholders: `api_calls <= {calls_per_minute}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckTemplate {
    name: Text,
    compare: Compare,
    expected: Template,
}

impl CheckTemplate {
    /// Takes a configured check. Its name is written out: no value chooses what is read.
    ///
    /// # Errors
    /// In words: a placeholder that does not exist.
    pub fn new(check: &Check, known: &[&str]) -> Result<Self, String> {
        if Template::parse(check.name.as_str(), &[]).is_err() {
            return Err(format!("no placeholder may choose what '{}' reads", check.name));
        }
        let expected = Template::parse(check.expected.as_str(), known)?;
        Ok(Self { name: check.name.clone(), compare: check.compare, expected })
    }

    /// The check with every value put in.
    ///
    /// # Errors
    /// In words: a value that nobody gave.
    pub fn fill(&self, values: &Values) -> Result<Check, Text> {
        let expected = Text::line(&self.expected.fill(values)?);
        Ok(Check { name: self.name.clone(), compare: self.compare, expected })
    }

    /// What it reads.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name.as_str()
    }

    /// `model_level = {level}`: the reading that shows a parameter's value as it is now, as
    /// (reading, parameter).
    #[must_use]
    pub fn shows(&self) -> Option<(&str, &str)> {
        let param = self.expected.only_value().filter(|_| self.compare == Compare::Equal)?;
        Some((self.name.as_str(), param))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[&str] = &["agent", "scope", "to"];

    fn values(pairs: &[(&str, &str)]) -> Values {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), Text::line(value))).collect()
    }

    fn argv(raw: &[&str]) -> Argv {
        Argv::parse(&raw.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>(), KNOWN).unwrap()
    }

    #[test]
    fn values_go_where_their_names_stand() {
        for (raw, filled) in [
            ("{agent}", "support-1"),
            ("--agent={agent}", "--agent=support-1"),
            ("{agent}@{to}", "support-1@v7"),
            ("{{agent}}", "{support-1}"),
            ("{\"id\": {\"a\": \"{agent}\"}}", "{\"id\": {\"a\": \"support-1\"}}"),
            ("{} { x } {A} {agent", "{} { x } {A} {agent"),
            ("plain", "plain"),
            ("", ""),
        ] {
            let template = Template::parse(raw, KNOWN).unwrap();
            let filled_now = template.fill(&values(&[("agent", "support-1"), ("to", "v7")]));
            assert_eq!(filled_now.as_deref(), Ok(filled), "{raw}");
        }
    }

    #[test]
    fn a_misspelt_placeholder_is_found_when_the_configuration_is_read() {
        for (raw, says) in [
            ("{agnt}", "{agent}, {scope}, {to}"),
            ("a={agent} b={agents}", "{agents} stands for nothing"),
            ("a\0b", "NUL"),
        ] {
            let problem = Template::parse(raw, KNOWN).unwrap_err();
            assert!(problem.contains(says), "{raw:?}: {problem}");
        }
    }

    #[test]
    fn a_value_is_one_argument_whatever_is_in_it() {
        let argv = argv(&["./run", "{scope}", "x={scope}"]);
        for hostile in ["a b", "$(id)", "`id`", "; rm -rf /", "a'b\"c", "*", "a^Jb"] {
            let filled = argv.fill(&values(&[("scope", hostile)])).unwrap();
            assert_eq!(filled, ["./run".to_owned(), hostile.to_owned(), format!("x={hostile}")]);
        }
    }

    #[test]
    fn a_value_never_becomes_an_option() {
        let attack = values(&[("scope", "-rf"), ("to", "x"), ("agent", "a")]);
        for refused in [&["p", "{scope}"][..], &["p", "{scope}{to}"], &["p", "{to}", "{scope}/x"]] {
            let words = argv(refused).fill(&attack).unwrap_err();
            assert!(words.as_str().contains("option"), "{words}");
        }
        for taken in [&["p", "--scope={scope}"][..], &["p", "--", "{scope}"], &["p", "x{scope}"]] {
            assert!(argv(taken).fill(&attack).is_ok(), "{taken:?}");
        }
        // A value cannot say that options have ended.
        let sly = values(&[("to", "--"), ("scope", "-rf")]);
        assert!(argv(&["p", "{to}", "{scope}"]).fill(&sly).is_err());
    }

    #[test]
    fn no_value_chooses_the_program() {
        for raw in [&["{agent}"][..], &["./{agent}.sh"], &[""], &["-x"], &[]] {
            let raw: Vec<String> = raw.iter().map(|s| (*s).to_owned()).collect();
            assert!(Argv::parse(&raw, KNOWN).is_err(), "{raw:?}");
        }
    }

    #[test]
    fn a_call_is_shown_as_one_would_type_it() {
        let argv = ["./x.sh", "plain-1", "", "two words", "it's", "$(id)"].map(String::from);
        assert_eq!(quoted(&argv), r"./x.sh plain-1 '' 'two words' 'it'\''s' '$(id)'");
    }

    fn check(raw: &str) -> Result<CheckTemplate, String> {
        CheckTemplate::new(&raw.parse().unwrap(), KNOWN)
    }

    #[test]
    fn a_value_cannot_change_what_a_check_compares() {
        let filled = check("scope = {scope}").unwrap().fill(&values(&[("scope", "x != ")])).unwrap();
        assert_eq!((filled.name.as_str(), filled.compare), ("scope", Compare::Equal));
        assert!(!filled.holds("anything"));
        assert!(check("{scope} = 1").is_err());
        assert!(check("version = {what}").is_err());
    }

    #[test]
    fn a_check_says_which_reading_shows_a_parameter() {
        for (raw, shows) in [
            ("scope = {scope}", Some(("scope", "scope"))),
            ("version = {to}", Some(("version", "to"))),
            ("calls <= {to}", None),
            ("version = v{to}", None),
            ("status = running", None),
        ] {
            assert_eq!(check(raw).unwrap().shows(), shows, "{raw}");
        }
    }
}
