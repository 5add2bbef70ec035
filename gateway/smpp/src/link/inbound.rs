use super::state::{Operation, State, Verdict, verdict};
use super::timer::Timer;
use super::window::InFlight;
use super::{Asks, BindRequest, CloseReason, Event, Link, OWED, OutbindRequest, Role, Waiting};
use crate::ancillary::Ancillary;
use crate::command::CommandId;
use crate::error::DecodeError;
use crate::instant::Instant;
use crate::message::{Address, MessageId, ShortMessage};
use crate::octets::Octets;
use crate::pdu::{
    AlertNotification, Bind, BindKind, BindResp, Body, Forgiven, MessageKind, Outbind, Pdu, Sm, decode_noting,
};
use crate::status::CommandStatus;
use crate::tlv::Tag;

/// What comes from the peer, one whole PDU at a time.
impl Link {
    pub(super) fn handle_frame(&mut self, now: Instant, frame: &[u8]) {
        self.counters.pdus_in += 1;
        self.heard(now);
        let mut forgiven = Forgiven::NOTHING;
        match decode_noting(frame, &mut forgiven) {
            Ok(pdu) => {
                if forgiven != Forgiven::NOTHING {
                    self.note(&forgiven);
                }
                self.handle_pdu(now, &pdu);
            }
            Err(error) => self.handle_bad_body(&error),
        }
    }

    fn note(&mut self, forgiven: &Forgiven) {
        self.counters.nuls_forgiven += u64::from(forgiven.nuls > 0);
        self.counters.overruns_forgiven += u64::from(forgiven.overrun.is_some());
        self.counters.missing_nuls_forgiven += u64::from(forgiven.no_nul);
        self.counters.doubled_texts_forgiven += u64::from(forgiven.doubled_text);
    }

    fn handle_pdu(&mut self, now: Instant, pdu: &Pdu<'_>) {
        let (command_id, sequence_number) = (pdu.body.command_id(), pdu.sequence_number);
        match verdict(self.config.role, self.state.stage(), Operation::take(&pdu.body)) {
            Verdict::Accept => self.accept(now, pdu),
            Verdict::Refuse(status) => self.refuse(command_id, status, sequence_number),
            Verdict::Nack => self.nack(sequence_number),
            Verdict::Ignore | Verdict::Forbid if command_id.is_response() => {
                self.unmatched(command_id, sequence_number);
            }
            Verdict::Ignore | Verdict::Forbid => self.counters.unknown_requests += 1,
        }
    }

    fn accept(&mut self, now: Instant, pdu: &Pdu<'_>) {
        let sequence_number = pdu.sequence_number;
        match &pdu.body {
            Body::Bind(kind, bind) => self.take_bind(*kind, bind, sequence_number),
            Body::BindResp(kind, resp) => self.take_bind_resp(now, *kind, resp, pdu),
            Body::EnquireLink => self.answer(CommandId::ENQUIRE_LINK, CommandStatus::ROK, sequence_number),
            Body::EnquireLinkResp => self.take_enquire_link_resp(pdu),
            Body::Unbind => self.take_unbind(now, sequence_number),
            Body::UnbindResp => self.take_unbind_resp(pdu),
            Body::Message(kind, sm) => self.take_message(*kind, sm, sequence_number),
            Body::MessageResp(_, resp) => self.take_resp(now, pdu, resp.message_id),
            Body::QuerySm(query) => self.take_ancillary(pdu, Ancillary::try_from(query)),
            Body::CancelSm(cancel) => self.take_ancillary(pdu, Ancillary::try_from(cancel)),
            Body::ReplaceSm(replace) => self.take_ancillary(pdu, Ancillary::try_from(replace)),
            Body::QuerySmResp(_) | Body::CancelSmResp | Body::ReplaceSmResp => self.take_resp(now, pdu, None),
            Body::AlertNotification(alert) => self.take_alert(alert),
            Body::GenericNack => self.take_nack(now, pdu),
            Body::Outbind(outbind) => self.take_outbind(outbind),
            Body::Unknown { .. } => {}
        }
    }

    fn take_outbind(&mut self, outbind: &Outbind<'_>) {
        match OutbindRequest::new(outbind.system_id, outbind.password) {
            Ok(request) => self.events.push_back(Event::Outbind(request)),
            // The decoder has bounded both fields, so this does not happen; nothing answers an outbind.
            Err(_) => self.counters.bad_bodies += 1,
        }
    }

    fn take_bind(&mut self, kind: BindKind, bind: &Bind<'_>, sequence_number: u32) {
        let Ok(request) = bind_request(kind, bind) else {
            return self.refuse(kind.command_id(), CommandStatus::RBINDFAIL, sequence_number);
        };
        self.peer = (request.system_id, request.interface_version);
        self.state = State::Binding { kind, sequence_number };
        self.events.push_back(Event::BindRequest(request));
    }

    fn take_bind_resp(&mut self, now: Instant, kind: BindKind, resp: &BindResp<'_>, pdu: &Pdu<'_>) {
        let State::Binding { kind: asked, sequence_number } = self.state else { return };
        if sequence_number != pdu.sequence_number {
            self.counters.unknown_responses += 1;
        } else if kind != asked {
            self.close(CloseReason::WrongResponse(pdu.body.command_id()));
        } else if pdu.command_status.is_ok() {
            let system_id = Octets::new(resp.system_id).unwrap_or_default();
            let version = resp.tlvs.uint(Tag::SC_INTERFACE_VERSION).and_then(|version| u8::try_from(version).ok());
            self.enter_bound(now, kind, system_id, version);
        } else {
            self.bind_refused(pdu.command_status);
        }
    }

    fn bind_refused(&mut self, status: CommandStatus) {
        self.events.push_back(Event::BindRefused { status });
        self.close(CloseReason::BindRefused(status));
    }

    fn take_enquire_link_resp(&mut self, pdu: &Pdu<'_>) {
        if !self.take_probe(pdu.sequence_number) {
            self.unmatched(pdu.body.command_id(), pdu.sequence_number);
        }
    }

    fn take_probe(&mut self, sequence_number: u32) -> bool {
        let Some(at) = self.probes.iter().position(|(probe, _)| *probe == sequence_number) else { return false };
        let (_, written_at) = self.probes.remove(at);
        self.unproven.read_to(written_at);
        true
    }

    /// What has come is answered before the unbind is: the peer may close as soon as it has our `unbind_resp`, and would
    /// bring again what it has no answer to.
    fn take_unbind(&mut self, now: Instant, sequence_number: u32) {
        match self.state {
            State::Bound { .. } | State::Draining => {
                self.events.push_back(Event::PeerUnbind);
                self.state = State::PeerUnbound;
                self.timers.stop(Timer::EnquireLink);
                self.timers.set(Timer::Drain, now + self.config.drain);
                self.owed = Some(sequence_number);
                if self.requests.is_empty() {
                    self.answer_unbind();
                } else {
                    self.timers.set(Timer::Unbind, now + OWED);
                }
                self.after_response(now);
            }
            State::Unbinding { .. } => {
                self.answer(CommandId::UNBIND, CommandStatus::ROK, sequence_number);
                self.close(CloseReason::Unbound);
            }
            State::Open | State::Binding { .. } => {
                self.answer(CommandId::UNBIND, CommandStatus::ROK, sequence_number);
                self.close(CloseReason::PeerUnbound);
            }
            State::PeerUnbound | State::Closed { .. } => {
                self.answer(CommandId::UNBIND, CommandStatus::ROK, sequence_number);
            }
        }
    }

    /// Answers the peer's unbind, if that is still to be done.
    pub(super) fn answer_unbind(&mut self) {
        let Some(sequence_number) = self.owed.take() else { return };
        self.timers.stop(Timer::Unbind);
        self.answer(CommandId::UNBIND, CommandStatus::ROK, sequence_number);
        self.farewell = self.written;
    }

    fn take_unbind_resp(&mut self, pdu: &Pdu<'_>) {
        if self.state == (State::Unbinding { sequence_number: pdu.sequence_number }) {
            self.unproven.read_to(self.farewell);
            self.close(CloseReason::Unbound);
        } else {
            self.unmatched(pdu.body.command_id(), pdu.sequence_number);
        }
    }

    fn take_message(&mut self, kind: MessageKind, sm: &Sm<'_>, sequence_number: u32) {
        if self.is_crowded() {
            return self.refuse_crowd(kind.command_id(), sequence_number);
        }
        match ShortMessage::try_from(sm) {
            Ok(message) => {
                self.requests.push_back(Waiting { sequence_number, asks: Asks::Message(kind) });
                self.events.push_back(Event::Request { sequence_number, kind, message });
            }
            // The decoder has bounded every field, so this does not happen; if it did, the peer would be told.
            Err(_) => self.refuse(kind.command_id(), CommandStatus::RSYSERR, sequence_number),
        }
    }

    fn is_crowded(&self) -> bool {
        self.requests.len() >= self.config.inbound_max || self.events.len() >= self.config.events_max
    }

    fn refuse_crowd(&mut self, command_id: CommandId, sequence_number: u32) {
        let status = match self.config.role {
            Role::Esme => CommandStatus::RX_T_APPN,
            Role::Smsc => CommandStatus::RTHROTTLED,
        };
        self.refuse(command_id, status, sequence_number);
    }

    fn take_ancillary(&mut self, pdu: &Pdu<'_>, request: Result<Ancillary, crate::TooLong>) {
        let (command_id, sequence_number) = (pdu.body.command_id(), pdu.sequence_number);
        if !self.config.ancillary {
            return self.nack(sequence_number);
        }
        if self.is_crowded() {
            return self.refuse_crowd(command_id, sequence_number);
        }
        // The decoder has bounded every field, as in a message.
        let Ok(request) = request else { return self.refuse(command_id, CommandStatus::RSYSERR, sequence_number) };
        let asks = match &request {
            Ancillary::Query { message_id, .. } => Asks::Query(*message_id),
            Ancillary::Cancel { .. } => Asks::Cancel,
            Ancillary::Replace { .. } => Asks::Replace,
        };
        self.requests.push_back(Waiting { sequence_number, asks });
        self.events.push_back(Event::Ancillary { sequence_number, request });
    }

    fn take_alert(&mut self, alert: &AlertNotification<'_>) {
        let addresses = (Address::try_from(alert.source), Address::try_from(alert.esme));
        let (Ok(source), Ok(esme), false) = (addresses.0, addresses.1, self.is_crowded()) else {
            self.counters.unknown_requests += 1;
            return;
        };
        let status = alert.tlvs.uint(Tag::MS_AVAILABILITY_STATUS);
        let ms_availability_status = status.and_then(|status| u8::try_from(status).ok());
        self.events.push_back(Event::AlertNotification { source, esme, ms_availability_status });
    }

    fn take_resp(&mut self, now: Instant, pdu: &Pdu<'_>, message_id: Option<&[u8]>) {
        let (command_id, status) = (pdu.body.command_id(), pdu.command_status);
        let message_id = message_id.and_then(|id| MessageId::new(id).ok());
        match self.window.find(pdu.sequence_number) {
            Some(InFlight { command_id: asked, token, written_at, .. }) if asked.response() == command_id => {
                self.window.take(pdu.sequence_number);
                self.unproven.read_to(written_at);
                self.events.push_back(if let Body::QuerySmResp(resp) = &pdu.body {
                    Event::QueryResponse { token, status, outcome: resp.into() }
                } else {
                    Event::Response { token, status, message_id }
                });
                self.after_response(now);
            }
            Some(_) => self.close(CloseReason::WrongResponse(command_id)),
            None => match self.window.take_late(pdu.sequence_number) {
                Some(entry) => {
                    self.unproven.read_to(entry.written_at);
                    self.counters.late_responses += 1;
                    self.events.push_back(Event::LateResponse { token: entry.token, status, message_id });
                }
                None => self.counters.unknown_responses += 1,
            },
        }
    }

    fn take_nack(&mut self, now: Instant, pdu: &Pdu<'_>) {
        let (status, sequence_number) = (pdu.command_status, pdu.sequence_number);
        if let Some(entry) = self.window.take(sequence_number) {
            self.unproven.read_to(entry.written_at);
            self.events.push_back(Event::Nacked { token: entry.token, status });
            return self.after_response(now);
        }
        match self.state {
            State::Binding { sequence_number: ours, .. }
                if ours == sequence_number && self.config.role == Role::Esme =>
            {
                self.bind_refused(status);
            }
            State::Unbinding { sequence_number: ours } if ours == sequence_number => self.close(CloseReason::Unbound),
            State::Open
            | State::Binding { .. }
            | State::Bound { .. }
            | State::Draining
            | State::Unbinding { .. }
            | State::PeerUnbound
            | State::Closed { .. } => {
                // A peer that does not know enquire_link is alive all the same.
                if !self.take_probe(sequence_number) {
                    self.counters.unknown_responses += 1;
                }
            }
        }
    }

    /// A response that answers nothing is counted; one that answers a request of another kind ends the link.
    fn unmatched(&mut self, command_id: CommandId, sequence_number: u32) {
        if self.window.find(sequence_number).is_some() {
            self.close(CloseReason::WrongResponse(command_id));
        } else {
            self.counters.unknown_responses += 1;
        }
    }

    fn nack(&mut self, sequence_number: u32) {
        self.counters.unknown_requests += 1;
        self.write_header(CommandId::GENERIC_NACK, CommandStatus::RINVCMDID, sequence_number);
    }

    fn refuse(&mut self, command_id: CommandId, status: CommandStatus, sequence_number: u32) {
        self.counters.refused_requests += 1;
        self.answer(command_id, status, sequence_number);
    }

    fn handle_bad_body(&mut self, error: &DecodeError) {
        self.counters.bad_bodies += 1;
        if error.command_id.wants_response() {
            self.answer(error.command_id, error.status(), error.sequence_number);
        }
    }
}

fn bind_request(kind: BindKind, bind: &Bind<'_>) -> Result<BindRequest, crate::TooLong> {
    Ok(BindRequest {
        kind,
        system_id: Octets::new(bind.system_id)?,
        password: Octets::new(bind.password)?,
        system_type: Octets::new(bind.system_type)?,
        interface_version: bind.interface_version,
        addr_ton: bind.addr_ton,
        addr_npi: bind.addr_npi,
        address_range: Octets::new(bind.address_range)?,
    })
}
