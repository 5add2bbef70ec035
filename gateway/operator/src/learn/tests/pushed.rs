//! Screens that the service pushed and nobody answered: they say nothing of what names the sessions of phones.

use super::packets::{Container, Link, capture, frames};
use super::story::{PHONES, Said, Story};
use super::{able, from};

/// What names a session, by a proposal.
fn session_lines(toml: &str) -> Vec<&str> {
    let lines = toml.lines().skip_while(|line| *line != "[ussd.session]").skip(1);
    lines.take_while(|line| !line.starts_with('[')).filter(|line| !line.starts_with('#') && !line.is_empty()).collect()
}

/// The number of what the service pushes is its own, and may be anything beside those of the operator's sessions.
#[test]
fn s14_learn_takes_a_notification_that_is_confirmed_for_a_session_of_its_own() {
    let (mut wrong, mut cases) = (Vec::new(), 0);
    for (name, profile) in able() {
        let said = Story::new(&profile.dialect).everything();
        let wanted = from(&capture(Container::Pcap, Link::Raw, &frames(&said, 1400)));
        for number in (1..=64).chain((0..64).map(|more| 0x1201 + 37 * more)) {
            let Some(confirmed) = Story::new(&profile.dialect).confirmed(PHONES[0], number) else { continue };
            let mut with = said.clone();
            with.extend(confirmed);
            let learnt = from(&capture(Container::Pcap, Link::Raw, &frames(&with, 1400)));
            cases += 1;
            if session_lines(&learnt.toml) != session_lines(&wanted.toml) {
                wrong.push(format!("{name}: {number}: {:?}", session_lines(&learnt.toml)));
            }
        }
    }
    assert!(cases > 0 && wrong.is_empty(), "{} of {cases}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn s14_learn_takes_no_evidence_of_sessions_from_screens_that_nobody_answered() {
    let mut wrong = Vec::new();
    let mut cases = 0;
    for (name, profile) in able() {
        for (size, said) in
            [("much", Story::new(&profile.dialect).everything()), ("little", Story::new(&profile.dialect).little())]
        {
            let wanted = from(&capture(Container::Pcap, Link::Raw, &frames(&said, 1400)));
            let phones = PHONES.into_iter().chain(["994991234504"]);
            // Numbers unlike those of the operator's sessions, and their neighbours.
            for (phone, notifies, count, number) in phones.flat_map(|phone| {
                [(phone, false, 1, 0x1201), (phone, true, 1, 0x1201), (phone, false, 5, 0x1201), (phone, false, 1, 90)]
            }) {
                // Before and after each PDU and its answer, from the bind on.
                for at in (2..=said.len()).step_by(2) {
                    let mut with = said.clone();
                    let pushed: Vec<Said> = (0..count)
                        .flat_map(|more| Story::new(&profile.dialect).push(phone, number + 5 * more, notifies))
                        .collect();
                    with.splice(at..at, pushed);
                    let learnt = from(&capture(Container::Pcap, Link::Raw, &frames(&with, 1400)));
                    cases += 1;
                    if session_lines(&learnt.toml) != session_lines(&wanted.toml) {
                        let what = if notifies { "notifications" } else { "menus" };
                        wrong.push(format!(
                            "{name}, {size}: {count} {what} from {number} to {} at {at}: {:?}",
                            &phone[10..],
                            session_lines(&learnt.toml)
                        ));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {cases}:\n{}", wrong.len(), wrong.join("\n"));
}
