//! What Redis may answer in place of a result, and what is done about each: one table.

use super::StoreError;
use redis::{ErrorKind, RedisError};
use rustls::{AlertDescription, CertificateError, Error as TlsError};
use std::error::Error;
use std::sync::Arc;

/// What is done about a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// It passes by itself within moments: the same is asked again until the operation's time is over.
    Retry,
    /// Another connection may help, to whichever server is the master by then; the same is asked there.
    Reconnect,
    /// It passes when its cause does. Turns are let go politely meanwhile.
    Degrade,
    /// It does not pass until somebody has done something. Turns are let go meanwhile, and the log says it as an error.
    Alarm,
}

impl Then {
    const fn name(self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::Reconnect => "reconnect",
            Self::Degrade => "degrade",
            Self::Alarm => "alarm",
        }
    }
}

/// A fault by its code.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RedisFault {
    /// Redis's own code, or ours in small letters.
    pub code: &'static str,
    /// What is done.
    pub then: Then,
    /// What an engineer does.
    pub remedy: &'static str,
}

const fn fault(code: &'static str, then: Then, remedy: &'static str) -> RedisFault {
    RedisFault { code, then, remedy }
}

/// The answers that are known. The last two are of connections, and what is not here is [`UNKNOWN`].
pub(super) const FAULTS: [RedisFault; 22] = [
    fault("TRYAGAIN", Then::Retry, "a slot is being moved; it passes"),
    fault("LOADING", Then::Retry, "the server reads its files after a start; it passes"),
    fault("BUSY", Then::Retry, "a script holds the server; if it stays, look at SLOWLOG for whose it is and kill it"),
    fault(
        "CLUSTERDOWN",
        Then::Retry,
        "the Cluster has lost masters; look at CLUSTER INFO and bring a replica or a node up",
    ),
    fault("MASTERDOWN", Then::Retry, "the replica has lost its master; the Sentinels or the Cluster promote another"),
    fault("MOVED", Then::Reconnect, "slots have moved; for a Cluster give its addresses as sessions.cluster"),
    fault("ASK", Then::Reconnect, "a slot is being moved; for a Cluster give its addresses as sessions.cluster"),
    fault(
        "READONLY",
        Then::Reconnect,
        "the server is a replica; give the Sentinels as sessions.sentinel, or the master",
    ),
    fault("NOSCRIPT", Then::Retry, "the server has forgotten the script; it is sent again"),
    fault("UNBLOCKED", Then::Reconnect, "the server has just become a replica; the master is looked for"),
    fault("OOM", Then::Degrade, "the memory is full: raise maxmemory, or see what else is kept there"),
    fault("NOREPLICAS", Then::Degrade, "too few replicas follow (min-replicas-to-write): bring them up"),
    fault("NOGOODSLAVE", Then::Degrade, "no replica is good enough to be promoted: bring one up"),
    fault("MISCONF", Then::Degrade, "the server cannot write its files: look at its disk and its log"),
    fault("NOAUTH", Then::Alarm, "the server wants a password: give user and password under sessions"),
    fault("WRONGPASS", Then::Alarm, "the server does not know that user and password: look at ACL LIST"),
    fault("NOPERM", Then::Alarm, "the user may not do that: it needs ~dayaq:* +@read +@write +@scripting +@connection"),
    fault("CROSSSLOT", Then::Alarm, "keys of one session lie in several slots, which is a fault of ours: tell us"),
    fault("NOPROTO", Then::Alarm, "the server is older than 6: take a newer one"),
    fault("EXECABORT", Then::Degrade, "the server gave a command up; look at its log"),
    fault(
        "connection",
        Then::Reconnect,
        "the connection was lost; see whether the server runs and the network reaches it",
    ),
    fault(
        "timeout",
        Then::Degrade,
        "no answer in time; see what the server and the network do (SLOWLOG, LATENCY DOCTOR)",
    ),
];

/// Any other.
pub(super) const UNKNOWN: RedisFault =
    fault("other", Then::Alarm, "the server refuses what no server should; look at its version and its log");

impl RedisFault {
    /// What the table says of an error.
    pub fn of(error: &RedisError) -> &'static Self {
        let code = match (error.kind(), error.code()) {
            (ErrorKind::AuthenticationFailed, _) => "WRONGPASS",
            (_, Some(code)) => code,
            _ if is_lost(error) => "connection",
            _ => "other",
        };
        Self::named(code)
    }

    /// The fault with that code.
    pub fn named(code: &str) -> &'static Self {
        FAULTS.iter().find(|fault| fault.code == code).unwrap_or(&UNKNOWN)
    }

    /// Its number, below 32.
    pub fn number(&self) -> usize {
        FAULTS.iter().position(|fault| fault.code == self.code).unwrap_or(FAULTS.len())
    }

    /// Counts it, and tells the log if `loud`.
    pub fn note(&self, loud: bool) {
        metrics::counter!("dayaq_redis_faults_total", "code" => self.code, "then" => self.then.name()).increment(1);
        let Self { code, remedy, then } = self;
        match (loud, then) {
            (false, _) => {}
            (true, Then::Alarm) => tracing::error!(code, remedy, "Redis refuses"),
            (true, Then::Retry | Then::Reconnect | Then::Degrade) => {
                tracing::warn!(code, remedy, then = then.name(), "Redis refuses");
            }
        }
    }
}

/// Whether nobody knows if it was done: the connection is gone.
pub(super) fn is_lost(error: &RedisError) -> bool {
    error.kind() != ErrorKind::AuthenticationFailed
        && error.code().is_none()
        && (error.is_io_error() || error.is_unrecoverable_error())
}

/// What an error means to a caller. The server's words may quote arguments, so its code alone is passed on.
pub(super) fn translate(error: &RedisError) -> StoreError {
    if is_lost(error) {
        return StoreError::Unreachable(why_lost(error));
    }
    let code = match error.kind() {
        ErrorKind::AuthenticationFailed => "WRONGPASS",
        _ => error.code().unwrap_or(error.category()),
    };
    StoreError::Refused(code.to_owned())
}

/// Why there is no connection, in words where it is TLS.
fn why_lost(error: &RedisError) -> String {
    let mut cause = Some(error as &(dyn Error + 'static));
    while let Some(inner) = cause {
        // The library shares its causes, and what is shared is of another type than what is in it.
        let shared = inner.downcast_ref::<Arc<dyn Error + Send + Sync>>();
        let inner = shared.map_or(inner, |shared| &**shared as &(dyn Error + 'static));
        let io = inner.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        let tls = io.and_then(|inner| inner.downcast_ref::<TlsError>()).or_else(|| inner.downcast_ref());
        if let Some(tls) = tls {
            return format!("TLS: {} ({tls})", tls_words(tls));
        }
        if let Some(io) = inner.downcast_ref::<std::io::Error>() {
            return io.kind().to_string();
        }
        cause = inner.source();
    }
    error.category().to_owned()
}

fn tls_words(fault: &TlsError) -> &'static str {
    match fault {
        // An authority of the same name with another key is another.
        TlsError::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature) => {
            "the server's certificate is by an authority that is not believed: name its own as ca_file under sessions.tls"
        }
        TlsError::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => {
            "the server's certificate bears another name than the address has: write the address as the certificate does"
        }
        TlsError::InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. }) => {
            "the server's certificate has expired: it needs a new one"
        }
        TlsError::InvalidCertificate(_) => "the server's certificate is not believed",
        TlsError::InvalidMessage(_) => "what the server says is no TLS: redis:// is for a port without",
        TlsError::AlertReceived(AlertDescription::CertificateRequired | AlertDescription::HandshakeFailure) => {
            "the server asks for a certificate of ours: give certificate_file and key_file under sessions.tls"
        }
        TlsError::AlertReceived(_) => "the server ended TLS; it may not believe our certificate",
        _ => "no connection came about",
    }
}
