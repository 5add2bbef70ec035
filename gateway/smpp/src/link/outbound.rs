use super::state::{Operation, State, Verdict, verdict};
use super::timer::Timer;
use super::window::InFlight;
use super::{Asks, BindRequest, CloseReason, Link, OutbindRequest, SubmitError, VerbError};
use crate::ancillary::{Ancillary, QueryOutcome};
use crate::command::CommandId;
use crate::error::EncodeError;
use crate::instant::Instant;
use crate::message::ShortMessage;
use crate::pdu::{self, Bind, BindResp, Body, MessageKind, Outbind, Pdu, QuerySmResp, SmResp};
use crate::status::CommandStatus;
use crate::tlv::{Tag, TlvBuf};

/// The `interface_version` of SMPP 3.4, which brought optional parameters.
const FIRST_WITH_PARAMETERS: u8 = 0x34;

/// What we want of the peer, and how it is written.
impl Link {
    /// ESME: asks to bind.
    pub fn bind(&mut self, now: Instant, request: &BindRequest) -> Result<(), VerbError> {
        self.allow(Operation::SendBind)?;
        let sequence_number = self.window.next_sequence_number();
        let bind = Bind {
            system_id: &request.system_id,
            password: &request.password,
            system_type: &request.system_type,
            interface_version: request.interface_version,
            addr_ton: request.addr_ton,
            addr_npi: request.addr_npi,
            address_range: &request.address_range,
        };
        self.write(CommandStatus::ROK, sequence_number, Body::Bind(request.kind, bind))?;
        self.state = State::Binding { kind: request.kind, sequence_number };
        self.timers.stop(Timer::SessionInit);
        self.timers.set(Timer::Bind, now + self.config.bind_response);
        Ok(())
    }

    /// SMSC: asks the ESME, to which we have connected, to bind over this connection (SMPP 3.4 §4.1.7).
    pub fn outbind(&mut self, request: &OutbindRequest) -> Result<(), VerbError> {
        self.allow(Operation::SendOutbind)?;
        let sequence_number = self.window.next_sequence_number();
        let outbind = Outbind { system_id: &request.system_id, password: &request.password };
        Ok(self.write(CommandStatus::ROK, sequence_number, Body::Outbind(outbind))?)
    }

    /// SMSC: grants the bind that [`crate::Event::BindRequest`] asked for, under our name `system_id`.
    pub fn accept_bind(&mut self, now: Instant, system_id: &[u8]) -> Result<(), VerbError> {
        self.allow(Operation::SendBindResp)?;
        let State::Binding { kind, sequence_number } = self.state else { return Err(VerbError::WrongState) };
        let mut tlvs = TlvBuf::new();
        let (_, version) = self.peer;
        // Whoever speaks an older version knows no parameters (3.4 §3.4.2).
        if version >= FIRST_WITH_PARAMETERS {
            tlvs.push_u8(Tag::SC_INTERFACE_VERSION, self.config.interface_version);
        }
        let resp = BindResp { system_id, tlvs: tlvs.as_tlvs() };
        self.write(CommandStatus::ROK, sequence_number, Body::BindResp(kind, resp))?;
        let (system_id, version) = self.peer;
        self.enter_bound(now, kind, system_id, Some(version));
        Ok(())
    }

    /// SMSC: refuses the bind, and with it the link.
    pub fn refuse_bind(&mut self, status: CommandStatus) -> Result<(), VerbError> {
        self.allow(Operation::SendBindResp)?;
        let State::Binding { kind, sequence_number } = self.state else { return Err(VerbError::WrongState) };
        self.answer(kind.command_id(), status, sequence_number);
        self.close(CloseReason::BindRefused(status));
        Ok(())
    }

    /// Sends a message: `submit_sm` or `data_sm` as ESME, `deliver_sm` or `data_sm` as SMSC.
    ///
    /// `token` comes back in exactly one of `Response`, `Nacked`, `InDoubt` and `Unsent`; after `InDoubt` one
    /// `LateResponse` may follow.
    pub fn submit(
        &mut self,
        now: Instant,
        kind: MessageKind,
        message: &ShortMessage,
        token: u64,
    ) -> Result<(), SubmitError> {
        self.allow(Operation::SendMessage(kind)).map_err(|_| SubmitError::NotBound)?;
        if self.window_free() == 0 {
            return Err(SubmitError::WindowFull);
        }
        let sequence_number = self.window.next_sequence_number();
        self.write_request(now, sequence_number, Body::Message(kind, message.as_sm()), token)
    }

    /// ESME: asks about a message that was submitted before. `token` comes back as from [`Link::submit`], with
    /// `QueryResponse` in place of `Response` where it was a query.
    pub fn ask(&mut self, now: Instant, request: &Ancillary, token: u64) -> Result<(), SubmitError> {
        self.allow(Operation::SendAncillary).map_err(|_| SubmitError::NotBound)?;
        if self.window_free() == 0 {
            return Err(SubmitError::WindowFull);
        }
        let sequence_number = self.window.next_sequence_number();
        self.write_request(now, sequence_number, request.as_body(), token)
    }

    fn write_request(
        &mut self,
        now: Instant,
        sequence_number: u32,
        body: Body<'_>,
        token: u64,
    ) -> Result<(), SubmitError> {
        self.write(CommandStatus::ROK, sequence_number, body)?;
        let (command_id, deadline) = (body.command_id(), now + self.config.response);
        self.window.push(InFlight { sequence_number, command_id, token, deadline, written_at: self.written });
        if !self.timers.is_running(Timer::Response) {
            self.timers.set(Timer::Response, deadline);
        }
        Ok(())
    }

    /// Answers a request that [`crate::Event::Request`] or [`crate::Event::Ancillary`] brought. `message_id` names the message in the response of an SMSC.
    pub fn respond(
        &mut self,
        now: Instant,
        sequence_number: u32,
        status: CommandStatus,
        message_id: Option<&[u8]>,
    ) -> Result<(), VerbError> {
        self.allow(Operation::SendMessageResp)?;
        let (at, asks) = self.waiting(sequence_number)?;
        let resp = SmResp { message_id, ..SmResp::default() };
        self.write_answer(
            now,
            at,
            status,
            match asks {
                Asks::Message(kind) => Body::MessageResp(kind, resp),
                // A query that succeeds has an outcome to tell.
                Asks::Query(_) if status.is_ok() => return Err(VerbError::WrongState),
                Asks::Query(_) => Body::QuerySmResp(QuerySmResp::default()),
                Asks::Cancel => Body::CancelSmResp,
                Asks::Replace => Body::ReplaceSmResp,
            },
        )
    }

    /// SMSC: answers a query that [`crate::Event::Ancillary`] brought. One that cannot be answered is refused with
    /// [`Link::respond`], mostly with RQUERYFAIL.
    pub fn respond_query(
        &mut self,
        now: Instant,
        sequence_number: u32,
        outcome: &QueryOutcome,
    ) -> Result<(), VerbError> {
        self.allow(Operation::SendMessageResp)?;
        let (at, asks) = self.waiting(sequence_number)?;
        let Asks::Query(message_id) = asks else { return Err(VerbError::UnknownRequest) };
        self.write_answer(now, at, CommandStatus::ROK, Body::QuerySmResp(outcome.as_resp(&message_id)))
    }

    fn waiting(&self, sequence_number: u32) -> Result<(usize, Asks), VerbError> {
        let at = self.requests.iter().position(|waiting| waiting.sequence_number == sequence_number);
        at.map(|at| (at, self.requests[at].asks)).ok_or(VerbError::UnknownRequest)
    }

    fn write_answer(
        &mut self,
        now: Instant,
        at: usize,
        status: CommandStatus,
        body: Body<'_>,
    ) -> Result<(), VerbError> {
        let sequence_number = self.requests[at].sequence_number;
        self.write(status, sequence_number, body)?;
        self.requests.remove(at);
        self.unproven.answered(self.written, sequence_number);
        // Where nothing of ours is ever answered, as on a bind that only receives, a probe is what proves.
        if self.unproven.are_many() && self.probes.is_empty() && self.window.len() == 0 && self.is_bound() {
            self.probe(now);
        }
        self.after_answer(now);
        Ok(())
    }

    /// Ends the link politely: nothing new is taken, what is under way is waited for, then `unbind` goes out.
    pub fn unbind(&mut self, now: Instant) -> Result<(), VerbError> {
        self.allow(Operation::SendUnbind)?;
        self.state = State::Draining;
        self.timers.set(Timer::Drain, now + self.config.drain);
        self.after_response(now);
        Ok(())
    }

    /// As [`Link::unbind`], but all of it is over by that moment, with a quarter of the time for the peer's answer.
    pub fn unbind_by(&mut self, now: Instant, by: Instant) -> Result<(), VerbError> {
        let left = by.saturating_since(now);
        self.config.unbind_response = self.config.unbind_response.min(left / 4);
        self.config.drain = self.config.drain.min(left.saturating_sub(self.config.unbind_response));
        self.unbind(now)
    }

    fn allow(&self, operation: Operation) -> Result<(), VerbError> {
        match verdict(self.config.role, self.state.stage(), operation) {
            Verdict::Accept => Ok(()),
            Verdict::Forbid | Verdict::Refuse(_) | Verdict::Nack | Verdict::Ignore => Err(VerbError::WrongState),
        }
    }

    fn write(&mut self, status: CommandStatus, sequence_number: u32, body: Body<'_>) -> Result<(), EncodeError> {
        let before = self.output.len();
        pdu::encode(&Pdu { command_status: status, sequence_number, body }, &mut self.output)?;
        self.written += (self.output.len() - before) as u64;
        Ok(())
    }

    pub(super) fn write_header(&mut self, command_id: CommandId, status: CommandStatus, sequence_number: u32) {
        let before = self.output.len();
        pdu::encode_header(command_id, status, sequence_number, &mut self.output);
        self.written += (self.output.len() - before) as u64;
    }

    /// Answers a request with a status alone.
    pub(super) fn answer(&mut self, command_id: CommandId, status: CommandStatus, sequence_number: u32) {
        self.write_header(command_id.response(), status, sequence_number);
    }
}
