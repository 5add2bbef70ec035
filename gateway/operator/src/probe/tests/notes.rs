use super::fixture::shipped;
use crate::probe::notes::Notes;

#[test]
fn a22_a25_what_was_forgiven_is_listed_for_the_operator() {
    let mut notes = Notes::new(&shipped("specification"));
    let pdu = |command_id: u32, body: &[u8]| {
        let len = (16 + body.len()) as u32;
        [&len.to_be_bytes(), &command_id.to_be_bytes(), &[0; 4], &7u32.to_be_bytes(), body].concat()
    };
    let text = b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x011";
    for (command_id, body) in [
        (5, [&text[..], b"\0"].concat()),
        (5, [&text[..], b"\x14\0\0\x09x"].concat()),
        (5, [&text[..], b"\x04\x24\0\x011"].concat()),
        (0x8000_0004, b"17A".to_vec()),
    ] {
        notes.look_at(&pdu(command_id, &body));
    }
    assert_eq!(
        notes.lines(),
        [
            "a malformed PDU: deliver_sm has NULs after its end; they were passed over",
            "a malformed PDU: deliver_sm has the same text in short_message and message_payload; it was taken once",
            "a malformed PDU: deliver_sm: tag 0x1400 runs past the end of the PDU; what stands before it was taken",
            "a malformed PDU: submit_sm_resp ends in a string without its NUL; it was taken to the end",
        ]
    );
}
