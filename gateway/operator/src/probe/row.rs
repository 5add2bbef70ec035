//! What a conformance run has to say: rows, and the report that they make.

use dayaq_smpp::Instant;
use jiff::Timestamp;

/// A part of the conformance list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Connection and bind.
    Bind,
    /// enquire_link and unknown commands.
    Alive,
    /// Letters and long texts.
    Texts,
    /// Delivery receipts.
    Receipts,
    /// Window and rate.
    Flow,
    /// USSD dialogues and pushes.
    Ussd,
}

impl Group {
    /// All of them, in the order of the report.
    pub const ALL: [Group; 6] = [Group::Bind, Group::Alive, Group::Texts, Group::Receipts, Group::Flow, Group::Ussd];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Group::Bind => "bind",
            Group::Alive => "alive",
            Group::Texts => "texts",
            Group::Receipts => "receipts",
            Group::Flow => "flow",
            Group::Ussd => "ussd",
        }
    }

    /// What stands above its rows.
    pub const fn title(self) -> &'static str {
        match self {
            Group::Bind => "Connection and bind",
            Group::Alive => "Signs of life",
            Group::Texts => "Texts and their letters",
            Group::Receipts => "Delivery receipts",
            Group::Flow => "Window and rate",
            Group::Ussd => "USSD",
        }
    }
}

/// How a row came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As the profile says.
    Conforms,
    /// Otherwise.
    Differs,
    /// It could not be seen; the row says why.
    NotShown,
}

impl Verdict {
    /// The word of the reports.
    pub const fn word(self) -> &'static str {
        match self {
            Verdict::Conforms => "conforms",
            Verdict::Differs => "differs",
            Verdict::NotShown => "not shown",
        }
    }
}

/// One PDU as evidence: what subscribers and accounts must keep for themselves is blotted out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// Since the beginning of the run.
    pub at: Instant,
    /// Whether it went out.
    pub sent: bool,
    /// Its command, and its status where that is not ROK.
    pub name: String,
    /// Its octets in hexadecimal, `..` for what is blotted out.
    pub hex: String,
}

/// One row of the conformance list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its name, the same in every run: `receipts.id`.
    pub id: &'static str,
    /// Its part.
    pub group: Group,
    /// What was asked.
    pub asked: String,
    /// What the profile, or else the specification, lets expect.
    pub expected: String,
    /// What was seen, or why nothing was.
    pub seen: String,
    /// How it came out.
    pub verdict: Verdict,
    /// What a person has to compare on the phone and tick.
    pub tick: Option<String>,
    /// The PDUs that show it.
    pub evidence: Vec<Evidence>,
}

impl Row {
    /// A row that nothing was seen of yet.
    pub fn new(id: &'static str, group: Group, asked: impl Into<String>, expected: impl Into<String>) -> Self {
        Self {
            id,
            group,
            asked: asked.into(),
            expected: expected.into(),
            seen: String::new(),
            verdict: Verdict::NotShown,
            tick: None,
            evidence: Vec::new(),
        }
    }

    /// It was seen, and is as expected or is not.
    pub fn judged(mut self, conforms: bool, seen: impl Into<String>) -> Self {
        self.verdict = if conforms { Verdict::Conforms } else { Verdict::Differs };
        self.seen = seen.into();
        self
    }

    /// It is as expected.
    pub fn conforms(self, seen: impl Into<String>) -> Self {
        self.judged(true, seen)
    }

    /// It is not as expected.
    pub fn differs(self, seen: impl Into<String>) -> Self {
        self.judged(false, seen)
    }

    /// It could not be seen.
    pub fn not_shown(mut self, why: impl Into<String>) -> Self {
        self.verdict = Verdict::NotShown;
        self.seen = why.into();
        self
    }

    /// A person has to compare this.
    pub fn to_tick(mut self, what: impl Into<String>) -> Self {
        self.tick = Some(what.into());
        self
    }

    /// What shows it.
    pub fn with(mut self, evidence: Vec<Evidence>) -> Self {
        self.evidence = evidence;
        self
    }
}

/// Everything that a run has to say.
#[derive(Clone, Debug)]
pub struct Report {
    /// The program's version.
    pub version: String,
    /// The profile's file.
    pub profile: String,
    /// Its hash.
    pub profile_sha256: String,
    /// Where the SMSC is.
    pub smsc: String,
    /// Under which name we bound.
    pub system_id: String,
    /// What the SMSC calls itself, as it came.
    pub smsc_name: Option<String>,
    /// Over TLS the certificate that the SMSC showed, by its fingerprint, and whether it is believed.
    pub certificate: Option<String>,
    /// The test phone, but for its last four digits blotted out.
    pub phone: String,
    /// When the run began.
    pub began: Timestamp,
    /// When it ended.
    pub ended: Timestamp,
    /// How many texts went out, segments counted one by one.
    pub texts_sent: usize,
    /// Only these parts were asked for.
    pub groups: Vec<Group>,
    /// The rows.
    pub rows: Vec<Row>,
    /// What no row expected.
    pub unexpected: Vec<String>,
    /// Why nothing could be shown: no connection, or no bind.
    pub no_bind: Option<String>,
}

impl Report {
    /// How many rows came out so.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.rows.iter().filter(|row| row.verdict == verdict).count()
    }

    /// 0: all that was shown conforms; 1: something differs; 2: there was no bind, so that nothing was shown.
    pub fn exit(&self) -> u8 {
        match (&self.no_bind, self.count(Verdict::Differs)) {
            (Some(_), _) => 2,
            (None, 0) => 0,
            (None, _) => 1,
        }
    }
}
