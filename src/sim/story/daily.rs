//! What healthy agents log, by what they do for a living.

use super::super::scenario::Kind;
use super::{Story, allowed, asked, decision, step, tool};

/// The stories of an ordinary day.
pub(super) fn stories(kind: Kind) -> &'static [Story] {
    match kind {
        Kind::Support => SUPPORT,
        Kind::Planner => PLANNER,
        Kind::Research => RESEARCH,
        Kind::Writer => WRITER,
        Kind::Trading => TRADING,
        Kind::Medical => MEDICAL,
    }
}

/// Harmless trouble, such as any agent has now and then.
pub(super) const WARNINGS: &[Story] = &[
    &[step(
        "warn",
        "event",
        "retry",
        &[("attempt", "1"), ("wait_ms", "{ms}")],
        "rate limited by the provider, trying again",
    )],
    &[step("warn", "event", "slow_dependency", &[("took_ms", "{ms}")], "{cache} answered slowly")],
    &[
        step("warn", "event", "cache_miss", &[], "{cache} is cold, asking the model"),
        decision("continue", "answered without the {cache}"),
    ],
    &[step("debug", "event", "housekeeping", &[("freed_mb", "{few}")], "old sessions put away")],
];

const SUPPORT: &[Story] = &[
    &[
        asked("{question}", "message from {customer}"),
        decision("look_up_order", "order {order} is mentioned in the profile"),
        allowed(&[("permission", "orders.read")], "orders.read is granted"),
        tool("crm.lookup_order", &[("order", "{order}"), ("ms", "{ms}")], "order {order} found"),
        decision("answer", "answered in {tokens} tokens"),
    ],
    &[
        asked("{question}", "message from {customer}"),
        tool("kb.search", &[("hits", "{few}"), ("ms", "{ms}")], "articles found"),
        decision("answer", "answered from the knowledge base"),
    ],
    &[
        asked("I want my money back for order {order}", "message from {customer}"),
        allowed(&[("permission", "refunds.create"), ("limit", "250.00")], "within the refund limit"),
        tool(
            "payments.refund",
            &[("order", "{order}"), ("amount", "{amount}"), ("ms", "{ms}")],
            "refund placed",
        ),
        decision("answer", "refund confirmed to the customer"),
    ],
    &[
        asked("I want to talk to a human", "message from {customer}"),
        decision("hand_over", "handed over to a colleague, as asked"),
    ],
];

const PLANNER: &[Story] = &[
    &[
        step("info", "event", "task_received", &[("task", "{task}")], "new task: report on {topic}"),
        decision("split", "task {task} split into {few} parts"),
        tool(
            "agents.assign",
            &[("task", "{task}"), ("to", "{child}"), ("ms", "{ms}")],
            "part assigned to {child}",
        ),
    ],
    &[
        tool(
            "agents.collect",
            &[("task", "{task}"), ("from", "{child}"), ("ms", "{ms}")],
            "result of {child} collected",
        ),
        decision("accept", "result is complete, task {task} goes on"),
    ],
    &[
        decision("merge", "{few} results merged for task {task}"),
        allowed(&[("permission", "reports.publish")], "reports.publish is granted"),
        tool("reports.publish", &[("task", "{task}"), ("ms", "{ms}")], "report on {topic} published"),
    ],
];

const RESEARCH: &[Story] = &[
    &[
        step(
            "info",
            "event",
            "task_received",
            &[("task", "{task}"), ("from", "planner")],
            "find out about {topic}",
        ),
        decision("search", "{source} first, it is the primary source"),
        tool("web.search", &[("hits", "{few}"), ("ms", "{ms}")], "searched {source} for {topic}"),
        tool("web.fetch", &[("tokens", "{tokens}"), ("ms", "{ms}")], "page read"),
        decision("report", "{few} findings sent back to planner"),
    ],
    &[
        tool("vector.query", &[("hits", "{few}"), ("ms", "{ms}")], "looked for earlier work on {topic}"),
        decision("reuse", "an earlier answer is still valid"),
    ],
];

const WRITER: &[Story] = &[
    &[
        step(
            "info",
            "event",
            "task_received",
            &[("task", "{task}"), ("from", "planner")],
            "write the {draft}",
        ),
        decision("outline", "{few} sections"),
        tool("docs.write", &[("tokens", "{tokens}"), ("ms", "{ms}")], "first version of the {draft} stored"),
    ],
    &[
        decision("revise", "two sentences of the {draft} had no source"),
        allowed(&[("permission", "docs.write")], "docs.write is granted"),
        tool("docs.write", &[("tokens", "{tokens}"), ("ms", "{ms}")], "{draft} stored"),
    ],
];

const TRADING: &[Story] = &[
    &[
        tool(
            "market.quote",
            &[("ticker", "{ticker}"), ("price", "{price}"), ("ms", "{ms}")],
            "quote for {ticker}",
        ),
        decision("hold", "{ticker} stays within its band"),
    ],
    &[
        tool(
            "market.quote",
            &[("ticker", "{ticker}"), ("price", "{price}"), ("ms", "{ms}")],
            "quote for {ticker}",
        ),
        decision("{side}", "signal for {ticker}, {qty} shares"),
        allowed(&[("permission", "orders.place"), ("max_qty", "1000")], "within the order limit"),
        tool(
            "broker.order",
            &[("ticker", "{ticker}"), ("side", "{side}"), ("qty", "{qty}"), ("ms", "{ms}")],
            "order filled at {price}",
        ),
    ],
    &[tool("risk.exposure", &[("ms", "{ms}")], "exposure within limits")],
];

const MEDICAL: &[Story] = &[
    &[
        asked("{complaint}", "message about patient {patient}"),
        allowed(&[("permission", "records.read"), ("reason", "triage")], "access is logged"),
        tool("records.summary", &[("patient", "{patient}"), ("ms", "{ms}")], "summary read"),
        decision("{urgency}", "urgency proposed to the doctor on duty"),
    ],
    &[
        tool("guideline.search", &[("hits", "{few}"), ("ms", "{ms}")], "guideline for {complaint}"),
        decision("ask_doctor", "not certain enough: the doctor decides"),
    ],
];
