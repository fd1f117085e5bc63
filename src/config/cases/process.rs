//! `[adapters.NAME]` that run programs or send requests: what is wrong with their actions.

use super::*;

#[test]
fn each_mistake_in_an_action_is_told_and_leaves_the_action_out() {
    let cases: &[(&str, &str)] = &[
        ("probe = ['sh']", "c.toml:3:21: `adapters.k.actions.isolate` lacks the key `run`"),
        (
            "run = []",
            "c.toml:4:7: `run` names no program (hint: write [\"PROGRAM\", \"ARGUMENT\", …]; no shell is involved)",
        ),
        (
            "run = 'sh'",
            "c.toml:4:7: `adapters.k.actions.isolate.run`: expected a list, found string \"sh\" (hint: write it in brackets: [\"sh\"])",
        ),
        (
            "run = ['kubectl stop']",
            "c.toml:4:7: `run` is one text with spaces, and no shell takes it apart (hint: write [\"kubectl\", \"stop\"])",
        ),
        (
            "run = ['{agent}']",
            "c.toml:4:7: `run`: the program itself cannot be a placeholder (hint: write the program itself, and the placeholder as one of its arguments)",
        ),
        (
            "run = ['sh', '{agnt}']",
            "c.toml:4:7: `run`: nothing is called {agnt} here (hint: did you mean `agent`?)",
        ),
        (
            "run = ['sh']\nlimit = '5x'\nchecks = []",
            "c.toml:5:9: `adapters.k.actions.isolate.limit`: '5x' is not a length of time; write 90s, 5m, 2h, 1d or 1h30m",
        ),
        (
            "run = ['sh']\nprobe = ['sh']\nchecks = ['stopped']",
            "c.toml:6:11: `adapters.k.actions.isolate.checks`: 'stopped' is not a check; write NAME OPERATOR VALUE, such as 'agent_status = stopped' or 'error_rate < 1'",
        ),
        (
            "run = ['sh']\nprobe = ['sh']\nchecks = ['agent_status == stopped']",
            "c.toml:6:11: `adapters.k.actions.isolate.checks`: '==' in 'agent_status == stopped' is no operator, write 'agent_status = stopped'",
        ),
        (
            "run = ['sh']\nprobe = ['sh']\nchecks = ['a = {to}']",
            "c.toml:6:10: `checks`: nothing is called {to} here (hint: known here: target, agent)",
        ),
        (
            "run = ['sh', '{version}']\nchecks = []",
            "c.toml:4:7: `run`: nothing is called {version} here (hint: known here: target, agent, action)",
        ),
        (
            "run = ['-x']\nchecks = []",
            "c.toml:4:7: `run` names no program (hint: write [\"PROGRAM\", \"ARGUMENT\", …]; no shell is involved)",
        ),
        (
            "collect = ['/x']",
            "c.toml:4:11: `collect`: only snapshot brings files home (hint: leave `collect` out)",
        ),
        (
            "run = ['sh', \"a\\u0000b\"]\nchecks = []",
            "c.toml:4:7: `run` holds a NUL, which no program can get (hint: leave \\u0000 out)",
        ),
        (
            "run = ['sh']\nprobes = 'gateway'",
            "c.toml:5:10: `adapters.k.actions.isolate.probes`: expected a list, found string \"gateway\" (hint: write it in brackets: [\"gateway\"])",
        ),
        (
            "run = ['sh']\nchecks = []\ndestroys_evidence = 'no'",
            "c.toml:6:21: `adapters.k.actions.isolate.destroys_evidence`: expected a boolean, found string \"no\" (hint: write it without quotes: false)",
        ),
    ];
    for (lines, expected) in cases {
        let text = format!("[adapters.k]\ntype = 'process'\n[adapters.k.actions.isolate]\n{lines}");
        let (settings, problems) = read(&text);
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
        let Adapter::Process(process) = &settings.adapters["k"] else { panic!("another type") };
        assert!(process.actions.is_empty(), "in:\n{text}");
    }
}

#[test]
fn an_action_that_nothing_can_prove_is_told_and_kept() {
    let text = "[adapters.k]\ntype = 'process'\n[adapters.k.actions.isolate]\nrun = ['sh']\n";
    let (settings, problems) = read(text);
    assert_eq!(
        problems,
        [
            "c.toml:3:21: isolate has no `probe`, so nothing can ever prove it (hint: add probe = [\"PROGRAM\", \
          \"{agent}\"], or checks = [] to do without proof)"
        ]
    );
    let Adapter::Process(process) = &settings.adapters["k"] else { panic!("another type") };
    assert!(process.actions.contains_key(&Op::Isolate));
    assert_eq!(read(&format!("{text}checks = []\n")).1, [""; 0]);
}

#[test]
fn regression_what_is_not_aimed_at_an_agent_ignored_the_adapters_probe_without_a_word() {
    let process = |probe: &str, own: &str| {
        let text = format!(
            "[adapters.k]\ntype = 'process'\nprobe = {probe}\n[adapters.k.actions.page]\nrun = ['sh']\n{own}"
        );
        let (settings, problems) = read(&text);
        assert_eq!(problems, [""; 0]);
        let Adapter::Process(process) = &settings.adapters["k"] else { panic!("another type") };
        let page = &process.actions[&Op::Page];
        (page.probe.as_ref().map(|probe| probe.run.join(" ")), page.checks.clone())
    };
    // Asked for by what a level, an alert or a person has too, it reads them as well: the table's checks.
    assert_eq!(process("['sh', '{target}']", ""), (Some("sh {target}".to_owned()), None));
    for (probe, own, read) in [
        ("['sh', '{agent}']", "", None),
        ("['sh']", "", None),
        ("['sh', '{target}', '{agent}']", "", None),
        ("['sh', '{agent}']", "probe = ['sh', '{person}']", Some("sh {person}")),
    ] {
        assert_eq!(process(probe, own).0.as_deref(), read, "{probe} {own}");
    }
    let http = |path: &str| {
        let text = format!(
            "[adapters.k]\ntype = 'http'\nurl = 'http://h'\nprobe = {{ path = '{path}', read = {{ delivered = '/d' }} }}\n\
             [adapters.k.actions.page]\npath = '/page'\n"
        );
        let (settings, problems) = read(&text);
        assert_eq!(problems, [""; 0]);
        let Adapter::Http(http) = &settings.adapters["k"] else { panic!("another type") };
        http.actions[&Op::Page].probe.is_some()
    };
    assert!(http("/told/{target}") && !http("/agents/{agent}") && !http("/all"));
}

#[test]
fn a_probe_that_is_named_must_be_described_and_is_proof_enough() {
    let text =
        "[adapters.k]\ntype = 'process'\n[adapters.k.actions.isolate]\nrun = ['sh']\nprobes = ['gatewy']\n";
    let probe = "[probes.gateway]\ntype = 'process'\nrun = ['sh', '{agent}']\nformat = 'json'\n";
    assert_eq!(
        read(text).1,
        ["c.toml:5:10: there is no probe \"gatewy\" (hint: describe it in [probes.gatewy])"]
    );
    assert_eq!(
        read(&format!("{text}{probe}")).1,
        ["c.toml:5:10: there is no probe \"gatewy\" (hint: did you mean `gateway`?)"]
    );
    let (settings, problems) = read(&format!("{text}{probe}").replace("gatewy", "gateway"));
    assert_eq!(problems, [""; 0]);
    let Reader::Process(gateway) = &settings.probes["gateway"] else { panic!("another type") };
    assert_eq!((gateway.probe.format, gateway.probe.limit), (ProbeFormat::Json, Span::seconds(10)));
    let named: Vec<_> = settings.adapters["k"].probes().collect();
    assert_eq!(named, [(Op::Isolate, &["gateway".to_owned()][..])]);
}

#[test]
fn a_program_that_is_not_there_is_told_and_kept() {
    let (settings, problems) = read(
        "[adapters.k]\ntype = 'process'\n[adapters.k.actions.page]\nrun = ['no-such-program', '{person}']\n\
         [adapters.k.actions.escalate]\nrun = ['bin/escalate']",
    );
    assert_eq!(
        problems,
        [
            "c.toml:4:7: `run`: there is no program no-such-program (hint: install it, or write its path: it is not on the PATH)",
            "c.toml:6:7: `run`: there is no program /etc/fd/bin/escalate (hint: put it there, or write the path of another one)",
        ]
    );
    let Adapter::Process(process) = &settings.adapters["k"] else { panic!("another type") };
    assert_eq!(process.actions.len(), 2);
}

#[test]
fn only_what_is_in_force_can_be_undone() {
    let restart =
        "[adapters.k]\ntype = 'process'\n[adapters.k.actions.restart]\nrun = ['sh']\nundo = ['sh']\n";
    assert_eq!(
        read(restart).1,
        ["c.toml:5:8: restart is not in force until undone, so nothing undoes it (hint: leave `undo` out)"]
    );
}

/// A person who escalated woke one, and the level that came due by itself another.
#[test]
fn d10_a_level_that_the_table_and_an_adapter_bring_in_is_told() {
    let channels = "[channels.hook]\ntype = 'webhook'\nurl = 'https://hook.example.com'\n\
                    [channels.pager]\ntype = 'pagerduty'\nrouting_key_env = 'HOME'\n\
                    token_env = 'HOME'\nfrom = 'a@example.com'\n";
    let mine =
        "[adapters.mine]\ntype = 'process'\n[adapters.mine.actions.escalate]\nrun = ['sh']\nchecks = []\n";
    let duty = "[adapters.duty]\ntype = 'pagerduty'\nchannel = 'pager'\n";
    let told = |levels: &str, adapter: &str| {
        let all = read(&format!("{channels}[oncall.levels]\n{levels}\n{adapter}")).1;
        all.into_iter().filter(|problem| problem.contains("the table goes first")).collect::<Vec<_>>()
    };
    let by_hook = "1 = { people = ['cy'], channel = 'hook' }\n2 = { channel = 'hook' }";
    for (adapter, name) in [(mine, "mine"), (duty, "duty")] {
        let told = told(by_hook, adapter);
        let [words] = &told[..] else { panic!("{told:?}") };
        let expected = format!(
            "`{name}` carries escalate, and so does [oncall.levels] for levels 1, 2: the table goes first"
        );
        assert!(words.contains(&expected) && words.starts_with("c.toml:1"), "{words}");
    }
    assert_eq!(told("1 = { channel = 'pager' }", duty), [""; 0], "both leave it to the same account");
    assert_eq!(
        told("1 = { people = ['cy'], channel = 'pager' }", duty).len(),
        1,
        "cy need not be on call there"
    );
    assert_eq!(told("0 = { people = ['ana'], channel = 'hook' }", duty), [""; 0], "nobody escalates to it");
    assert_eq!(told("", mine), [""; 0]);
}

#[test]
fn two_adapters_for_one_agent_are_told() {
    let adapter = |name: &str, agents: &str| {
        format!(
            "[adapters.{name}]\ntype = 'process'\nagents = ['{agents}']\n[adapters.{name}.actions.restart]\nrun = ['sh']\n"
        )
    };
    let agents = "[[agents]]\nid = 'a-1'\n[[agents]]\nid = 'b-1'\n";
    let both = format!("{agents}{}{}", adapter("x", "a-*"), adapter("y", "*-1"));
    assert_eq!(
        read(&both).1,
        ["c.toml:13:21: `x` carries restart for a-1 already (hint: narrow `agents` of one of them)"]
    );
    // What destroys evidence is the one to go (A4).
    let destroying =
        format!("{agents}{}destroys_evidence = true\n{}", adapter("x", "a-*"), adapter("y", "*-1"));
    assert_eq!(
        read(&destroying).1,
        ["c.toml:10:21: `x` destroys evidence by restart of a-1, and `y` does not (A4) \
          (hint: take this one out, or narrow its `agents`)"]
    );
    let apart = format!("{agents}{}{}", adapter("x", "a-*"), adapter("y", "b-*"));
    assert_eq!(read(&apart).1, [""; 0]);
}

/// The first thing that was wrong in a table hid the rest of it.
#[test]
fn regression_a_wrong_limit_hid_a_wrong_placeholder_and_a_wrong_probe_hid_the_actions() {
    let (settings, problems) = read(
        "[adapters.ops]\ntype = 'process'\nprobe = ['sh', '{agnet}']\nversion = ['no-version']\nread_only = 1\n\
         [adapters.ops.actions.isolate]\nrun = ['sh', '{agnt}', '{who}']\nlimit = '5 minutes'\n\
         checks = ['agent_status = {targt}', 'x = {y}']\n\
         [adapters.ops.actions.restart]\nrun = 'sh'\nundo = ['sh']\n\
         [adapters.ops.actions.release]\nrun = ['sh', '{version}']\n",
    );
    for told in [
        "3:9: `probe`: nothing is called {agnet} here",
        "4:11: `version`: there is no program no-version",
        "5:13: `adapters.ops.read_only`: expected a boolean",
        "7:7: `run`: nothing is called {agnt} here",
        "7:7: `run`: nothing is called {who} here",
        "8:9: `adapters.ops.actions.isolate.limit`",
        "9:10: `checks`: nothing is called {targt} here",
        "9:10: `checks`: nothing is called {y} here",
        "11:7: `adapters.ops.actions.restart.run`: expected a list",
        "12:8: restart is not in force until undone",
    ] {
        assert!(problems.iter().any(|problem| problem.contains(told)), "{told}\n{problems:#?}");
    }
    assert_eq!(problems.len(), 10, "nothing follows from what was told: {problems:#?}");
    assert!(settings.adapters.is_empty(), "it is taken whole or not at all");
}
