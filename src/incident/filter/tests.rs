use super::typed::error;
use super::*;
use crate::incident::LogLine;
use crate::incident::record::Shape;
use proptest::prelude::*;

fn now() -> Time {
    "2026-02-03T12:00:00Z".parse().expect("a time")
}

fn reading(agent: &str) -> Reading {
    Reading { shape: Shape::Structured, newest: now().into(), agent: Text::line(agent) }
}

fn passes(filter: &str, raw: &str) -> bool {
    let filter = Filter::parse(filter, now()).expect(filter);
    filter.matches(&Record::new(raw.as_bytes()), &reading("lab"))
}

#[test]
fn all_terms_must_hold() {
    let error = concat!(
        r#"{"ts":"2026-02-03T11:30:00Z","level":"error","msg":"Refund failed","agent":"Prod-7","#,
        r#""tool_call":{"name":"exportAll","args":{"rows":900}},"status":500,"ok":false,"code":"0x1F"}"#
    );
    let plain = "2026-02-03 10:00:00 no level here, a path /var/log status=200 who=\"ana maria\"";
    for (filter, shows_error, shows_plain) in [
        ("", true, true),
        ("   ", true, true),
        ("refund", true, false),
        ("Refund failed", true, false),
        ("REFUND", false, false),
        ("\"refund failed\"", true, false),
        ("!refund", false, true),
        ("!/fail|path/", false, false),
        ("/fail(ed|ure)/", true, false),
        ("/fail", true, false),
        (r"/\/var\/log/", false, true),
        ("\"/var/log\"", false, true),
        ("/^2026/", false, true),
        ("/}$/", true, false),
        ("level>=warn", true, false),
        ("level<warn", false, false),
        ("level!=error", false, true),
        ("!level>=warn", false, true),
        ("agent=prod-*", true, false),
        ("agent=PROD-7", true, false),
        ("agent=lab", false, true),
        ("agent!=prod-*", false, true),
        ("kind=tool_call", true, false),
        ("kind=other", false, true),
        ("tool_call.name=export*", true, false),
        ("tool_call.name=exportAll", true, false),
        ("tool_call.name=exportall", true, false),
        ("tool_call.name=EXPORT*", false, false),
        ("tool_call.name!=export*", false, true),
        ("tool_call.args.rows>=900 tool_call.args.rows<1e3", true, false),
        ("tool_call=*", true, false),
        ("!tool_call=*", false, true),
        ("status=500", true, false),
        ("status=500.0", true, false),
        ("status>=200", true, true),
        ("status>499", true, false),
        ("status!=500", false, true),
        ("ok=false", true, false),
        ("who=\"ana maria\"", false, true),
        ("who=\"ana*\" status=200", false, true),
        ("code>=0x1", true, false),
        ("msg>zzz", false, false),
        ("time>=11:00", true, false),
        ("time<2026-02-03T11:00:00Z", false, true),
        ("time>=\"2026-02-03 09:59\" time<=29m", true, true),
        ("time>=10m", false, false),
        ("refund !failed", false, false),
        ("3<4", false, false),
    ] {
        assert_eq!((passes(filter, error), passes(filter, plain)), (shows_error, shows_plain), "{filter}");
    }
}

#[test]
fn a_record_is_looked_at_as_a_whole_and_its_fields_are_those_of_its_first_line() {
    let trace = "2026-02-03 10:00:00 ERROR boom\n  File \"x.py\", line 3\nlevel=debug ValueError: bad\r";
    for (filter, shows) in [
        ("boom ValueError", true),
        ("/^ValueError/", false),
        ("/^level=debug/", true),
        ("/bad$/", true),
        ("/^  File/", true),
        ("level=error", true),
        ("level=debug", false),
    ] {
        assert_eq!(passes(filter, trace), shows, "{filter}");
    }
}

#[test]
fn a_line_on_the_screen_passes_where_its_record_in_the_file_does() {
    let lines = [
        r#"{"ts":"2026-02-03T11:30:00Z","level":"error","msg":"Refund failed","tool_call":{"name":"refund"},"status":500}"#,
        r#"{"severity":"WARNING","event":"user_input","n":3}"#,
        "2026-02-03 04:05:06,000 - app - ERROR - broke",
        "no level here, a path /var/log",
        "level=info tool_call=export",
        "",
    ];
    for typed in [
        "refund",
        "REFUND",
        "!refund",
        "/fail(ed|ure)/",
        "level>=warn",
        "!level>=warn",
        "kind=tool_call",
        "kind=other",
        "agent=la*",
        "agent!=la*",
        "\"/var/log\"",
        "refund !failed",
        "status>=500",
        "time>=11:00",
        "tool_call.name=ref*",
    ] {
        let filter = Filter::parse(typed, now()).expect(typed);
        for raw in lines {
            let line = LogLine::parse(Text::line("lab"), Text::line("f"), 0, raw.as_bytes(), now());
            assert_eq!(filter.shows(&line), passes(typed, raw), "{typed} on {raw}");
        }
    }
}

#[test]
fn whose_line_it_is_is_settled_by_who_configured_its_source() {
    let raw = r#"{"agent":"prod-7","msg":"x"}"#;
    let line = LogLine::parse(Text::line("lab"), Text::line("f"), 0, raw.as_bytes(), now());
    for (typed, on_screen, in_file) in [("agent=lab", true, false), ("agent=prod-*", false, true)] {
        let filter = Filter::parse(typed, now()).expect(typed);
        assert_eq!((filter.shows(&line), passes(typed, raw)), (on_screen, in_file), "{typed}");
    }
}

#[test]
fn a_bad_filter_says_where() {
    for (filter, at, message) in [
        ("level>=loud", 7, "level is one of debug, info, warn, error, fatal"),
        ("ok level=", 9, "level is one of debug, info, warn, error, fatal"),
        ("kind=tol", 5, "kind is one of agent_decision, tool_call, permission_check, user_input, other"),
        ("kind>=tool_call", 4, "kind has no order: write kind=... or kind!=..."),
        ("agent=", 6, "agent is a name, with * for any run of characters"),
        ("time>=soon", 6, when::FORMS),
        ("time>=\"soon\"", 7, when::FORMS),
        ("status>=", 8, "a number or a word is missing to compare with"),
        ("x !", 2, "! hides what follows it: write a word or /expression/ right after it"),
        ("漢 /a(b/", 6, "unclosed group"),
        ("/漢字(/", 7, "unclosed group"),
        ("/var/log", 5, "a space is missing after /; to look for the sign itself, put the word in \"...\""),
        ("a=\"b\"c", 5, "a space is missing after \"; to look for the sign itself, put the word in \"...\""),
        (r"/\w{1000}{1000}/", 1, "too large an expression"),
    ] {
        assert_eq!(Filter::parse(filter, now()).expect_err(filter), error(at, message), "{filter}");
    }
    let typed = "漢 level=loud";
    let (shown, place) = pointed(typed, &Filter::parse(typed, now()).expect_err(typed));
    assert_eq!(shown, typed);
    assert_eq!(place, "         ^ level is one of debug, info, warn, error, fatal");
}

#[test]
fn what_is_looked_for_is_set_off() {
    let filter = Filter::parse("/b+/ a !c level=info", now()).expect("a filter");
    assert_eq!(filter.found_in("abbcA"), vec![0..1, 1..3, 4..5]);
}

#[test]
fn candidates_are_found_without_reading_every_record_where_that_can_be() {
    for (filter, anchor, exact) in [
        ("Reset", "literal", true),
        ("Reset 12345678", "literal", false),
        ("!Reset", "none", false),
        ("reset", "pattern", true),
        ("/a.*b/", "pattern", true),
        (r"/a\s+b/", "pattern", false),
        ("/x*/", "none", false),
        (r"/\bx/", "none", false),
        (r"/(?-u:\b)x/", "pattern", true),
        (r"/\Ax/", "none", false),
        ("/^$/", "none", false),
        ("tool_call.name=export*", "pattern", false),
        ("level>=warn", "none", false),
        ("level>=warn kind=tool_call", "pattern", false),
        ("status>500", "pattern", false),
        ("status!=500", "none", false),
        ("agent=prod-*", "none", false),
    ] {
        let filter = Filter::parse(filter, now()).expect(filter);
        let Plan { anchor: found, exact: is } = filter.plan();
        let found = match found {
            Anchor::None => "none",
            Anchor::Literal(_) => "literal",
            Anchor::Pattern(_) => "pattern",
        };
        assert_eq!((found, *is), (anchor, exact), "{}", filter.source());
    }
}

proptest! {
    #[test]
    fn no_input_is_too_strange(input in any::<String>(), tame in "[a-z/!\"=<>\\\\ (*漢]{0,24}") {
        for input in [input, tame] {
            match Filter::parse(&input, now()) {
                Ok(filter) => {
                    let record = Record::new(input.as_bytes());
                    prop_assert!(filter.matches(&record, &reading("")) || !filter.is_empty());
                }
                Err(error) => {
                    prop_assert!(input.is_char_boundary(error.at), "{error:?}");
                    let _ = pointed(&input, &error);
                }
            }
        }
    }
}
