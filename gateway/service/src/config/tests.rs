use super::*;
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
    assert!(matches!(config.sessions, SessionsConfig::Redis { .. }));
    assert!(!format!("{config:?}").contains("secret"), "a password does not print");
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
        "dayaq.toml:5:16: error: gateway.destinations: must be digits of E.164 without the plus, found \"+994\"",
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
fn the_shipped_profile_is_the_specification_to_the_letter() {
    let (document, found) = dayaq_author::parse("specification.toml", SPECIFICATION);
    let profile = read_profile(&document, &found).unwrap();
    assert_eq!(found.to_string(), "");
    assert_eq!(profile.dialect, dayaq_smpp::ussd::Dialect::specification());
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
    // An address that is not asked for is a mistake of the author's.
    let found = with("database = \"a.db\"\npostgres_url = \"postgres://db/dayaq\"");
    assert!(found.contains("gateway.postgres_url"), "{found}");
}
