use super::*;
use proptest::prelude::*;
use std::collections::VecDeque;

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn at(millis: u64) -> Instant {
    Instant::from_micros(millis * 1000)
}

fn agreed(rate: u32, burst: Duration) -> Pace {
    Pace::new(PaceConfig { segments_per_second: Some(rate), burst })
}

/// An operator that answers after a round trip and refuses what is beyond its own rate, over a second.
struct Operator {
    round_trip: Duration,
    /// What it takes of each second: the n-th entry holds from the n-th second on, the last one for ever.
    takes: Box<dyn Fn(u64) -> usize>,
    taken: VecDeque<Instant>,
    answers: VecDeque<(Instant, Instant, bool)>,
    refused: usize,
}

impl Operator {
    fn new(round_trip: Duration, takes: impl Fn(u64) -> usize + 'static) -> Self {
        let (taken, answers) = (VecDeque::new(), VecDeque::new());
        Self { round_trip, takes: Box::new(takes), taken, answers, refused: 0 }
    }

    fn submit(&mut self, now: Instant) {
        while self.taken.front().is_some_and(|at| now.saturating_since(*at) >= ms(1000)) {
            self.taken.pop_front();
        }
        let takes = self.taken.len() < (self.takes)(now.as_micros() / 1_000_000);
        match takes {
            true => self.taken.push_back(now),
            false => self.refused += 1,
        }
        self.answers.push_back((now + self.round_trip, now, !takes));
    }

    fn answer(&mut self, pace: &mut Pace, now: Instant) {
        while let Some((due, sent_at, throttled)) = self.answers.front().copied()
            && due <= now
        {
            self.answers.pop_front();
            pace.handle_answer(Urgency::Text, sent_at, throttled, now);
        }
    }
}

/// Sends texts without end for so many seconds; gives how many left in each.
fn flood(pace: &mut Pace, operator: &mut Operator, from_s: u64, seconds: u64) -> Vec<usize> {
    let mut sent = vec![0; seconds as usize];
    for millis in from_s * 1000..(from_s + seconds) * 1000 {
        let now = at(millis);
        operator.answer(pace, now);
        for _ in 0..50 {
            if !pace.may_send(Urgency::Text, now) {
                break;
            }
            pace.handle_sent(Urgency::Text, now);
            operator.submit(now);
            sent[(millis / 1000 - from_s) as usize] += 1;
        }
    }
    sent
}

#[test]
fn a3_the_agreed_rate_is_kept_per_segment_and_used_to_the_full() {
    let mut pace = agreed(30, ms(20));
    let sent = flood(&mut pace, &mut Operator::new(ms(50), |_| usize::MAX), 0, 10);
    assert!(sent.iter().all(|n| (29..=31).contains(n)), "{sent:?}");
}

#[test]
fn a_burst_is_what_was_agreed_and_no_more() {
    for (rate, burst, at_once) in [(10, ms(0), 1), (10, ms(500), 6), (100, ms(1000), 101), (100, ms(9000), 101)] {
        let mut pace = agreed(rate, burst);
        let now = at(100_000);
        let mut sent = 0;
        while pace.may_send(Urgency::Text, now) {
            pace.handle_sent(Urgency::Text, now);
            sent += 1;
        }
        assert_eq!(sent, at_once, "{rate}/s with a burst of {burst:?}");
    }
}

#[test]
fn i5_a_screen_goes_at_once_however_many_texts_wait() {
    let mut pace = agreed(10, ms(0));
    let mut late = 0;
    for millis in 0..60_000 {
        let now = at(millis);
        if millis % 1000 == 555 {
            late += usize::from(!pace.may_send(Urgency::Screen, now));
            pace.handle_sent(Urgency::Screen, now);
        } else if pace.may_send(Urgency::Text, now) {
            pace.handle_sent(Urgency::Text, now);
        }
    }
    assert_eq!(late, 0);
}

#[test]
fn screens_count_against_the_rate_and_hold_texts_back() {
    let mut pace = agreed(10, ms(0));
    let (mut screens, mut texts) = (0, 0);
    for millis in 0..10_000 {
        let now = at(millis);
        if pace.may_send(Urgency::Screen, now) {
            pace.handle_sent(Urgency::Screen, now);
            screens += 1;
        }
        if pace.may_send(Urgency::Text, now) {
            pace.handle_sent(Urgency::Text, now);
            texts += 1;
        }
    }
    assert!((100..=102).contains(&screens), "{screens}");
    assert_eq!(texts, 0, "where screens fill the rate, texts wait");
}

#[test]
fn a13_one_refusal_halves_the_rate_and_the_others_of_its_round_trip_do_not() {
    let mut pace = agreed(100, ms(0));
    let mut now = at(0);
    let mut written = Vec::new();
    while written.len() < 20 {
        now = now.max(pace.next(Urgency::Text, now));
        pace.handle_sent(Urgency::Text, now);
        written.push(now);
    }
    for sent_at in &written {
        pace.handle_answer(Urgency::Text, *sent_at, true, now);
        assert_eq!(pace.rate(now), Some(50_000));
    }
    assert_eq!((pace.throttled(), pace.texts_ready(now)), (20, 0));
    let resumed = pace.next(Urgency::Text, now);
    assert_eq!(resumed, now + ms(1000));
    pace.handle_sent(Urgency::Text, resumed);
    let before = pace.rate(resumed).unwrap();
    pace.handle_answer(Urgency::Text, resumed, true, resumed + ms(10));
    assert!(pace.rate(resumed + ms(10)).unwrap() <= before / 2 + 300, "what was written after the cut cuts again");
}

#[test]
fn a3_a_text_that_the_smsc_cuts_counts_for_all_its_segments() {
    let message = |data_coding, octets: usize| crate::ShortMessage {
        data_coding,
        short_message: vec![b'a'; octets],
        ..crate::ShortMessage::default()
    };
    for (data_coding, octets, segments) in [
        (0, 0, 1),
        (0, 160, 1),
        (0, 161, 2),
        (0, 306, 2),
        (0, 307, 3),
        (8, 140, 1),
        (8, 142, 2),
        (8, 268, 2),
        (3, 269, 3),
    ] {
        assert_eq!(message(data_coding, octets).segments(), segments, "{data_coding} {octets}");
    }
    let mut pace = agreed(10, Duration::ZERO);
    pace.handle_sent_segments(Urgency::Text, message(8, 400).segments(), at(0));
    assert_eq!(pace.next(Urgency::Text, at(0)), at(300));
}

#[test]
fn a13_however_often_it_is_refused_a_screen_never_waits_for_long_and_texts_are_not_put_off_for_ever() {
    let mut pace = agreed(20, Duration::ZERO);
    let mut now = at(0);
    for n in 0..600 {
        now = now.max(pace.next(Urgency::Screen, now));
        pace.handle_sent(Urgency::Screen, now);
        // One in ten is refused whatever the rate.
        pace.handle_answer(Urgency::Screen, now, n % 10 == 0, now);
    }
    assert!(now <= at(66_000), "600 screens at half of 20 a second, and a pause of one for each refusal: {now:?}");
    assert!(pace.rate(now).unwrap() < 5000, "the rate itself is cut further");
    let text = pace.next(Urgency::Text, now).saturating_since(now);
    assert!(text <= Duration::from_secs(5), "{text:?}");
}

#[test]
fn a13_texts_wait_for_every_answer_under_way_so_that_the_refused_one_goes_first() {
    let mut pace = agreed(100, ms(100));
    for _ in 0..3 {
        pace.handle_sent(Urgency::Text, at(0));
    }
    pace.handle_answer(Urgency::Text, at(0), true, at(40));
    assert!(!pace.may_send(Urgency::Text, at(2000)), "two may still be refused");
    assert!(pace.may_send(Urgency::Screen, at(2000)), "a screen waits for no text");
    pace.handle_answer(Urgency::Text, at(0), false, at(2000));
    pace.handle_answer(Urgency::Text, at(0), false, at(2100));
    assert!(pace.may_send(Urgency::Text, at(2100)));
    let mut silent = agreed(100, ms(100));
    silent.handle_sent(Urgency::Text, at(0));
    silent.handle_sent(Urgency::Text, at(0));
    silent.handle_answer(Urgency::Text, at(0), true, at(40));
    assert_eq!(silent.next(Urgency::Text, at(40)), at(5040), "an answer that never comes holds up nothing for long");
    silent.handle_lost();
    assert_eq!(silent.next(Urgency::Text, at(40)), at(1040));
}

#[test]
fn a13_recovered_to_nine_tenths_within_a_minute_of_the_clearing() {
    for rate in [1, 7, 100, 2000] {
        let mut pace = agreed(rate, ms(20));
        // Takes nothing from the 20th to the 50th second.
        let takes = |second| if (20..50).contains(&second) { 0 } else { usize::MAX };
        let mut operator = Operator::new(ms(80), takes);
        flood(&mut pace, &mut operator, 0, 50);
        assert!(operator.refused > 0 && operator.refused < 50 + rate as usize, "{} refused", operator.refused);
        flood(&mut pace, &mut operator, 50, 60);
        assert!(pace.rate(at(110_000)).unwrap() >= u64::from(rate) * 900);
        let sent: usize = flood(&mut pace, &mut operator, 110, 10).iter().sum();
        assert!(sent * 10 >= rate as usize * 90, "{sent} in 10 s at {rate}/s");
    }
}

#[test]
fn a13_without_an_agreed_rate_it_steps_back_from_what_was_offered() {
    let mut pace = Pace::new(PaceConfig::default());
    assert_eq!((pace.rate(at(0)), pace.texts_ready(at(0))), (None, usize::MAX));
    for millis in 0..1000 {
        pace.handle_sent(Urgency::Text, at(millis));
        pace.handle_answer(Urgency::Text, at(millis), false, at(millis));
    }
    pace.handle_sent(Urgency::Text, at(999));
    pace.handle_answer(Urgency::Text, at(999), true, at(999));
    let rate = pace.rate(at(999)).unwrap();
    assert!((450_000..=500_500).contains(&rate), "{rate}");
    assert!(pace.rate(at(21_000)).unwrap() >= 990_000, "and comes back");
}

#[test]
fn a13_without_an_agreed_rate_an_operators_real_rate_is_found() {
    let mut pace = Pace::new(PaceConfig::default());
    let mut operator = Operator::new(ms(20), |_| 20);
    flood(&mut pace, &mut operator, 0, 600);
    let (taken_before, refused_before) = (operator.refused, operator.refused);
    let sent: usize = flood(&mut pace, &mut operator, 600, 300).iter().sum();
    let refused = operator.refused - refused_before;
    assert!(refused * 10 < sent, "{refused} of {sent} refused, {taken_before} before");
    assert!(sent - refused > 20 * 300 / 2, "{sent} sent, {refused} refused");
}

#[test]
fn e06_a_clock_that_stood_still_lets_no_more_than_the_burst_out() {
    let mut pace = agreed(10, ms(100));
    pace.handle_sent(Urgency::Text, at(0));
    let later = at(60_000);
    let mut sent = 0;
    while pace.may_send(Urgency::Text, later) {
        pace.handle_sent(Urgency::Text, later);
        sent += 1;
    }
    assert_eq!(sent, 2);
}

/// What may happen between two looks.
#[derive(Clone, Copy, Debug)]
enum Step {
    Screen,
    Text,
    Answer { throttled: bool },
    Lost,
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => Just(Step::Screen),
        12 => Just(Step::Text),
        6 => prop::bool::weighted(0.1).prop_map(|throttled| Step::Answer { throttled }),
        1 => Just(Step::Lost),
        8 => (1u64..200_000).prop_map(Step::Wait),
        1 => (200_000u64..30_000_000).prop_map(Step::Wait),
    ]
}

proptest! {
    #[test]
    fn a3_in_no_window_does_more_leave_than_the_rate_and_the_burst(
        rate in 1u32..3000,
        burst_ms in 0u64..1000,
        steps in prop::collection::vec(step(), 1..600),
    ) {
        let mut pace = agreed(rate, ms(burst_ms));
        let mut now = at(1);
        let mut under_way = VecDeque::new();
        let mut sent: Vec<u64> = Vec::new();
        for step in steps {
            let urgency = match step {
                Step::Screen => Urgency::Screen,
                Step::Text => Urgency::Text,
                Step::Answer { throttled } => {
                    if let Some((urgency, sent_at)) = under_way.pop_front() {
                        pace.handle_answer(urgency, sent_at, throttled, now);
                    }
                    continue;
                }
                Step::Lost => {
                    under_way.clear();
                    pace.handle_lost();
                    continue;
                }
                Step::Wait(micros) => {
                    now = now + Duration::from_micros(micros);
                    continue;
                }
            };
            if pace.may_send(urgency, now) {
                pace.handle_sent(urgency, now);
                under_way.push_back((urgency, now));
                sent.push(now.as_micros());
            }
        }
        for (first, from) in sent.iter().enumerate() {
            for (last, until) in sent.iter().enumerate().skip(first) {
                let micros = u128::from(until - from) + u128::from(burst_ms) * 1000;
                let most = u128::from(rate) * micros / 1_000_000 + 2;
                let leaving = (last - first) as u128 + 1;
                prop_assert!(leaving <= most, "{leaving} in {} us", until - from);
            }
        }
    }

    #[test]
    fn a13_whatever_was_refused_the_rate_comes_back_and_texts_are_never_held_for_long(
        rate in 1u32..3000,
        steps in prop::collection::vec(step(), 1..200),
    ) {
        let mut pace = agreed(rate, ms(20));
        let mut now = at(1);
        let mut under_way = VecDeque::new();
        for step in steps {
            match step {
                Step::Screen | Step::Text => {
                    let urgency = if matches!(step, Step::Screen) { Urgency::Screen } else { Urgency::Text };
                    now = now.max(pace.next(urgency, now));
                    pace.handle_sent(urgency, now);
                    under_way.push_back((urgency, now));
                }
                Step::Answer { .. } => {
                    if let Some((urgency, sent_at)) = under_way.pop_front() {
                        pace.handle_answer(urgency, sent_at, true, now);
                    }
                }
                Step::Lost => pace.handle_lost(),
                Step::Wait(micros) => now = now + Duration::from_micros(micros),
            }
            let slowest = (u64::from(rate) * 1000 / SLOWEST_PART).max(SLOWEST);
            prop_assert!(pace.rate(now).unwrap() >= slowest.min(u64::from(rate) * 1000));
        }
        let cleared = now + Duration::from_secs(40);
        prop_assert_eq!(pace.rate(cleared), Some(u64::from(rate) * 1000));
        prop_assert!(pace.may_send(Urgency::Text, cleared));
        prop_assert!(pace.may_send(Urgency::Screen, cleared));
    }
}
