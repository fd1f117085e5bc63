//! `[first]`, `[dependencies.NAME]` and `[drift.NAME]`: what is wrong with them, and where.

use super::read;
use crate::config::first::DependencyKind;

#[test]
fn what_is_asked_first_is_judged_at_its_place() {
    let cases: &[(&str, &str)] = &[
        (
            "[first]\nrepositoris = ['/srv']",
            "c.toml:2:1: unknown key `first.repositoris` (hint: did you mean `repositories`?)",
        ),
        (
            "[first]\nwithin = 'soon'",
            "c.toml:2:10: `first.within`: 'soon' is not a length of time; write 90s, 5m, 2h, 1d or 1h30m",
        ),
        ("[first]\nprobes = ['x']", "c.toml:2:10: there is no probe \"x\" (hint: describe it in [probes.x])"),
        (
            "[dependencies.llm]\ntype = 'https'",
            "c.toml:2:8: `dependencies.llm.type`: unknown value \"https\" (hint: did you mean `http`?)",
        ),
        ("[dependencies.llm]\nurl = 'http://h'", "c.toml:1:1: `dependencies.llm` lacks the key `type`"),
        (
            "[dependencies.llm]\ntype = 'http'\naddress = 'h:80'",
            "c.toml:1:15: `dependencies.llm.url`: type http is asked at a url, and at nothing else; write \
             url = \"https://…\"",
        ),
        (
            "[dependencies.llm]\ntype = 'redis'\nurl = 'redis://h'",
            "c.toml:1:15: `dependencies.llm.address`: it is asked at an address and at no url; write \
             address = \"127.0.0.1:6379\"",
        ),
        (
            "[dependencies.llm]\ntype = 'redis'\naddress = 'h'",
            "c.toml:3:11: `dependencies.llm.address`: write host:port, as 127.0.0.1:6379",
        ),
        (
            "[dependencies.llm]\ntype = 'redis'\naddress = 'h:1'\npassword = 'hunter2'",
            "c.toml:4:1: unknown key `dependencies.llm.password` (hint: a secret is never written here: use \
             `password_env`, `password_file` or `password_command`)",
        ),
        (
            "[dependencies.llm]\ntype = 'redis'\naddress = 'h:1'\npassword_env = 'A'\npassword_file = 'b'",
            "c.toml:5:17: more than one of `password_env`, `password_file` and `password_command` is given (hint: keep \
             one)",
        ),
        (
            "[dependencies.llm]\ntype = 'tcp'\naddress = 'h:1'\nnormal_ms = 900\nalarm_ms = 100",
            "c.toml:5:12: `dependencies.llm.alarm_ms`: write normal_ms (900) above 0, and alarm_ms from there \
             to 60000",
        ),
        (
            "[dependencies.llm]\ntype = 'tcp'\naddress = 'h:1'\ntimeout = 5",
            "c.toml:4:1: unknown key `dependencies.llm.timeout` (hint: known here: type, url, address, user, \
             database, password_env, password_file, password_command, tls, ca_file, normal_ms, alarm_ms)",
        ),
        ("[drift.a]\npath = 'x'\nfile = 'y'", "c.toml:1:1: `drift.a` lacks the key `repository`"),
        (
            "[drift.a]\nrepository = '/srv'\npath = 'x'",
            "c.toml:1:8: `drift.a.run`: write where what runs is read: either `file` or `run`",
        ),
        (
            "[drift.a]\nrepository = '/srv'\npath = 'x'\nfile = 'y'\nrun = ['cat', 'y']",
            "c.toml:5:7: `drift.a.run`: write where what runs is read: either `file` or `run`",
        ),
        (
            "[drift.a]\nrepository = '/srv'\nrevision = '--output=/etc/passwd'\npath = 'x'\nfile = 'y'",
            "c.toml:3:12: `drift.a.revision`: write a branch, a tag or a commit",
        ),
    ];
    for (text, expected) in cases {
        let (settings, problems) = read(text);
        {
            let (a, b) = (problems.clone(), expected);
            if a != [b.to_string()] {
                eprintln!(
                    "@@{b}
@>{}",
                    a.join(
                        "
@>"
                    )
                );
            }
        }
        // What is only unknown is left out; the rest of it holds.
        let is_left_out = settings.first.dependencies.is_empty() && settings.first.drift.is_empty();
        assert!(is_left_out || expected.contains("unknown key"), "{text}");
    }
}

#[test]
fn a_broken_dependency_leaves_the_others_in_force() {
    let (settings, problems) = read(
        "[dependencies.a]\ntype = 'redis'\naddress = 'h'\n[dependencies.b]\ntype = 'tcp'\naddress = 'h:1'\n\
         [dependencies.c]\ntype = 'http'\nurl = 'http://h'\n",
    );
    assert_eq!(problems.len(), 1, "{problems:?}");
    let kinds: Vec<DependencyKind> = settings.first.dependencies.values().map(|d| d.kind).collect();
    assert_eq!(kinds, [DependencyKind::Tcp, DependencyKind::Http]);
}

#[test]
fn e5_what_is_normal_and_what_alarms_holds_unless_the_file_says_otherwise() {
    let (settings, problems) = read(
        "[dependencies.llm]\ntype = 'http'\nurl = 'http://h'\n[dependencies.redis]\ntype = 'redis'\n\
         address = 'h:1'\n[dependencies.store]\ntype = 'postgres'\naddress = 'h:1'\n",
    );
    assert_eq!(problems, [""; 0]);
    let of = |name: &str| {
        let dependency = &settings.first.dependencies[name];
        (dependency.normal_ms, dependency.alarm_ms)
    };
    assert_eq!((of("llm"), of("redis"), of("store")), ((2_000, 10_000), (50, 200), (500, 3_000)));
}
