//! When to try again after a link was lost or a bind refused.

use super::account;
use dayaq_smpp::CommandStatus;
use dayaq_types::Entropy;
use std::time::Duration;

/// The pause before the next try; a value without a clock.
#[derive(Clone, Debug, Default)]
pub(super) struct Reconnect {
    failures: u32,
    /// When the last try began.
    began: Option<Duration>,
}

impl Reconnect {
    /// The longest pause after the first loss, which doubles from loss to loss.
    const LOST_FIRST: Duration = Duration::from_millis(500);
    /// The longest pause after lost connections.
    const LOST_MAX: Duration = Duration::from_secs(30);
    /// From the beginning of one try to that of the next at least, so that nothing makes a storm (A39).
    const APART: Duration = Duration::from_secs(1);
    /// The pauses after RALYBND, while the SMSC still holds our old bind.
    const ALREADY_BOUND: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(60));

    /// A try begins; `now` is monotonic time.
    pub fn begin(&mut self, now: Duration) {
        self.began = Some(now);
    }

    /// The link was bound: the next loss is a first one.
    pub fn bound(&mut self) {
        self.failures = 0;
    }

    /// The pause after a connection failed or ended: at most half a second at first, then doubling to 30 s, with jitter.
    pub fn after_loss(&mut self, now: Duration, entropy: &dyn Entropy) -> Duration {
        let base = Self::LOST_FIRST.saturating_mul(2u32.saturating_pow(self.failures.min(10)));
        self.failures = self.failures.saturating_add(1);
        let since = self.began.map_or(Duration::MAX, |began| now.saturating_sub(began));
        jitter(base.min(Self::LOST_MAX), entropy).max(Self::APART.saturating_sub(since))
    }

    /// The pause after a refused bind.
    pub fn after_refusal(&mut self, status: CommandStatus, now: Duration, entropy: &dyn Entropy) -> Duration {
        if account::is_refusal(status) {
            return account::REFUSED;
        }
        if status != CommandStatus::RALYBND {
            return self.after_loss(now, entropy);
        }
        let (first, longest) = Self::ALREADY_BOUND;
        let pause = first.saturating_mul(2u32.saturating_pow(self.failures.min(10)));
        self.failures = self.failures.saturating_add(1);
        pause.min(longest)
    }
}

/// Between the half and the whole of a pause.
fn jitter(pause: Duration, entropy: &dyn Entropy) -> Duration {
    let mut octets = [0; 2];
    entropy.fill(&mut octets);
    pause / 2 + (pause / 2) * u32::from(u16::from_be_bytes(octets)) / u32::from(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use dayaq_types::SeededEntropy;

    #[test]
    fn a36_refused_credentials_are_tried_once_a_minute() {
        let entropy = SeededEntropy::new(1);
        let mut reconnect = Reconnect::default();
        let mut after = |status| reconnect.after_refusal(status, Duration::ZERO, &entropy).as_secs();
        for status in [CommandStatus::RINVPASWD, CommandStatus::RINVSYSID, CommandStatus::RBINDFAIL] {
            assert_eq!(after(status), 60);
        }
        let pauses: Vec<u64> = (0..6).map(|_| after(CommandStatus::RALYBND)).collect();
        assert_eq!(pauses, [5, 10, 20, 40, 60, 60]);
    }

    #[test]
    fn a39_a_lost_link_is_back_within_a_second_and_never_storms() {
        let entropy = SeededEntropy::new(1);
        let mut reconnect = Reconnect::default();
        let mut now = Duration::from_secs(100);
        assert!(reconnect.after_loss(now, &entropy) <= Duration::from_millis(500));
        let mut pauses = Vec::new();
        for _ in 0..20 {
            reconnect.begin(now);
            let pause = reconnect.after_loss(now, &entropy);
            assert!(pause >= Duration::from_secs(1), "two tries within a second");
            assert!(pause <= Duration::from_secs(30), "{pause:?}");
            pauses.push(pause);
            now += pause;
        }
        assert!(pauses[19] >= Duration::from_secs(15) && pauses[18] != pauses[19], "{pauses:?}");

        // Bound and lost at once, over and over: a second from try to try.
        reconnect.bound();
        reconnect.begin(now);
        now += Duration::from_millis(20);
        assert_eq!(reconnect.after_loss(now, &entropy), Duration::from_millis(980));
        // Bound for long and lost: at once.
        reconnect.bound();
        now += Duration::from_secs(60);
        assert!(reconnect.after_loss(now, &entropy) <= Duration::from_millis(500));
    }
}
