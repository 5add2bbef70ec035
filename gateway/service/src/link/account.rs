//! What an operator has said of our credentials. All its binds share it: whoever tries a wrong password too often is
//! locked out (A36).

use dayaq_smpp::CommandStatus;
use dayaq_types::Clock;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The pause after refused credentials, from the answer to the next try of any bind.
pub(super) const REFUSED: Duration = Duration::from_secs(60);

/// Whether this status says that the credentials are not accepted.
pub(super) fn is_refusal(status: CommandStatus) -> bool {
    matches!(status, CommandStatus::RINVPASWD | CommandStatus::RINVSYSID | CommandStatus::RBINDFAIL)
}

/// The account of one operator.
pub struct Account {
    state: Mutex<State>,
    /// While no bind stands, one at a time tries.
    probe: Arc<Semaphore>,
}

#[derive(Debug, Default)]
struct State {
    /// Connections that are bound: while there are any, the credentials are good.
    standing: usize,
    /// Monotonic time before which nobody tries.
    until: Option<Duration>,
}

/// Leave to try; held while the try is the only one.
pub(super) struct Leave {
    _alone: Option<OwnedSemaphorePermit>,
}

impl Default for Account {
    fn default() -> Self {
        Self { state: Mutex::default(), probe: Arc::new(Semaphore::new(1)) }
    }
}

impl Account {
    /// Waits until a connection may try to bind: at once while others are bound, else one after another, and after a
    /// refusal when its time is over.
    pub(super) async fn enter(&self, clock: &dyn Clock) -> Leave {
        if self.state().standing > 0 {
            return Leave { _alone: None };
        }
        let alone = Arc::clone(&self.probe).acquire_owned().await.ok();
        loop {
            let State { standing, until } = *self.state();
            if standing > 0 {
                return Leave { _alone: None };
            }
            match until.map(|until| until.saturating_sub(clock.monotonic())) {
                None | Some(Duration::ZERO) => return Leave { _alone: alone },
                Some(pause) => tokio::time::sleep(pause).await,
            }
        }
    }

    /// Notes that a connection is bound.
    pub(super) fn bound(&self) {
        let mut state = self.state();
        state.standing += 1;
        state.until = None;
    }

    /// Notes that a bound connection is gone.
    pub(super) fn lost(&self) {
        let mut state = self.state();
        state.standing = state.standing.saturating_sub(1);
    }

    /// Notes that the credentials were refused. Where others are bound with them, the refusal means something else,
    /// such as too many binds, and concerns nobody but who heard it.
    pub(super) fn refused(&self, now: Duration) {
        let mut state = self.state();
        if state.standing == 0 {
            state.until = Some(now + REFUSED);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }
}
