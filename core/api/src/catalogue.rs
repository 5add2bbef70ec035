//! The catalogue as data: what a dialogue may call, what comes back, and which notices need words.

/// The kind of an argument or value; see [`crate::Value`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A text.
    Text,
    /// One of these names.
    Choice(&'static [&'static str]),
    /// An amount of money.
    Money,
    /// A day.
    Date,
    /// An item of the named list.
    Item(&'static str),
    /// Phrases by key.
    Terms,
    /// A number of things, for plurals.
    Count,
    /// One of these words, each a message `<family>-<word>`.
    Word {
        /// What its message begins with.
        family: &'static str,
        /// All of them.
        words: &'static [&'static str],
    },
    /// A repeating group with these arguments in each item.
    Group(&'static [Arg]),
}

/// A named argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arg {
    /// Its name.
    pub name: &'static str,
    /// Its kind.
    pub kind: Kind,
    /// Whether it must be given.
    pub required: bool,
}

/// An operation of the port.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    /// The name that a `call` state gives.
    pub name: &'static str,
    /// Whether it changes anything: then it is made once however often it is asked for, kept where the core is slow, and
    /// never reached by a dial string alone.
    pub writes: bool,
    /// Its arguments.
    pub args: &'static [Arg],
    /// Its outcomes with their values; each must be handled by the dialogue.
    pub outcomes: &'static [(&'static str, &'static [Arg])],
}

/// A notice that needs words in every language, or a phrase used inside one.
#[derive(Clone, Copy, Debug)]
pub struct Words {
    /// Its key.
    pub key: &'static str,
    /// Its arguments.
    pub args: &'static [Arg],
}

const fn arg(name: &'static str, kind: Kind) -> Arg {
    Arg { name, kind, required: true }
}

const fn optional(name: &'static str, kind: Kind) -> Arg {
    Arg { name, kind, required: false }
}

const RELATION: Kind = Kind::Choice(&["spouse", "child", "parent", "sibling", "other"]);
const REFERENCE: Arg = arg("reference", Kind::Text);
const DECIDE_BY: Arg = arg("decide-by", Kind::Date);
const REGISTERED_ON: Arg = arg("registered-on", Kind::Date);
const BRANCH: Arg = arg("branch", Kind::Item("branches"));
const COLLECT_FROM: Arg = arg("collect-from", Kind::Date);
const REASONS: Arg = arg("reasons", Kind::Terms);
const AWARD: [Arg; 3] = [arg("amount", Kind::Money), arg("from", Kind::Date), arg("until", Kind::Date)];

/// Every operation that a dialogue may call.
pub const OPERATIONS: &[Operation] = &[
    Operation {
        name: "submit",
        writes: true,
        args: &[
            arg("fin", Kind::Text),
            arg("card-series", Kind::Choice(&["aze", "aa", "myi", "dyi", "mom"])),
            arg("card-number", Kind::Text),
            optional("notary", Kind::Text),
            optional("members", Kind::Group(&[arg("fin", Kind::Text), arg("relation", RELATION)])),
            arg("district", Kind::Item("districts")),
            BRANCH,
            optional("meter-electricity", Kind::Text),
            optional("meter-water", Kind::Text),
            optional("meter-gas", Kind::Text),
        ],
        outcomes: &[
            ("registered", &[REFERENCE, REGISTERED_ON, DECIDE_BY]),
            ("registered-undated", &[REFERENCE, REGISTERED_ON]),
            ("awaiting-notary", &[REFERENCE, REGISTERED_ON]),
            ("already", &[REFERENCE, REGISTERED_ON]),
            ("limited", &[]),
        ],
    },
    Operation {
        name: "complete",
        writes: true,
        args: &[REFERENCE, arg("notary", Kind::Text)],
        outcomes: &[
            ("registered", &[REFERENCE, REGISTERED_ON, DECIDE_BY]),
            ("registered-undated", &[REFERENCE, REGISTERED_ON]),
            ("already", &[REFERENCE, REGISTERED_ON]),
            ("not-awaiting", &[REFERENCE]),
            ("none", &[]),
        ],
    },
    Operation {
        name: "existing",
        writes: false,
        args: &[],
        outcomes: &[("none", &[]), ("awaiting-notary", &[REFERENCE]), ("open", &[REFERENCE])],
    },
    Operation {
        name: "status",
        writes: false,
        args: &[],
        outcomes: &[
            ("none", &[]),
            ("awaiting-notary", &[REFERENCE]),
            ("gathering", &[REFERENCE, DECIDE_BY]),
            ("gathering-undated", &[REFERENCE]),
            ("late", &[REFERENCE]),
            ("granted", &[REFERENCE]),
            ("refused", &[REFERENCE]),
            ("card-ready", &[REFERENCE]),
            ("superseded", &[REFERENCE]),
        ],
    },
    Operation {
        name: "explain",
        writes: false,
        args: &[arg("last-four", Kind::Text)],
        outcomes: &[
            ("none", &[]),
            ("wrong", &[]),
            ("locked", &[]),
            ("not-begun", &[]),
            ("undecided", &[DECIDE_BY]),
            ("undecided-undated", &[]),
            ("undecided-late", &[]),
            ("granted", &AWARD),
            ("refused", &[REASONS]),
        ],
    },
    Operation {
        name: "pickup",
        writes: false,
        args: &[arg("last-four", Kind::Text)],
        outcomes: &[
            ("none", &[]),
            ("wrong", &[]),
            ("locked", &[]),
            ("no-card", &[]),
            ("ordered", &[BRANCH]),
            ("ready", &[BRANCH, COLLECT_FROM]),
        ],
    },
];

impl Operation {
    /// The operation of that name.
    pub fn find(name: &str) -> Option<&'static Self> {
        OPERATIONS.iter().find(|operation| operation.name == name)
    }
}

/// The outcomes of operations that write which the core tells by a notice of the same key, written in the transaction
/// that brings them about. A channel that can carry nothing but texts says nothing of them itself, so that the phone hears of each once.
pub const TOLD_BY_NOTICE: &[&str] = &["registered", "registered-undated", "awaiting-notary"];

/// Every notice.
pub const NOTICES: &[Words] = &[
    Words { key: "registered", args: &[REFERENCE, DECIDE_BY] },
    Words { key: "registered-undated", args: &[REFERENCE] },
    Words { key: "deadline", args: &[REFERENCE, DECIDE_BY] },
    Words { key: "awaiting-notary", args: &[REFERENCE] },
    Words { key: "granted", args: &[REFERENCE, AWARD[0], AWARD[1], AWARD[2]] },
    Words { key: "refused", args: &[REFERENCE, REASONS] },
    Words { key: "card-ready", args: &[BRANCH, COLLECT_FROM] },
    Words { key: "superseded", args: &[REFERENCE] },
    Words { key: "late", args: &[REFERENCE] },
    Words { key: "unproven", args: &[REFERENCE] },
    Words { key: "contested", args: &[REFERENCE] },
];

/// Every phrase that a reason may be (DOMAIN: refusal grounds).
pub const TERMS: &[Words] = &[
    Words { key: "reason-identity", args: &[] },
    Words { key: "reason-notary", args: &[] },
    Words { key: "reason-residence", args: &[] },
    Words { key: "reason-family", args: &[] },
    Words { key: "reason-income", args: &[arg("income", Kind::Money), arg("limit", Kind::Money)] },
    Words { key: "reason-vehicle", args: &[] },
    Words { key: "reason-property", args: &[] },
    Words { key: "reason-deals", args: &[arg("total", Kind::Money), arg("limit", Kind::Money)] },
    Words { key: "reason-utilities", args: &[arg("spending", Kind::Money), arg("limit", Kind::Money)] },
    Words { key: "reason-jobs", args: &[arg("again", Kind::Date)] },
    Words { key: "reason-entry", args: &[] },
    Words { key: "reason-not-counted", args: &[] },
];
