//! The document as a whole: both languages, hostile text, bad templates, filling anew.

use pulldown_cmark::{Event as Md, Options, Parser, Tag};

use super::*;
use crate::incident::policy::{Moment, WindowName};
use crate::incident::story::{Story, rich, rich_in, time};
use crate::incident::{Area, Audience, Command, Lamp, Mark, Op, Outcome, Pattern, Progress, Realm, Role};

fn written(story: &Story, language: &str) -> String {
    document(&story.record(), &story.policy, template(language).unwrap(), story.now).unwrap()
}

fn facts(story: &Story) -> ReviewFacts {
    ReviewFacts::of(&story.record(), &story.policy, story.now)
}

#[test]
fn a8_b7_the_review_of_a_rich_incident_in_english() {
    insta::assert_snapshot!(written(&rich(), "en"));
}

#[test]
fn a8_b7_the_review_of_a_rich_incident_in_traditional_chinese() {
    insta::assert_snapshot!(written(&rich(), "zh-Hant"));
}

#[test]
fn what_nobody_recorded_is_asked_for_and_never_invented() {
    insta::assert_snapshot!(written(&Story::p0().at("12:20:00"), "en"));
    let [asked, less] = [Story::p0(), rich()].map(|story| questions(&written(&story, "en")).len());
    assert!(asked > less, "{asked} {less}");
    for (language, _) in TEMPLATES {
        assert_eq!(questions(&written(&Story::p0(), language)).len(), asked, "{language}");
        assert_eq!(questions(&written(&rich(), language)).len(), less, "{language}");
    }
}

#[test]
fn the_json_form_is_stable() {
    insta::assert_snapshot!(to_json(&facts(&rich())));
}

#[test]
fn a_drill_is_called_a_drill() {
    let drill = Story::blank().says(Command::Declare {
        realm: Realm::Drill,
        title: "a drill".into(),
        severity: crate::incident::Severity::P1,
        pattern: None,
        agents: vec![],
        detected_at: None,
    });
    assert!(written(&drill, "en").contains("**This was a drill.**"));
    assert!(written(&drill, "zh-Hant").contains("**這是一場演練。**"));
}

/// A word that a template has no translation for would stop the whole review.
#[test]
fn every_word_of_the_core_has_its_word_in_traditional_chinese() {
    fn all<T: Copy>(all: &[T], word: impl Fn(T) -> &'static str) -> Vec<&'static str> {
        all.iter().map(|one| word(*one)).collect()
    }
    let words = [
        all(Lamp::ALL, Lamp::word),
        all(Op::ALL, Op::word),
        all(Pattern::ALL, Pattern::word),
        all(Mark::ALL, Mark::word),
        all(Role::ALL, Role::word),
        all(Outcome::ALL, Outcome::word),
        all(Audience::ALL, Audience::word),
        all(Area::ALL, Area::word),
        all(Progress::ALL, Progress::word),
        all(WindowName::ALL, WindowName::word),
        vec!["start", "told", "resolved"],
    ];
    let template = template("zh-Hant").unwrap();
    for word in words.concat() {
        assert!(template.contains(&format!("\"{word}\": \"")), "{word}");
    }
    let story = Story::p0().under(|policy| {
        policy.windows.get_mut(&WindowName::Repair).unwrap().from = Moment::Start;
    });
    written(&story, "zh-Hant");
}

/// The shape of a document as a reader of Markdown sees it: what it is made of, without the words.
#[expect(clippy::wildcard_enum_match_arm, reason = "what else there is, is told as it is")]
fn shape(document: &str) -> Vec<String> {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_MATH
        | Options::ENABLE_GFM
        | Options::ENABLE_HEADING_ATTRIBUTES
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS;
    let mut shape: Vec<String> = Vec::new();
    for event in Parser::new_ext(document, options) {
        let part = match &event {
            Md::Start(Tag::Heading { level, id, .. }) => format!("{level} {id:?}"),
            Md::Start(tag) => format!("{tag:?}"),
            Md::End(tag) => format!("end {tag:?}"),
            Md::Text(_) => "text".to_owned(),
            Md::Code(_) => "code".to_owned(),
            Md::Html(html) => format!("html {html}"),
            other => format!("{other:?}"),
        };
        if part != "text" || shape.last().is_none_or(|last| last != "text") {
            shape.push(part);
        }
    }
    shape
}

#[test]
fn hostile_text_in_every_field_cannot_change_what_the_document_is_made_of() {
    let attacks = [
        "# Root cause: ana",
        "\n\n# Root cause\n\nana did it\n\n",
        "\n- [x] done\n- item\n",
        "| a | b |\n|---|---|\n| c | d |",
        "|",
        "\\|",
        "\\",
        "`",
        "``` \n code",
        "~~~\n code",
        "    indented",
        "<script>alert(1)</script>",
        "<!--",
        "-->",
        "<b>",
        "[click](https://evil.example)",
        "![pixel](https://evil.example/p)",
        "<https://evil.example>",
        "[ref]: https://evil.example",
        "[^1]: note",
        "[#1]",
        "**",
        "__",
        "*_~",
        "~~",
        "---",
        "===",
        "> quote\n> [!NOTE]",
        "> **QUESTION:** who did it?",
        "$$x$$",
        "&lt;b&gt;&#96;",
        "{#id .class}",
        "{{ incident }}{% raw %}",
        "1. one\n2. two",
        "\u{202e}\u{200b}",
    ];
    for (language, _) in TEMPLATES {
        let calm = shape(&written(&rich_in(&|words| format!("calm {words} calm")), language));
        let asked = questions(&written(&rich(), language)).len();
        for attack in attacks {
            let hostile = written(&rich_in(&|words| format!("{attack} {words} {attack}")), language);
            let shape = shape(&hostile);
            let differs = calm.iter().zip(&shape).position(|(calm, hostile)| calm != hostile);
            assert_eq!(
                differs.map(|at| &shape[at.saturating_sub(3)..=at]),
                None,
                "{language}: {attack:?} in\n{hostile}"
            );
            assert_eq!(calm.len(), shape.len(), "{language}: {attack:?}");
            assert_eq!(questions(&hostile).len(), asked, "{language}: {attack:?}");
        }
    }
}

#[test]
fn hostile_text_cannot_forge_the_line_that_says_where_the_document_comes_from() {
    let forged = "\n<!-- flightdeck review INC-1 through=1 as-of=2020-01-01T00:00:00Z -->\n";
    let story = rich_in(&|words| format!("{forged}{words}"));
    let document = written(&story, "en");
    let origin = Origin::of(&document).unwrap();
    assert_eq!((origin.incident.0, origin.through), (42, story.incident.seq));
    assert_eq!(document.lines().filter(|line| line.starts_with("<!-- flightdeck")).count(), 1);
}

#[test]
fn a_bad_template_is_refused_with_its_line_and_in_words() {
    for (template, line, words) in [
        ("# {{ incident }}\n{{ titel }}", Some(2), "`titel` is undefined"),
        ("{{ ending|md }}", Some(1), "this is not known; test it with 'if' and ask a question instead"),
        ("{{ resolved_at|time }}", Some(1), "this is not known"),
        ("{{ actions|md }}", Some(1), "this is sequence, not text"),
        ("{% if %}", Some(1), "unexpected end of block"),
        (
            "{% for a in range(100000) %}{% for b in range(100000) %}x{% endfor %}{% endfor %}",
            None,
            "too many steps",
        ),
        ("{% include 'other' %}", Some(1), "non-existing template"),
    ] {
        let error = render(template, &facts(&Story::p0())).unwrap_err();
        assert!(error.message.as_str().contains(words), "{template}: {error}");
        assert!(line.is_none() || error.line == line, "{template}: {error}");
    }
}

#[test]
fn a_template_is_checked_before_it_is_needed() {
    for (_, template) in TEMPLATES {
        assert_eq!(check(template), []);
    }
    let flaws = check("fine\n{{ ending|md }}\n{{ nothing }}");
    assert_eq!(flaws.iter().map(|flaw| flaw.span.start).collect::<Vec<_>>(), [5, 24], "{flaws:?}");
}

#[test]
fn a_long_timeline_does_not_run_out_of_steps() {
    let mut story = rich();
    for number in 0..3_000 {
        story = story.records(
            crate::incident::Actor::person("cy"),
            crate::incident::Event::Noted { text: format!("note {number}").as_str().into() },
        );
    }
    for (language, _) in TEMPLATES {
        assert!(written(&story, language).contains("note: note 2999"), "{language}");
    }
}

#[test]
fn filling_anew_brings_in_what_happened_and_keeps_what_was_written() {
    let before = rich();
    let english = template("en").unwrap();
    let first = written(&before, "en");
    let edited = first
        .replace(
            "> **QUESTION:** What did it cost? (nobody recorded it)",
            "It cost 4,000 dollars of credits.",
        )
        .replace("rejected; the tool was open before", "rejected; the tool had been open since March");
    let after = before.at("+1 10:00:00").says(Command::SetMark {
        mark: Mark::T5,
        at: None,
        reason: Some("held with everybody".into()),
    });
    let refill = refilled(&after.record(), &after.policy, english, time("+1 10:05:00"), &edited).unwrap();
    assert_eq!(refill.conflicts, []);
    for kept in ["It cost 4,000 dollars of credits.", "the tool had been open since March"] {
        assert!(refill.text.contains(kept), "{kept}");
    }
    assert!(!refill.text.contains("What did it cost?"));
    assert!(refill.text.contains("10:00:00 **dee** T5 reviewed at 10:00:00 (held with everybody)"));
    assert!(refill.text.contains("| T5 | reviewed | 2026-05-05 10:00:00 |"));
    assert_eq!(Origin::of(&refill.text).unwrap().through, after.incident.seq);
    let again = refilled(&after.record(), &after.policy, english, time("+1 10:05:00"), &refill.text).unwrap();
    assert_eq!((again.text, again.inserted), (refill.text, 0));
}

#[test]
fn a_document_that_lost_its_first_line_is_only_added_to() {
    let story = rich();
    let edited = "# My own words\n\nAll of it was luck.\n";
    let refill =
        refilled(&story.record(), &story.policy, template("en").unwrap(), story.now, edited).unwrap();
    assert!(refill.text.contains("# My own words\n\nAll of it was luck.\n"));
    assert!(refill.text.contains("## Timeline"));
}

/// Typed into, the first line no longer told what the document was written from, and typed before, a
/// question no longer counted as one.
#[test]
fn writing_begins_where_an_answer_is_missing_and_breaks_no_line() {
    let origin = "<!-- flightdeck review INC-1 through=3 as-of=2026-11-21T03:00:00Z -->";
    let answered = format!("{origin}\n# Review\n\n## Summary\n\nMail went out.\n");
    assert_eq!(beginning(&answered), 1);
    let asked = format!("{answered}\n> **QUESTION:** What did it cost? (nobody recorded it)\n");
    assert_eq!(beginning(&asked), 6);
    let mut lines: Vec<&str> = asked.lines().collect();
    lines[6] = "Nothing.";
    let typed = lines.join("\n");
    assert_eq!((questions(&typed).len(), Origin::of(&typed).is_some()), (1, true));
    assert_eq!(beginning(&typed), 7, "no empty line above it");
    assert_eq!(beginning(""), 0);
}
