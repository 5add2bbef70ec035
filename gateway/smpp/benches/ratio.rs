//! The codecs beside each other, round by round, so that a noisy machine is noisy for all of them:
//! `cargo bench -p dayaq-smpp --bench ratio`. What is printed is the median of the rounds, and how many times the first
//! codec's time the others take.

mod subject;

use std::hint::black_box;
use std::time::Instant;

use bytes::BytesMut;
use dayaq_smpp::TlvBuf;

const ROUNDS: usize = 400;
const CALLS: usize = 2000;

#[expect(clippy::disallowed_methods, reason = "a benchmark asks the machine")]
fn now() -> Instant {
    Instant::now()
}

/// A codec by name, and one round of its calls: it gives the time that they took, in nanoseconds for each call.
type Candidate<'a> = (&'a str, Box<dyn FnMut() -> f64 + 'a>);

fn timed(mut call: impl FnMut()) -> f64 {
    let begin = now();
    for _ in 0..CALLS {
        call();
    }
    begin.elapsed().as_nanos() as f64 / CALLS as f64
}

/// Times calls that use their input up, which is made before.
fn timed_values<T, R>(make: impl Fn() -> T, call: impl Fn(T) -> R) -> f64 {
    let inputs: Vec<T> = (0..CALLS).map(|_| make()).collect();
    let begin = now();
    for input in inputs {
        black_box(call(input));
    }
    begin.elapsed().as_nanos() as f64 / CALLS as f64
}

fn compare(what: &str, mut candidates: Vec<Candidate<'_>>) {
    let mut times = vec![Vec::with_capacity(ROUNDS); candidates.len()];
    for _ in 0..ROUNDS {
        for ((_, round), times) in candidates.iter_mut().zip(&mut times) {
            times.push(round());
        }
    }
    println!("{what}: median of {ROUNDS} rounds of {CALLS} calls");
    let mut first = None;
    for ((name, _), mut times) in candidates.into_iter().zip(times) {
        times.sort_by(f64::total_cmp);
        let (median, least) = (times[ROUNDS / 2], times[0]);
        let first = *first.get_or_insert(median);
        println!("  {name:<24} {median:>8.1} ns (least {least:>7.1})  x{:.1}", median / first);
    }
}

fn main() {
    let frame = subject::DELIVER_SM;
    compare(
        "decode a deliver_sm of 70 octets with both parameters of USSD",
        vec![
            (
                "dayaq-smpp",
                Box::new(|| {
                    timed(|| {
                        black_box(subject::ours_decode(black_box(frame)));
                    })
                }),
            ),
            ("rusmpp-core, owned", Box::new(|| timed_values(|| BytesMut::from(&frame[4..]), subject::rusmpp_decode))),
            (
                "rusmpp-core, borrowed",
                Box::new(|| {
                    timed(|| {
                        black_box(subject::rusmpp_decode_borrowed(black_box(&frame[4..])));
                    })
                }),
            ),
            (
                "smpp34",
                Box::new(|| {
                    timed(|| {
                        black_box(subject::smpp34_decode(black_box(frame)));
                    })
                }),
            ),
        ],
    );

    let whole = subject::submit_sm();
    let mut tlvs = TlvBuf::new();
    tlvs.push_u8(dayaq_smpp::Tag::USSD_SERVICE_OP, 2);
    tlvs.push(dayaq_smpp::Tag::ITS_SESSION_INFO, &[5, 0]).expect("two octets");
    let pdu = subject::pdu(&subject::TEXT, &tlvs);
    let command = subject::rusmpp_decode(BytesMut::from(&whole[4..]));
    let message = subject::smpp34_submit_sm(&whole);
    let (mut ours, mut theirs) = (Vec::with_capacity(256), BytesMut::with_capacity(256));
    compare(
        "encode a submit_sm of 80 octets of text with both parameters of USSD",
        vec![
            (
                "dayaq-smpp",
                Box::new(|| {
                    timed(|| {
                        ours.clear();
                        subject::ours_encode(black_box(&pdu), &mut ours);
                        black_box(&ours);
                    })
                }),
            ),
            (
                "rusmpp-core",
                Box::new(|| {
                    timed(|| {
                        theirs.clear();
                        subject::rusmpp_encode(black_box(&command), &mut theirs);
                        black_box(&theirs);
                    })
                }),
            ),
            ("smpp34", Box::new(|| timed_values(|| message.clone(), |message| message.encode()))),
        ],
    );
}
