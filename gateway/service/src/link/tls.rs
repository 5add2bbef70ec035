//! TLS to an SMSC: believed are only the operator's own authorities and certificates whose time it is, or exactly the
//! certificates that are pinned.

mod certificate;
mod judge;
#[cfg(test)]
mod tests;
mod words;

use super::dial::Wire;
use crate::config::{Fingerprint, Tls};
use dayaq_types::Clock;
use judge::Judge;
use rustls::client::Resumption;
use rustls::pki_types::{ServerName, UnixTime};
use rustls::time_provider::TimeProvider;
use rustls::{ClientConfig, Error as TlsError};
use std::io::Error;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio_rustls::TlsConnector;

/// What it takes to speak TLS with one operator.
#[derive(Clone)]
pub struct Secured {
    config: Arc<ClientConfig>,
    judge: Arc<Judge>,
    server_name: Option<ServerName<'static>>,
    last: Arc<Mutex<Option<Seen>>>,
}

/// A certificate that an SMSC has shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Which.
    pub fingerprint: Fingerprint,
    /// Whether it is believed; whether its holder has its key is another question.
    pub believed: bool,
}

impl Secured {
    /// Prepares; certificates are judged by this clock.
    pub fn new(tls: Tls, clock: Arc<dyn Clock>) -> Result<Self, TlsError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let judge = Arc::new(Judge::new(&tls.trust, &provider)?);
        let config = ClientConfig::builder_with_details(provider, Arc::new(Time(clock)))
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::clone(&judge) as _);
        let mut config = match tls.own {
            None => config.with_no_client_auth(),
            Some((chain, key)) => config.with_client_auth_cert(chain, key)?,
        };
        // Every connection is judged anew: of one that resumes a session no certificate is looked at.
        config.resumption = Resumption::disabled();
        Ok(Self { config: Arc::new(config), judge, server_name: tls.server_name, last: Arc::default() })
    }

    /// The certificate that was shown last, believed or not; none before the first.
    pub fn seen(&self) -> Option<Seen> {
        *self.last.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Makes a connection secret. `host` is whose certificate is expected, where the configuration names nobody else.
    pub(super) async fn handshake(
        &self,
        wire: Box<dyn Wire>,
        host: ServerName<'static>,
    ) -> Result<Box<dyn Wire>, Error> {
        let name = self.server_name.clone().unwrap_or(host);
        let judge = Arc::new(self.judge.anew());
        let mut config = ClientConfig::clone(&self.config);
        config.dangerous().set_certificate_verifier(Arc::clone(&judge) as _);
        let connected = TlsConnector::from(Arc::new(config)).connect(name.clone(), wire).await;
        if let Some(shown) = judge.shown() {
            let seen = Seen { fingerprint: shown.fingerprint(), believed: shown.believed };
            *self.last.lock().unwrap_or_else(|e| e.into_inner()) = Some(seen);
        }
        match connected {
            Ok(stream) => Ok(Box::new(stream)),
            Err(cause) => Err(Error::new(cause.kind(), words::refused(&cause, judge.shown(), &name))),
        }
    }
}

/// Why a connection broke, in words, whether TLS was spoken over it or not.
pub fn broken(cause: &Error) -> String {
    words::broken(cause)
}

struct Time(Arc<dyn Clock>);

impl std::fmt::Debug for Time {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Time")
    }
}

impl TimeProvider for Time {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = u64::try_from(self.0.now().as_second()).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    }
}
