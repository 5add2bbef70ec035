//! `[link]` in words.

use super::Words;
use dayaq_gateway::config::{Profile, ResponseOrder};

pub(super) fn say(words: &mut Words<'_>, profile: &Profile) {
    let (link, pace) = (&profile.link, &profile.pace);
    words.part("Connection");
    let version = link.interface_version;
    words.line(
        &["link.interface_version"],
        format!("SMPP {}.{} (interface_version {version:#04x})", version >> 4, version & 0xF),
    );
    words.line(
        &["link.window", "link.window_reserve"],
        format!(
            "at most {} requests of ours are unanswered at a time (window); texts leave {} of them free for screens",
            link.window, profile.window_reserve
        ),
    );
    let pace = match pace.segments_per_second {
        None => "no limit of messages per second is agreed".to_owned(),
        Some(rate) => format!(
            "at most {rate} submit_sm per second over each bind, screens and parts of texts together, never more than {} ms ahead of an even pace",
            pace.burst.as_millis()
        ),
    };
    words.line(&["link.segments_per_second", "link.burst_ms"], pace);
    words.line(
        &["link.deliver_sm_resp"],
        match profile.response {
            ResponseOrder::BeforeReply => "a deliver_sm of a phone is answered before our screen goes out",
            ResponseOrder::AfterReply => "a deliver_sm of a phone is answered after our screen has gone out",
        },
    );
    let interval = link.enquire_link.map_or(0, |interval| interval.as_secs());
    words.line(
        &["link.enquire_link_s", "link.enquire_link_response_s"],
        format!(
            "enquire_link goes out after {interval} s without a PDU; two in a row without an answer, {} s each, end the link",
            link.enquire_link_response.as_secs()
        ),
    );
    words.line(&["link.bind_response_s"], format!("a bind is answered within {} s", link.bind_response.as_secs()));
    words.line(
        &["link.response_s"],
        format!("a submit_sm is answered within {} s; after that its outcome is unknown", link.response.as_secs()),
    );
    words.line(
        &["link.inbound_max"],
        format!(
            "{} requests of the operator may wait for our answer; more are answered RX_T_APPN (0x64) and come again",
            link.inbound_max
        ),
    );
    words.line(
        &["link.max_pdu_len", "link.frame_s"],
        format!("a PDU has at most {} octets and arrives within {} s", link.max_pdu_len, link.frame.as_secs()),
    );
}
