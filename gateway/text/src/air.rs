use crate::alphabet::{Alphabet, measure};
use crate::plain;
use crate::split::{Reference, SplitError, split};

/// How a text travels: what reaches the phone, and what the SMSC is given.
///
/// They differ where an SMSC takes its default alphabet (`data_coding` 0) for Latin-1 or ASCII and makes GSM-7 of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Carriage {
    /// What the phone gets: it decides the room and the price. GSM-7 or UCS-2.
    pub air: Alphabet,
    /// What the SMSC is given.
    pub wire: Alphabet,
}

impl Carriage {
    /// Gives GSM-7 where it and the SMSC's default alphabet have every character, and UCS-2 otherwise.
    pub fn of(text: &str, default: Alphabet) -> Self {
        let carried = |alphabet| measure(text, alphabet).is_ok();
        if default != Alphabet::Ucs2 && carried(Alphabet::Gsm7) && carried(default) {
            Self { air: Alphabet::Gsm7, wire: default }
        } else {
            Self { air: Alphabet::Ucs2, wire: Alphabet::Ucs2 }
        }
    }
}

/// What a text costs in each of its forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Segments as written.
    pub proper: usize,
    /// Segments in the plain form.
    pub plain: usize,
}

/// Counts the segments that a text takes in each form, before anything is sent.
///
/// The count is that of [`split`]: each segment is one message on the air, and is paid for.
pub fn cost(text: &str, default: Alphabet, reference: Reference) -> Result<Cost, SplitError> {
    let segments = |text: &str| split(text, Carriage::of(text, default).air, reference).map(|parts| parts.len());
    Ok(Cost { proper: segments(text)?, plain: segments(&plain(text))? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn e4_what_a_text_costs_in_each_form_is_known_before_it_is_sent() {
        let check = |text: &str, proper, plain| {
            assert_eq!(cost(text, Alphabet::Gsm7, Reference::Bits8), Ok(Cost { proper, plain }), "{text}");
        };
        check("", 1, 1);
        check("Salam", 1, 1);
        check(&"ə".repeat(70), 1, 1);
        check(&"ə".repeat(71), 2, 1);
        check(&"ə".repeat(160), 3, 1);
        check(&"ə".repeat(161), 3, 2);
        check(&"Б".repeat(160), 3, 1);
        // What the default alphabet has costs the same, brackets twice their number.
        check(&"Ö[".repeat(53), 1, 1);
        check(&"Ö[".repeat(54), 2, 1);
    }

    #[test]
    fn f1_a_default_alphabet_that_lacks_a_letter_makes_the_text_ucs2() {
        let (gsm7, ucs2) = (Alphabet::Gsm7, Alphabet::Ucs2);
        for (text, default, air, wire) in [
            ("Salam", Alphabet::Gsm7, gsm7, Alphabet::Gsm7),
            ("Salam", Alphabet::Latin1, gsm7, Alphabet::Latin1),
            ("Salam", Alphabet::Ascii, gsm7, Alphabet::Ascii),
            ("Salam", Alphabet::Ucs2, ucs2, ucs2),
            ("Özü", Alphabet::Latin1, gsm7, Alphabet::Latin1),
            ("Özü", Alphabet::Ascii, ucs2, ucs2),
            // The euro sign is in GSM-7 and not in Latin-1; ç is in Latin-1, but the network has no septet for it.
            ("5 €", Alphabet::Latin1, ucs2, ucs2),
            ("5 €", Alphabet::Gsm7, gsm7, gsm7),
            ("üç", Alphabet::Latin1, ucs2, ucs2),
            ("`", Alphabet::Ascii, ucs2, ucs2),
        ] {
            assert_eq!(Carriage::of(text, default), Carriage { air, wire }, "{text} {default:?}");
        }
    }

    proptest! {
        #[test]
        fn e4_the_plain_form_of_azerbaijani_never_costs_more(text in "[A-Za-z0-9 .,əğıİşçöüÖÜ]{0,400}") {
            for default in [Alphabet::Gsm7, Alphabet::Latin1, Alphabet::Ascii] {
                let cost = cost(&text, default, Reference::Bits8).unwrap();
                prop_assert!(cost.plain <= cost.proper, "{:?}", cost);
            }
        }
    }
}
