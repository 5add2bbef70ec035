//! What was seen and no row expected.

use crate::oddity::oddities;
use dayaq_gateway::config::Profile;
use dayaq_smpp::{Body, CommandStatus, Header, Tag, Tlvs, decode_forgiving};
use std::collections::BTreeMap;

/// Different things that are kept; a peer that says ever new ones is not listed to the end.
const KEPT_MAX: usize = 100;

/// Things seen, each once, with how often.
pub(super) struct Notes {
    seen: BTreeMap<String, usize>,
    session_tag: Option<Tag>,
}

impl Notes {
    pub fn new(profile: &Profile) -> Self {
        Self { seen: BTreeMap::new(), session_tag: profile.dialect.session.source.tag() }
    }

    /// Notes one more of these.
    pub fn add(&mut self, what: impl Into<String>) {
        let what = what.into();
        if self.seen.len() < KEPT_MAX || self.seen.contains_key(&what) {
            *self.seen.entry(what).or_default() += 1;
        }
    }

    /// Looks at a PDU that came in.
    pub fn look_at(&mut self, octets: &[u8]) {
        let Some(header) = Header::read(octets) else {
            return self.add("octets that are no PDU");
        };
        if !header.command_id.is_response() && header.command_status != CommandStatus::ROK {
            self.add(format!("{} with command_status {:#x} in a request", header.command_id, header.command_status.0));
        }
        if header.command_id.is_response() && header.command_status.name().is_none() {
            let (id, status) = (header.command_id, header.command_status);
            self.add(format!("{id} with a status of the vendor's own, {:#x}", status.0));
        }
        match decode_forgiving(octets) {
            Err(error) => self.add(format!("a malformed PDU: {error}; it was answered {}", error.status())),
            Ok((pdu, forgiven)) => {
                for oddity in oddities(header.command_id, &forgiven) {
                    self.add(format!("a malformed PDU: {oddity}"));
                }
                self.look_at_body(&pdu.body);
            }
        }
    }

    fn look_at_body(&mut self, body: &Body<'_>) {
        match body {
            Body::BindResp(_, resp) => self.look_at_parameters("a bind response", &resp.tlvs),
            Body::Message(kind, sm) => self.look_at_parameters(&kind.command_id().to_string(), &sm.tlvs),
            Body::MessageResp(kind, resp) => {
                self.look_at_parameters(&kind.command_id().response().to_string(), &resp.tlvs);
            }
            Body::Unknown { command_id, .. } if !command_id.is_response() => {
                self.add(format!("{command_id}, which no version of SMPP has; it was answered generic_nack"));
            }
            _ => {}
        }
    }

    fn look_at_parameters(&mut self, pdu: &str, tlvs: &Tlvs<'_>) {
        for tlv in tlvs {
            if tlv.tag.name().is_none() && Some(tlv.tag) != self.session_tag {
                self.add(format!("{pdu} with the vendor's parameter {:#06x} of {} octets", tlv.tag.0, tlv.value.len()));
            }
        }
    }

    /// As lines.
    pub fn lines(self) -> Vec<String> {
        let said = |(what, count)| if count == 1 { what } else { format!("{what} ({count} times)") };
        self.seen.into_iter().map(said).collect()
    }
}
