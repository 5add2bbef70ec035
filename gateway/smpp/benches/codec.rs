//! Time and allocations of one PDU by three codecs: `cargo bench -p dayaq-smpp --bench codec`.
//! The allocator counts, which costs those that allocate a little; `--bench ratio` compares them without.

mod subject;

use bytes::BytesMut;
use dayaq_smpp::TlvBuf;
use divan::{Bencher, black_box};

#[global_allocator]
static ALLOCATOR: divan::AllocProfiler = divan::AllocProfiler::system();

fn main() {
    divan::main();
}

#[divan::bench]
fn decode_deliver_sm_dayaq(bencher: Bencher<'_, '_>) {
    bencher.bench_local(|| {
        black_box(subject::ours_decode(black_box(subject::DELIVER_SM)));
    });
}

#[divan::bench]
fn decode_deliver_sm_rusmpp(bencher: Bencher<'_, '_>) {
    bencher.with_inputs(|| BytesMut::from(&subject::DELIVER_SM[4..])).bench_local_values(subject::rusmpp_decode);
}

#[divan::bench]
fn decode_deliver_sm_rusmpp_borrowed(bencher: Bencher<'_, '_>) {
    bencher.bench_local(|| {
        black_box(subject::rusmpp_decode_borrowed(black_box(&subject::DELIVER_SM[4..])));
    });
}

#[divan::bench]
fn decode_deliver_sm_smpp34(bencher: Bencher<'_, '_>) {
    bencher.bench_local(|| subject::smpp34_decode(black_box(subject::DELIVER_SM)));
}

#[divan::bench]
fn encode_submit_sm_dayaq(bencher: Bencher<'_, '_>) {
    let mut tlvs = TlvBuf::new();
    tlvs.push_u8(dayaq_smpp::Tag::USSD_SERVICE_OP, 2);
    tlvs.push(dayaq_smpp::Tag::ITS_SESSION_INFO, &[5, 0]).expect("two octets");
    let pdu = subject::pdu(&subject::TEXT, &tlvs);
    let mut out = Vec::with_capacity(256);
    bencher.bench_local(|| {
        out.clear();
        subject::ours_encode(black_box(&pdu), &mut out);
        black_box(&out);
    });
}

#[divan::bench]
fn encode_submit_sm_rusmpp(bencher: Bencher<'_, '_>) {
    let command = subject::rusmpp_decode(BytesMut::from(&subject::submit_sm()[4..]));
    let mut out = BytesMut::with_capacity(256);
    bencher.bench_local(|| {
        out.clear();
        subject::rusmpp_encode(black_box(&command), &mut out);
        black_box(&out);
    });
}

#[divan::bench]
fn encode_submit_sm_smpp34(bencher: Bencher<'_, '_>) {
    let message = subject::smpp34_submit_sm(&subject::submit_sm());
    bencher.with_inputs(|| message.clone()).bench_local_values(|message| message.encode());
}
