// An operator's SMSC built on node-smpp, a foreign SMPP stack, driven over standard input and output.
//
// It is begun with the faults that it is to have: node_smsc.js [end] [latin-1] [ids]
//   end       its op for a last screen is 32, not 17
//   latin-1   data_coding 0 means Latin-1 to it, not GSM-7
//   ids       it names messages in hexadecimal in responses, in decimal in receipts
//
// In, one JSON object a line:
//   {"do":"begin","msisdn":"994501234567","code":"7142","text":"*7142#","session":1}
//   {"do":"continue","msisdn":"994501234567","code":"7142","text":"1"}
//   {"do":"abort","msisdn":"994501234567","code":"7142"}
//   {"do":"write","msisdn":"994501234567","code":"7142","text":"Привет"}   a text, in as many parts as it takes
//   {"do":"write",…,"lose":true}   our answer is lost with the link: the text is delivered again on the next one
//   {"do":"cut"}                                end the connection without a word
// Out, likewise:
//   {"is":"listening","port":40123} {"is":"bound","kind":"bind_transceiver","system_id":"dayaq"}
//   {"is":"taken","status":0}                   our deliver_sm was answered
//   {"is":"screen","to":"994501234567","text":"…","more":true}  a submit_sm that belongs to a USSD session
//   {"is":"sms","to":"994501234567","text":"…","segments":2}    a submit_sm without one, its parts joined
//   {"is":"receipted","status":0}               our delivery receipt for a segment was answered
//   {"is":"closed"}                             a link has ended
//   {"is":"fault","why":"…"}                    something an operator would complain of

'use strict';
const readline = require('readline');
const smpp = require('smpp');

const faults = new Set(process.argv.slice(2));
const BEGIN = 1, CONTINUE = 18, ABORT = 129; // ussd_service_op, deliver_sm
const ASK = 2, END = faults.has('end') ? 32 : 17; // ussd_service_op, submit_sm
if (faults.has('latin-1')) smpp.encodings.default = 'LATIN1';

const tell = (o) => process.stdout.write(JSON.stringify(o) + '\n');
const handsets = new Map(); // msisdn -> {session, turn}
const parts = new Map(); // msisdn/ref -> [texts]
let bind = null;
let nextId = faults.has('ids') ? 1000 : 1;
let nextReference = 1;
let lost = null; // {pdu, answered, replied}: a text whose answer is to be lost

function decode(pdu) {
  const body = pdu.short_message;
  const text = body && body.message !== undefined ? body.message : body;
  if (!Buffer.isBuffer(text)) return String(text);
  if (pdu.data_coding === 8) return Buffer.from(text).swap16().toString('utf16le');
  return text.toString('latin1');
}

function screen(pdu) {
  const phone = handsets.get(pdu.destination_addr);
  const info = pdu.its_session_info;
  if (!phone) return tell({ is: 'fault', why: 'a USSD reply to a phone without a session' });
  if (!Buffer.isBuffer(info) || info.length !== 2) return tell({ is: 'fault', why: 'no its_session_info of two octets' });
  if (info[0] !== phone.session) return tell({ is: 'fault', why: `session ${info[0]} in place of ${phone.session}` });
  const ends = pdu.ussd_service_op === END;
  const wrong = !ends && pdu.ussd_service_op !== ASK;
  if (wrong && !faults.has('end')) return tell({ is: 'fault', why: `ussd_service_op ${pdu.ussd_service_op}` });
  if (!faults.has('end') && ends !== ((info[1] & 1) === 1)) tell({ is: 'fault', why: 'the end bit disagrees with ussd_service_op' });
  if (ends) handsets.delete(pdu.destination_addr);
  tell({ is: 'screen', to: pdu.destination_addr, text: decode(pdu), more: !ends });
}

function sms(pdu) {
  const udh = pdu.short_message && pdu.short_message.udh;
  const text = decode(pdu);
  if (!udh || !udh.length) return tell({ is: 'sms', to: pdu.destination_addr, text, segments: 1 });
  const element = Buffer.isBuffer(udh) ? udh : udh[0];
  const at = element[0] === 0 || element[0] === 8 ? 0 : 1; // with or without the header's length octet
  const wide = element[at] === 8;
  const [ref, total, number] = wide
    ? [element.readUInt16BE(at + 2), element[at + 4], element[at + 5]]
    : [element[at + 2], element[at + 3], element[at + 4]];
  const key = `${pdu.destination_addr}/${ref}`;
  const have = parts.get(key) || [];
  have[number - 1] = text;
  parts.set(key, have);
  if (have.filter((t) => t !== undefined).length === total) {
    parts.delete(key);
    tell({ is: 'sms', to: pdu.destination_addr, text: have.join(''), segments: total });
  }
}

const two = (n) => String(n).padStart(2, '0');

// A receipt as most operators write it: the message's id stands in the text alone.
function receipt(session, text, id) {
  const t = new Date();
  const at = [t.getUTCFullYear() % 100, t.getUTCMonth() + 1, t.getUTCDate(), t.getUTCHours(), t.getUTCMinutes()].map(two).join('');
  session.deliver_sm({
    esm_class: 4,
    source_addr_ton: 1, source_addr_npi: 1, source_addr: text.destination_addr,
    dest_addr_ton: text.source_addr_ton, dest_addr_npi: text.source_addr_npi, destination_addr: text.source_addr,
    data_coding: 0,
    short_message: Buffer.from(`id:${id} sub:001 dlvrd:001 submit date:${at} done date:${at} stat:DELIVRD err:000 text:`, 'latin1'),
  }, (pdu) => tell({ is: 'receipted', status: pdu.command_status }));
}

function serve(session) {
  const accept = (kind) => (pdu) => {
    session.send(pdu.response({ system_id: 'node-smpp' }));
    bind = session;
    tell({ is: 'bound', kind, system_id: pdu.system_id });
    if (lost) {
      const again = lost.pdu;
      lost = null;
      session.deliver_sm(again, (answer) => tell({ is: 'taken', status: answer.command_status }));
    }
  };
  session.on('bind_transceiver', accept('bind_transceiver'));
  session.on('bind_receiver', accept('bind_receiver'));
  session.on('bind_transmitter', accept('bind_transmitter'));
  session.on('enquire_link', (pdu) => session.send(pdu.response()));
  session.on('submit_sm', (pdu) => {
    const id = String(nextId++);
    // An answer to this would tell that we have read what was written before it: it is lost with the link, too.
    if (!lost) session.send(pdu.response({ message_id: faults.has('ids') ? Number(id).toString(16) : id }));
    if (pdu.ussd_service_op !== undefined) return screen(pdu);
    sms(pdu);
    if ((pdu.registered_delivery & 3) === 1) receipt(session, pdu, id);
    if (lost) lost.replied = true;
    lose(session);
  });
  session.on('unknown', (pdu) => session.send(pdu.response()));
  session.on('unbind', (pdu) => {
    session.send(pdu.response());
    session.close();
  });
  session.on('close', () => {
    if (bind === session) bind = null;
    tell({ is: 'closed' });
  });
  session.on('error', (e) => tell({ is: 'fault', why: String(e && e.code) }));
}

// Ends the link once the answer and the reply are here; to the operator the answer never came.
function lose(session) {
  if (lost && lost.answered && lost.replied) session.close();
}

function write(order) {
  const all = Buffer.from(order.text, 'utf16le').swap16();
  const octets = all.length <= 140 ? 140 : 134;
  const total = Math.ceil(all.length / octets);
  const reference = nextReference++ & 0xff;
  for (let number = 1; number <= total; number++) {
    const text = all.subarray((number - 1) * octets, number * octets);
    const header = total > 1 ? Buffer.from([5, 0, 3, reference, total, number]) : Buffer.alloc(0);
    const pdu = {
      source_addr_ton: 1, source_addr_npi: 1, source_addr: order.msisdn,
      dest_addr_ton: 0, dest_addr_npi: 1, destination_addr: order.code,
      esm_class: total > 1 ? 0x40 : 0,
      data_coding: 8,
      short_message: Buffer.concat([header, text]),
    };
    if (order.lose) {
      const session = bind;
      lost = { pdu, answered: false, replied: false };
      session.deliver_sm(pdu, () => {
        if (lost) lost.answered = true;
        lose(session);
      });
    } else {
      bind.deliver_sm(pdu, (answer) => number === total && tell({ is: 'taken', status: answer.command_status }));
    }
  }
}

function deliver(order) {
  if (!bind) return tell({ is: 'fault', why: 'nobody is bound' });
  if (order.do === 'write') return write(order);
  if (order.do === 'cut') return bind.destroy();
  let phone = handsets.get(order.msisdn);
  if (order.do === 'begin') {
    phone = { session: order.session, turn: 0 };
    handsets.set(order.msisdn, phone);
  }
  if (!phone) return tell({ is: 'fault', why: 'no session to go on with' });
  const op = { begin: BEGIN, continue: CONTINUE, abort: ABORT }[order.do];
  bind.deliver_sm({
    service_type: 'USSD',
    source_addr_ton: 1, source_addr_npi: 1, source_addr: order.msisdn,
    dest_addr_ton: 0, dest_addr_npi: 1, destination_addr: order.code,
    data_coding: 0,
    short_message: Buffer.from(order.text || '', 'latin1'),
    ussd_service_op: op,
    its_session_info: Buffer.from([phone.session, (phone.turn << 1) & 0xfe]),
  }, (pdu) => tell({ is: 'taken', status: pdu.command_status }));
  phone.turn += 1;
  if (order.do === 'abort') handsets.delete(order.msisdn);
}

const server = smpp.createServer({}, serve);
server.listen(0, '127.0.0.1', () => tell({ is: 'listening', port: server.address().port }));
readline.createInterface({ input: process.stdin })
  .on('line', (line) => line.trim() && deliver(JSON.parse(line)))
  .on('close', () => process.exit(0));
