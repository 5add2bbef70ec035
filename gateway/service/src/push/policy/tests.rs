use super::*;
use proptest::prelude::*;

const FIRST: Tried = Tried { attempt: 1, strikes: 0 };

fn answered(status: CommandStatus, tried: Tried) -> Verdict {
    verdict(&Outcome::Answered { status, message_id: None }, tried)
}

/// The pauses of a status that comes back to every try, until it is given up; at most ten.
fn pauses(status: CommandStatus) -> (Vec<u64>, bool) {
    let (mut tried, mut pauses) = (FIRST, Vec::new());
    while pauses.len() < 10 {
        match answered(status, tried) {
            Verdict::Again { after, burn, .. } => {
                pauses.push(after.as_secs());
                tried.attempt += u32::from(burn != Burn::Nothing);
                tried.strikes += u32::from(burn == Burn::Strike);
            }
            Verdict::Dead { .. } => return (pauses, true),
            other => panic!("{other:?}"),
        }
    }
    (pauses, false)
}

#[test]
fn a13_throttling_burns_no_try_and_the_segment_is_due_at_once() {
    let many = Tried { attempt: 1000, strikes: 2 };
    let cause = "RTHROTTLED (0x58)".to_owned();
    let expected = Verdict::Again { after: Duration::ZERO, burn: Burn::Nothing, cause };
    assert_eq!(answered(CommandStatus::RTHROTTLED, many), expected);
}

#[test]
fn a14_a_full_queue_delays_the_phone_for_three_minutes() {
    let cause = "RMSGQFUL (0x14)".to_owned();
    let expected = Verdict::DelayPhone { after: Duration::from_secs(180), cause };
    assert_eq!(answered(CommandStatus::RMSGQFUL, FIRST), expected);
}

#[test]
fn a15_a_temporary_refusal_is_retried_with_growing_pauses_for_as_long_as_the_text_is_valid() {
    for status in [CommandStatus::RSYSERR, CommandStatus::RX_T_APPN] {
        assert_eq!(pauses(status), (vec![5, 30, 120, 600, 3600, 3600, 3600, 3600, 3600, 3600], false), "{status}");
    }
}

#[test]
fn a15_a_refusal_that_may_be_final_is_tried_three_times() {
    for status in [CommandStatus::RSUBMITFAIL, CommandStatus::RUNKNOWNERR, CommandStatus::RDELIVERYFAILURE] {
        assert_eq!(pauses(status), (vec![5, 30], true), "{status}");
    }
    let after_others = Tried { attempt: 40, strikes: 0 };
    let verdict = answered(CommandStatus::RSUBMITFAIL, after_others);
    assert!(matches!(verdict, Verdict::Again { burn: Burn::Strike, .. }), "tries of other kinds are not counted");
}

#[test]
fn a16_told_that_we_are_not_bound_it_is_tried_once_more_at_once() {
    assert_eq!(pauses(CommandStatus::RINVBNDSTS), (vec![0], true));
}

#[test]
fn a17_a_final_refusal_is_never_retried() {
    let invalid_data_coding = CommandStatus(0x104);
    for status in [
        CommandStatus::RINVDSTADR,
        CommandStatus::RINVSRCADR,
        CommandStatus::RINVMSGLEN,
        invalid_data_coding,
        CommandStatus::RX_P_APPN,
        CommandStatus::RX_R_APPN,
        CommandStatus::RINVESMCLASS,
        CommandStatus::RINVEXPIRY,
        CommandStatus::RINVDSTTON,
        CommandStatus::ROPTPARNOTALLWD,
    ] {
        assert_eq!(answered(status, FIRST), Verdict::Dead { cause: status.to_string() });
    }
}

#[test]
fn a11_a_nack_is_final() {
    let nacked = verdict(&Outcome::Nacked(CommandStatus::RINVCMDID), FIRST);
    assert_eq!(nacked, Verdict::Dead { cause: "nack RINVCMDID (0x03)".to_owned() });
}

#[test]
fn a42_silence_is_doubt_and_never_failure() {
    assert_eq!(verdict(&Outcome::InDoubt, FIRST), Verdict::InDoubt);
    assert!(matches!(verdict(&Outcome::Unsent, FIRST), Verdict::Again { burn: Burn::Nothing, .. }));
}

#[test]
fn a19_taken_without_a_name_is_taken() {
    assert_eq!(answered(CommandStatus::ROK, FIRST), Verdict::Sent { message_id: String::new() });
}

proptest! {
    #[test]
    fn a18_a_vendors_status_is_tried_three_times_and_its_number_is_told(code in 0x400u32..=0x4FF) {
        let status = CommandStatus(code);
        prop_assert_eq!(pauses(status), (vec![5, 30], true));
        let last = answered(status, Tried { attempt: 3, strikes: 2 });
        prop_assert_eq!(last, Verdict::Dead { cause: format!("status {code:#x}") });
    }

    #[test]
    fn no_status_is_retried_without_a_pause_or_an_end(code in any::<u32>()) {
        let status = CommandStatus(code);
        if status.is_ok() || status == CommandStatus::RTHROTTLED || status == CommandStatus::RMSGQFUL {
            return Ok(());
        }
        let (pauses, given_up) = pauses(status);
        prop_assert!(given_up || pauses.iter().skip(4).all(|pause| *pause == 3600), "{:?}", pauses);
    }
}
