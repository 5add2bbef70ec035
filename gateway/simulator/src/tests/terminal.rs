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

async fn read_until(display: &mut (impl AsyncReadExt + Unpin), shown: &mut Vec<u8>, words: &str) -> String {
    loop {
        let said = String::from_utf8_lossy(shown).into_owned();
        if said.contains(words) {
            return said;
        }
        let n = display.read_buf(shown).await.expect("it writes");
        assert_ne!(n, 0, "the terminal ended without {words:?}: {said}");
    }
}
