//! What others notice of a disturbance: the same turns of the same phones, in windows with it and windows without, in turn.
//!
//! The figure of the catalogue is the 99th of 100 turns, within a tenth. Turns are timed at the phone, over a line of
//! [`crate::far_line::EACH_WAY`]. Whatever else this machine does at the same time only ever adds to a time; so of each
//! kind the quietest window is compared. Windows are taken in pairs, so that both kinds see the same machine; a
//! disturbance that costs others more than a tenth is in each window of its kind and stays however many are taken.

use crate::stage::Phone;
use dayaq_types::{Clock, SystemClock};
use std::time::Duration;
use tokio::task::JoinSet;

/// Turns of one window.
const TURNS: usize = 48;
/// From the beginning of one turn to that of the next: far from what a machine can do at most.
const PACE: Duration = Duration::from_millis(20);
/// Pairs of windows, at least and at most.
const PAIRS: std::ops::Range<usize> = 3..12;
/// How much longer than without the disturbance a turn may take.
const A_TENTH: f64 = 1.1;

/// The phones of the others.
pub struct Others(Vec<Phone>);

impl Others {
    /// Phones that nobody else has, of that stage or house.
    pub fn of(phone: impl Fn(&str) -> Phone) -> Self {
        Self((0..TURNS).map(|number| phone(&format!("99477{:07}", 3_000_000 + number))).collect())
    }

    /// Each dials once, at an even pace; gives the 99th of 100 times.
    async fn window(&self) -> Duration {
        let mut dialling = JoinSet::new();
        for (number, phone) in self.0.iter().cloned().enumerate() {
            dialling.spawn(async move {
                tokio::time::sleep(PACE * u32::try_from(number).expect("few")).await;
                let clock = SystemClock::new();
                phone.dial().await.says("1 Azərbaycanca");
                clock.monotonic()
            });
        }
        let mut times = dialling.join_all().await;
        times.sort_unstable();
        times[(TURNS * 99).div_ceil(100) - 1]
    }

    /// Holds turns beside a disturbance against turns without it. `disturb` is told whether the window that follows is
    /// to be disturbed; what it gives is kept until the window is over.
    pub async fn notice_nothing<D>(&self, what: &str, mut disturb: impl AsyncFnMut(bool) -> D) {
        // Everything that is made at the first turn is there.
        self.window().await;
        let (mut without, mut beside) = (Vec::new(), Vec::new());
        for pair in 1..PAIRS.end {
            for (disturbed, windows) in [(false, &mut without), (true, &mut beside)] {
                let disturbance = disturb(disturbed).await;
                windows.push(self.window().await);
                drop(disturbance);
            }
            if pair >= PAIRS.start && is_as_before(&without, &beside) {
                break;
            }
        }
        println!("{what}: p99 of {TURNS} turns without {without:?}, beside {beside:?}");
        assert!(is_as_before(&without, &beside), "{what}");
    }
}

fn is_as_before(without: &[Duration], beside: &[Duration]) -> bool {
    let quietest = |windows: &[Duration]| *windows.iter().min().expect("some were taken");
    quietest(beside) <= quietest(without).mul_f64(A_TENTH)
}
