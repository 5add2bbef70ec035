//! The operator calls: a connection to an ESME that listens, begun with outbind (SMPP 3.4 §4.1.7).

use crate::account::Account;
use crate::connection;
use crate::exchange::Exchange;
use dayaq_smpp::{Body, CommandStatus, Outbind, Pdu, encode};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;

/// How long to wait before the next call.
const PAUSE: Duration = Duration::from_secs(1);

/// Calls until the operator stops.
pub(crate) async fn keep(exchange: Arc<Exchange>, esme: SocketAddr, account: Account) {
    let cancel = exchange.cancel.clone();
    let preface = outbind(&account);
    let calls = async {
        loop {
            match TcpStream::connect(esme).await {
                Ok(stream) => {
                    // Small PDUs must not wait for each other's acknowledgement.
                    let _ = stream.set_nodelay(true);
                    connection::serve(exchange.clone(), stream, preface.clone()).await;
                }
                Err(error) => tracing::info!(%esme, %error, "ESME not reached"),
            }
            // A connection that ends with the operator is the last one.
            if exchange.cancel.is_cancelled() {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                () = cancel.cancelled() => return,
            }
        }
    };
    calls.await;
}

fn outbind(account: &Account) -> Vec<u8> {
    let body = Body::Outbind(Outbind {
        system_id: account.system_id.as_bytes(),
        password: account.password.expose().as_bytes(),
    });
    let mut octets = Vec::new();
    // Names that are too long for a bind have no outbind either; the connection then begins with nothing.
    let _ = encode(&Pdu { command_status: CommandStatus::ROK, sequence_number: 1, body }, &mut octets);
    octets
}
