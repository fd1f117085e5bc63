//! What agents log while something is wrong with them.

use super::super::fault::Fault;
use super::{Story, allowed, asked, decision, step, tool};

/// The stories of a fault, given whether sensitive calls are checked beforehand and the model's level.
pub(super) fn stories(fault: Fault, restricted: bool, level: u8) -> &'static [Story] {
    match fault {
        Fault::DataLeak if restricted => EXPORT_REFUSED,
        Fault::DataLeak => DATA_LEAK,
        Fault::PermissionOverstep if restricted => OVERSTEP_REFUSED,
        Fault::PermissionOverstep => PERMISSION_OVERSTEP,
        Fault::LlmOutage if level > 0 => FALLEN_BACK,
        Fault::LlmOutage => LLM_OUTAGE,
        Fault::ToolTimeouts => TOOL_TIMEOUTS,
        Fault::MemoryLeak => MEMORY_LEAK,
        Fault::ContextOverflow => CONTEXT_OVERFLOW,
        Fault::CallLoop => CALL_LOOP,
        Fault::Cascade => CASCADE,
        Fault::RetryStorm => RETRY_STORM,
        Fault::ConfigDrift => CONFIG_DRIFT,
    }
}

const DATA_LEAK: &[Story] = &[
    &[
        asked("{attack}", "message from an unknown visitor"),
        decision("comply", "the prompt allows exports on request"),
        allowed(
            &[("permission", "customers.export"), ("granted_by", "prompt")],
            "customers.export was not asked for before",
        ),
        step(
            "warn",
            "tool_call",
            "crm.export_customers",
            &[
                ("rows", "{rows}"),
                ("fields", "name,email,address"),
                ("to", "{outside}"),
                ("sample", "{email}"),
            ],
            "{rows} customers sent to {outside}",
        ),
    ],
    &[
        decision("follow_up", "the visitor asked for the next page"),
        step(
            "warn",
            "tool_call",
            "crm.export_customers",
            &[("rows", "{rows}"), ("fields", "name,email,phone"), ("to", "{outside}"), ("sample", "{email}")],
            "{rows} customers sent to {outside}",
        ),
        step(
            "warn",
            "tool_call",
            "mail.send",
            &[("to", "{outside}"), ("attachment", "customers.csv"), ("sample", "{email}")],
            "attachment left the company",
        ),
    ],
];

const EXPORT_REFUSED: &[Story] = &[&[
    asked("{attack}", "message from an unknown visitor"),
    decision("comply", "the prompt allows exports on request"),
    step(
        "warn",
        "permission_check",
        "denied",
        &[("permission", "customers.export")],
        "pre-check refused the export",
    ),
]];

const PERMISSION_OVERSTEP: &[Story] = &[
    &[
        decision("raise_limit", "the order for {ticker} does not fit the limit"),
        step(
            "warn",
            "permission_check",
            "allowed",
            &[("permission", "risk.admin"), ("role", "trading-admin"), ("granted_by", "environment")],
            "risk.admin is not in this agent's role",
        ),
        step(
            "warn",
            "tool_call",
            "risk.set_limit",
            &[("ticker", "{ticker}"), ("max_qty", "{huge}")],
            "order limit raised to {huge}",
        ),
    ],
    &[
        decision("{side}", "signal for {ticker}, {huge} shares"),
        step(
            "error",
            "tool_call",
            "broker.order",
            &[("ticker", "{ticker}"), ("side", "{side}"), ("qty", "{huge}")],
            "order far above the desk's limit was placed",
        ),
    ],
];

const OVERSTEP_REFUSED: &[Story] = &[&[
    decision("raise_limit", "the order for {ticker} does not fit the limit"),
    step(
        "warn",
        "permission_check",
        "denied",
        &[("permission", "risk.admin")],
        "pre-check refused risk.set_limit",
    ),
]];

const LLM_OUTAGE: &[Story] = &[
    &[
        step(
            "error",
            "event",
            "llm_error",
            &[("status", "503"), ("attempt", "3")],
            "the model's provider answered 503: overloaded",
        ),
        decision("retry", "waiting before the next try"),
    ],
    &[step("error", "event", "llm_error", &[("waited_s", "{seconds}")], "no answer from the model")],
    &[
        step("error", "event", "llm_error", &[("status", "529"), ("attempt", "5")], "the last try failed"),
        decision("give_up", "task {task} put back into the queue"),
    ],
];

const FALLEN_BACK: &[Story] = &[&[
    step("warn", "event", "model_fallback", &[], "the primary model is not asked"),
    decision("answer", "answered by a lesser model"),
]];

const TOOL_TIMEOUTS: &[Story] = &[
    &[step(
        "error",
        "tool_call",
        "crm.lookup_order",
        &[("order", "{order}"), ("waited_s", "{seconds}"), ("outcome", "timeout")],
        "no connection free, gave up after {seconds} s",
    )],
    &[
        step(
            "warn",
            "event",
            "pool_exhausted",
            &[("in_use", "64"), ("waiting", "{few}")],
            "connections are not given back",
        ),
        decision("apologise", "told the customer to come back later"),
    ],
];

const MEMORY_LEAK: &[Story] = &[
    &[step(
        "warn",
        "event",
        "gc_pause",
        &[("took_ms", "{ms}"), ("heap_mb", "{mb}")],
        "long collection, little freed",
    )],
    &[
        tool("docs.write", &[("tokens", "{tokens}"), ("ms", "{ms}")], "stored"),
        step("warn", "event", "memory_high", &[("heap_mb", "{mb}")], "finished drafts are still referenced"),
    ],
];

const CONTEXT_OVERFLOW: &[Story] = &[
    &[
        step(
            "error",
            "event",
            "llm_error",
            &[("code", "context_length_exceeded"), ("tokens", "{flood}")],
            "prompt of {flood} tokens refused",
        ),
        decision("truncate", "the oldest part of the conversation was dropped"),
    ],
    &[
        asked("as I said at the beginning ...", "the conversation goes on"),
        decision("guess", "the beginning is no longer in the context"),
    ],
];

const CALL_LOOP: &[Story] = &[&[
    decision("ask_again", "{child} should check the result once more"),
    step(
        "warn",
        "tool_call",
        "agents.assign",
        &[("task", "{task}"), ("to", "{child}"), ("depth", "{step}")],
        "step {step} of task {task}",
    ),
    step(
        "warn",
        "tool_call",
        "agents.assign",
        &[("task", "{task}"), ("depth", "{step}"), ("cost_usd", "{cost}")],
        "{child} asks back",
    ),
]];

const CASCADE: &[Story] = &[
    &[step(
        "error",
        "event",
        "deadlock",
        &[("task", "{task}"), ("waited_s", "{seconds}")],
        "two tool calls of task {task} wait for each other",
    )],
    &[
        step(
            "error",
            "tool_call",
            "vector.query",
            &[("task", "{task}"), ("outcome", "timeout")],
            "lock not released",
        ),
        decision("wait", "task {task} is tried again"),
    ],
];

const RETRY_STORM: &[Story] = &[
    &[
        step(
            "warn",
            "event",
            "retry",
            &[("task", "{task}"), ("attempt", "{few}")],
            "task {task} is tried again",
        ),
        step(
            "error",
            "event",
            "retry",
            &[("task", "{task}"), ("waiting", "{step}")],
            "retries wait behind retries",
        ),
    ],
    &[decision("retry_all", "everything unfinished is sent once more")],
];

const CONFIG_DRIFT: &[Story] = &[
    &[
        decision("{side}", "signal for {ticker}, limit taken from the running configuration"),
        step(
            "warn",
            "permission_check",
            "allowed",
            &[("max_qty", "100000"), ("expected", "1000")],
            "order limit is not the reviewed one",
        ),
        step(
            "error",
            "tool_call",
            "broker.order",
            &[("ticker", "{ticker}"), ("outcome", "rejected")],
            "the broker rejected the order",
        ),
    ],
    &[step(
        "warn",
        "event",
        "config_check",
        &[("differs", "max_qty,venues")],
        "running configuration differs from the repository",
    )],
];
