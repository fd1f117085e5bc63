//! `config.toml` as a whole: every mistake at its place, and what holds then.

use super::*;

#[test]
fn each_mistake_is_told_at_its_place_with_a_hint() {
    let cases: &[(&str, &str)] = &[
        (
            "user = 5",
            "c.toml:1:8: `user`: expected a string, found integer `5` (hint: write it in quotes: \"5\")",
        ),
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
        (
            "ui = 3",
            "c.toml:1:6: `ui`: expected a table, found integer `3` (hint: write it as [ui], with its keys below)",
        ),
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
            "c.toml:2:15: `secret_file`: there is no file /nowhere/s (hint: put it there, or write another path)",
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
            "c.toml:2:12: `receiver.max_body`: expected a size in quotes, such as \"64KiB\", found integer `1000`",
        ),
        (
            "[redaction.customer]\npattern = 'CUST-('",
            "c.toml:2:11: `redaction.customer.pattern`: unclosed group (hint: a sign that stands for itself in an expression has \\ before it, as in \\( or \\[)",
        ),
        (
            "[hints.ledger]\npattern = '['",
            "c.toml:2:11: `hints.ledger.pattern`: unclosed character class (hint: a sign that stands for itself in an expression has \\ before it, as in \\( or \\[)",
        ),
        (
            "[redaction.all]\npattern = '.*'",
            "c.toml:2:11: `redaction.all.pattern`: the expression fits where nothing is, which is everywhere (hint: ask for one sign at least, as in .+ instead of .*)",
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
            "c.toml:4:13: `token_env`: the environment variable NO_SUCH is not set (hint: set it where flightdeck is started, or name another one)",
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
            "c.toml:7:8: `adapters.k.actions.isolate.body`: this is no JSON: EOF while parsing an object at line 1 column 1; write a table, or JSON in quotes",
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
        (
            "[policy]\nfile = ['a']",
            "c.toml:2:8: `policy.file`: expected a string, found a list (hint: write one text, in quotes and without brackets)",
        ),
        ("user = 'a'\nuser = 'b'", "c.toml:2:1: duplicate key (hint: keep one of them)"),
        (
            "[[agents]]\nid = 'a'\n[[agents]]\nid = 'b'\nvitals = ['/nowhere/x']",
            "c.toml:5:10: `vitals` of b: there is no program /nowhere/x (hint: put it there, or write the path of another one)",
        ),
    ];
    for (text, expected) in cases {
        {
            let (a, b) = (read(text).1.clone(), expected);
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
    }
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
            "c.toml:3:9: `ui.theme`: expected a string, found integer `1` (hint: write it in quotes: \"1\")",
            "c.toml:6:10: `receiver.listen`: \"x\" is not an address with a port; write 127.0.0.1:9095 or [::1]:9095",
            "c.toml:10:1: unknown key `agents.log` (hint: did you mean `logs`?)",
            "c.toml:17:9: `adapters.k.actions.isolate.limit`: expected a length of time, found integer `3` (hint: write it with its unit, in quotes: \"3s\")",
            "c.toml:18:9: `adapters.k.actions.isolate.grace`: expected a length of time, found integer `4` (hint: write it with its unit, in quotes: \"4s\")",
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
    assert_eq!(
        problems,
        [
            "c.toml:5:14: `token_file`: there is no file /home/ana/t (hint: put it there, or write another path)"
        ]
    );
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
