//! The families: what the institutions know of each, and what must come of it.

/// A family and its outcome.
pub struct Case {
    /// Its name.
    pub id: &'static str,
    /// Keys of the household, as in the file of the simulated institutions; `{1}` stands for the FIN of the second person.
    pub home: &'static str,
    /// Its persons, the applicant first: relation, day of birth, further keys.
    pub persons: &'static [(&'static str, &'static str, &'static str)],
    /// What must come of it.
    pub expected: Expected,
}

/// An outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Granted: qəpik a month, and the reasons of article 3.
    Granted(i64, &'static [&'static str]),
    /// Refused, with these reasons.
    Refused(&'static [&'static str]),
    /// Nothing, as long as two institutions contradict each other.
    Waits,
}

use Expected::{Granted, Refused, Waits};

const ADULT: &str = "1990-05-01";
const WAGE: &str = "[[household.person.income]]\nmonthly_qepik = 10_000\n";
const IDLE: &str = "";

const fn case(
    id: &'static str,
    home: &'static str,
    persons: &'static [(&'static str, &'static str, &'static str)],
    expected: Expected,
) -> Case {
    Case { id, home, persons, expected }
}

/// A worker whose spouse is as the keys say: each of these spouses is not counted.
macro_rules! beside_worker {
    ($id:literal, $spouse:expr, $entry:expr) => {
        case($id, "", &[("applicant", ADULT, WAGE), ("spouse", ADULT, $spouse)], Granted(20_000, $entry))
    };
}

/// One for each ground for refusal, and one beside it that must not refuse where the law draws a line.
pub const GROUNDS: &[Case] = &[
    case(
        "identity",
        "declares.id_card = { series = \"AZE\", number = \"10443207\" }\n",
        &[("applicant", ADULT, WAGE)],
        Refused(&["reason-identity"]),
    ),
    case("notary", "declares.notary = \"2026999999\"\n", &[("applicant", ADULT, WAGE)], Refused(&["reason-notary"])),
    case(
        "residence",
        "declares.district = \"xacmaz\"\n",
        &[("applicant", ADULT, WAGE)],
        Refused(&["reason-residence"]),
    ),
    case(
        "residence-displaced",
        "declares.district = \"xacmaz\"\n",
        &[("applicant", ADULT, "displaced_to = \"xacmaz\"\n[[household.person.income]]\nmonthly_qepik = 10_000\n")],
        Granted(20_000, &["work"]),
    ),
    case(
        "family",
        "declares.relations = { {1} = \"child\" }\n",
        &[("applicant", ADULT, WAGE), ("other", "2015-02-03", "")],
        Refused(&["reason-family"]),
    ),
    case(
        "income",
        "",
        &[("applicant", ADULT, "[[household.person.income]]\nmonthly_qepik = 30_000\n")],
        Refused(&["reason-income"]),
    ),
    case(
        "income-of-all-kinds",
        "",
        &[(
            "applicant",
            ADULT,
            "subsidy_yearly_qepik = 60_000\n[[household.person.income]]\nmonthly_qepik = 10_000\n\
             [[household.person.payment]]\nkind = \"pension\"\nmonthly_qepik = 15_000\n\
             [[household.person.loan]]\nkind = \"loan\"\nmonthly_qepik = 90_000\n",
        )],
        Refused(&["reason-income"]),
    ),
    case(
        "vehicle-used",
        "",
        &[(
            "applicant",
            ADULT,
            "[[household.person.vehicle]]\nplate = \"90-GR-001\"\nmake = \"VAZ\"\nyear = 2008\nbasis = \"used\"\n\
             [[household.person.income]]\nmonthly_qepik = 10_000\n",
        )],
        Refused(&["reason-vehicle"]),
    ),
    case(
        "motorcycle-owned",
        "",
        &[(
            "applicant",
            ADULT,
            "[[household.person.vehicle]]\nplate = \"90-GR-002\"\nmake = \"Minsk 125\"\nyear = 1998\nbasis = \"owned\"\n\
             [[household.person.income]]\nmonthly_qepik = 10_000\n",
        )],
        Refused(&["reason-vehicle"]),
    ),
    case(
        "vehicle-from-the-state",
        "",
        &[(
            "applicant",
            ADULT,
            "[[household.person.vehicle]]\nplate = \"90-GR-003\"\nmake = \"VAZ\"\nyear = 2018\nbasis = \"owned\"\n\
             rehabilitation = true\n[[household.person.income]]\nmonthly_qepik = 10_000\n",
        )],
        Granted(20_000, &["work"]),
    ),
    case(
        "property",
        "",
        &[
            ("applicant", ADULT, "[[household.person.estate]]\npurpose = \"menzil\"\naddress = \"Quba, Nizami 24\"\n"),
            (
                "spouse",
                ADULT,
                "[[household.person.estate]]\npurpose = \"menzil\"\naddress = \"Qusar, Heydər 7\"\n\
              [[household.person.income]]\nmonthly_qepik = 10_000\n",
            ),
        ],
        Refused(&["reason-property"]),
    ),
    case(
        "property-shared",
        "",
        &[
            ("applicant", ADULT, "[[household.person.estate]]\npurpose = \"menzil\"\naddress = \"Quba, Nizami 24\"\n"),
            (
                "spouse",
                ADULT,
                "[[household.person.estate]]\npurpose = \"menzil\"\naddress = \"Quba, Nizami 24\"\n\
              [[household.person.income]]\nmonthly_qepik = 10_000\n",
            ),
        ],
        Granted(50_000, &["work"]),
    ),
    case(
        "deals",
        "",
        &[(
            "applicant",
            ADULT,
            "[[household.person.estate_deal]]\nmonths_ago = 3\nqepik = 300_000\n\
             [[household.person.bank_deal]]\nmonths_ago = 2\nqepik = 60_001\n\
             [[household.person.income]]\nmonthly_qepik = 10_000\n",
        )],
        Refused(&["reason-deals"]),
    ),
    case(
        "deal-told-of-twice",
        "",
        &[(
            "applicant",
            ADULT,
            "[[household.person.estate_deal]]\nmonths_ago = 3\nqepik = 360_000\ncontract = \"K-17\"\n\
             [[household.person.bank_deal]]\nmonths_ago = 2\nqepik = 360_000\ncontract = \"K-17\"\n\
             [[household.person.income]]\nmonthly_qepik = 10_000\n",
        )],
        Granted(20_000, &["work"]),
    ),
    case(
        "utilities",
        "utilities = { electricity = { meter = \"7100001\", monthly_qepik = 2_000 }, \
          water = { meter = \"7100002\", monthly_qepik = 1_000 }, gas = { meter = \"7100003\", monthly_qepik = 1_000 } }\n",
        &[("applicant", ADULT, "telecom_monthly_qepik = 500\n[[household.person.income]]\nmonthly_qepik = 10_000\n")],
        Refused(&["reason-utilities"]),
    ),
    case(
        "utilities-below",
        "utilities = { electricity = { meter = \"7200001\", monthly_qepik = 2_000 }, \
          water = { meter = \"7200002\", monthly_qepik = 1_000 }, gas = { meter = \"7200003\", monthly_qepik = 999 } }\n",
        &[("applicant", ADULT, "telecom_monthly_qepik = 500\n[[household.person.income]]\nmonthly_qepik = 10_000\n")],
        Granted(20_000, &["work"]),
    ),
    case(
        "jobs",
        "",
        &[(
            "applicant",
            ADULT,
            "[[household.person.job]]\nrefused_days_ago = 20\n[[household.person.job]]\nrefused_days_ago = 200\n\
             [[household.person.income]]\nmonthly_qepik = 10_000\n",
        )],
        Refused(&["reason-jobs"]),
    ),
    case(
        "jobs-a-month-ago",
        "",
        &[(
            "applicant",
            ADULT,
            "[[household.person.job]]\nrefused_days_ago = 32\n[[household.person.job]]\nrefused_days_ago = 200\n\
             [[household.person.income]]\nmonthly_qepik = 10_000\n",
        )],
        Granted(20_000, &["work"]),
    ),
    case("nobody-counts", "", &[("applicant", ADULT, "citizenship = \"GEO\"\n")], Refused(&["reason-not-counted"])),
    case("contradiction", "", &[("applicant", ADULT, WAGE), ("spouse", ADULT, "died_on = 2026-02-01\n")], Waits),
];

/// One for each of those who are not counted.
pub const NOT_COUNTED: &[Case] = &[
    beside_worker!("conscript", "conscript = true\n", &["work"]),
    beside_worker!("state-kept", "state_kept = true\n", &["work"]),
    beside_worker!("prisoner", "prisoner = true\n", &["prison", "work"]),
    beside_worker!("wanted", "wanted = true\n", &["work"]),
    beside_worker!("abroad", "abroad = true\n", &["work"]),
    beside_worker!("foreigner", "citizenship = \"GEO\"\n", &["work"]),
];

/// One for each reason of article 3; nobody in them works but in the last two.
pub const REASONS: &[Case] = &[
    case("incapacity-by-age", "", &[("applicant", "1958-03-03", IDLE)], Granted(30_000, &["incapacity"])),
    case(
        "incapacity",
        "",
        &[("applicant", ADULT, "disability = { percent = 61 }\n")],
        Granted(30_000, &["incapacity"]),
    ),
    case(
        "disabled-care",
        "",
        &[("applicant", ADULT, IDLE), ("spouse", ADULT, "disability = { percent = 81 }\n")],
        Granted(60_000, &["incapacity", "disabled-care"]),
    ),
    case(
        "disabled-child-care",
        "",
        &[("applicant", ADULT, IDLE), ("child", "2012-03-03", "disability = { percent = 0, child = true }\n")],
        Granted(60_000, &["disabled-child-care"]),
    ),
    case(
        "young-child-care",
        "",
        &[("applicant", ADULT, IDLE), ("child", "2019-03-03", IDLE)],
        Granted(60_000, &["young-child-care"]),
    ),
    case(
        "study",
        "",
        &[("applicant", ADULT, IDLE), ("child", "2006-03-03", "study = \"full-time\"\n")],
        Granted(60_000, &["study"]),
    ),
    case(
        "study-admitted",
        "",
        &[("applicant", ADULT, IDLE), ("child", "2008-03-03", "admission = \"full-time\"\n")],
        Granted(60_000, &["study"]),
    ),
    case(
        "unemployment-insurance",
        "",
        &[(
            "applicant",
            ADULT,
            "[[household.person.payment]]\nkind = \"unemployment-insurance\"\nmonthly_qepik = 5_000\n",
        )],
        Granted(25_000, &["unemployment-insurance"]),
    ),
    case(
        "death",
        "",
        &[("applicant", ADULT, IDLE), ("spouse", ADULT, "status = \"dead\"\ndied_on = 2026-02-01\n")],
        Granted(30_000, &["death"]),
    ),
    case(
        "missing",
        "",
        &[("applicant", ADULT, IDLE), ("spouse", ADULT, "status = \"missing\"\n")],
        Granted(30_000, &["missing"]),
    ),
    case(
        "prison",
        "",
        &[("applicant", ADULT, IDLE), ("spouse", ADULT, "prisoner = true\n")],
        Granted(30_000, &["prison"]),
    ),
    case(
        "whereabouts-unknown",
        "",
        &[("applicant", ADULT, IDLE), ("spouse", ADULT, "whereabouts_unknown = true\n")],
        Granted(30_000, &["whereabouts-unknown"]),
    ),
    case("work", "", &[("applicant", ADULT, WAGE)], Granted(20_000, &["work"])),
];

/// Nothing of article 3: refused only where assumed values count.
pub const NO_REASON: Case = case("no-reason", "", &[("applicant", ADULT, IDLE)], Refused(&["reason-entry"]));
