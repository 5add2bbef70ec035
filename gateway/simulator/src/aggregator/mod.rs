//! A simulated aggregator: phones that reach a service by signed HTTP callbacks in place of SMPP.

mod call;
mod phone;
mod radio;
mod style;
#[cfg(test)]
mod tests;

pub use call::{CallAnswer, SignedCall};
pub use phone::AggregatorPhone;
pub use style::{Style, UnknownStyle};

use crate::handset::Handset;
use crate::phone::HandsetError;
use dayaq_types::{Clock, Entropy, Msisdn, SystemClock, SystemEntropy};
use radio::Radio;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use secrecy::SecretString;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

/// An aggregator: whom it calls, and how.
#[derive(Clone)]
pub struct AggregatorConfig {
    /// Where the service waits for callbacks.
    pub service: SocketAddr,
    /// Under which path.
    pub path: String,
    /// How it calls.
    pub style: Style,
    /// What service and aggregator have in common.
    pub secret: SecretString,
    /// The service code, with star and hash.
    pub code: String,
    /// How long a phone waits for a screen.
    pub patience: Duration,
    /// The time of its signatures.
    pub clock: Arc<dyn Clock>,
    /// Sessions and nonces.
    pub entropy: Arc<dyn Entropy>,
}

impl AggregatorConfig {
    /// Calls that service in that style, for `*7142#` and at the path `/`.
    pub fn new(service: SocketAddr, style: Style, secret: impl Into<SecretString>) -> Self {
        Self {
            service,
            path: "/".to_owned(),
            style,
            secret: secret.into(),
            code: "*7142#".to_owned(),
            patience: Duration::from_secs(30),
            clock: Arc::new(SystemClock::new()),
            entropy: Arc::new(SystemEntropy),
        }
    }
}

/// An aggregator that calls a service. It has no texts: those come by an operator.
#[derive(Clone)]
pub struct SimulatedAggregator(Arc<Inner>);

struct Inner {
    config: AggregatorConfig,
    client: reqwest::Client,
    radios: Mutex<BTreeMap<Msisdn, Radio>>,
    last: Mutex<Option<SignedCall>>,
    /// Calls that have begun and not ended.
    under_way: Mutex<usize>,
}

impl SimulatedAggregator {
    /// An aggregator without sessions.
    pub fn new(config: AggregatorConfig) -> Result<Self, reqwest::Error> {
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            // Whoever was first has installed one.
            let _ = rustls::crypto::ring::default_provider().install_default();
        }
        let client = reqwest::Client::builder().no_proxy().timeout(config.patience).build()?;
        let (radios, last, under_way) = (Mutex::default(), Mutex::default(), Mutex::default());
        Ok(Self(Arc::new(Inner { config, client, radios, last, under_way })))
    }

    /// A phone of one of its networks; its texts come to the operator's handset of the same number.
    pub fn phone(&self, handset: Handset) -> AggregatorPhone {
        AggregatorPhone::new(self.clone(), handset)
    }

    /// The aggregator.
    pub fn config(&self) -> &AggregatorConfig {
        &self.0.config
    }

    /// Does something while no call is under way, and lets none begin meanwhile; not at all where there is one. Who moves
    /// the clock does not make a signature old that way.
    pub fn when_quiet(&self, act: impl FnOnce()) {
        let under_way = self.0.under_way.lock().unwrap_or_else(|e| e.into_inner());
        if *under_way == 0 {
            act();
        }
    }

    /// The call that was made last.
    pub fn last_call(&self) -> Option<SignedCall> {
        self.0.last.lock().unwrap_or_else(|e| e.into_inner()).clone()
    }

    /// Signs a body at this moment.
    pub fn sign(&self, content_type: &str, body: impl Into<Vec<u8>>) -> SignedCall {
        let AggregatorConfig { secret, clock, entropy, .. } = &self.0.config;
        SignedCall::sign(content_type, body.into(), secret, &**clock, &**entropy)
    }

    /// Posts a call, whatever is in it.
    pub async fn post(&self, call: &SignedCall) -> Result<CallAnswer, HandsetError> {
        let AggregatorConfig { service, path, .. } = &self.0.config;
        self.post_to(*service, path, call).await
    }

    /// The same to another service.
    pub async fn post_to(
        &self,
        service: SocketAddr,
        path: &str,
        call: &SignedCall,
    ) -> Result<CallAnswer, HandsetError> {
        let request = self
            .0
            .client
            .post(format!("http://{service}{path}"))
            .header(CONTENT_TYPE, &call.content_type)
            .header("X-Dayaq-Timestamp", &call.timestamp)
            .header("X-Dayaq-Nonce", &call.nonce)
            .header("X-Dayaq-Signature", &call.signature)
            .body(call.body.clone());
        let answer = request.send().await.map_err(|_| HandsetError::NoAnswer)?;
        let header = |name| answer.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let (status, content_type) = (answer.status().as_u16(), header(CONTENT_TYPE).unwrap_or_default());
        let retry_after = header(RETRY_AFTER);
        let body = answer.text().await.map_err(|_| HandsetError::NoAnswer)?;
        Ok(CallAnswer { status, content_type, retry_after, body })
    }

    fn radios(&self) -> MutexGuard<'_, BTreeMap<Msisdn, Radio>> {
        self.0.radios.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Signs and posts what happens in a session.
    async fn tell(&self, content_type: &str, body: Vec<u8>) -> Result<CallAnswer, HandsetError> {
        let _under_way = UnderWay::begin(&self.0.under_way);
        let call = self.sign(content_type, body);
        *self.0.last.lock().unwrap_or_else(|e| e.into_inner()) = Some(call.clone());
        self.post(&call).await
    }
}

struct UnderWay<'c>(&'c Mutex<usize>);

impl<'c> UnderWay<'c> {
    fn begin(count: &'c Mutex<usize>) -> Self {
        *count.lock().unwrap_or_else(|e| e.into_inner()) += 1;
        Self(count)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        *self.0.lock().unwrap_or_else(|e| e.into_inner()) -= 1;
    }
}
