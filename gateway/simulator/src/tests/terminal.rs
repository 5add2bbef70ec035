use super::esme::{Esme, echo};
use crate::{Smsc, SmscConfig, Terminal};
use dayaq_smpp::{Address, BindKind, ShortMessage};
use dayaq_types::Msisdn;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};

#[tokio::test]
async fn k2_a_person_dials_answers_hangs_up_and_reads_a_text() {
    let smsc = Smsc::start(SmscConfig::default()).await.expect("a free port");
    let mut esme = Esme::connect(smsc.addr(), BindKind::Transceiver, "secret", echo).await;
    assert_eq!(esme.bound.recv().await, Some(Ok(())));
    let phone = smsc.handset(Msisdn::parse("994501234567").expect("a number"));
    let (mut keys, input) = tokio::io::duplex(1000);
    let (output, mut display) = tokio::io::duplex(100_000);
    let terminal = tokio::spawn(Terminal::new(phone, "*7142#", BufReader::new(input), output).run());

    keys.write_all("r\n5aBc123\nh\n7\n*7142*9#\nt\n*1#\n".as_bytes()).await.expect("it listens");
    let mut shown = Vec::new();
    let said = read_until(&mut display, &mut shown, "no such code").await;
    for words in [
        "│ Yazdınız:                                │",
        "│ Yazdınız: 5aBc123                        │",
        "the session is over; r dials again\n> no dialogue is open: r dials, ? shows the keys\n",
        "│ Yazdınız: 9                              │",
    ] {
        assert!(said.contains(words), "{words}\n{said}");
    }
    esme.send(ShortMessage {
        source: Address::new(0, 1, "7142").expect("short"),
        destination: Address::new(1, 1, "994501234567").expect("short"),
        short_message: "Granted".into(),
        ..ShortMessage::default()
    });
    assert!(read_until(&mut display, &mut shown, "│ Granted ").await.contains("SMS from 7142"));
    keys.write_all(b"q\n").await.expect("it listens");
    terminal.await.expect("no panic").expect("it writes");
}

#[tokio::test]
async fn k3_a_person_is_told_when_the_network_ends_the_session() {
    let config = SmscConfig { ussd_timeout: Duration::from_millis(50), ..SmscConfig::default() };
    let smsc = Smsc::start(config).await.expect("a free port");
    let mut esme = Esme::connect(smsc.addr(), BindKind::Transceiver, "secret", echo).await;
    assert_eq!(esme.bound.recv().await, Some(Ok(())));
    let phone = smsc.handset(Msisdn::parse("994501234567").expect("a number"));
    let (mut keys, input) = tokio::io::duplex(1000);
    let (output, mut display) = tokio::io::duplex(100_000);
    let terminal = tokio::spawn(Terminal::new(phone, "*7142#", BufReader::new(input), output).run());
    keys.write_all(b"r\n").await.expect("it listens");
    let mut shown = Vec::new();
    let said = read_until(&mut display, &mut shown, "r dials again\n> ").await;
    let (before, after) = said.split_once("Şəbəkə seansı bitirdi").expect("in Azerbaijani");
    assert!(before.contains("Yazdınız:"), "the screen came first: {before}");
    assert!(after.contains("Сеть завершила сеанс · The network has ended the session"), "{after}");
    keys.write_all(b"q\n").await.expect("it listens");
    terminal.await.expect("no panic").expect("it writes");
}

/// Whatever is typed while no gateway is bound is heard at once or waits its turn, and nothing of it waits for the network.
#[tokio::test]
async fn k3_a_person_who_dials_without_a_gateway_is_heard() {
    // Longer than any test: what ends the waiting is the person, or a gateway.
    let config = SmscConfig { bind_wait: Duration::from_hours(1), ..SmscConfig::default() };
    for (typed, said) in [
        ("r\nh\n", vec!["looking for one", "given up; r dials again"]),
        ("*7142#\n?\nh\n", vec!["looking for one", "let the network end the session", "given up"]),
        ("r\nr\nh\n", vec!["looking for one", "looking for one", "given up"]),
        ("sms Salam\nh\n", vec!["looking for one", "given up"]),
        ("r\n*1#\n", vec!["looking for one", "no such code"]),
        ("*1#\n", vec!["no such code"]),
        ("r\n1\n2\nh\n", vec!["looking for one", "given up"]),
    ] {
        let smsc = Smsc::start(config.clone()).await.expect("a free port");
        let (mut keys, mut display, terminal) = operated(&smsc);
        keys.write_all(typed.as_bytes()).await.expect("it listens");
        let mut shown = Vec::new();
        let mut from = 0;
        for words in said {
            let all = read_beyond(&mut display, &mut shown, from, words).await;
            from += all[from..].find(words).expect("it was read") + words.len();
        }
        keys.write_all(b"r\nq\n").await.expect("it listens");
        terminal.await.expect("no panic").expect("it quits while it looks for the network");
    }
}

/// What was typed ahead is answered once a gateway is there.
#[tokio::test]
async fn k3_what_was_typed_before_the_gateway_came_is_answered_then() {
    let config = SmscConfig { bind_wait: Duration::from_hours(1), ..SmscConfig::default() };
    let smsc = Smsc::start(config).await.expect("a free port");
    let (mut keys, mut display, terminal) = operated(&smsc);
    keys.write_all(b"r\n5\n").await.expect("it listens");
    let mut shown = Vec::new();
    read_until(&mut display, &mut shown, "looking for one").await;
    let _esme = Esme::connect(smsc.addr(), BindKind::Transceiver, "secret", echo).await;
    read_until(&mut display, &mut shown, "│ Yazdınız: 5").await;
    drop(keys);
    terminal.await.expect("no panic").expect("it ends with its input");
}

type Keys = tokio::io::DuplexStream;

/// A terminal with its keys and its display.
fn operated(smsc: &Smsc) -> (Keys, Keys, tokio::task::JoinHandle<std::io::Result<()>>) {
    let phone = smsc.handset(Msisdn::parse("994501234567").expect("a number"));
    let (keys, input) = tokio::io::duplex(1000);
    let (output, display) = tokio::io::duplex(100_000);
    let terminal = tokio::spawn(Terminal::new(phone, "*7142#", BufReader::new(input), output).run());
    (keys, display, terminal)
}

async fn read_until(display: &mut (impl AsyncReadExt + Unpin), shown: &mut Vec<u8>, words: &str) -> String {
    read_beyond(display, shown, 0, words).await
}

/// As [`read_until`], where the words are to come after the first `from` octets.
async fn read_beyond(
    display: &mut (impl AsyncReadExt + Unpin),
    shown: &mut Vec<u8>,
    from: usize,
    words: &str,
) -> String {
    loop {
        let said = String::from_utf8_lossy(shown).into_owned();
        if said[from..].contains(words) {
            return said;
        }
        let n = display.read_buf(shown).await.expect("it writes");
        assert_ne!(n, 0, "the terminal ended without {words:?}: {said}");
    }
}
