//! Where the Redis is that holds live sessions: one server, one behind Sentinels, or a Cluster.
//!
//! Whatever a connection needs is judged here, so that `check` and `serve` say the same of it, by key and line.

use super::reach::{read_certificates, read_own_key};
use super::{Surroundings, read_secret};
use dayaq_author::Table;
use redis::{
    Client, ClientTlsConfig, ConnectionAddr, ConnectionInfo, IntoConnectionInfo, RedisConnectionInfo, TlsCertificates,
};
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;

/// Most addresses of Sentinels or of a Cluster.
const ADDRESSES_MAX: usize = 16;
/// The longest an operation may take unless told otherwise.
pub(crate) const TIMEOUT_MS: u64 = 250;
/// What an address may look like.
const FORMS: &str = "redis://host:port/database, rediss:// for TLS, or unix:///path?db=0";

/// The Redis that holds live sessions.
#[derive(Clone, Debug)]
pub struct RedisConfig {
    /// How it is reached.
    pub servers: RedisServers,
    /// The longest an operation may take.
    pub timeout: Duration,
    /// Whether it may be one that keeps nothing over its own restart.
    pub allow_unpersisted: bool,
}

/// How a Redis is reached. Passwords in it do not print.
#[derive(Clone, Debug)]
pub enum RedisServers {
    /// One server.
    Single(ConnectionInfo),
    /// The one of several that the Sentinels name.
    Sentinel {
        /// Where the Sentinels are.
        watchers: Vec<ConnectionInfo>,
        /// How they call the master.
        master: String,
        /// Who we are to the servers, and which of their databases is ours.
        settings: RedisConnectionInfo,
        /// How the servers are reached: in TLS, or `None` in clear.
        tls: Option<Box<TlsCertificates>>,
    },
    /// Those among which a Cluster shares the sessions out.
    Cluster {
        /// Some of them; the others are found.
        nodes: Vec<ConnectionInfo>,
        /// Whom we believe and who we are, in TLS.
        tls: TlsCertificates,
    },
}

impl RedisConfig {
    /// One server at that address, where nothing more is said.
    ///
    /// # Errors
    ///
    /// In words, without the address, which may hold a password.
    pub fn at(url: &str, timeout: Duration) -> Result<Self, String> {
        let server = judge(parse_url(url)?, &certificates(None))?;
        Ok(Self { servers: RedisServers::Single(server), timeout, allow_unpersisted: false })
    }

    /// The configuration's key that says where it is.
    pub const fn key(&self) -> &'static str {
        match self.servers {
            RedisServers::Single(_) => "sessions.redis_url",
            RedisServers::Sentinel { .. } => "sessions.sentinel",
            RedisServers::Cluster { .. } => "sessions.cluster",
        }
    }

    /// Reads `redis_url`, `[sessions.sentinel]` or `[sessions.cluster]`, and what goes with it.
    pub(super) fn read(table: &Table<'_>, around: &dyn Surroundings) -> Option<Self> {
        let timeout = Duration::from_millis(table.integer_or("timeout_ms", 10..=10_000u64, TIMEOUT_MS));
        let allow_unpersisted = table.boolean_or("allow_unpersisted", false);
        let (login, tls) = (Login::read(table, around), read_tls(table, around));
        let sound = login.is_some() && tls.is_some();
        let (login, tls) = (login.unwrap_or_default(), tls.flatten());
        let (sentinel, cluster) = (table.opt_table("sentinel"), table.opt_table("cluster"));
        let url_key = ["redis_url", "redis_url_env", "redis_url_file"].into_iter().find(|key| table.has(key));
        let servers = match (url_key, sentinel, cluster) {
            (Some(_), None, None) | (None, None, None) => read_single(table, login, tls, around),
            (None, Some(sentinel), None) => read_sentinel(sentinel, login, tls, around),
            (None, None, Some(cluster)) => read_cluster(&cluster, login, tls).inspect(|_| cluster.finish()),
            (Some(_), _, _) | (None, Some(_), Some(_)) => {
                table.error_here("give only one of redis_url, sentinel and cluster");
                // What was given is known, though it is too much.
                url_key.and_then(|_| read_secret(table, "redis_url", around));
                None
            }
        };
        Some(Self { servers: servers.filter(|_| sound)?, timeout, allow_unpersisted })
    }
}

/// Who we are to a server, where its address does not say.
#[derive(Default)]
struct Login {
    user: Option<String>,
    password: Option<SecretString>,
}

impl Login {
    /// Reads `user` and `password`. `None` where one of them cannot be read, which has been reported.
    fn read(table: &Table<'_>, around: &dyn Surroundings) -> Option<Self> {
        let user = table.opt_string("user");
        let given = ["password", "password_env", "password_file"].iter().any(|key| table.has(key));
        if !given {
            if user.is_some() {
                table.error("user", "needs a password (or password_env, or password_file)");
                return None;
            }
            return Some(Self::default());
        }
        Some(Self { user, password: Some(read_secret(table, "password", around)?) })
    }

    /// These settings, with the user that this names.
    fn of(&self, settings: RedisConnectionInfo) -> Result<RedisConnectionInfo, String> {
        let Some(password) = &self.password else { return Ok(settings) };
        if settings.username().is_some() || settings.password().is_some() {
            return Err("give the password here or under password, not both".to_owned());
        }
        let settings = settings.set_password(password.expose_secret());
        Ok(match &self.user {
            Some(user) => settings.set_username(user),
            None => settings,
        })
    }
}

/// What `[sessions.tls]` says.
type OwnTls = Option<TlsCertificates>;

fn read_single(table: &Table<'_>, login: Login, tls: OwnTls, around: &dyn Surroundings) -> Option<RedisServers> {
    let url = read_secret(table, "redis_url", around)?;
    let key = ["redis_url", "redis_url_env", "redis_url_file"].into_iter().find(|key| table.has(key))?;
    let judged = parse_url(url.expose_secret()).and_then(|server| {
        must_speak(&tls, &server)?;
        let settings = login.of(server.redis_settings().clone())?;
        judge(server.set_redis_settings(settings), &certificates(tls))
    });
    judged.map(RedisServers::Single).map_err(|why| table.error(key, why)).ok()
}

fn read_sentinel(table: Table<'_>, login: Login, tls: OwnTls, around: &dyn Surroundings) -> Option<RedisServers> {
    let master = table.parse("master", |text| match text.trim() {
        "" => Err("must be the name that the Sentinels' configuration gives the master".to_owned()),
        name => Ok(name.to_owned()),
    });
    let own = Login::read(&table, around);
    let database = table.integer_or("database", 0..=1_000_000i64, 0);
    let watchers = read_urls(&table, &own.unwrap_or_default(), &tls);
    let secure = watchers.as_ref().and_then(|watchers| watchers.first()).is_some_and(is_secure);
    let servers_tls = table.boolean_or("servers_tls", secure);
    if !servers_tls && !secure && tls.is_some() {
        table.error_here("has neither rediss:// addresses nor servers_tls = true, so nothing goes by the keys of tls");
    }
    table.finish();
    let settings = login.of(RedisConnectionInfo::default().set_db(database)).ok()?;
    let tls = servers_tls.then(|| Box::new(certificates(tls)));
    Some(RedisServers::Sentinel { watchers: watchers?, master: master?, settings, tls })
}

fn read_cluster(table: &Table<'_>, login: Login, tls: OwnTls) -> Option<RedisServers> {
    let nodes = read_urls(table, &login, &tls)?;
    if let Some(fault) = nodes.iter().find_map(unlike_a_node) {
        table.error("urls", fault);
        return None;
    }
    if nodes.iter().any(|node| is_secure(node) != is_secure(&nodes[0])) {
        table.error("urls", "must be redis:// all of them, or rediss://");
        return None;
    }
    let same =
        |a: &RedisConnectionInfo, b: &RedisConnectionInfo| (a.username(), a.password()) == (b.username(), b.password());
    if nodes.iter().any(|node| !same(node.redis_settings(), nodes[0].redis_settings())) {
        table.error("urls", "must name the same user and password, all of them: give them under user and password");
        return None;
    }
    if tls.is_some() && !is_secure(&nodes[0]) {
        table.error("urls", "must be rediss:// where there are keys of tls");
        return None;
    }
    Some(RedisServers::Cluster { nodes, tls: certificates(tls) })
}

/// Why that address can be none of a Cluster's.
fn unlike_a_node(node: &ConnectionInfo) -> Option<&'static str> {
    if matches!(node.addr(), ConnectionAddr::Unix(_)) {
        return Some("a Cluster names its nodes by host and port, so they cannot be sockets");
    }
    (node.redis_settings().db() != 0).then_some("a Cluster has database 0 alone")
}

fn read_urls(table: &Table<'_>, login: &Login, tls: &OwnTls) -> Option<Vec<ConnectionInfo>> {
    let items = table.string_items("urls");
    if items.is_empty() || items.len() > ADDRESSES_MAX {
        table.error("urls", format!("must be 1 to {ADDRESSES_MAX} addresses, found {}", items.len()));
        return None;
    }
    let mut servers = Vec::new();
    for (at, (text, place)) in items.iter().enumerate() {
        let judged = parse_url(text).and_then(|server| {
            let settings = login.of(server.redis_settings().clone())?;
            judge(server.set_redis_settings(settings), &certificates(tls.clone()))
        });
        match judged {
            Ok(server) => servers.push(server),
            Err(why) => table.error("urls", format!("number {}: {why} (line {})", at + 1, place.position.line)),
        }
    }
    (servers.len() == items.len()).then_some(servers)
}

/// Reads `[sessions.tls]`. The outer `None`: it cannot be read, which has been reported.
fn read_tls(table: &Table<'_>, around: &dyn Surroundings) -> Option<OwnTls> {
    let Some(table) = table.opt_table("tls") else { return Some(None) };
    let root_cert = table.has("ca_file").then(|| read_pem(&table, "ca_file", around));
    let own_given = ["certificate_file", "key", "key_env", "key_file"].iter().any(|key| table.has(key));
    let client_tls = own_given.then(|| read_own(&table, around));
    if root_cert.is_none() && client_tls.is_none() {
        table.error_here("says nothing: give ca_file, or certificate_file and key_file, or leave it out");
    }
    table.finish();
    let root_cert = match root_cert {
        None => None,
        Some(read) => Some(read?),
    };
    let client_tls = match client_tls {
        None => None,
        Some(read) => Some(read?),
    };
    Some(Some(TlsCertificates { client_tls, root_cert }))
}

fn read_own(table: &Table<'_>, around: &dyn Surroundings) -> Option<ClientTlsConfig> {
    let chain = read_certificates(table, "certificate_file", around);
    let key = read_secret(table, "key", around)?;
    read_own_key(table, &key, chain.as_deref())?;
    let client_cert = read_text(table, "certificate_file", around)?;
    Some(ClientTlsConfig { client_cert, client_key: key.expose_secret().as_bytes().to_vec() })
}

/// The certificates of a file, as it has them.
fn read_pem(table: &Table<'_>, key: &str, around: &dyn Surroundings) -> Option<Vec<u8>> {
    read_certificates(table, key, around)?;
    read_text(table, key, around)
}

fn read_text(table: &Table<'_>, key: &str, around: &dyn Surroundings) -> Option<Vec<u8>> {
    Some(around.file(&table.string(key)?).ok()?.into_bytes())
}

fn certificates(own: OwnTls) -> TlsCertificates {
    own.unwrap_or(TlsCertificates { client_tls: None, root_cert: None })
}

fn must_speak(tls: &OwnTls, server: &ConnectionInfo) -> Result<(), String> {
    match tls.is_some() && !is_secure(server) {
        true => Err("must be rediss:// where there are keys of tls".to_owned()),
        false => Ok(()),
    }
}

fn is_secure(server: &ConnectionInfo) -> bool {
    matches!(server.addr(), ConnectionAddr::TcpTls { .. })
}

/// Reads an address, and says what it must look like; what was given may hold a password and is not said.
fn parse_url(text: &str) -> Result<ConnectionInfo, String> {
    let Some(url) = redis::parse_redis_url(text.trim()) else {
        return Err(match text.split_once(':') {
            Some((scheme, _))
                if scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'+') && scheme.len() < 16 =>
            {
                format!("must be an address such as {FORMS}, found one that begins with {scheme}:")
            }
            Some(_) | None => format!("must be an address such as {FORMS}"),
        });
    };
    if url.fragment() == Some("insecure") {
        return Err(
            "says #insecure, but a server's certificate is always judged: name its authority under tls (ca_file)"
                .to_owned(),
        );
    }
    url.into_connection_info().map_err(|cause| {
        // The library names the fault in fixed words.
        let words = cause.to_string();
        let words = words.split(" - ").next().unwrap_or_default().trim_matches('"').to_lowercase();
        format!("must be an address such as {FORMS}: {words}")
    })
}

/// Gives the server with whom it is to be believed by, if that makes a connection.
fn judge(server: ConnectionInfo, tls: &TlsCertificates) -> Result<ConnectionInfo, String> {
    let db = server.redis_settings().db();
    if db < 0 {
        return Err(format!("must name a database from 0, found {db}"));
    }
    if !is_secure(&server) {
        return Ok(server);
    }
    let client = Client::build_with_tls(server, tls.clone()).map_err(|cause| cause.category().to_owned())?;
    Ok(client.get_connection_info().clone())
}

#[cfg(test)]
mod tests;
