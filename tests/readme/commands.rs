//! Command lines as the README shows them, and whether they could be typed.

use std::path::Path;

/// Programs that a line may call besides flightdeck. Naming them here keeps a slip of the pen out.
const OTHERS: &[&str] = &["cargo", "curl", "man", "printf", "export"];

/// The command lines of a block: continued lines joined, comments left out.
pub fn lines(block: &str) -> Vec<String> {
    let joined = block.replace("\\\n", " ");
    let lines = joined.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(str::to_owned).collect()
}

/// Whether every command of a line is one: flightdeck's are read by its own parser.
pub fn check(line: &str, repository: &Path) -> Result<(), String> {
    for words in split(line)? {
        let mut words = words.into_iter().skip_while(|word| is_assignment(word)).peekable();
        let Some(program) = words.next() else { continue };
        let rest: Vec<String> = words.collect();
        match program.as_str() {
            "flightdeck" => parse(&rest)?,
            "cargo" if rest.first().is_some_and(|word| word == "run") => {
                let ours = rest.iter().position(|word| word == "--").map_or(&[][..], |at| &rest[at + 1..]);
                parse(ours)?;
            }
            other if other.starts_with("./") => {
                let there = repository.join(other).exists();
                there.then_some(()).ok_or_else(|| format!("there is no {other}"))?;
            }
            other if OTHERS.contains(&other) => {}
            other => return Err(format!("what is {other}?")),
        }
    }
    Ok(())
}

fn parse(arguments: &[String]) -> Result<(), String> {
    let words = std::iter::once("flightdeck").chain(arguments.iter().map(String::as_str));
    match flightdeck::cli::command().try_get_matches_from(words) {
        Ok(_) => Ok(()),
        Err(error) if !error.use_stderr() => Ok(()),
        Err(error) => Err(error.to_string()),
    }
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
    })
}

/// The commands of a line as their words, as a shell would find them: quotes, pipes, redirections.
fn split(line: &str) -> Result<Vec<Vec<String>>, String> {
    let mut commands = vec![Vec::new()];
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    let mut to_a_file = false;
    for c in line.chars().chain([' ']) {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), c) => word.get_or_insert_default().push(c),
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, '|' | '>' | '&' | ' ') => {
                if let Some(done) = word.take()
                    && !std::mem::take(&mut to_a_file)
                {
                    commands.last_mut().unwrap().push(done);
                }
                if c == '>' {
                    to_a_file = true;
                } else if c != ' ' {
                    commands.push(Vec::new());
                }
            }
            (None, '#') if word.is_none() => break,
            (None, c) => word.get_or_insert_default().push(c),
        }
    }
    if quote.is_some() { Err("a quote is left open".to_owned()) } else { Ok(commands) }
}

#[test]
fn a_line_is_read_as_a_shell_would() {
    let words = |line| split(line).unwrap();
    assert_eq!(words("a 'b c' \"d\" | e > f # g"), [vec!["a", "b c", "d"], vec!["e"]]);
    assert!(split("a 'b").is_err());
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (line, is_one) in [
        ("flightdeck act INC-1 isolate --agent support-1", true),
        ("flightdeck act INC-1 isolat --agent support-1", false),
        ("NO_COLOR=1 flightdeck demo --list", true),
        ("cargo run --release -- demo --speed 10", true),
        ("cargo run --release -- dmeo", false),
        ("./tests/run", true),
        ("./tests/walk", false),
        ("flightdek demo", false),
    ] {
        assert_eq!(check(line, here).is_ok(), is_one, "{line}");
    }
}
