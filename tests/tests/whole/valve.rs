//! A valve on the line between the program and an operator: it keeps chosen PDUs of the program from ever arriving, and cuts
//! a line of one kind.

use dayaq_smpp::{Body, CommandId, Header, MAX_PDU_LEN, MessageKind, Tag, decode, split_frame};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

const BINDS: [CommandId; 3] = [CommandId::BIND_TRANSCEIVER, CommandId::BIND_TRANSMITTER, CommandId::BIND_RECEIVER];

/// The valve; what it has caught is lost. Dropped, it cuts the line.
pub struct Valve {
    addr: SocketAddr,
    state: Arc<watch::Sender<State>>,
    _accepting: AbortOnDropHandle<()>,
}

#[derive(Default)]
struct State {
    /// Which commands are caught.
    catching: Vec<CommandId>,
    /// Those that were, in their order.
    caught: Vec<CommandId>,
    /// The lines that stand, with the bind of each.
    lines: Vec<(CommandId, CancellationToken)>,
}

impl Valve {
    /// Stands before that address.
    pub async fn before(smsc: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let addr = listener.local_addr().expect("an address");
        let state = Arc::new(watch::Sender::new(State::default()));
        let accepting = tokio::spawn({
            let state = Arc::clone(&state);
            async move {
                let mut lines = tokio::task::JoinSet::new();
                while let Ok((from, _)) = listener.accept().await {
                    let state = Arc::clone(&state);
                    lines.spawn(async move {
                        let to = TcpStream::connect(smsc).await.expect("the operator listens");
                        let ((mut up, mut down), (from, to)) = (to.into_split(), from.into_split());
                        let end = CancellationToken::new();
                        // The end of either direction ends the line, as the end of a process ends its socket.
                        tokio::select! {
                            () = pass(from, &mut down, &state, &end) => {}
                            () = end.cancelled() => {}
                            _ = async { let mut to = to; copy(&mut up, &mut to).await } => {}
                        }
                    });
                }
            }
        });
        Self { addr, state, _accepting: AbortOnDropHandle::new(accepting) }
    }

    /// Where the program binds.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// From now on these commands of the program do not get through; texts, which are no screens, always do.
    pub fn catch(&self, commands: &[CommandId]) {
        self.state.send_modify(|state| {
            (state.catching, state.caught) = (commands.to_vec(), Vec::new());
        });
    }

    /// Lets everything through again.
    pub fn open(&self) {
        self.catch(&[]);
    }

    /// Cuts the line that was bound first of those with this bind.
    pub fn cut(&self, bind: CommandId) {
        self.state.send_modify(|state| {
            state.lines.retain(|(_, end)| !end.is_cancelled());
            let at = state.lines.iter().position(|(kind, _)| *kind == bind).expect("a line of that kind");
            state.lines.remove(at).1.cancel();
        });
    }

    /// Waits until each of these commands has been caught.
    pub async fn caught(&self, commands: &[CommandId]) {
        let all = |state: &State| commands.iter().all(|command| state.caught.contains(command));
        let waited = tokio::time::timeout(crate::program::PATIENCE, self.state.subscribe().wait_for(all)).await.is_ok();
        assert!(waited, "only {:?} were caught", self.state.borrow().caught);
    }
}

/// Passes whole PDUs on until the line ends.
async fn pass(mut from: OwnedReadHalf, to: &mut OwnedWriteHalf, state: &watch::Sender<State>, end: &CancellationToken) {
    // A line that has ended is cut no more.
    let _ended = end.clone().drop_guard();
    let (mut kept, mut buffer) = (Vec::new(), vec![0; 16 * 1024]);
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        kept.extend_from_slice(&buffer[..read]);
        while let Ok(Some(frame)) = split_frame(&kept, MAX_PDU_LEN) {
            let command = Header::read(frame).expect("a whole frame has a header").command_id;
            if BINDS.contains(&command) {
                state.send_modify(|state| state.lines.push((command, end.clone())));
            }
            let mut caught = false;
            state.send_if_modified(|state| {
                caught = state.catching.contains(&command) && !is_text(frame);
                state.caught.extend(caught.then_some(command));
                caught
            });
            if !caught && to.write_all(frame).await.is_err() {
                return;
            }
            let len = frame.len();
            kept.drain(..len);
        }
    }
}

/// Whether this is a submit_sm outside any USSD session.
fn is_text(frame: &[u8]) -> bool {
    match decode(frame).map(|pdu| pdu.body) {
        Ok(Body::Message(MessageKind::SubmitSm, sm)) => sm.tlvs.get(Tag::USSD_SERVICE_OP).is_none(),
        Ok(_) | Err(_) => false,
    }
}
