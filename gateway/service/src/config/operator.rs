//! An operator: where its SMSC is, how we bind, and in which dialect it speaks.

use super::{FlashRule, Reach, SmsWriting, Surroundings, dialect, flash, read_profile, read_secret};
use dayaq_author::{Diagnostics, Table, parse};
use dayaq_dialog::Form;
use dayaq_smpp::ussd::Dialect;
use dayaq_smpp::{LinkConfig, PaceConfig, Role};
use dayaq_text::Alphabet;
use secrecy::SecretString;
use std::time::Duration;

/// One operator of the configuration.
#[derive(Clone, Debug)]
pub struct Operator {
    /// The name used in logs, metrics and rows.
    pub name: String,
    /// How its links are made.
    pub link: OperatorLink,
    /// How it speaks.
    pub profile: Profile,
    /// Which notices its phones are shown on the screen, ahead of their texts.
    pub flashes: Vec<FlashRule>,
}

/// How an operator's links are made.
#[derive(Clone, Debug)]
pub struct OperatorLink {
    /// Where the SMSC is.
    pub reach: Reach,
    /// The account.
    pub system_id: String,
    /// Its password, at most 32 octets.
    pub password: SecretString,
    /// What kind of system we say we are.
    pub system_type: String,
    /// Which way messages go.
    pub bind: BindKind,
    /// How many such binds (1 to 64).
    pub binds: usize,
}

/// Which way an operator's messages go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BindKind {
    /// Both ways over one connection.
    Transceiver,
    /// A transmitter and a receiver, each with a connection of its own, which count as one bind.
    Pair,
}

/// When a deliver_sm is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseOrder {
    /// As soon as the turn is saved, before the screen.
    BeforeReply,
    /// After the screen is on its way.
    AfterReply,
}

/// How an operator speaks: `config/operators/*.toml`.
#[derive(Clone, Debug)]
pub struct Profile {
    /// The USSD dialect.
    pub dialect: Dialect,
    /// Bounds and times of each link.
    pub link: LinkConfig,
    /// Slots of the window that texts leave free for screens.
    pub window_reserve: usize,
    /// How fast each bind may send.
    pub pace: PaceConfig,
    /// When a deliver_sm is answered.
    pub response: ResponseOrder,
    /// How long the core may take before the phone hears "recorded, an SMS will follow".
    pub reply_budget: Duration,
    /// Which letters the network carries.
    pub form: Form,
    /// The sender of texts, digits or letters.
    pub sender: String,
    /// Type of number and numbering plan of the sender.
    pub sender_ton_npi: (u8, u8),
    /// Whether delivery receipts are asked for.
    pub receipts: bool,
    /// Whether the SMSC is told how long a text is valid (validity_period).
    pub validity_period: bool,
    /// data_coding of UCS-2 texts, usually 8.
    pub sms_ucs2: u8,
    /// data_coding of texts in the default alphabet, usually 0.
    pub sms_default: u8,
    /// How texts are written and read.
    pub sms: SmsWriting,
}

impl Operator {
    /// Reads one `[[operator]]`; its profile file is read through `around`.
    pub(super) fn read(table: &Table<'_>, around: &dyn Surroundings, found: &Diagnostics) -> Option<Self> {
        let name = read_name(table);
        let reach = Reach::read(table, around);
        let system_id = table.parse("system_id", |text| bounded(text, 15));
        let password = read_secret(table, "password", around);
        let system_type = table.opt_parse("system_type", |text| bounded(text, 12)).unwrap_or_default();
        let kinds = [("transceiver", BindKind::Transceiver), ("transmitter+receiver", BindKind::Pair)];
        let bind = table.one_of_or("bind", &kinds, BindKind::Transceiver);
        let binds = table.integer_or("binds", 1..=64, 1);
        let profile = table.string("profile").and_then(|path| match around.file(&path) {
            Ok(text) => {
                let (document, more) = parse(&path, &text);
                let profile = read_profile(&document, &more);
                found.extend(more);
                profile
            }
            Err(why) => {
                table.error("profile", format!("{path}: {why}"));
                None
            }
        });
        let flashes = flash::read(table, profile.as_ref());
        let link = OperatorLink { reach: reach?, system_id: system_id?, password: password?, system_type, bind, binds };
        Some(Self { name: name?, link, profile: profile?, flashes })
    }
}

/// Reads `name`, as it stands in logs, metrics and rows.
pub(super) fn read_name(table: &Table<'_>) -> Option<String> {
    table.parse("name", |text| {
        let fine = (1..=32).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        fine.then(|| text.to_owned()).ok_or_else(|| format!("must be 1 to 32 of a-z, 0-9 and -, found {text:?}"))
    })
}

/// The version of SMPP that brought optional parameters.
const OPTIONAL_PARAMETERS: u8 = 0x34;

/// A sender of digits, or of letters, of which a phone shows 11 (3GPP 23.040 §9.1.2.5).
fn sender(text: &str) -> Result<String, String> {
    let digits = text.bytes().all(|octet| octet.is_ascii_digit());
    match bounded(text, 20)? {
        letters if !digits && letters.len() > 11 => {
            Err(format!("letters are at most 11, found {} in {text:?}", letters.len()))
        }
        sender => Ok(sender),
    }
}

pub(super) fn bounded(text: &str, most: usize) -> Result<String, String> {
    match text.len() <= most && text.is_ascii() {
        true => Ok(text.to_owned()),
        false => Err(format!("must be at most {most} ASCII characters, found {}", text.len())),
    }
}

impl Profile {
    /// Whether the network carries no UCS-2, so that texts are written in plain letters.
    pub fn is_plain(&self) -> bool {
        self.form == Form::Plain
    }

    /// Reads a profile; every key has the specification's value as its default.
    pub(super) fn read(root: &Table<'_>) -> Option<Self> {
        let mut link = LinkConfig::new(Role::Esme);
        let mut window_reserve = link.window / 4;
        let mut response = ResponseOrder::BeforeReply;
        let mut pace = PaceConfig { segments_per_second: None, burst: Duration::from_millis(20) };
        if let Some(table) = root.opt_table("link") {
            link.interface_version =
                table.one_of_or("interface_version", &[("3.3", 0x33), ("3.4", 0x34), ("5.0", 0x50)], 0x34);
            link.window = table.integer_or("window", 1..=1000, link.window);
            window_reserve = table.integer_or("window_reserve", 0..=999, link.window / 4);
            if window_reserve >= link.window {
                table.error("window_reserve", format!("must be below the window, {}", link.window));
            }
            pace.segments_per_second = table.opt_integer("segments_per_second", 1..=100_000);
            pace.burst = Duration::from_millis(table.integer_or("burst_ms", 0..=1000u64, 20));
            link.inbound_max = table.integer_or("inbound_max", 1..=100_000, link.inbound_max);
            link.max_pdu_len = table.integer_or("max_pdu_len", 4096..=1_048_576, link.max_pdu_len);
            let seconds = |key: &str, fallback: Duration| {
                Duration::from_secs(table.integer_or(key, 1..=3600u64, fallback.as_secs()))
            };
            link.bind_response = seconds("bind_response_s", link.bind_response);
            link.enquire_link_response = seconds("enquire_link_response_s", link.enquire_link_response);
            link.response = seconds("response_s", link.response);
            link.frame = seconds("frame_s", link.frame);
            let interval = link.enquire_link.unwrap_or(Duration::from_secs(30));
            link.enquire_link = Some(seconds("enquire_link_s", interval));
            response = table.one_of_or(
                "deliver_sm_resp",
                &[("before-reply", ResponseOrder::BeforeReply), ("after-reply", ResponseOrder::AfterReply)],
                response,
            );
            table.finish();
        }
        let mut profile = Self {
            dialect: Dialect::specification(),
            link,
            window_reserve,
            pace,
            response,
            reply_budget: Duration::from_millis(3_000),
            form: Form::Proper,
            sender: "Dayaq".to_owned(),
            sender_ton_npi: (5, 0),
            receipts: true,
            validity_period: false,
            sms_ucs2: 8,
            sms_default: 0,
            sms: SmsWriting::default(),
        };
        if let Some(table) = root.opt_table("ussd") {
            let budget = table.integer_or("reply_budget_ms", 100..=8_000u64, 3_000);
            profile.reply_budget = Duration::from_millis(budget);
            dialect::read(&table, &mut profile.dialect);
            table.finish();
        }
        if let Some(table) = root.opt_table("sms") {
            profile.form = table.one_of_or("form", &[("proper", Form::Proper), ("plain", Form::Plain)], Form::Proper);
            if let Some(sender) = table.opt_parse("sender", sender) {
                profile.sender_ton_npi = if sender.bytes().all(|b| b.is_ascii_digit()) { (0, 1) } else { (5, 0) };
                profile.sender = sender;
            }
            profile.sender_ton_npi.0 = table.integer_or("sender_ton", 0..=6, profile.sender_ton_npi.0);
            profile.sender_ton_npi.1 = table.integer_or("sender_npi", 0..=18, profile.sender_ton_npi.1);
            profile.receipts = table.boolean_or("receipts", profile.receipts);
            profile.validity_period = table.boolean_or("validity_period", profile.validity_period);
            profile.sms_ucs2 = table.integer_or("data_coding_ucs2", 0..=255, profile.sms_ucs2);
            profile.sms_default = table.integer_or("data_coding_default", 0..=255, profile.sms_default);
            profile.sms = SmsWriting::read(&table);
            let default = profile.sms.codings.default_alphabet;
            if default != Alphabet::Ucs2 && profile.sms_ucs2 == profile.sms_default {
                let key = if table.has("data_coding_ucs2") { "data_coding_ucs2" } else { "data_coding_default" };
                let value = profile.sms_ucs2;
                table.error(
                    key,
                    format!("texts of both alphabets go out with {value}: the operator cannot tell them apart"),
                );
            }
            if default == Alphabet::Ucs2 && profile.is_plain() {
                table.error("form", "plain is for a network without UCS-2, and default_alphabet is ucs-2");
            }
            table.finish();
        }
        if profile.link.interface_version < OPTIONAL_PARAMETERS
            && let Some(table) = root.opt_table("link")
        {
            table.warning(
                "interface_version",
                "SMPP 3.3 has no optional parameters, and USSD goes by them: only for an operator that sends them all the same",
            );
        }
        Some(profile)
    }
}
