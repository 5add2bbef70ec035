//! When to try again after a link was lost or a bind refused.

use dayaq_smpp::CommandStatus;
use dayaq_types::Entropy;
use std::time::Duration;

/// The pause before the next try; a value without a clock.
#[derive(Clone, Debug, Default)]
pub struct Reconnect {
    failures: u32,
}

impl Reconnect {
    /// The longest pause after lost connections.
    const LOST_MAX: Duration = Duration::from_secs(30);
    /// The pause after refused credentials: trying faster locks accounts out.
    const CREDENTIALS: Duration = Duration::from_secs(60);
    /// The pauses after ALYBND, while the SMSC still holds our old bind.
    const ALREADY_BOUND: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(60));

    /// The link was bound: the next loss is a first one.
    pub fn bound(&mut self) {
        self.failures = 0;
    }

    /// The pause after a connection failed or ended: at most half a second at first, then doubling to 30 s, with jitter.
    pub fn after_loss(&mut self, entropy: &dyn Entropy) -> Duration {
        let base = Duration::from_millis(250).saturating_mul(2u32.saturating_pow(self.failures.min(10)));
        self.failures = self.failures.saturating_add(1);
        jitter(base.min(Self::LOST_MAX), entropy)
    }

    /// The pause after a refused bind.
    pub fn after_refusal(&mut self, status: CommandStatus, entropy: &dyn Entropy) -> Duration {
        match status {
            CommandStatus::RINVPASWD | CommandStatus::RINVSYSID | CommandStatus::RBINDFAIL => Self::CREDENTIALS,
            CommandStatus::RALYBND => {
                let (first, longest) = Self::ALREADY_BOUND;
                let pause = first.saturating_mul(2u32.saturating_pow(self.failures.min(10)));
                self.failures = self.failures.saturating_add(1);
                pause.min(longest)
            }
            _ => self.after_loss(entropy),
        }
    }
}

/// Between the half and the whole of a pause.
fn jitter(pause: Duration, entropy: &dyn Entropy) -> Duration {
    let mut octet = [0];
    entropy.fill(&mut octet);
    pause / 2 + (pause / 2) * u32::from(octet[0]) / 255
}

#[cfg(test)]
mod tests {
    use super::*;
    use dayaq_types::SeededEntropy;

    #[test]
    fn a36_refused_credentials_are_tried_once_a_minute() {
        let entropy = SeededEntropy::new(1);
        let mut reconnect = Reconnect::default();
        for status in [CommandStatus::RINVPASWD, CommandStatus::RINVSYSID, CommandStatus::RBINDFAIL] {
            assert_eq!(reconnect.after_refusal(status, &entropy), Duration::from_secs(60));
        }
        let pauses: Vec<u64> =
            (0..6).map(|_| reconnect.after_refusal(CommandStatus::RALYBND, &entropy).as_secs()).collect();
        assert_eq!(pauses, [5, 10, 20, 40, 60, 60]);
    }

    #[test]
    fn a_lost_link_is_back_within_a_second_and_never_storms() {
        let entropy = SeededEntropy::new(1);
        let mut reconnect = Reconnect::default();
        assert!(reconnect.after_loss(&entropy) <= Duration::from_millis(250));
        for _ in 0..20 {
            let pause = reconnect.after_loss(&entropy);
            assert!(pause >= Duration::from_millis(250) && pause <= Duration::from_secs(30), "{pause:?}");
        }
        assert!(reconnect.after_loss(&entropy) >= Duration::from_secs(15));
        reconnect.bound();
        assert!(reconnect.after_loss(&entropy) <= Duration::from_millis(250));
    }
}
