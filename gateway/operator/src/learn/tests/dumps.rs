//! Logs of other programs, each with octets in a form of its own.

use super::packets::{Container, Link, capture, frames};
use super::story::Said;
use super::{able, dialogue_id, from, hex, keys, learn, said};
use std::fmt::Write;

/// A PDU as Kannel dumps one, sixteen octets a line with their letters beside them.
fn kannel(it: &Said, number: usize) -> String {
    let head = format!("2026-11-23 10:{:02}:{:02} [1234] [6] DEBUG: ", number / 60, number % 60);
    let whose = if it.esme { "Sending PDU:" } else { "Got PDU:" };
    let mut text = format!("{head}SMPP[azercell]: {whose}\n{head}Octet string at 0x7f2b3c0012a0:\n");
    let _ = write!(text, "{head}  len:  {}\n{head}  size: 1024\n{head}  immutable: 0\n", it.octets.len());
    for line in it.octets.chunks(16) {
        let letters: String =
            line.iter().map(|octet| if octet.is_ascii_graphic() { char::from(*octet) } else { '.' }).collect();
        let _ = writeln!(text, "{head}  data: {:<48}  {letters}", format!("{} ", hex(line, " ")));
    }
    text + &head + "Octet string dump ends.\n"
}

/// A PDU as SMPPSim dumps one, four groups of four octets a line.
fn smppsim(it: &Said, number: usize, head: bool) -> String {
    let time = format!("2026.11.23 10:{:02}:{:02} 954 INFO    ", number / 60, number % 60);
    let head = if head { time.as_str() } else { "" };
    let mut text = format!("{head}CH15: PDU:\n{head}Hex dump ({}) bytes:\n", it.octets.len());
    for line in it.octets.chunks(16) {
        let groups = line.chunks(4).map(|four| hex(four, "").to_uppercase() + if four.len() == 4 { ":" } else { "" });
        let _ = writeln!(text, "{head}{}", groups.collect::<String>());
    }
    text + head + "\n"
}

/// A PDU with dashes between its octets, in one line or in lines of so many.
fn dashes(it: &Said, of: usize) -> String {
    let whose = if it.esme { "pdu sent" } else { "pdu received" };
    let lines: Vec<String> = it.octets.chunks(of).map(|line| hex(line, "-").to_uppercase()).collect();
    format!("[debug] {whose}:\n{}\n\n", lines.join("-\n"))
}

#[test]
fn s14_learn_reads_the_dumps_of_kannel_smppsim_and_smppex() {
    for (name, profile) in able() {
        let said = said(&profile);
        let wanted = from(&capture(Container::Pcap, Link::Raw, &frames(&said, 1400))).toml;
        let log = |write: &dyn Fn(usize, &Said) -> String| {
            said.iter().enumerate().map(|(number, it)| write(number, it)).collect::<String>()
        };
        for (form, log) in [
            ("Kannel", log(&|number, it| kannel(it, number))),
            ("SMPPSim", log(&|number, it| smppsim(it, number, true))),
            ("SMPPSim, to the console", log(&|number, it| smppsim(it, number, false))),
            ("dashes", log(&|_, it| dashes(it, usize::MAX))),
            ("dashes, over several lines", log(&|_, it| dashes(it, 16))),
            ("dashes in lines of eight", log(&|_, it| dashes(it, 8))),
            ("dashes behind words", log(&|_, it| format!("12:00:01 [debug] in: <<{}>>\n", hex(&it.octets, "-")))),
        ] {
            let learnt = learn(log.as_bytes(), None).unwrap_or_else(|fault| panic!("{name}, {form}: {fault}"));
            assert_eq!(keys(&learnt.toml), keys(&wanted), "{name}, {form}");
            assert!(learnt.seen.iter().all(|line| !line.contains("octets")), "{name}, {form}: {:?}", learnt.seen);
        }
    }
}

#[test]
fn s14_learn_names_the_line_of_a_dump_that_is_none_it_reads() {
    let pdu = hex(&said(&dialogue_id())[0].octets, "");
    for (log, told) in [
        ("one\ntwo\n".to_owned(), "no line of it has 16 octets in hexadecimal".to_owned()),
        (format!("a log\n\nsent {}\n", &pdu[8..]), "the octets that begin on line 3 are no PDU".to_owned()),
        (format!("a log\nsent {}\n", &pdu[..40]), "the octets that begin on line 2 are no PDU".to_owned()),
        (
            "DEBUG: SMPP PDU 0x55d0 dumped:\nDEBUG:   type_name: deliver_sm\nDEBUG:   command_id: 5 = 0x00000005\n"
                .to_owned(),
            "line 2 begins a PDU that Kannel tells field by field, which is not read".to_owned(),
        ),
    ] {
        let fault = learn(log.as_bytes(), None).expect_err("nothing can be learnt").to_string();
        assert!(fault.starts_with("no SMPP is in the capture") && fault.contains(&told), "{fault}");
    }
}
