//! Whole files, good, broken and hostile, and exactly what is said about them.

mod first;

use std::path::Path;

use super::*;
use crate::incident::{Op, Span, Text};

/// Reads `text` as `c.toml` in `/etc/fd`, with a `PATH` on which nothing but `/bin` lies.
fn read(text: &str) -> (Settings, Vec<String>) {
    let (settings, problems) = read_file(&File::embedded("c.toml", text));
    (settings, problems.iter().map(ToString::to_string).collect())
}

fn read_file(file: &File) -> (Settings, Vec<Problem>) {
    let mut problems = Problems::new();
    let settings = Settings::read(file, &paths(), &env, &mut problems);
    (settings, problems.into_sorted())
}

fn paths() -> Paths {
    Paths {
        config_file: "/etc/fd/c.toml".into(),
        config_named: true,
        config_dir: "/etc/fd".into(),
        data_dir: "/var/fd".into(),
        home: Some("/home/ana".into()),
    }
}

fn env(name: &str) -> Option<String> {
    match name {
        "USER" => Some("ana".to_owned()),
        "PATH" => Some("/bin".to_owned()),
        // Where secrets lie that are there.
        name if name.len() == 1 || name.starts_with("FLIGHTDECK_") => Some("x".to_owned()),
        _ => None,
    }
}

const CANVAS: Canvas = Canvas { colour: false, unicode: false, width: 80 };

#[test]
fn each_mistake_is_told_at_its_place_with_a_hint() {
    let cases: &[(&str, &str)] = &[
        ("user = 5", "c.toml:1:8: `user`: expected a string, found integer `5`"),
        ("usr = 'x'", "c.toml:1:1: unknown key `usr` (hint: did you mean `user`?)"),
        ("[adaptors.x]", "c.toml:1:2: unknown key `adaptors` (hint: did you mean `adapters`?)"),
        (
            "[ui]\nfps = 10",
            "c.toml:2:1: unknown key `ui.fps` (hint: known here: theme, keymap, glyphs, mouse, bell, notify, \
             frames_per_second)",
        ),
        (
            "[ui]\nframes_per_second = 500",
            "c.toml:2:21: `ui.frames_per_second`: expected 1 to 60 frames in a second, found 500",
        ),
        (
            "ui.glyphs = 'utf8'",
            "c.toml:1:13: `ui.glyphs`: unknown value \"utf8\" (hint: possible: auto, unicode, ascii)",
        ),
        ("ui = 3", "c.toml:1:6: `ui`: expected a table, found integer `3`"),
        (
            "[severity]\nnaming = 'SEVERITY'",
            "c.toml:2:10: `severity.naming`: unknown value \"SEVERITY\" (hint: possible: P, SEV)",
        ),
        (
            "[receiver]\nlisten = '9095'",
            "c.toml:2:10: `receiver.listen`: \"9095\" is not an address with a port; write 127.0.0.1:9095 or \
             [::1]:9095",
        ),
        (
            "[receiver]\nlisten = '0.0.0.0:9095'",
            "c.toml:2:10: 0.0.0.0:9095 can be reached from other machines, and no token is asked for (hint: set \
             token_env, token_file or token_command, or listen on 127.0.0.1; until then there is no receiver)",
        ),
        (
            "[receiver]\ntoken = 'hunter2'",
            "c.toml:2:1: unknown key `receiver.token` (hint: a secret is never written here: use `token_env`, \
             `token_file` or `token_command`)",
        ),
        (
            "[receiver]\ntoken_env = 'A'\ntoken_file = 'b'",
            "c.toml:3:14: more than one of `token_env`, `token_file` and `token_command` is given (hint: keep one)",
        ),
        (
            "[receiver.pagerduty]\ndeclare = true",
            "c.toml:1:11: `receiver.pagerduty` does not say where the signing secret lies (hint: `secret_env`, \
             `secret_file` or `secret_command`: PagerDuty shows it when the webhook subscription is made)",
        ),
        (
            "[receiver.pagerduty]\nsecret_file = '/nowhere/s'",
            "c.toml:2:15: `secret_file`: there is no file /nowhere/s",
        ),
        (
            "[adapters.duty]\ntype = 'pagerduty'",
            "c.toml:1:11: `adapters.duty` lacks the key `channel` (hint: the name of a [channels.NAME] of type \
             pagerduty: its account is the one that is acted by)",
        ),
        (
            "[adapters.duty]\ntype = 'pagerduty'\nchannel = 'pager'",
            "c.toml:3:11: `adapters.duty.channel`: the channel \"pager\" is not there (hint: name a [channels.NAME] \
             of type pagerduty)",
        ),
        (
            "[adapters.duty]\ntype = 'pagerduty'\nchannel = 'pager'\n[channels.pager]\ntype = 'pagerduty'\n\
             routing_key_env = 'K'",
            "c.toml:3:11: `adapters.duty.channel`: the channel \"pager\" has no token (hint: escalating needs \
             `token_env` and `from` there)",
        ),
        (
            "[adapters.duty]\ntype = 'pagerduty'\nchannel = 'hook'\n[channels.hook]\ntype = 'webhook'\n\
             url = 'https://h'",
            "c.toml:3:11: `adapters.duty.channel`: the channel \"hook\" is of another type (hint: name one of type \
             pagerduty)",
        ),
        (
            "[receiver]\nmax_body = 1000",
            "c.toml:2:12: `receiver.max_body`: expected a string, found integer `1000`",
        ),
        (
            "[redaction.customer]\npattern = 'CUST-('",
            "c.toml:2:11: `redaction.customer.pattern`: unclosed group",
        ),
        ("[hints.ledger]\npattern = '['", "c.toml:2:11: `hints.ledger.pattern`: unclosed character class"),
        (
            "[redaction.all]\npattern = '.*'",
            "c.toml:2:11: `redaction.all.pattern`: the expression fits where nothing is, which is everywhere",
        ),
        (
            "[redaction.customer]\npattern = 'x'\ncheck = 'lun'",
            "c.toml:3:9: `redaction.customer.check`: unknown value \"lun\" (hint: did you mean `luhn`?)",
        ),
        ("[[agents]]\nname = 'x'", "c.toml:1:1: `agents` lacks the key `id`"),
        (
            "[[agents]]\nid = 'two words'",
            "c.toml:2:6: `agents.id`: 'two words' is not an agent's id: use letters, digits and -_.:/@, 1 to 128 \
             of them, without a leading '-' and without '..'",
        ),
        (
            "[[agents]]\nid = 'a'\n[[agents]]\nid = 'a'",
            "c.toml:4:6: the agent `a` is described twice (hint: keep one of them)",
        ),
        (
            "adapters = 1",
            "c.toml:1:12: `adapters`: expected a table, found integer (hint: write it as [adapters])",
        ),
        (
            "[adapters.k]",
            "c.toml:1:11: `adapters.k` lacks the key `type` (hint: types: process, http, kubernetes, alertmanager, pagerduty)",
        ),
        (
            "[adapters.k]\ntype = 'proces'",
            "c.toml:2:8: there is no adapter of type \"proces\" (hint: did you mean `process`?)",
        ),
        (
            "[adapters.k]\ntype = 'process'\nagent = ['a']",
            "c.toml:3:1: unknown key `adapters.k.agent` (hint: did you mean `agents`?)",
        ),
        (
            "[adapters.k]\ntype = 'process'\n[adapters.k.actions.isolat]\nrun = ['sh']",
            "c.toml:3:21: there is no action `isolat` (hint: did you mean `isolate`?)",
        ),
        (
            "[adapters.k]\ntype = 'http'",
            "c.toml:1:11: `adapters.k` lacks the key `url` (hint: url = \"https://host/path\")",
        ),
        (
            "[adapters.k]\ntype = 'http'\nurl = 'http://h'\ntoken = 'hunter2'",
            "c.toml:4:1: unknown key `adapters.k.token` (hint: a secret is never written here: use `token_env`, \
             `token_file` or `token_command`)",
        ),
        (
            "[adapters.k]\ntype = 'http'\nurl = 'http://h'\ntoken_env = 'NO_SUCH'",
            "c.toml:4:13: `token_env`: the environment variable NO_SUCH is not set",
        ),
        (
            "[adapters.k]\ntype = 'http'\nurl = 'http://h'\ntoken_env = 'USER'\ntoken_file = 'x'",
            "c.toml:5:14: more than one of `token_env`, `token_file` and `token_command` is given (hint: keep one)",
        ),
        (
            "[adapters.k]\ntype = 'http'\nurl = 'http://h'\nkey_env = 'USER'",
            "c.toml:1:11: a key is given without `key_header` (hint: give a token, or a user and a password, or a \
             key and its header; each by its _env, _file or _command)",
        ),
        (
            "[adapters.k]\ntype = 'http'\npreset = 'litelm'",
            "c.toml:3:10: there is no preset \"litelm\" (hint: did you mean `litellm`?)",
        ),
        (
            "[adapters.k]\ntype = 'http'\nurl = 'http://h'\n[adapters.k.actions.isolate]\nchecks = []",
            "c.toml:4:21: `adapters.k.actions.isolate` lacks the key `path`",
        ),
        (
            "[adapters.k]\ntype = 'http'\nurl = 'http://h'\n[adapters.k.actions.isolate]\npath = '/x'",
            "c.toml:4:21: isolate has no `probe`, so nothing can ever prove it (hint: add probe = { path = \"/…\", \
             read = { … } }, or checks = [] to do without proof)",
        ),
        (
            "[adapters.k]\ntype = 'http'\nurl = 'http://h'\n[adapters.k.actions.isolate]\npath = '/x'\nchecks = []\nbody = '{'",
            "c.toml:7:8: `adapters.k.actions.isolate.body`: this is no JSON: EOF while parsing an object at line 1 \
             column 1",
        ),
        (
            "[adapters.k]\ntype = 'http'\nurl = 'http://h'\nvalues = { Id = 1 }",
            "c.toml:4:1: `values`: \"Id\" cannot stand in braces (hint: use a-z and _)",
        ),
        (
            "[probes.k]\ntype = 'http'\npath = '/x'",
            "c.toml:1:9: `probes.k` lacks the key `url` (hint: url = \"https://host/path\")",
        ),
        (
            "[probes.k]",
            "c.toml:1:9: `probes.k` lacks the key `type` (hint: types: process, http, prometheus)",
        ),
        (
            "[probes.k]\ntype = 'proces'",
            "c.toml:2:8: there is no probe of type \"proces\" (hint: did you mean `process`?)",
        ),
        ("[probes.k]\ntype = 'process'", "c.toml:1:9: `probes.k` lacks the key `run`"),
        (
            "[probes.k]\ntype = 'process'\nrun = ['sh', '{to}']",
            "c.toml:3:7: `run`: nothing is called {to} here (hint: known here: target, agent)",
        ),
        (
            "[review]\nlanguage = 'zh'",
            "c.toml:2:12: `review.language`: unknown value \"zh\" (hint: possible: en, zh-Hant)",
        ),
        ("[policy]\nfile = ['a']", "c.toml:2:8: `policy.file`: expected a string, found a list"),
        ("user = 'a'\nuser = 'b'", "c.toml:2:1: duplicate key (hint: keep one of them)"),
        (
            "[[agents]]\nid = 'a'\n[[agents]]\nid = 'b'\nvitals = ['/nowhere/x']",
            "c.toml:5:10: `vitals` of b: there is no program /nowhere/x (hint: put it there, or write the path of another one)",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(read(text).1, [*expected], "in:\n{text}");
    }
}

#[test]
fn each_mistake_in_an_action_is_told_and_leaves_the_action_out() {
    let cases: &[(&str, &str)] = &[
        ("probe = ['sh']", "c.toml:3:21: `adapters.k.actions.isolate` lacks the key `run`"),
        (
            "run = []",
            "c.toml:4:7: `run` names no program (hint: write [\"PROGRAM\", \"ARGUMENT\", …]; no shell is involved)",
        ),
        ("run = 'sh'", "c.toml:4:7: `adapters.k.actions.isolate.run`: expected a list, found string \"sh\""),
        (
            "run = ['kubectl stop']",
            "c.toml:4:7: `run` is one text with spaces, and no shell takes it apart (hint: write [\"kubectl\", \"stop\"])",
        ),
        ("run = ['{agent}']", "c.toml:4:7: `run`: the program itself cannot be a placeholder"),
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
        ("collect = ['/x']", "c.toml:4:11: `collect`: only snapshot brings files home"),
        (
            "run = ['sh', \"a\\u0000b\"]\nchecks = []",
            "c.toml:4:7: `run` holds a NUL, which no program can get",
        ),
        (
            "run = ['sh']\nprobes = 'gateway'",
            "c.toml:5:10: `adapters.k.actions.isolate.probes`: expected a list, found string \"gateway\"",
        ),
        (
            "run = ['sh']\nchecks = []\ndestroys_evidence = 'no'",
            "c.toml:6:21: `adapters.k.actions.isolate.destroys_evidence`: expected a boolean, found string \"no\"",
        ),
    ];
    for (lines, expected) in cases {
        let text = format!("[adapters.k]\ntype = 'process'\n[adapters.k.actions.isolate]\n{lines}");
        let (settings, problems) = read(&text);
        assert_eq!(problems, [*expected], "in:\n{text}");
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
fn each_mistake_about_a_cluster_is_told_at_its_place() {
    let adapter = |rest: &str| format!("[adapters.k]\ntype = 'kubernetes'\n{rest}");
    let action = |op: &str, rest: &str| {
        format!("[adapters.k]\ntype = 'kubernetes'\n[adapters.k.actions.{op}]\n{rest}")
    };
    let cases = [
        (
            adapter("contxt = 'prod'"),
            "c.toml:3:1: unknown key `adapters.k.contxt` (hint: did you mean `context`?)",
        ),
        (
            adapter("workload = 'support-1'"),
            "c.toml:3:12: `workload`: \"support-1\" is no workload (hint: write KIND/NAME or NAMESPACE/KIND/NAME, such as \
             deployment/{agent})",
        ),
        (
            adapter("workload = 'deploymnt/{agent}'"),
            "c.toml:3:12: `workload`: there is no kind of workload `deploymnt` (hint: did you mean `deployment`?)",
        ),
        (
            adapter("workload = 'deployment/{agnt}'"),
            "c.toml:3:12: `workload`: nothing is called {agnt} here (hint: did you mean `agent`?)",
        ),
        (
            adapter("[adapters.k.workloads]\na = 'pod/a'"),
            "c.toml:4:5: `workloads.a`: there is no kind of workload `pod` (hint: kinds: deployment, statefulset, sandbox)",
        ),
        (adapter("deadline = '0s'"), "c.toml:3:12: `deadline`: a cluster needs a second at least"),
        (
            adapter("token = 'hunter2'"),
            "c.toml:3:1: unknown key `adapters.k.token` (hint: known here: agents, kubeconfig, context, namespace, workload, \
             workloads, deadline, read_only, type, actions)",
        ),
        (action("isolat", ""), "c.toml:3:21: there is no action `isolat` (hint: did you mean `isolate`?)"),
        (
            action("release", ""),
            "c.toml:3:21: a cluster has no action `release` of its own (hint: it comes with `isolate`, which it undoes)",
        ),
        (
            action("isolate", "method = 'kill'"),
            "c.toml:4:10: `adapters.k.actions.isolate.method`: unknown value \"kill\" (hint: possible: stop, quarantine)",
        ),
        (
            action("restart", "method = 'stop'"),
            "c.toml:4:10: `method`: restart has only one way (hint: leave `method` out)",
        ),
        (
            action("isolate", "annotation = 'a/b'"),
            "c.toml:4:14: `annotation`: only rate-limit writes somewhere (hint: leave `annotation` out)",
        ),
        (
            action("rate-limit", "checks = []"),
            "c.toml:3:21: `adapters.k.actions.rate-limit` must say where the limit is written (hint: give `annotation`, or \
             `config_map` and `key`)",
        ),
        (
            action("rate-limit", "annotation = 'a b'\nchecks = []"),
            "c.toml:4:14: `annotation`: \"a b\" is no annotation's key (hint: write example.com/calls-per-minute)",
        ),
        (
            action("rate-limit", "config_map = '{agnt}'\nkey = 'k'\nchecks = []"),
            "c.toml:4:14: `config_map`: nothing is called {agnt} here (hint: did you mean `agent`?)",
        ),
        (
            action("isolate", "checks = ['version = {to}']"),
            "c.toml:4:10: `checks`: nothing is called {to} here (hint: known here: target, agent)",
        ),
        (
            action("isolate", "probes = ['gateway']"),
            "c.toml:4:10: there is no probe \"gateway\" (hint: describe it in [probes.gateway])",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(read(&text).1, [expected], "in:\n{text}");
    }
}

#[test]
fn what_no_pod_can_show_is_told_and_the_action_is_kept() {
    let action = |rest: &str| format!("[adapters.k]\ntype = 'kubernetes'\n[adapters.k.actions.{rest}\n");
    let hint =
        "(hint: add probes = [\"NAME\"] and describe [probes.NAME], or choose checks that objects can prove)";
    for (text, op, expected) in [
        (
            action("isolate]\nchecks = ['agent_status = stopped', 'api_calls = 0']"),
            Op::Isolate,
            "c.toml:4:10: `checks`: no pod shows api_calls, so nothing can ever prove it",
        ),
        (
            action("rate-limit]\nannotation = 'example.com/rpm'"),
            Op::RateLimit,
            "c.toml:3:21: rate-limit is proved by api_calls, which no pod shows, and names no `probes`",
        ),
    ] {
        let (settings, problems) = read(&text);
        assert_eq!(problems, [format!("{expected} {hint}")]);
        let Adapter::Kubernetes(cluster) = &settings.adapters["k"] else { panic!("a cluster") };
        assert!(cluster.actions.contains_key(&op));
    }
    let proved =
        action("rate-limit]\nannotation = 'example.com/rpm'\nchecks = ['rate_limit = {calls_per_minute}']");
    assert_eq!(read(&proved).1, [""; 0]);
    assert_eq!(read(&action("isolate]")).1, [""; 0], "pods show whether an agent has stopped");
}

#[test]
fn a_cluster_is_read_with_what_holds_where_nothing_is_said() {
    let text = "[adapters.k]\ntype = 'kubernetes'\nkubeconfig = '~/kube'\nworkloads.b = 'x/statefulset/chat'\n\
                [adapters.k.actions.isolate]\nmethod = 'quarantine'\n[adapters.k.actions.rollback-branch]\n";
    let (settings, problems) = read(text);
    assert_eq!(problems, [""; 0]);
    let Adapter::Kubernetes(cluster) = &settings.adapters["k"] else { panic!("a cluster") };
    assert_eq!(cluster.kubeconfig.as_deref(), Some(Path::new("/home/ana/kube")));
    assert_eq!((cluster.workload.as_str(), cluster.deadline), ("deployment/{agent}", Span::seconds(10)));
    assert_eq!(cluster.actions[&Op::Isolate].method, KubernetesMethod::Quarantine);
    assert_eq!(cluster.actions[&Op::RollbackBranch].limit, Span::seconds(300));
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
fn several_problems_in_one_file_are_all_told_and_the_rest_counts() {
    let (settings, problems) = read(
        "user = 'bo'\n[ui]\ntheme = 1\nbell = false\n[receiver]\nlisten = 'x'\nmax_body = '1MiB'\n\
         [[agents]]\nid = 'a'\nlog = ['x']\n[[agents]]\nid = 'b'\n[adapters.k]\ntype = 'process'\n\
         [adapters.k.actions.isolate]\nrun = ['sh']\nlimit = 3\ngrace = 4\n[adapters.k.actions.restart]\nrun = ['sh']\n\
         [reviews]\n",
    );
    assert_eq!(
        problems,
        [
            "c.toml:3:9: `ui.theme`: expected a string, found integer `1`",
            "c.toml:6:10: `receiver.listen`: \"x\" is not an address with a port; write 127.0.0.1:9095 or [::1]:9095",
            "c.toml:10:1: unknown key `agents.log` (hint: did you mean `logs`?)",
            "c.toml:17:9: `adapters.k.actions.isolate.limit`: expected a string, found integer `3`",
            "c.toml:18:9: `adapters.k.actions.isolate.grace`: expected a string, found integer `4`",
            "c.toml:21:2: unknown key `reviews` (hint: did you mean `review`?)",
        ]
    );
    assert_eq!(settings.user, Text::line("bo"));
    assert_eq!((settings.ui.theme.as_str(), settings.ui.bell), ("dark", false));
    assert_eq!(settings.agents.len(), 2);
    let Adapter::Process(process) = &settings.adapters["k"] else { panic!("another type") };
    assert_eq!(process.actions.keys().collect::<Vec<_>>(), [&Op::Restart]);
}

#[test]
fn a_full_file_means_what_it_says() {
    let (settings, problems) = read(
        "[severity]\nnaming = 'SEV'\n[receiver]\nlisten = 'localhost:1'\ntoken_file = '~/t'\nmax_body = '64KiB'\n\
         [[agents]]\nid = 'support-1'\nowner = 'ana'\nlogs = ['/var/log/s.log', 'logs/*.json', '~/x.log']\n\
         [adapters.ops]\ntype = 'process'\nagents = ['support-*']\nprobe = ['sh', '-c', 'true']\nprobe_format = 'json'\n\
         [adapters.ops.actions.isolate]\nrun = ['sh', '{agent}', '{\"a\": 1}']\nundo = ['sh', '{agent}']\n\
         [adapters.ops.actions.rate-limit]\nrun = ['sh', '{calls_per_minute}']\nlimit = '5s'\n\
         checks = ['api_calls <= {calls_per_minute}']\nverify_within = '2m'\nprobe = ['cat']\ndestroys_evidence = true\n\
         [adapters.ops.actions.silence]\nrun = ['sh', '{alert}', '{minutes}']\n\
         [adapters.ops.actions.snapshot]\ncollect = ['~/l/{agent}.log']\n\
         [policy]\nfile = 'p.toml'\n[review]\nlanguage = 'zh-Hant'\n",
    );
    assert_eq!(problems, ["c.toml:5:14: `token_file`: there is no file /home/ana/t"]);
    assert_eq!(settings.user, Text::line("ana"));
    assert!(settings.receiver.enabled);
    assert_eq!(settings.receiver.listen.to_string(), "127.0.0.1:1");
    assert_eq!(settings.receiver.token, Some(SecretSource::File("/home/ana/t".into())));
    assert_eq!(settings.receiver.max_body, 65_536);
    let logs: Vec<_> = settings.agents[0].logs.iter().map(|log| log.display().to_string()).collect();
    assert_eq!(logs, ["/var/log/s.log", "/etc/fd/logs/*.json", "/home/ana/x.log"]);
    assert_eq!(settings.policy, Some("/etc/fd/p.toml".into()));
    assert_eq!(settings.review.language, Language::TraditionalChinese);

    let Adapter::Process(process) = &settings.adapters["ops"] else { panic!("another type") };
    let isolate = &process.actions[&Op::Isolate];
    let probe = Probe {
        run: vec!["sh".into(), "-c".into(), "true".into()],
        format: ProbeFormat::Json,
        limit: Span::seconds(10),
    };
    assert_eq!(isolate.probe, Some(probe));
    assert_eq!(
        (&isolate.checks, &isolate.undo),
        (&None, &Some(vec!["sh".into(), "{agent}".into()])),
        "A3: its own"
    );
    let times = (isolate.limit, isolate.grace, isolate.kill);
    assert_eq!(times, (Span::seconds(30), Span::seconds(0), Span::seconds(30)), "A3");
    let limit = &process.actions[&Op::RateLimit];
    assert_eq!(
        (limit.limit, limit.verify_within, limit.destroys_evidence),
        (Span::seconds(5), Span::minutes(2), true)
    );
    assert_eq!(limit.probe.as_ref().map(|probe| probe.format), Some(ProbeFormat::Lines));
    let silence = &process.actions[&Op::Silence];
    assert_eq!((&silence.probe, &silence.checks), (&None, &Some(vec![])), "an alert is not an agent");
    let snapshot = &process.actions[&Op::Snapshot];
    assert_eq!(
        (&snapshot.run[..], &snapshot.collect[..]),
        (&[][..], &["/home/ana/l/{agent}.log".to_owned()][..])
    );
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

#[test]
fn without_a_file_there_are_defaults_and_a_named_file_must_be_there() {
    let mut problems = Problems::new();
    let mut paths = paths();
    paths.config_file = "/nowhere/c.toml".into();
    paths.config_named = false;
    assert_eq!(Settings::load(&paths, &env, &mut problems), Settings::unset(&env));
    assert!(problems.is_empty());
    paths.config_named = true;
    assert_eq!(Settings::load(&paths, &env, &mut problems), Settings::unset(&env));
    let problems: Vec<String> = problems.into_sorted().iter().map(ToString::to_string).collect();
    assert_eq!(
        problems,
        ["/nowhere/c.toml: there is no such file (hint: flightdeck init writes a starter configuration)"]
    );
}

#[test]
fn an_attacker_or_an_accident_that_puts_a_secret_into_the_file_does_not_see_it_printed() {
    let file = File::embedded(
        "c.toml",
        "[receiver]\ntoken = 'hunter2'\nlisten = 5\napi_key = \"hunter2\"\nx = {password = 'hunter2', y = 1}\n",
    );
    let (settings, problems) = read_file(&file);
    assert_eq!(problems.len(), 4);
    for problem in &problems {
        let shown =
            format!("{problem} {problem:?} {problem:#?} {} {file:?} {settings:?}", problem.render(CANVAS));
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}

#[test]
fn a_problem_is_drawn_with_its_lines() {
    let (_, problems) =
        read_file(&File::embedded("c.toml", "user = 'ana'\r\n[ui]\r\n\tbel = true\r\nmouse = true\r\n"));
    assert_eq!(
        problems[0].render(CANVAS),
        "  x unknown key `ui.bel`\n   ,-[c.toml:3:2]\n 2 | [ui]\n 3 |  bel = true\n   :  ^^^\n 4 | mouse = true\n   `----\n  \
         help: did you mean `bell`?\n"
    );
}

#[test]
fn a_problem_in_a_line_without_end_or_with_tricks_is_drawn_small_and_clean() {
    let long = format!("user = '{}'\nx\u{1b}[31m\u{202e} = 1\n", "a".repeat(500_000));
    for text in [
        long.as_str(),
        &format!("a = [{} 'b\u{1b}]0;x\u{7}' 'c'", "1,".repeat(200_000)),
        "\u{1b}[2J",
        "=\u{9b}2J",
    ] {
        let (_, problems) = read_file(&File::embedded("c\u{1b}.toml", text));
        assert!(!problems.is_empty());
        for problem in problems {
            let drawn = problem.render(CANVAS);
            assert!(drawn.len() < 4_000, "{} bytes", drawn.len());
            let lines = format!("{problem}").replace('…', "");
            assert!(
                drawn.chars().chain(lines.chars()).all(|c| c == '\n' || (' '..='~').contains(&c)),
                "{drawn:?}"
            );
        }
    }
}

#[test]
fn hostile_files_are_told_and_never_break_anything() {
    let deep = |open: &str, close: &str| format!("a = {}{}", open.repeat(100_000), close.repeat(100_000));
    let keys = (0..5_000).map(|n| format!("key{n} = 1\n")).collect::<String>();
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("garbage", (0..=255).cycle().take(10_000).collect()),
        ("binary behind text", b"user = 'ana'\n\xff\xfe\x00".to_vec()),
        ("zeros", vec![0; 10_000]),
        ("deep lists", deep("[", "]").into_bytes()),
        ("deep tables", deep("{a=", "}").into_bytes()),
        ("deep keys", format!("{}a = 1", "a.".repeat(100_000)).into_bytes()),
        ("deep headers", format!("[{}a]", "a.".repeat(100_000)).into_bytes()),
        ("open quotes", "'".repeat(100_001).into_bytes()),
        ("many unknown keys", keys.into_bytes()),
        ("many broken lines", "= =\n".repeat(50_000).into_bytes()),
        ("too big", vec![b'#'; 2 * 1024 * 1024]),
        ("half a character", "user = '\u{6f22}".as_bytes()[..10].to_vec()),
    ];
    for (name, bytes) in cases {
        match File::from_bytes("c.toml", bytes) {
            Ok(file) => {
                let (_, problems) = read_file(&file);
                assert!(!problems.is_empty() && problems.len() <= 200, "{name}: {}", problems.len());
                for problem in problems {
                    assert!(problem.render(CANVAS).len() < 8_000, "{name}");
                }
            }
            Err(problem) => assert!(problem.render(CANVAS).len() < 8_000, "{name}"),
        }
    }
}

#[test]
fn a_byte_order_mark_line_ends_and_an_empty_file_are_nothing_to_speak_of() {
    for bytes in [
        &b""[..],
        b"\n",
        b"\xef\xbb\xbf",
        b"\xef\xbb\xbfuser = 'ana'\r\n[ui]\r\nbell = true\r\n",
        b"# only this",
    ] {
        let (settings, problems) = read_file(&File::from_bytes("c.toml", bytes.to_vec()).unwrap());
        assert_eq!(problems, []);
        assert_eq!(settings, Settings::unset(&env));
    }
    let file = File::from_bytes("c.toml", b"\xef\xbb\xbfusr = 1".to_vec()).unwrap();
    let place = read_file(&file).1[0].place.unwrap();
    assert_eq!((place.line, place.column), (1, 1));
}

/// A channel of each type, as the cases below spoil it.
const HOOK: &str = "[channels.hook]\ntype = 'webhook'\nurl = 'https://h/x'\n";

#[test]
fn each_mistake_in_a_channel_is_told_and_leaves_the_channel_out() {
    let cases: &[(&str, &str)] = &[
        (
            "[channels.k]",
            "c.toml:1:11: `channels.k` lacks the key `type` (hint: types: webhook, http, email, slack, pagerduty, \
             statuspage)",
        ),
        (
            "[channels.k]\ntype = 'webhok'",
            "c.toml:2:8: there is no channel of type \"webhok\" (hint: did you mean `webhook`?)",
        ),
        (
            "[channels.k]\ntype = 'webhook'",
            "c.toml:1:11: `channels.k` lacks the key `url` (hint: or url_env, url_file, url_command where the \
             URL is a secret)",
        ),
        (
            "[channels.k]\ntype = 'webhook'\nurl = 'ftp://h'",
            "c.toml:3:7: `url` begins with https:// or http://",
        ),
        (
            "[channels.k]\ntype = 'webhook'\nurl = 'https://h'\ntoken = 'hunter2'",
            "c.toml:4:1: unknown key `channels.k.token` (hint: a secret is never written here: use \
             `token_env`, `token_file` or `token_command`)",
        ),
        (
            "[channels.k]\ntype = 'webhook'\nurl = 'https://h'\nsecret_env = 'A'\nsecret_file = 'b'",
            "c.toml:5:15: more than one of `secret_env`, `secret_file` and `secret_command` is given (hint: keep one)",
        ),
        (
            "[channels.k]\ntype = 'webhook'\nurl = 'https://h'\nkinds = ['leak']",
            "c.toml:4:10: `channels.k.kinds`: unknown value \"leak\" (hint: possible: declared, severity, leaking, \
             in-doubt, escalation, page, update, acknowledged, note, resolved, reopened, digest)",
        ),
        (
            "[channels.k]\ntype = 'http'\nurl = 'https://h'\nbody = '{\"text\": \"{subjet}\"}'",
            "c.toml:4:8: `body`: nothing is called {subjet} here (hint: did you mean `subject`?)",
        ),
        (
            "[channels.k]\ntype = 'http'\nurl = 'https://h'\nbody = '{}'\nmethod = 'GET'",
            "c.toml:5:10: `method` tells nobody anything (hint: POST, PUT or PATCH)",
        ),
        (
            "[channels.k]\ntype = 'http'\nurl = 'https://h'\nbody = '{}'\nheaders = { Authorization = 'x' }",
            "c.toml:5:29: `headers.Authorization`: a secret is never written here (hint: use `token_env`, \
             `token_file` or `token_command`)",
        ),
        (
            "[channels.k]\ntype = 'http'\nurl = 'https://h'\nbody = '{}'\nexpect = { ok = 'true' }",
            "c.toml:5:1: \"ok\" is no JSON pointer (hint: write \"/ok\" or \"/result/id\")",
        ),
        (
            "[channels.k]\ntype = 'email'\nsend = ['sh']\nfrom = 'a@h'",
            "c.toml:1:11: `channels.k` has nobody to write to (hint: to = [\"ops@example.com\"], or people = { ana \
             = \"ana@example.com\" })",
        ),
        (
            "[channels.k]\ntype = 'email'\nsend = ['sh']\nfrom = 'a@h'\nto = ['b@h, c@h']",
            "c.toml:5:6: `to`: \"b@h, c@h\" is no address (hint: write name@example.com and nothing besides)",
        ),
        (
            "[channels.k]\ntype = 'email'\nsend = ['sh']\nfrom = '-fevil@h'\nto = ['b@h']",
            "c.toml:4:8: `from`: \"-fevil@h\" is no address (hint: write name@example.com and nothing besides)",
        ),
        (
            "[channels.k]\ntype = 'slack'",
            "c.toml:1:11: `channels.k` says neither how to post nor where (hint: `url_env`, `url_file` or \
             `url_command` of an incoming webhook, or a token and `channel`)",
        ),
        (
            "[channels.k]\ntype = 'slack'\ntoken_env = 'T'",
            "c.toml:1:11: `channels.k` lacks the key `channel` (hint: the channel's id, as in C0123ABCD: a name \
             may change)",
        ),
        (
            "[channels.k]\ntype = 'slack'\nurl_env = 'U'\nchannel = 'C1'",
            "c.toml:4:11: `channel`: an incoming webhook posts to the channel that it was made for (hint: or \
             post with a token)",
        ),
        (
            "[channels.k]\ntype = 'slack'\nurl_env = 'U'\ntoken_file = '/dev/null'",
            "c.toml:4:14: both an incoming webhook and a token are given (hint: keep one)",
        ),
        (
            "[channels.k]\ntype = 'slack'\ntoken_env = 'T'\nchannel = 'C1'\napi_url = 'slack.com'",
            "c.toml:5:11: `api_url` begins with https:// or http://",
        ),
        (
            "[channels.k]\ntype = 'slack'\nurl_env = 'U'\npeople = { ana = '@ana' }",
            "c.toml:4:18: `people.ana`: \"@ana\" is no member of a workspace (hint: write the member's id, as in \
             U0123ABCD)",
        ),
        (
            "[channels.k]\ntype = 'pagerduty'",
            "c.toml:1:11: `channels.k` lacks the routing key (hint: `routing_key_env`, `routing_key_file` or \
             `routing_key_command`: the integration key of the service's Events API v2)",
        ),
        (
            "[channels.k]\ntype = 'pagerduty'\nrouting_key_env = 'K'\nfrom = 'a@h'",
            "c.toml:4:8: `from` is of no use without a token (hint: `token_env`, `token_file` or `token_command`)",
        ),
        (
            "[channels.k]\ntype = 'pagerduty'\nrouting_key_env = 'K'\ntoken_env = 'T'\nfrom = 'ana'",
            "c.toml:5:8: `from`: PagerDuty changes incidents in the name of a user only (hint: the user's e-mail \
             address)",
        ),
        (
            "[channels.k]\ntype = 'pagerduty'\nrouting_key_env = 'K'\ntoken_env = 'T'\nfrom = 'a@h'\n\
             escalation_policy = '../users'",
            "c.toml:6:21: `escalation_policy` is no id of PagerDuty (hint: as in the address of its page: PXPGF42)",
        ),
        (
            "[channels.k]\ntype = 'pagerduty'\nrouting_key_env = 'K'\ntoken_env = 'T'\nfrom = 'a@h'\n\
             people = { ana = 'P1' }",
            "c.toml:6:1: calling people needs `requester` (hint: the id of the user who calls them)",
        ),
        (
            "[channels.k]\ntype = 'statuspage'\ntoken_env = 'T'",
            "c.toml:1:11: `channels.k` does not say which `page` (hint: the page's id, as in gytm4qzbx9t6)",
        ),
        (
            "[channels.k]\ntype = 'statuspage'\npage = 'p'",
            "c.toml:1:11: `channels.k` lacks the API key (hint: `token_env`, `token_file` or `token_command`)",
        ),
        (
            "[channels.k]\ntype = 'statuspage'\npage = 'p'\ntoken_env = 'T'\naudiences = ['engineering']",
            "c.toml:5:13: `audiences`: a status page is for customers only (hint: leave the key out)",
        ),
        (
            "[channels.k]\ntype = 'statuspage'\npage = 'p'\ntoken_env = 'T'\nkinds = ['update', 'leaking']",
            "c.toml:5:9: `kinds`: a status page takes the updates that a person wrote, nothing else (hint: leave \
             the key out)",
        ),
    ];
    for (text, expected) in cases {
        let (settings, problems) = read(text);
        assert_eq!(problems, [*expected], "in:\n{text}");
        assert!(settings.channels.is_empty(), "in:\n{text}");
    }
}

#[test]
fn each_mistake_in_who_is_on_call_is_told() {
    let cases: &[(&str, &str)] = &[
        (
            "[oncall]\nhand_over = 'Monday at ten'",
            "c.toml:5:13: `oncall.hand_over`: \"Monday at ten\" is no hand-over; write a weekday and a time: Mon 10:00",
        ),
        (
            "[oncall]\nstarts = 'Monday'",
            "c.toml:5:10: `oncall.starts`: \"Monday\" is no day; write 2026-11-23",
        ),
        (
            "[oncall.levels]\nprimary = { channel = 'hook' }",
            "c.toml:5:1: `oncall.levels`: \"primary\" is no level (hint: 0 is the primary on-call; 1, 2, 3 follow)",
        ),
        (
            "[oncall.levels]\n0 = { people = ['ana'], channel = 'hok' }",
            "c.toml:5:1: level 0: there is no channel \"hok\" (hint: did you mean `hook`?)",
        ),
        (
            "[[oncall.swaps]]\nweek = '2026-11-23'\nlevel = 3\nperson = 'ana'",
            "c.toml:4:1: `oncall.swaps`: nobody is on call at level 3",
        ),
    ];
    for (text, expected) in cases {
        let text = format!("{HOOK}{text}");
        let (settings, problems) = read(&text);
        assert_eq!(problems, [*expected], "in:\n{text}");
        assert_eq!(settings.channels.len(), 1);
    }
}

#[test]
fn d10_a_channel_and_who_is_on_call_become_rules() {
    let text = format!(
        "{HOOK}severities = ['P0', 'SEV2']\nkinds = ['page', 'leaking']\n\
         [oncall]\nhand_over = 'Tue 09:30'\nstarts = '2026-01-06'\nlevels.0 = {{ people = ['ana', 'bo'], channel = 'hook' }}\n"
    );
    let (settings, problems) = read(&text.replace("SEV2", "P1"));
    assert_eq!(problems, [""; 0]);
    let policy = policy::load(&settings, &paths(), &mut Problems::new());
    let route = &policy.routes[0];
    assert_eq!((route.channel.as_str(), route.severities.len(), route.kinds.len()), ("hook", 2, 2));
    let duty = policy.rota.on_call(0, "2026-01-13T09:30:00Z".parse().unwrap()).unwrap();
    assert_eq!(duty.person.unwrap(), *"bo");
    let silent = read(&format!("{HOOK}read_only = true")).0;
    assert!(
        policy::load(&silent, &paths(), &mut Problems::new()).routes.is_empty(),
        "nothing is queued for it"
    );
}

#[test]
fn the_ready_made_channels_are_right() {
    for file in ["teams", "telegram"] {
        let path = format!("{}/assets/channels/{file}.toml", env!("CARGO_MANIFEST_DIR"));
        let (settings, problems) = read(&std::fs::read_to_string(path).unwrap());
        assert_eq!(problems, [""; 0], "{file}");
        assert!(settings.channels.contains_key(file));
    }
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
