use super::*;
use dayaq_sql::PostgresPool;
use std::collections::BTreeMap;

/// The surroundings of a test: variables and files by name.
#[derive(Default)]
struct Fake {
    variables: BTreeMap<&'static str, &'static str>,
    files: BTreeMap<&'static str, &'static str>,
}

impl Environment for Fake {
    fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).map(|v| (*v).to_owned())
    }
}

impl Surroundings for Fake {
    fn file(&self, path: &str) -> Result<String, String> {
        self.files.get(path).map(|text| (*text).to_owned()).ok_or_else(|| "no such file".to_owned())
    }
}

const SPECIFICATION: &str = include_str!("../../../../config/operators/specification.toml");

fn surroundings() -> Fake {
    Fake {
        variables: BTreeMap::from([("SMSC_PASSWORD", "secret")]),
        files: BTreeMap::from([("operators/spec.toml", SPECIFICATION), ("redis.url", "redis://127.0.0.1:6379\n")]),
    }
}

fn read(text: &str) -> (Option<GatewayConfig>, String) {
    let (document, found) = dayaq_author::parse("dayaq.toml", text);
    let root = document.root(&found);
    let config = GatewayConfig::read(&root, &surroundings(), &found);
    root.finish();
    let found: Vec<String> = found.sorted().iter().map(ToString::to_string).collect();
    (config, found.join("\n"))
}

const SOUND: &str = r#"
[gateway]
database = "data/gateway.db"
[sessions]
store = "redis"
redis_url_file = "redis.url"
[[operator]]
name = "azercell"
profile = "operators/spec.toml"
address = "127.0.0.1:2775"
system_id = "dayaq"
password_env = "SMSC_PASSWORD"
"#;

#[test]
fn a_sound_file_is_read_with_its_secrets_from_elsewhere() {
    let (config, found) = read(SOUND);
    assert_eq!(found, "");
    let config = config.unwrap();
    assert_eq!(config.draft_ttl, Duration::from_secs(72 * 3600));
    assert_eq!(config.destinations, ["994"]);
    assert_eq!(config.operators[0].profile.link.window, 100);
    assert!(matches!(config.sessions, SessionsConfig::Redis(_)));
    assert!(!format!("{config:?}").contains("secret"), "a password does not print");
}

#[test]
fn g01_f05_what_a_phone_may_have_is_said_by_keys_and_a_fault_names_its_line() {
    let (config, _) = read(SOUND);
    let config = config.unwrap();
    let share = (config.replies_per_minute, config.futile_replies, config.reply_segments_per_day, config.parts_max);
    assert_eq!(share, (60, 9, 250, 10));
    for (line, key) in [
        ("futile_replies = 0", "futile_replies"),
        ("reply_segments_per_day = 100001", "reply_segments_per_day"),
        ("parts_max = 51", "parts_max"),
    ] {
        let (_, found) = read(&SOUND.replace("[gateway]", &format!("[gateway]\n{line}")));
        assert!(found.contains("dayaq.toml:3") && found.contains(key), "{found}");
    }
}

#[test]
fn a3_an_operators_rate_is_read_and_is_unlimited_unless_agreed() {
    let (config, _) = read(SOUND);
    let config = config.unwrap();
    assert_eq!(config.operators[0].profile.pace.segments_per_second, None);
    assert_eq!(config.hours, Hours::default());
    let profile = |text: &str| {
        let (document, found) = dayaq_author::parse("operator.toml", text);
        (read_profile(&document, &found).map(|profile| profile.pace), found.to_string())
    };
    let (pace, found) = profile("[link]\nsegments_per_second = 30\nburst_ms = 0\n");
    assert_eq!(
        (pace.map(|pace| (pace.segments_per_second, pace.burst)), found),
        (Some((Some(30), Duration::ZERO)), String::new())
    );
    let (_, found) = profile("[link]\nsegments_per_second = 0\nburst_ms = 1001\n");
    assert!(found.contains("operator.toml:2") && found.contains("segments_per_second"), "{found}");
    assert!(found.contains("operator.toml:3") && found.contains("burst_ms"), "{found}");
}

#[test]
fn i4_the_hours_of_notices_are_read() {
    let hours = |text: &str| read(&SOUND.replace("[sessions]", &format!("notice_hours = \"{text}\"\n[sessions]")));
    assert_eq!(hours("always").0.unwrap().hours, Hours::Always);
    let (_, found) = hours("21:00-09:00");
    assert!(found.contains("dayaq.toml:4") && found.contains("notice_hours"), "{found}");
}

#[test]
fn every_fault_is_reported_at_once_by_key_and_line() {
    let (_, found) = read(
        r#"
[gateway]
database = "data/gateway.db"
turns_max = 0
destinations = ["+994"]
turn_max = 5
[http]
listen = "localhost"
[sessions]
store = "memcached"
[[operator]]
name = "Azercell"
profile = "operators/none.toml"
address = "127.0.0.1"
system_id = "a-name-that-is-too-long"
password_env = "NOWHERE"
[[operator]]
name = "bakcell"
profile = "operators/spec.toml"
address = "127.0.0.1:2775"
system_id = "dayaq"
"#,
    );
    for expected in [
        "dayaq.toml:4:13: error: gateway.turns_max: must be 1 to 100000, found 0",
        "dayaq.toml:5:17: error: gateway.destinations[0]: must be digits of E.164 without the plus, found \"+994\"\n",
        "dayaq.toml:6:1: error: gateway.turn_max: unknown key, did you mean",
        "dayaq.toml:8:10: error: http.listen: must be an address and port",
        "dayaq.toml:10:9: error: sessions.store: must be one of sqlite, redis",
        "dayaq.toml:12:8: error: operator[0].name: must be 1 to 32 of a-z",
        "operator[0].profile: operators/none.toml: no such file",
        "operator[0].address: must be host:port",
        "operator[0].system_id: must be at most 15 ASCII characters, found 23",
        "operator[0].password_env: the environment has no variable NOWHERE",
        "operator[1].password: missing (or password_env, or password_file)",
    ] {
        assert!(found.contains(expected), "{expected}\nnot in\n{found}");
    }
}

#[test]
fn s14_texts_and_versions_that_cannot_work_are_said_by_key_and_line() {
    for (text, fault) in [
        ("[sms]\ndata_coding_ucs2 = 0", "2:20: error: sms.data_coding_ucs2: texts of both alphabets go out with 0"),
        (
            "[sms]\ndata_coding_default = 8",
            "2:23: error: sms.data_coding_default: texts of both alphabets go out with 8",
        ),
        (
            "[sms]\nform = \"plain\"\ndefault_alphabet = \"ucs-2\"",
            "2:8: error: sms.form: plain is for a network without UCS-2",
        ),
        ("[sms]\nsender = \"Dayaq-Yardim\"", "2:10: error: sms.sender: letters are at most 11, found 12"),
        (
            "[link]\ninterface_version = \"3.3\"",
            "2:21: warning: link.interface_version: SMPP 3.3 has no optional parameters",
        ),
    ] {
        let (document, found) = dayaq_author::parse("operator.toml", text);
        let read = read_profile(&document, &found).is_some();
        let found = found.to_string();
        assert!(read && found.starts_with(&format!("operator.toml:{fault}")), "{text}\n{found}");
    }
}

#[test]
fn s14_a_profile_describes_another_dialect_without_a_programmer() {
    use dayaq_smpp::ussd::{CodeIn, EndSignal, SessionSource, UssdEvent};
    let text = r#"
[ussd]
end = "op"
code_in = "text"
[ussd.session]
key = "user_message_reference"
sequence_mask = 0
end_mask = 0
[ussd.inbound_ops]
begin = 1
continue = 18
abort = 129
none = "continue"
[ussd.outbound_ops]
continue = 2
end = 17
[sms]
form = "plain"
sender = "7142"
"#;
    let (document, found) = dayaq_author::parse("mica.toml", text);
    let profile = read_profile(&document, &found).unwrap();
    assert_eq!(found.to_string(), "");
    assert_eq!(profile.dialect.session.source, SessionSource::UserMessageReference);
    assert_eq!((profile.dialect.end_signal, profile.dialect.code_in), (EndSignal::Op, CodeIn::Text));
    assert_eq!(profile.dialect.inbound_without_op, Some(UssdEvent::Continue));
    assert!(profile.dialect.inbound_ops.iter().any(|op| op.op == 129 && op.event == UssdEvent::Abort));
    assert_eq!(profile.sender_ton_npi, (0, 1));
}

#[test]
fn the_gateway_store_is_in_sqlite_unless_told_otherwise() {
    assert!(matches!(read(SOUND).0.unwrap().store, StoreConfig::Sqlite));
}

#[test]
fn in_postgres_with_sessions_in_redis_no_file_is_needed() {
    let (config, found) = read(&SOUND.replace(
        "database = \"data/gateway.db\"",
        "store = \"postgres\"\npostgres_url = \"postgres://dayaq:secret@db/dayaq\"",
    ));
    assert_eq!(found, "");
    let config = config.unwrap();
    assert!(matches!(&config.store, StoreConfig::Postgres { connections: PostgresPool::CONNECTIONS, .. }));
    assert!(!format!("{config:?}").contains("secret"), "a password does not print");
}

#[test]
fn faults_of_the_gateway_store_are_reported_by_key() {
    let with = |lines: &str| read(&SOUND.replace("database = \"data/gateway.db\"", lines)).1;
    assert!(with("").contains("gateway.database"), "{}", with(""));
    let found = with("store = \"oracle\"");
    assert!(found.contains("gateway.store") && found.contains("postgres"), "{found}");
    let found = with("store = \"postgres\"\npostgres_connections = 0");
    assert!(found.contains("gateway.postgres_url: missing (or postgres_url_env, or postgres_url_file)"), "{found}");
    assert!(found.contains("gateway.postgres_connections"), "{found}");
    let found = with("store = \"postgres\"\npostgres_url_env = \"NO_SUCH\"");
    assert!(found.contains("gateway.postgres_url_env") && found.contains("NO_SUCH"), "{found}");
    let found = with("store = \"postgres\"\npostgres_url = \"postgres://d:hunter2@one,,two/dayaq\"");
    assert!(found.contains("gateway.postgres_url: bad address: a server without a name"), "{found}");
    assert!(!found.contains("hunter2"), "{found}");
    // An address that is not asked for is a mistake of the author's.
    let found = with("database = \"a.db\"\npostgres_url = \"postgres://db/dayaq\"");
    assert!(found.contains("gateway.postgres_url"), "{found}");
}

#[test]
fn a27_a_profile_says_how_texts_are_written_and_read() {
    let read = |text: &str| {
        let (document, found) = dayaq_author::parse("operator.toml", text);
        let profile = read_profile(&document, &found).unwrap();
        let found: Vec<String> = found.sorted().iter().map(ToString::to_string).collect();
        (profile.sms, found.join("\n"))
    };
    let (specification, found) = read(SPECIFICATION);
    assert_eq!((specification, found.as_str()), (SmsWriting::default(), ""));
    let (own, found) = read(
        "[sms]\ndefault_alphabet = \"latin-1\"\nlong = \"sar\"\nreceipt_id = \"hex-decimal\"\n[sms.inbound]\n5 = \"ucs-2\"\n245 = \"gsm-7\"\n",
    );
    assert_eq!(found, "");
    assert_eq!(own.codings.default_alphabet, dayaq_text::Alphabet::Latin1);
    assert_eq!(own.codings.exceptions, [(5, dayaq_text::Alphabet::Ucs2), (245, dayaq_text::Alphabet::Gsm7)]);
    assert_eq!(own.long, dayaq_smpp::concat::LongText::Sar);
    assert_eq!(own.receipt_ids, dayaq_smpp::receipt::ReceiptIds::HexDecimal);
    let (_, found) = read("[sms]\nlong = \"udh\"\n[sms.inbound]\n256 = \"gsm-7\"\n5 = \"utf-8\"\n");
    for says in ["long", "udh16", "256", "0 to 255", "utf-8"] {
        assert!(found.contains(says), "{says:?} is not in\n{found}");
    }
}

/// A configuration in which these lines stand in place of the operator's address.
fn reached(lines: &str) -> (Option<GatewayConfig>, String) {
    read(&SOUND.replace("address = \"127.0.0.1:2775\"", lines))
}

#[test]
fn a41_an_operator_may_have_several_addresses() {
    let (config, found) = reached("addresses = [\"a.example:2775\", \"[2001:db8::1]:2776\", \"192.0.2.1:2777\"]");
    assert_eq!(found, "");
    let Reach::Dial { addresses, tls: None } = config.unwrap().operators[0].link.reach.clone() else { panic!("dial") };
    let said: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    assert_eq!(said, ["a.example:2775", "[2001:db8::1]:2776", "192.0.2.1:2777"]);
}

#[test]
fn a1_an_operator_may_want_a_transmitter_and_a_receiver() {
    let (config, found) = reached("address = \"a.example:2775\"\nbind = \"transmitter+receiver\"");
    assert_eq!(found, "");
    assert_eq!(config.unwrap().operators[0].link.bind, BindKind::Pair);
    assert!(
        reached("address = \"a:1\"\nbind = \"receiver\"").1.contains("must be one of transceiver, transmitter+rec")
    );
}

#[test]
fn a38_an_operator_may_connect_to_us_and_must_then_be_known() {
    let outbind = "[operator.outbind]\nsystem_id = \"smsc\"\npassword = \"knock\"";
    let listens = SOUND.replace("address = \"127.0.0.1:2775\"", "listen = \"0.0.0.0:2775\"");
    let (config, found) = read(&format!("{listens}{outbind}"));
    assert_eq!(found, "");
    let config = config.unwrap();
    assert!(matches!(&config.operators[0].link.reach, Reach::Listen { system_id, .. } if system_id == "smsc"));
    assert!(!format!("{config:?}").contains("knock"), "a password does not print");

    assert!(read(&listens).1.contains("operator[0].listen: needs [operator.outbind]"), "{}", read(&listens).1);
    let found = read(&format!("{SOUND}{outbind}")).1;
    assert!(found.contains("operator[0].outbind: is for an operator that connects to us"), "{found}");
    let found = read(&format!("{listens}{outbind}\n[operator.tls]\nca_file = \"ca.pem\"")).1;
    assert!(found.contains("operator[0].tls: is for connections that we make"), "{found}");
}

#[test]
fn a41_faults_of_addresses_and_of_tls_are_reported_by_key_and_line() {
    for (lines, expected) in [
        ("", "operator[0].address: missing (or addresses, or listen)"),
        ("address = \"a:0\"", "dayaq.toml:10:11: error: operator[0].address: must be host:port, found \"a:0\""),
        ("address = \"a b:1\"", "operator[0].address: must be host:port, found \"a b:1\", whose host is neither"),
        ("addresses = []", "operator[0].addresses: must be 1 to 16 addresses, found 0"),
        ("addresses = [\"a:1\", \"b\"]", "operator[0].addresses: must be host:port, found \"b\" (line 10)"),
        ("address = \"a:1\"\naddresses = [\"b:1\"]", "operator[0].addresses: give only one of address, addresses"),
        ("listen = \"2775\"", "operator[0].listen: must be an address and port such as 0.0.0.0:2775, found \"2775\""),
        ("address = \"a:1\"\ntls = {}", "operator[0].tls.ca_file: missing"),
        ("address = \"a:1\"\ntls = { ca_file = \"no.pem\" }", "operator[0].tls.ca_file: no.pem: no such file"),
        ("address = \"a:1\"\ntls = { ca_file = \"redis.url\" }", "redis.url: holds no certificate in PEM"),
        (
            "address = \"a:1\"\ntls = { ca_file = \"no.pem\", server_name = \"a b\" }",
            "operator[0].tls.server_name: must be",
        ),
        ("address = \"a:1\"\ntls = { ca_file = \"no.pem\", key = \"x\" }", "operator[0].tls.certificate_file: missing"),
        (
            "address = \"a:1\"\ntls = { ca_file = \"no.pem\", certificate_file = \"no.pem\", key = \"x\" }",
            "operator[0].tls.key: holds no private key in PEM",
        ),
        ("address = \"a:1\"\ntls = { ca = \"no.pem\" }", "dayaq.toml:11:9: error: operator[0].tls.ca: unknown key"),
    ] {
        let found = reached(lines).1;
        assert!(found.contains(expected), "{expected}\nnot in\n{found}");
    }
}

/// TLS that pins these, one a line; the first stands on line 12.
fn pins(fingerprints: &[String], more: &str) -> String {
    let quoted: Vec<String> = fingerprints.iter().map(|it| format!("\"{it}\",")).collect();
    format!("address = \"a:1\"\ntls = {{ {more}fingerprints = [\n{}\n] }}", quoted.join("\n"))
}

#[test]
fn a47_one_or_two_fingerprints_are_read_and_every_slip_is_told_with_key_and_line() {
    let printed = |of: &str| Fingerprint::of(of.as_bytes()).to_string();
    let (now, next) = (printed("now"), format!("sha256 Fingerprint={}", printed("next").to_lowercase()));
    for (given, words) in [
        (vec![now.clone()], format!("the certificate with the SHA-256 fingerprint {now}, whoever signed it")),
        (vec![now.clone(), next.clone()], format!("{now} or {}, whoever signed it", printed("next"))),
    ] {
        let (config, found) = reached(&pins(&given, "server_name = \"smsc.example\", "));
        assert_eq!(found, "");
        let Reach::Dial { tls: Some(tls), .. } = config.unwrap().operators[0].link.reach.clone() else { panic!("TLS") };
        assert!(matches!(&tls.trust, Trust::Pinned(pinned) if pinned.len() == given.len()), "{tls:?}");
        assert!(tls.trust.to_string().contains(&words), "{}", tls.trust);
    }
    for (given, more, expected) in [
        (vec![], "", "tls.fingerprints: must name a certificate, found none"),
        (
            vec![now.clone(), next.clone(), now.clone()],
            "",
            "must be at most 2, the certificate in use and the one that follows it, found 3",
        ),
        (vec![now.clone(), now[..59].to_owned()], "", "found 40, as of SHA-1: openssl needs -sha256 (line 13)"),
        (
            vec!["smsc.pem".to_owned()],
            "",
            "operator[0].tls.fingerprints: must be 64 hexadecimal digits, with or without colons, found 's' (line 12)",
        ),
        (vec![now.clone()], "ca_file = \"ca.pem\", ", "operator[0].tls.fingerprints: give ca_file or fingerprints"),
    ] {
        let found = reached(&pins(&given, more)).1;
        assert!(found.contains(expected), "{expected}\nnot in\n{found}");
        assert!(found.starts_with("dayaq.toml:1") && !found.contains("unknown key"), "{found}");
    }
    let found = reached("address = \"a:1\"\ntls = { server_name = \"a\" }").1;
    assert!(found.contains("tls.ca_file: missing (or fingerprints)"), "{found}");
}

#[test]
fn a41_certificates_and_keys_are_read_and_must_go_together() {
    let key = |name: &str| {
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap().self_signed(&key).unwrap();
        (certificate.pem(), key.serialize_pem())
    };
    let ((first, first_key), (second, second_key)) = (key("a.example"), key("b.example"));
    let text = |key: &str| {
        SOUND.replace(
            "address = \"127.0.0.1:2775\"",
            &format!(
                "address = \"a:1\"\ntls = {{ ca_file = \"a.pem\", certificate_file = \"b.pem\", key_file = \"{key}\" }}"
            ),
        )
    };
    let mut around = surroundings();
    for (name, content) in [("a.pem", first), ("b.pem", second), ("a.key", first_key), ("b.key", second_key)] {
        around.files.insert(name, content.leak());
    }
    let read = |text: &str| {
        let (document, found) = dayaq_author::parse("dayaq.toml", text);
        let config = GatewayConfig::read(&document.root(&found), &around, &found);
        (config, found.to_string())
    };
    let (config, found) = read(&text("b.key"));
    assert_eq!(found, "");
    let Reach::Dial { tls: Some(tls), .. } = config.unwrap().operators[0].link.reach.clone() else { panic!("TLS") };
    assert!(tls.own.is_some() && matches!(tls.trust, Trust::Authorities(roots) if roots.len() == 1));
    let (_, found) = read(&text("a.key"));
    assert!(found.contains("operator[0].tls.certificate_file: does not go with the key"), "{found}");
}

#[test]
fn a7_which_notices_are_shown_on_the_screen_is_said_by_operator_and_checked_against_its_profile() {
    const ABLE: &str = include_str!("../../../../config/operators/dialogue-id.toml");
    let with = |profile: &'static str, line: &str| {
        let text =
            SOUND.replace("password_env = \"SMSC_PASSWORD\"", &format!("password_env = \"SMSC_PASSWORD\"\n{line}"));
        let (document, found) = dayaq_author::parse("dayaq.toml", &text);
        let root = document.root(&found);
        let mut around = surroundings();
        around.files.insert("operators/spec.toml", profile);
        let config = GatewayConfig::read(&root, &around, &found);
        root.finish();
        (config, found.to_string())
    };
    let (config, found) =
        with(ABLE, "flash = [{ notice = \"card-ready\", opens = \"*7142*2#\" }, { notice = \"granted\" }]");
    assert_eq!(found, "");
    let rule =
        |notice: &str, opens: Option<&str>| FlashRule { notice: notice.to_owned(), opens: opens.map(str::to_owned) };
    let rules = [rule("card-ready", Some("*7142*2#")), rule("granted", None)];
    assert_eq!(config.unwrap().operators[0].flashes, rules);
    assert_eq!(with(ABLE, "").0.unwrap().operators[0].flashes, [], "off unless told");
    for (profile, line, fault) in [
        (SPECIFICATION, "flash = [{ notice = \"granted\" }]", "the operator's profile has no [ussd.push]"),
        (
            ABLE,
            "flash = [{ notice = \"card\" }]",
            "notice: must be one of registered, registered-undated, deadline, awaiting-notary,",
        ),
        (ABLE, "flash = [{ notice = \"granted\", opens = \"7142\" }]", "opens: must look like *7142*2#"),
        (ABLE, "flash = [{ notice = \"granted\" }, { notice = \"granted\" }]", "granted stands there twice"),
    ] {
        let found = with(profile, line).1;
        assert!(found.contains(fault), "{line}: {found}");
    }
}
