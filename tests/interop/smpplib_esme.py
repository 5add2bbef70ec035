# An ESME built on smpplib, a foreign SMPP stack, driven over standard input and output.
#
#   python3 smpplib_esme.py PORT SYSTEM_ID PASSWORD [transceiver|transmitter|receiver]
#
# In, one JSON object a line:
#   {"do":"send","to":"994501234567","from":"7142","text":"1 Yes","op":2,"its":23040}   a screen
#   {"do":"send","to":"994501234567","from":"Dayaq","text":"…","receipt":true}          a text, in as many parts as it takes
#   {"do":"query","id":"12","from":"Dayaq"}
#   {"do":"end"}                                                     unbind
# Out, likewise:
#   {"is":"bound"} {"is":"refused","command":"bind_transceiver_resp","status":14}
#   {"is":"accepted","id":"12"}                                      a submit_sm was taken
#   {"is":"mo","from":"994501234567","to":"7142","text":"*7142#","op":1,"its":23040}
#   {"is":"receipt","id":"12","state":2,"text":"id:…"}
#   {"is":"queried","id":"12","state":2}
#   {"is":"ended"}                                                   unbind was answered, or the link is gone

import json
import os
import select
import sys

from smpplib import client, command, consts, exceptions, gsm

# python-smpplib#104: a deliver_sm with ussd_service_op fails with a KeyError.
command.DeliverSM.params['ussd_service_op'] = command.Param(type=int, size=1)

UDHI = 0x40
RECEIPT = 0x04


def tell(**told):
    sys.stdout.write(json.dumps(told) + '\n')
    sys.stdout.flush()


def plain(value):
    return value.decode('latin-1') if isinstance(value, bytes) else value


class Parts:
    def __init__(self):
        self.series = {}

    def take(self, key, body):
        """Gives the whole body once its last part is here."""
        if body[:3] != b'\x05\x00\x03':
            raise ValueError('a header of another kind: %r' % body[:7])
        reference, total, number = body[3], body[4], body[5]
        have = self.series.setdefault((key, reference), {})
        have[number] = body[6:]
        if len(have) < total:
            return None
        del self.series[(key, reference)]
        return b''.join(have[n] for n in sorted(have))


parts = Parts()


def decode(pdu, body):
    if pdu.data_coding == consts.SMPP_ENCODING_ISO10646:
        return body.decode('utf-16-be')
    return ''.join(gsm.GSM_CHARACTER_TABLE[octet] for octet in body)


def received(pdu):
    body = pdu.short_message or b''
    source = plain(pdu.source_addr)
    if pdu.esm_class & 0x3c == RECEIPT:
        tell(**{'is': 'receipt', 'id': plain(pdu.receipted_message_id), 'state': pdu.message_state, 'text': plain(body)})
        return consts.SMPP_ESME_ROK
    if pdu.esm_class & UDHI:
        body = parts.take(source, body)
        if body is None:
            return consts.SMPP_ESME_ROK
    tell(**{'is': 'mo', 'from': source, 'to': plain(pdu.destination_addr), 'text': decode(pdu, body),
            'op': pdu.ussd_service_op, 'its': pdu.its_session_info})
    return consts.SMPP_ESME_ROK


def send(esme, order):
    texts, coding, esm_class = gsm.make_parts(order['text'])
    alphabetic = not order['from'].isdigit()
    for text in texts:
        fields = dict(
            source_addr_ton=consts.SMPP_TON_ALNUM if alphabetic else consts.SMPP_TON_UNK,
            source_addr_npi=consts.SMPP_NPI_UNK if alphabetic else consts.SMPP_NPI_ISDN,
            source_addr=order['from'],
            dest_addr_ton=consts.SMPP_TON_INTL, dest_addr_npi=consts.SMPP_NPI_ISDN, destination_addr=order['to'],
            short_message=text, data_coding=coding, esm_class=esm_class,
            registered_delivery=bool(order.get('receipt')),
        )
        if 'op' in order:
            fields.update(service_type='USSD', ussd_service_op=order['op'], its_session_info=order['its'])
        esme.send_message(**fields)


def obey(esme, order):
    if order['do'] == 'send':
        send(esme, order)
    elif order['do'] == 'query':
        esme.query_message(message_id=order['id'], source_addr_ton=consts.SMPP_TON_ALNUM,
                           source_addr_npi=consts.SMPP_NPI_UNK, source_addr=order['from'])
    elif order['do'] == 'end':
        esme.unbind()
        return False
    return True


def main():
    port, system_id, password = sys.argv[1:4]
    kind = sys.argv[4] if len(sys.argv) > 4 else 'transceiver'
    esme = client.Client('127.0.0.1', int(port), allow_unknown_opt_params=True)
    esme.set_message_received_handler(lambda pdu: received(pdu))
    esme.set_message_sent_handler(lambda pdu: pdu.is_error() or tell(**{'is': 'accepted', 'id': plain(pdu.message_id)}))
    esme.set_query_resp_handler(
        lambda pdu: pdu.is_error() or tell(**{'is': 'queried', 'id': plain(pdu.message_id), 'state': pdu.message_state}))
    esme.set_error_pdu_handler(lambda pdu: tell(**{'is': 'refused', 'command': pdu.command, 'status': int(pdu.status)}))
    esme.connect()
    try:
        getattr(esme, 'bind_' + kind)(system_id=system_id, password=password)
    except exceptions.PDUError as refused:
        esme.disconnect()
        return tell(**{'is': 'refused', 'command': 'bind_%s_resp' % kind, 'status': refused.args[1]})
    tell(**{'is': 'bound'})
    orders, going = b'', True
    try:
        while going:
            readable, _, _ = select.select([0, esme._socket], [], [])
            if esme._socket in readable:
                esme.poll()
            if 0 in readable:
                more = os.read(0, 65536)
                if not more:
                    break
                orders += more
                while going and b'\n' in orders:
                    order, orders = orders.split(b'\n', 1)
                    going = obey(esme, json.loads(order))
    except exceptions.ConnectionError:
        pass
    esme.state = consts.SMPP_CLIENT_STATE_OPEN
    esme.disconnect()
    tell(**{'is': 'ended'})


main()
