use crate::alphabet::{Alphabet, measure};

/// The room that one screen or one text has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// In which alphabet it is counted.
    pub alphabet: Alphabet,
    /// Septets, sixteen-bit units, or octets.
    pub units: usize,
}

impl Budget {
    /// Gives the room of one USSD screen: 160 octets, which are 182 packed septets or 80 units of UCS-2.
    pub const fn ussd(alphabet: Alphabet) -> Self {
        let units = match alphabet {
            Alphabet::Gsm7 => 182,
            Alphabet::Ucs2 => 80,
            Alphabet::Latin1 | Alphabet::Ascii => 160,
        };
        Self { alphabet, units }
    }

    /// Gives the room of one SMS that is not part of a series: 140 octets, which are 160 packed septets.
    ///
    /// ASCII becomes septets at the SMSC and has the room of GSM-7.
    pub const fn sms(alphabet: Alphabet) -> Self {
        let units = match alphabet {
            Alphabet::Gsm7 | Alphabet::Ascii => 160,
            Alphabet::Ucs2 => 70,
            Alphabet::Latin1 => 140,
        };
        Self { alphabet, units }
    }
}

/// Tells whether the alphabet has every character of the text and the room is enough.
pub fn fits(text: &str, budget: Budget) -> bool {
    measure(text, budget.alphabet).is_ok_and(|count| count.units <= budget.units)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f1_a_screen_is_measured_in_units_and_never_in_characters() {
        assert!(fits(&"a".repeat(182), Budget::ussd(Alphabet::Gsm7)));
        assert!(!fits(&"a".repeat(183), Budget::ussd(Alphabet::Gsm7)));
        assert!(fits(&"€".repeat(91), Budget::ussd(Alphabet::Gsm7)));
        assert!(!fits(&"€".repeat(92), Budget::ussd(Alphabet::Gsm7)));
        assert!(fits(&"ə".repeat(80), Budget::ussd(Alphabet::Ucs2)));
        assert!(!fits(&"😀".repeat(41), Budget::ussd(Alphabet::Ucs2)));
        assert!(!fits("ə", Budget::ussd(Alphabet::Gsm7)));
        assert!(fits(&"é".repeat(140), Budget::sms(Alphabet::Latin1)));
    }
}
