//! `[adapters.NAME]` of type `kubernetes`.

use std::path::Path;

use super::*;

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
        (
            adapter("deadline = '0s'"),
            "c.toml:3:12: `deadline`: a cluster needs a second at least (hint: write 1s or more)",
        ),
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
        {
            let (a, b) = (read(&text).1.clone(), expected);
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
