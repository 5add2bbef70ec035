//! Connection and bind: how we come in, and under which version.

use super::mask::Mask;
use super::order::Order;
use super::row::{Group, Row};
use super::session::{Bound, Refusal, Session, kinds};
use dayaq_gateway::config::{BindKind, Trust};
use dayaq_gateway::link::{Secured, Seen, Wire, connect};
use dayaq_smpp::{BindRequest, CommandStatus};
use dayaq_types::Clock;
use secrecy::ExposeSecret;
use std::sync::Arc;

/// A password that nobody has.
const WRONG_PASSWORD: &str = "~wrong~";

/// What it takes to make connections.
pub(super) struct Door<'o> {
    order: &'o Order,
    secured: Option<Secured>,
    clock: Arc<dyn Clock>,
}

/// Why there is no session.
pub(super) struct NoBind {
    /// For a person to read.
    pub why: String,
    /// The session as far as it came, for its evidence.
    pub session: Option<Session>,
}

impl<'o> Door<'o> {
    pub fn new(order: &'o Order, clock: Arc<dyn Clock>) -> Result<Self, String> {
        let secured = order.tls.clone().map(|tls| Secured::new(tls, Arc::clone(&clock))).transpose();
        Ok(Self { order, secured: secured.map_err(|cause| format!("TLS: {cause}"))?, clock })
    }

    /// The certificate that the SMSC showed, and whether it is believed; nothing without TLS, and where none was shown.
    pub fn certificate(&self) -> Option<String> {
        let Seen { fingerprint, believed } = self.secured.as_ref()?.seen()?;
        let verdict = match (believed, self.order.tls.as_ref().map(|tls| &tls.trust)) {
            (true, Some(Trust::Pinned(_))) => "believed: it is pinned".to_owned(),
            (true, Some(Trust::Authorities(_)) | None) => "believed: an authority of ours vouches for it".to_owned(),
            (false, _) => format!(
                "not believed. Where the operator confirms that fingerprint, pin it: here with --tls-fingerprint \
                 {fingerprint}, for serve with tls = {{ fingerprints = [\"{fingerprint}\"] }} in place of ca_file"
            ),
        };
        Some(format!("SHA-256 fingerprint {fingerprint}, {verdict}"))
    }

    async fn connect(&self) -> Result<Box<dyn Wire>, String> {
        connect(self.order.smsc.clone(), self.secured.clone()).await
    }

    fn request(&self, kind: dayaq_smpp::BindKind, password: &str) -> Result<BindRequest, String> {
        let too_long = |cause: dayaq_smpp::TooLong| cause.to_string();
        let mut request = BindRequest::new(kind, &self.order.system_id, password).map_err(too_long)?;
        request.system_type = dayaq_smpp::Octets::new(&self.order.system_type).map_err(too_long)?;
        request.interface_version = self.order.profile.link.interface_version;
        Ok(request)
    }

    /// Connects and binds, one way or the other.
    pub async fn open(&self, kind: BindKind) -> Result<(Session, Vec<Bound>), NoBind> {
        self.open_with(kind, self.order.password.expose_secret()).await
    }

    async fn open_with(&self, kind: BindKind, password: &str) -> Result<(Session, Vec<Bound>), NoBind> {
        let nothing = |why: String| NoBind { why, session: None };
        let kinds = kinds(kind);
        let mut wires = Vec::new();
        for _ in kinds {
            wires.push(self.connect().await.map_err(|why| nothing(format!("cannot connect to {why}")))?);
        }
        let mut session = Session::new(wires, &self.order.profile, self.order.phone, Arc::clone(&self.clock));
        let mut bounds = Vec::new();
        for (line, kind) in kinds.iter().enumerate() {
            let request = self.request(*kind, password).map_err(nothing)?;
            match session.bind(line, request).await {
                Ok(bound) => bounds.push(bound),
                Err(refusal) => {
                    let why = format!("{}: {}", kind.command_id(), explained(&refusal));
                    return Err(NoBind { why, session: Some(session) });
                }
            }
        }
        Ok((session, bounds))
    }

    /// Binds in the way that the run does not go by, and lets go again.
    pub async fn other_kind(&self, mask: &Mask) -> Row {
        let other = match self.order.bind {
            BindKind::Transceiver => BindKind::Pair,
            BindKind::Pair => BindKind::Transceiver,
        };
        let row = Row::new(id(other), Group::Bind, asked(other), "accepted, or refused where it was not agreed");
        match self.open(other).await {
            Ok((mut session, _)) => {
                let row = row.conforms("accepted").with(mask.all(&session.bind_frames));
                session.unbind().await;
                row
            }
            Err(NoBind { why, session }) => {
                let evidence = session.map_or(Vec::new(), |session| mask.all(&session.bind_frames));
                row.not_shown(format!("this run goes by {}; {why}", name(self.order.bind))).with(evidence)
            }
        }
    }

    /// Whether a wrong password is refused, and says so.
    pub async fn wrong_password(&self, mask: &Mask) -> Row {
        let row =
            Row::new("bind.wrong-password", Group::Bind, "bind with a wrong password", "refused with RINVPASWD (0x0e)");
        if !self.order.try_wrong_password {
            return row.not_shown("not asked: it may lock the account (--try-wrong-password)");
        }
        match self.open_with(BindKind::Transceiver, WRONG_PASSWORD).await {
            Ok((mut session, _)) => {
                let row =
                    row.differs("accepted: anybody may bind under this name").with(mask.all(&session.bind_frames));
                session.unbind().await;
                row
            }
            Err(NoBind { why, session: Some(session) }) => {
                let right = why.contains("RINVPASWD");
                row.judged(right, why).with(mask.all(&session.bind_frames))
            }
            Err(NoBind { why, session: None }) => row.not_shown(why),
        }
    }
}

/// The rows of a bind that stands.
pub(super) fn rows(order: &Order, session: &Session, bounds: &[Bound], mask: &Mask) -> Vec<Row> {
    let profile = order.profile.link.interface_version;
    let how = match order.tls.as_ref().map(|tls| &tls.trust) {
        None => "over TCP, without TLS",
        Some(Trust::Authorities(_)) => "over TLS, with a certificate that we trust",
        Some(Trust::Pinned(_)) => "over TLS, with a certificate that is pinned",
    };
    let connected = Row::new("bind.connect", Group::Bind, format!("connect to {}", order.smsc), "connected");
    let name = bounds.first().map(|bound| String::from_utf8_lossy(&bound.system_id).into_owned()).unwrap_or_default();
    let bound = Row::new(id(order.bind), Group::Bind, asked(order.bind), "accepted")
        .conforms(match name.as_str() {
            "" => "accepted".to_owned(),
            name => format!("accepted; the SMSC calls itself {name:?}"),
        })
        .with(mask.all(&session.bind_frames));
    let version = Row::new(
        "bind.version",
        Group::Bind,
        format!("bind under interface_version {profile:#04x}"),
        format!("sc_interface_version {profile:#04x} or above"),
    );
    let version = match bounds.iter().map(|bound| bound.interface_version).min().flatten() {
        None => version.not_shown("the SMSC does not say its version (sc_interface_version)"),
        Some(said) => version.judged(said >= profile, format!("sc_interface_version {said:#04x}")),
    };
    vec![connected.conforms(how), bound, version]
}

/// The rows of a bind that there is not.
pub(super) fn failed_rows(order: &Order, no_bind: &NoBind, mask: &Mask) -> Vec<Row> {
    let connected = Row::new("bind.connect", Group::Bind, format!("connect to {}", order.smsc), "connected");
    let bound = Row::new(id(order.bind), Group::Bind, asked(order.bind), "accepted");
    match &no_bind.session {
        None => vec![connected.differs(&no_bind.why), bound.not_shown("there is no connection")],
        Some(session) => {
            vec![connected.conforms("connected"), bound.differs(&no_bind.why).with(mask.all(&session.bind_frames))]
        }
    }
}

fn id(kind: BindKind) -> &'static str {
    match kind {
        BindKind::Transceiver => "bind.transceiver",
        BindKind::Pair => "bind.pair",
    }
}

fn name(kind: BindKind) -> &'static str {
    match kind {
        BindKind::Transceiver => "a transceiver",
        BindKind::Pair => "a transmitter and a receiver",
    }
}

fn asked(kind: BindKind) -> &'static str {
    match kind {
        BindKind::Transceiver => "bind_transceiver",
        BindKind::Pair => "bind_transmitter and bind_receiver, on two connections",
    }
}

/// A refusal with what to do about it.
fn explained(refusal: &Refusal) -> String {
    let hint = match refusal {
        Refusal::Status(CommandStatus::RINVPASWD) => ": the password is not the one that the SMSC has",
        Refusal::Status(CommandStatus::RINVSYSID) => ": the SMSC knows no such system_id",
        Refusal::Status(CommandStatus::RALYBND) => ": somebody is bound under this name already",
        Refusal::Status(CommandStatus::RBINDFAIL) => ": the account may not bind so",
        Refusal::Status(CommandStatus::RINVSYSTYP) => ": the system_type is not the one that the SMSC has",
        Refusal::Status(_) | Refusal::Silence(_) => "",
    };
    format!("{refusal}{hint}")
}
