//! What is wrong with an institution, on purpose.

use serde::Serialize;
use std::time::Duration;

/// How an institution behaves, and how often it was asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Control {
    /// Every answer is 503.
    pub down: bool,
    /// Each answer takes so many milliseconds more, in real time.
    pub delay_ms: u64,
    /// So many of the next requests are answered 500 and have no effect.
    pub fail_next: u32,
    /// So many of the next requests have their effect and are answered with JSON of another shape.
    pub garble_next: u32,
    /// So many of the next requests have their effect, and the connection breaks in the middle of the answer.
    pub lose_next: u32,
    /// Requests with the right token so far.
    pub asked: u64,
}

/// What happens to one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fate {
    pub delay: Duration,
    pub end: End,
}

/// How one request ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Answered,
    Down,
    Failed,
    Garbled,
    Lost,
}

impl Control {
    /// Decides the fate of the next request and counts it. One request spends one fault.
    pub(crate) fn next(&mut self) -> Fate {
        self.asked += 1;
        let end = if self.down {
            End::Down
        } else if spend(&mut self.fail_next) {
            End::Failed
        } else if spend(&mut self.garble_next) {
            End::Garbled
        } else if spend(&mut self.lose_next) {
            End::Lost
        } else {
            End::Answered
        };
        Fate { delay: Duration::from_millis(self.delay_ms), end }
    }
}

fn spend(left: &mut u32) -> bool {
    let any = *left > 0;
    *left = left.saturating_sub(1);
    any
}
