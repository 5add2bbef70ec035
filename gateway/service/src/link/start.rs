//! The links of all operators, started together.

use super::{Account, Arrival, Bind, BindHandle, BindSettings, Door, Doorkeeper, Outcome, Secured, Way};
use crate::config::{BindKind, Operator, Reach};
use crate::store::Ticket;
use crate::workers::Workers;
use dayaq_smpp::{BindRequest, Octets, OutbindRequest, TooLong};
use dayaq_types::{Clock, Entropy};
use secrecy::ExposeSecret;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Why an operator's links did not start.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// A name or password is longer than its field.
    #[error("operator {operator}: {cause}")]
    Field {
        /// The operator.
        operator: String,
        /// Why.
        cause: TooLong,
    },
    /// TLS cannot be spoken with what is given.
    #[error("operator {operator}: tls: {cause}")]
    Tls {
        /// The operator.
        operator: String,
        /// Why.
        cause: rustls::Error,
    },
    /// The address to listen on is taken or not ours.
    #[error("operator {operator}: listen {address}: {cause}")]
    Listen {
        /// The operator.
        operator: String,
        /// The address.
        address: SocketAddr,
        /// Why.
        cause: std::io::Error,
    },
}

/// What all links have in common.
pub struct LinkParts {
    /// Takes what operators deliver; must not block.
    pub arrivals: Arc<dyn Fn(Arrival) + Send + Sync>,
    /// Hears what became of segments.
    pub outcomes: mpsc::UnboundedSender<(Ticket, Outcome)>,
    /// Times.
    pub clock: Arc<dyn Clock>,
    /// Jitter.
    pub entropy: Arc<dyn Entropy>,
    /// Who watches the doors.
    pub workers: Arc<Workers>,
    /// Ends them all.
    pub stop: CancellationToken,
    /// Monotonic time by which they must have ended then; set before `stop`.
    pub unbind_by: Arc<OnceLock<Duration>>,
}

/// Links that run.
#[derive(Default)]
pub struct Links {
    /// The binds of each operator, in the order of the configuration.
    pub binds: Vec<Vec<BindHandle>>,
    /// Where operators that connect to us find us.
    pub doors: Vec<SocketAddr>,
    /// The tasks, which end with the token.
    pub tasks: Vec<JoinHandle<()>>,
}

impl Links {
    /// Starts the binds of every operator.
    pub async fn start(operators: &[Operator], parts: &LinkParts) -> Result<Self, LinkError> {
        let mut links = Self::default();
        for (place, operator) in operators.iter().enumerate() {
            let name = || operator.name.clone();
            let account = Arc::new(Account::default());
            let way: Box<dyn Fn() -> Way> = match &operator.link.reach {
                Reach::Dial { addresses, tls } => {
                    let secured = tls.clone().map(|tls| Secured::new(tls, Arc::clone(&parts.clock))).transpose();
                    let secured = secured.map_err(|cause| LinkError::Tls { operator: name(), cause })?;
                    let addresses = addresses.clone();
                    Box::new(move || Way::dial(addresses.clone(), secured.clone()))
                }
                Reach::Listen { address, system_id, password } => {
                    let expected = OutbindRequest::new(system_id, password.expose_secret());
                    let expected = expected.map_err(|cause| LinkError::Field { operator: name(), cause })?;
                    let listener = TcpListener::bind(address).await;
                    let fault = |cause| LinkError::Listen { operator: name(), address: *address, cause };
                    let listener = listener.map_err(fault)?;
                    let door = Door::new(name(), expected, operator.profile.link.clone(), Arc::clone(&parts.clock));
                    let door = Arc::new(door);
                    let keeper = Doorkeeper::on(listener, Arc::clone(&door)).map_err(fault)?;
                    links.doors.push(keeper.address());
                    let worker = format!("door-{}", operator.name);
                    let (workers, stop) = (&parts.workers, parts.stop.clone());
                    links.tasks.push(workers.watch(worker, stop, keeper, |keeper, stop| Box::pin(keeper.run(stop))));
                    Box::new(move || Way::Listen(Arc::clone(&door)))
                }
            };
            let mut binds = Vec::new();
            for number in 1..=operator.link.binds {
                let settings = settings(place, operator, number, parts)
                    .map_err(|cause| LinkError::Field { operator: name(), cause })?;
                let (arrivals, outcomes) = (Arc::clone(&parts.arrivals), parts.outcomes.clone());
                let (bind, handle) = Bind::new(settings, &account, &way, arrivals, outcomes);
                links.tasks.push(tokio::spawn(bind.run(parts.stop.clone())));
                binds.push(handle);
            }
            links.binds.push(binds);
        }
        Ok(links)
    }
}

fn settings(place: usize, operator: &Operator, number: usize, parts: &LinkParts) -> Result<BindSettings, TooLong> {
    let password = operator.link.password.expose_secret();
    let kind = dayaq_smpp::BindKind::Transceiver;
    let mut request = BindRequest::new(kind, &operator.link.system_id, password)?;
    request.system_type = Octets::new(&operator.link.system_type)?;
    request.interface_version = operator.profile.link.interface_version;
    Ok(BindSettings {
        name: format!("{}/{number}", operator.name),
        operator: place,
        request,
        pair: operator.link.bind == BindKind::Pair,
        link: operator.profile.link.clone(),
        window_reserve: operator.profile.window_reserve,
        pace: operator.profile.pace,
        receipt_ids: operator.profile.sms.receipt_ids,
        clock: Arc::clone(&parts.clock),
        entropy: Arc::clone(&parts.entropy),
        unbind_by: Arc::clone(&parts.unbind_by),
    })
}
