//! The lines in which a sum is told to who asks how it was made: each needs words in every language.

use crate::catalogue::{Arg, Kind, Words};

const fn arg(name: &'static str, kind: Kind) -> Arg {
    Arg { name, kind, required: true }
}

/// Kinds of income that have words of their own; others are told in the institution's word.
pub const INCOME_KINDS: &[&str] = &[
    "alimony",
    "allowance",
    "assistance",
    "business",
    "contract",
    "displacement-allowance",
    "gift",
    "holdings",
    "liberated-area-allowance",
    "loan",
    "pension",
    "prison-wage",
    "remittance",
    "stipend",
    "subsidy",
    "unemployment-insurance",
    "utilities",
    "wage",
];

/// Why a member is neither a head nor an earner.
pub const NOT_COUNTED: &[&str] =
    &["prisoner", "foreigner", "dead", "missing", "conscript", "state-kept", "wanted", "abroad", "whereabouts-unknown"];

/// The reasons for which the law gives assistance at all.
pub const ENTRY: &[&str] = &[
    "incapacity",
    "disabled-care",
    "disabled-child-care",
    "young-child-care",
    "study",
    "unemployment-insurance",
    "death",
    "missing",
    "prison",
    "whereabouts-unknown",
    "work",
];

const KIND: Arg = arg("kind", Kind::Word { family: "income", words: INCOME_KINDS });
const OTHER_KIND: Arg = arg("kind", Kind::Text);
const AMOUNT: Arg = arg("amount", Kind::Money);
const REASONS: Arg = arg("reasons", Kind::Terms);
const LIMIT: Arg = arg("limit", Kind::Money);

/// Every line, in the order in which they are told.
pub const LINES: &[Words] = &[
    Words { key: "sum-rules", args: &[arg("day", Kind::Date), arg("rules", Kind::Text)] },
    Words { key: "sum-ungoverned", args: &[arg("day", Kind::Date)] },
    Words {
        key: "sum-not-counted",
        args: &[arg("member", Kind::Count), arg("why", Kind::Word { family: "not-counted", words: NOT_COUNTED })],
    },
    Words { key: "sum-member-unproven", args: &[arg("member", Kind::Count)] },
    Words { key: "sum-member-elsewhere", args: &[arg("member", Kind::Count)] },
    Words { key: "sum-limit", args: &[arg("heads", Kind::Count), arg("criterion", Kind::Money), LIMIT] },
    Words { key: "sum-income", args: &[KIND, AMOUNT] },
    Words { key: "sum-income-other", args: &[OTHER_KIND, AMOUNT] },
    Words { key: "sum-ignored", args: &[KIND, AMOUNT] },
    Words { key: "sum-ignored-other", args: &[OTHER_KIND, AMOUNT] },
    Words {
        key: "sum-average",
        args: &[arg("total", Kind::Money), arg("months", Kind::Count), arg("average", Kind::Money)],
    },
    Words { key: "sum-deals", args: &[arg("total", Kind::Money), LIMIT] },
    Words { key: "sum-utilities", args: &[arg("spending", Kind::Money), LIMIT] },
    Words { key: "sum-entry", args: &[arg("reason", Kind::Word { family: "entry", words: ENTRY })] },
    Words { key: "sum-noted", args: &[REASONS] },
    Words { key: "sum-refused", args: &[REASONS] },
    Words { key: "sum-granted", args: &[LIMIT, arg("average", Kind::Money), AMOUNT] },
    Words { key: "sum-paid", args: &[arg("from", Kind::Date), arg("until", Kind::Date)] },
    Words { key: "sum-unverified", args: &[] },
    Words { key: "sum-assumed", args: &[] },
    Words { key: "sum-contradiction", args: &[] },
    Words { key: "sum-unproven", args: &[] },
    Words { key: "sum-contested", args: &[] },
    Words { key: "sum-norm", args: &[] },
];
