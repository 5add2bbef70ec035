//! Why TLS with an SMSC did not come about, and what to do, in words for who runs the service and no reader of RFCs.

use super::certificate::Certificate;
use super::judge::Shown;
use jiff::Timestamp;
use rustls::pki_types::{ServerName, UnixTime};
use rustls::{AlertDescription, CertificateError, Error as TlsError};
use std::io::{Error, ErrorKind};

/// Names of a certificate that are told.
const NAMES_MAX: usize = 5;
/// Characters of each; a name in DNS has no more (RFC 1035 §2.3.4).
const NAME_MAX: usize = 253;

const PIN: &str = "where the operator confirms its fingerprint, pin it (fingerprints in place of ca_file)";

/// Why a handshake failed. `name` is whom we asked the SMSC to be.
pub(super) fn refused(cause: &Error, shown: Option<&Shown>, name: &ServerName<'_>) -> String {
    match (tls(cause), shown) {
        (Some(TlsError::InvalidCertificate(fault)), Some(shown)) => {
            let (seen, todo) = if shown.believed { unproven() } else { judged(fault, shown, name) };
            format!("the SMSC's certificate {seen}: {todo}; its SHA-256 fingerprint is {}", shown.fingerprint())
        }
        (Some(_), _) => broken(cause),
        (None, _) if matches!(cause.kind(), ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset) => {
            "the SMSC ended the connection before TLS stood, as one does that speaks SMPP in clear on this port: ask the \
             operator for its port with TLS"
                .to_owned()
        }
        (None, _) => cause.to_string(),
    }
}

/// Why a connection broke, over TLS or not. Of the certificate that we show an SMSC may judge as late as here.
pub(super) fn broken(cause: &Error) -> String {
    let Some(fault) = tls(cause) else { return cause.to_string() };
    let words = match fault {
        TlsError::AlertReceived(alert) => alerted(*alert),
        TlsError::InvalidMessage(_) => {
            "what the SMSC says is no TLS, as from a port for SMPP in clear: ask the operator for its port with TLS"
        }
        TlsError::PeerIncompatible(_) => {
            "the SMSC and we have no version or cipher of TLS in common: it needs TLS 1.2 or 1.3 with ECDHE and AES-GCM \
             or ChaCha20"
        }
        _ => "TLS with the SMSC failed",
    };
    format!("{words} ({fault})")
}

fn tls(cause: &Error) -> Option<&TlsError> {
    cause.get_ref().and_then(|cause| cause.downcast_ref())
}

/// What the SMSC does not like. rustls has alerts that it does not know of, too.
fn alerted(alert: AlertDescription) -> &'static str {
    match alert {
        AlertDescription::ProtocolVersion
        | AlertDescription::HandshakeFailure
        | AlertDescription::InsufficientSecurity => {
            "the SMSC refuses our versions and ciphers of TLS, or asks for a certificate of ours: it needs TLS 1.2 or 1.3 \
             with ECDHE and AES-GCM or ChaCha20; ask the operator whether certificate_file is needed"
        }
        AlertDescription::CertificateRequired | AlertDescription::NoCertificate => {
            "the SMSC asks for a certificate of ours: give certificate_file and key_file"
        }
        AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateRevoked
        | AlertDescription::CertificateExpired
        | AlertDescription::CertificateUnknown
        | AlertDescription::UnknownCA
        | AlertDescription::AccessDenied => {
            "the SMSC does not accept our certificate: ask the operator which authority it believes (certificate_file)"
        }
        AlertDescription::UnrecognisedName => {
            "the SMSC knows nobody of the name that we ask for: ask the operator for its name (server_name)"
        }
        _ => "the SMSC ended TLS",
    }
}

/// What is wrong with a certificate that is believed and whose key its holder did not use.
fn unproven() -> (String, String) {
    (
        "is one that we believe, and who shows it does not prove to have its key".to_owned(),
        "somebody else may answer in the SMSC's place, or its key is RSA of fewer than 2048 bits; ask the operator"
            .to_owned(),
    )
}

/// What was seen of a certificate that is not believed, and what to do.
fn judged(fault: &CertificateError, shown: &Shown, name: &ServerName<'_>) -> (String, String) {
    let read = Certificate::read(&shown.certificate);
    let version = read.as_ref().map_or(3, |it| it.version);
    let itself = read.is_some_and(|it| it.is_self_issued());
    let say = |seen: &str, todo: &str| (seen.to_owned(), todo.to_owned());
    match fault {
        CertificateError::ApplicationVerificationFailure => say(
            "is not a pinned one",
            "where the operator confirms this fingerprint, pin it, too (fingerprints, two at a time)",
        ),
        CertificateError::ExpiredContext { not_after, .. } => (
            format!("expired on {}", date(*not_after)),
            format!("the operator has to renew it; until then, {PIN}, for then its dates do not count"),
        ),
        CertificateError::NotValidYetContext { time, not_before } => (
            format!("is valid only from {}, and by our clock it is {}", date(*not_before), date(*time)),
            format!("set the clock; where it is right, the operator has to change its certificate; until then, {PIN}"),
        ),
        CertificateError::NotValidForNameContext { presented, .. } => named(presented, name),
        CertificateError::Revoked => say("is revoked", "the operator has to renew it"),
        _ if version < 3 => {
            (format!("is of X.509 version {version}, for which no authority can vouch"), PIN.to_owned())
        }
        CertificateError::UnknownIssuer | CertificateError::BadSignature | CertificateError::Other(_) if itself => {
            say("is signed by itself and by no authority, so that ca_file cannot vouch for it", PIN)
        }
        CertificateError::UnknownIssuer => (
            "is signed by an authority that is not in ca_file, or the SMSC does not send the certificates in between"
                .to_owned(),
            format!("ask the operator for its authority's certificate (ca_file); or, {PIN}"),
        ),
        CertificateError::BadSignature => (
            "bears a signature that its authority in ca_file did not make".to_owned(),
            format!("ask the operator for its authority's present certificate (ca_file); or, {PIN}"),
        ),
        CertificateError::InvalidPurposeContext { .. } => say("is not made for servers", PIN),
        CertificateError::UnsupportedSignatureAlgorithmContext { .. }
        | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            say("is signed in a way that is not believed any more, such as with SHA-1", PIN)
        }
        other => (format!("cannot be judged ({other})"), PIN.to_owned()),
    }
}

/// What a certificate says of names, each as rustls writes it: `DnsName("smsc.example")`, `IpAddress(192.0.2.1)`.
fn named(presented: &[String], name: &ServerName<'_>) -> (String, String) {
    let bare = |name: &String| -> String {
        let inner = name.split_once('(').map_or(name.as_str(), |(_, inner)| inner.trim_end_matches(')'));
        let printable = |sign: &char| !sign.is_control() && *sign != '"';
        inner.chars().filter(printable).take(NAME_MAX).collect()
    };
    let names: Vec<String> = presented.iter().take(NAMES_MAX).map(bare).collect();
    let expected = name.to_str();
    let seen = match names.len() {
        0 => format!("bears no name (subjectAltName), and so not {expected}"),
        _ => format!("is for {}, and not for {expected}", names.join(", ")),
    };
    match names.iter().find(|name| !name.starts_with('*')) {
        None => (seen, PIN.to_owned()),
        Some(name) => {
            (seen, format!("where that is the operator's name, say so (server_name = \"{name}\"); or, {PIN}"))
        }
    }
}

fn date(at: UnixTime) -> String {
    let at = i64::try_from(at.as_secs()).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    at.map_or("a day beyond all calendars".to_owned(), |at| at.strftime("%d.%m.%Y %H:%M UTC").to_string())
}
