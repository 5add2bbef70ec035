//! TLS to an SMSC: only the operator's own authorities are believed, and only certificates whose time it is.

use super::dial::Wire;
use crate::config::Tls;
use dayaq_types::Clock;
use rustls::ClientConfig;
use rustls::pki_types::{ServerName, UnixTime};
use rustls::time_provider::TimeProvider;
use std::io::Error;
use std::sync::Arc;
use std::time::Duration;
use tokio_rustls::TlsConnector;

/// What it takes to speak TLS with one operator.
#[derive(Clone)]
pub struct Secured {
    connector: TlsConnector,
    server_name: Option<ServerName<'static>>,
}

impl Secured {
    /// Prepares; certificates are judged by this clock.
    pub fn new(tls: Tls, clock: Arc<dyn Clock>) -> Result<Self, rustls::Error> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_details(provider, Arc::new(Time(clock)))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(tls.roots);
        let config = match tls.own {
            None => config.with_no_client_auth(),
            Some((chain, key)) => config.with_client_auth_cert(chain, key)?,
        };
        Ok(Self { connector: TlsConnector::from(Arc::new(config)), server_name: tls.server_name })
    }

    /// Makes a connection secret. `host` is whose certificate is expected, where the configuration names nobody else.
    pub(super) async fn handshake(
        &self,
        wire: Box<dyn Wire>,
        host: ServerName<'static>,
    ) -> Result<Box<dyn Wire>, Error> {
        let name = self.server_name.clone().unwrap_or(host);
        Ok(Box::new(self.connector.connect(name, wire).await?))
    }
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
