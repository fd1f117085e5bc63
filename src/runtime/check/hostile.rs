//! All six kinds of file with several flaws each, and with what nobody meant to be one.

use std::fs;
use std::path::Path;

use super::*;

/// Each kind, by the place of a file of it.
const KINDS: [&str; 6] = [
    "config.toml",
    "policy.toml",
    "keymaps/mine.toml",
    "themes/mine.toml",
    "templates/mine.md",
    "scenarios/mine.toml",
];

/// What is told of a configuration directory, without the directory's name.
fn told(dir: &Path) -> Vec<String> {
    let paths = Paths {
        config_file: dir.join("config.toml"),
        config_named: false,
        config_dir: dir.to_owned(),
        data_dir: dir.join("data"),
        home: None,
    };
    let found = problems(&paths, &|_| None);
    config::cases::each_says_how_to_mend_it(&found);
    for problem in &found {
        let canvas = config::Canvas { colour: false, unicode: false, width: 80 };
        assert!(problem.render(canvas).len() < 16_000, "{problem}");
    }
    let dir = format!("{}/", dir.display());
    found.iter().map(|problem| problem.to_string().replace(&dir, "")).collect()
}

/// A directory with one file.
fn home(place: &str, bytes: &[u8]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(place);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
    dir
}

/// Whoever mended one flaw found the next.
#[test]
fn several_flaws_in_one_file_of_each_kind_are_all_told_at_their_places() {
    let config = "user = 5\n\
        [ui]\nbell = 'yes'\nfps = 9\n\
        [channels.hook]\ntype = 'webhook'\nurl = 'ftp://h'\nlimit = 5\nkinds = ['leak']\n\
        [adapters.gw]\ntype = 'http'\nread_only = 'no'\ntoken_file = '/nowhere/t'\nca_file = '/nowhere/c'\n\
        [adapters.gw.actions.isolate]\nmethod = 5\nprobe = 'x'\n\
        [adapters.k8s]\ntype = 'kubernetes'\nworkload = 'pod/x'\ndeadline = '0s'\nagents = 'a'\n\
        [adapters.k8s.actions.restart]\nmethod = 'stop'\nlimit = 3\nchecks = ['a = {b}', 'c = {d}']\n\
        [dependencies.llm]\nurl = 5\n";
    let policy = "warn_at_percent = '50'\npeople_only = ['aprove']\n\
        [actions.isolate]\napproval = 5\nwhoo = []\n[windows.respond]\nwithin.P0 = true\n";
    let keymap =
        "inherits = 'vim'\n[everywhere]\n'i' = 'isolat'\n'ctrl-i' = 'pin'\n'k' = 5\n[logs]\n'x' = 'pin'\n";
    let theme = "inherits = 'dark'\n[palette]\nred2 = 'reddish'\n[roles]\nerorr = {}\nok = { fg = 'grean', bold = 1 }\n";
    let template = "# {{ incident.id }}\n案件：{{ titel }}\n{% if false %}\n{{ incident.titel|mdd }}{% include 'x.md' %}\n\
        {% endif %}\n{{ incident.id is evn }}\n";
    let scenario = "name = 'x'\nseverity = 'P9'\nnoise_percent = 200\ncolour = 'red'\n\
        [[inject]]\nat = '5 seconds'\nfault = { kind = 'gremlin', agent = 'planner' }\n\
        [[inject]]\nat = '5s'\nmessage = { text = 'b' }\n\
        [[inject]]\nat = 5\nfault = { kind = 'cascade', agent = 'ghost' }\n\
        [[agent]]\nid = 'mine'\nparent = 'planner'\n\
        [[inject]]\nat = '5s'\nfault = { kind = 'cascade', agent = 'mine' }\n";
    let cases: [(&str, &[&str]); 6] = [
        (
            config,
            &[
                "1:8: `user`: expected a string, found integer `5`",
                "3:8: `ui.bell`: expected a boolean, found string \"yes\"",
                "4:1: unknown key `ui.fps`",
                "7:7: `url` begins with https:// or http://",
                "8:9: `channels.hook.limit`: expected a length of time, found integer `5`",
                "9:10: `channels.hook.kinds`: unknown value \"leak\"",
                "10:11: `adapters.gw` lacks the key `url`",
                "12:13: `adapters.gw.read_only`: expected a boolean, found string \"no\"",
                "13:14: `token_file`: there is no file /nowhere/t",
                "14:11: `ca_file`: there is no file /nowhere/c",
                "15:22: `adapters.gw.actions.isolate` lacks the key `path`",
                "16:10: `adapters.gw.actions.isolate.method`: expected a string, found integer `5`",
                "17:9: `adapters.gw.actions.isolate.probe`: expected a table, found string \"x\"",
                "20:12: `workload`: there is no kind of workload `pod`",
                "21:12: `deadline`: a cluster needs a second at least",
                "22:10: `adapters.k8s.agents`: expected a list, found string \"a\"",
                "24:10: `method`: restart has only one way",
                "25:9: `adapters.k8s.actions.restart.limit`: expected a length of time, found integer `3`",
                "26:10: `checks`: no pod shows a, so nothing can ever prove it",
                "26:10: `checks`: nothing is called {b} here",
                "26:10: `checks`: nothing is called {d} here",
                "27:1: `dependencies.llm` lacks the key `type`",
                "28:7: `dependencies.llm.url`: expected a string, found integer `5`",
            ],
        ),
        (
            policy,
            &[
                "1:19: `warn_at_percent`: expected a whole number from 0 to 255, found string \"50\" (hint: write it without quotes: 50)",
                "2:15: `people_only`: there is no command \"aprove\" (hint: did you mean `approve`?)",
                "4:12: `actions.isolate.approval`: expected one of \"none\", \"commander\", \"second\", found integer `5` (hint: write one of them, in quotes)",
                "5:1: unknown key `actions.isolate.whoo` (hint: did you mean `who`?)",
                "7:13: `windows.respond.within.P0`: expected a length of time, found boolean `true` (hint: write it with its unit, in quotes: \"90s\", \"5m\", \"2h\")",
            ],
        ),
        (
            keymap,
            &[
                "3:7: there is no intent \"isolat\"",
                "4:1: `ctrl-i` is not a key: a terminal sends `tab` for it; write `tab`",
                "5:7: `k`: expected a string, found integer",
                "6:2: there is no context `logs`",
            ],
        ),
        (
            theme,
            &[
                "3:8: `red2`: \"reddish\" is not a colour",
                "5:1: `roles`: there is no role `erorr`",
                "6:13: `fg`: \"grean\" is not a colour",
                "6:29: `roles.ok.bold`: expected a boolean, found integer `1`",
            ],
        ),
        (
            template,
            &[
                "1:15: there is no `id` in it: it is a string; write it alone",
                "2:7: nothing is called `titel` here",
                "4:13: there is no `titel` in it: it is a string; write it alone",
                "4:19: there is no filter `mdd`",
                "4:36: a template stands alone and takes nothing from another one; write its text here",
                "6:13: there is no `id` in it: it is a string; write it alone",
                "6:19: there is no test `evn`",
            ],
        ),
        (
            scenario,
            &[
                "1:1: the key `about` is missing",
                "1:1: the key `title` is missing",
                "2:12: `severity`: unknown value \"P9\"",
                "3:17: noise_percent is a share: write 0 to 100",
                "4:1: unknown key `colour`",
                "6:6: `inject.at`: '5 seconds' is not a length of time; write 90s, 5m, 2h, 1d or 1h30m",
                "7:18: `inject.fault.kind`: unknown value \"gremlin\"",
                "10:11: `inject.message` lacks the key `from`",
                "12:6: `inject.at`: expected a length of time, found integer `5`",
                "13:9: there is no agent 'ghost' in the fleet; use one of support-1, planner, research-1, research-2, writer-1, trader-1, triage-med",
                "14:1: `agent` lacks the key `backups`",
                "14:1: `agent` lacks the key `config`",
                "14:1: `agent` lacks the key `kind`",
                "14:1: `agent` lacks the key `models`",
                "14:1: `agent` lacks the key `normal`",
                "14:1: `agent` lacks the key `pace`",
                "14:1: `agent` lacks the key `version`",
            ],
        ),
    ];
    for (kind, (text, expected)) in KINDS.iter().zip(cases) {
        let ends = [("\n", "", text.to_owned()), ("\r\n", "\u{feff}", text.replace('\n', "\r\n"))];
        for (end, mark, text) in ends {
            let dir = home(kind, format!("{mark}{text}").as_bytes());
            let told = told(dir.path());
            let is_told =
                |(told, expected): (&String, &&str)| told.starts_with(&format!("{kind}:{expected}"));
            let all = told.iter().zip(expected).all(is_told);
            assert!(all && told.len() == expected.len(), "{end:?} {told:#?}");
        }
    }
}

/// What somebody saves by accident, or to break something.
#[test]
fn rubbish_in_any_kind_of_file_is_told_and_breaks_nothing() {
    let rubbish: Vec<(&str, Vec<u8>)> = vec![
        ("binary", (0..=255).cycle().take(10_000).collect()),
        ("zeros", vec![0; 10_000]),
        ("a megabyte of brackets", vec![b'['; 1_000_000]),
        ("a megabyte of braces", b"{{".repeat(500_000)),
        ("deep lists", format!("a = {}{}", "[".repeat(50_000), "]".repeat(50_000)).into_bytes()),
        (
            "deep expressions",
            format!("x = 1\n{{{{ {}1{} }}}}", "(".repeat(50_000), ")".repeat(50_000)).into_bytes(),
        ),
        ("deep blocks", "{% if a %}".repeat(50_000).into_bytes()),
        ("deep headings", format!("[{}a]", "a.".repeat(50_000)).into_bytes()),
        ("half a character", "名 = '漢字".as_bytes()[..9].to_vec()),
        ("too big", vec![b'#'; 2 * 1024 * 1024]),
    ];
    for kind in KINDS {
        for (name, bytes) in &rubbish {
            let told = told(home(kind, bytes).path());
            // A document may hold brackets, braces that are never closed and signs of any kind.
            let is_document = kind.ends_with(".md");
            assert!(told.len() <= 200 && (is_document || !told.is_empty()), "{kind} {name}: {}", told.len());
            assert!(told.iter().all(|told| told.starts_with(kind)), "{kind} {name}: {told:?}");
        }
        for (bytes, most) in
            [(&b""[..], 5), (b"\n", 5), (b"\xef\xbb\xbf", 5), (b"\xef\xbb\xbf# only this\r\n", 5)]
        {
            let told = told(home(kind, bytes).path());
            assert!(told.len() <= most, "{kind}: {told:?}");
        }
    }
}

#[test]
fn columns_are_characters_whatever_stands_before_them() {
    for (kind, text, place) in [
        ("config.toml", "user = '漢字'\nui = { '名' = 1, bel = true }\n", "2:17: unknown key `ui.bel`"),
        ("policy.toml", "'名'.x = 1\n", "1:1: unknown key `名`"),
        (
            "themes/mine.toml",
            "inherits = 'dark' # 漢字\n[palette]\n'名' = '紅'\n",
            "3:7: `名`: \"紅\" is not a colour",
        ),
        ("templates/mine.md", "案件：{{ titel }}\n", "1:7: nothing is called `titel` here"),
        (
            "scenarios/mine.toml",
            "name = '漢'\ntitle = 't'\nabout = 'a'\nseverity = 'P1'\ninject = [{ at = '名', message = {} }]\n",
            "5:18: `inject.at`: '名' is not a length of time",
        ),
    ] {
        let told = told(home(kind, text.as_bytes()).path());
        let wanted = format!("{kind}:{place}");
        assert!(told.iter().any(|told| told.starts_with(&wanted)), "{wanted}\n{told:#?}");
    }
}
