//! B11: what people dial beyond the code.

use super::world::World;
use crate::heard::Log;
use dayaq_smpp::ussd::UssdEvent;

const FIN: &str = "5AKT9X2";

/// What a phone whose language is known is shown for a dial string, whatever its length.
async fn dials(world: &World, number: u64, dialled: &str) -> (String, bool) {
    let mut phone = world.phone(number, 5);
    phone.dial("*7142#").await;
    phone.send("1").await.screen();
    phone.ends(UssdEvent::Abort).await.is_silent();
    phone.session = 6;
    phone.sequence = 0;
    let mut message = phone.message(UssdEvent::Begin, "*7142#");
    message.short_message = dialled.as_bytes().to_vec();
    let said = world.deliver(message).await;
    let (screen, ends) = said.screen();
    (screen.to_owned(), ends)
}

#[tokio::test]
async fn b11_a_dial_string_is_taken_in_bounds_and_a_fin_in_it_reaches_no_log() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    let world = World::new().await;
    let long = format!("*7142*{}#", "1*".repeat(97));
    assert_eq!(long.len(), 201);
    let huge = format!("*7142*{}#", "9".repeat(60_000));
    let menu = "1 Yeni müraciət";
    let usage = "Yalnız *7142# yığın";
    for (number, (dialled, shows, ends)) in (994_501_230_000..).zip([
        // Menus answered in advance, up to a question to the core.
        ("*7142*1#", "1 Davam", false),
        ("*7142*4*2#", "1 Новое заявление", false),
        ("*7142*1*1#", "1 Davam", false),
        // Empty fields before the first are passed over, others and nested signs answer nothing.
        ("*7142**1#", "1 Davam", false),
        ("*7142*#", menu, false),
        ("*7142***#", menu, false),
        ("*7142*1**1#", menu, false),
        ("*7142*#*#", menu, false),
        ("*7142#1#", menu, false),
        ("**7142#", menu, false),
        ("*7142*1*#1#", menu, false),
        ("*7142*1##", "1 Davam", false),
        // A FIN is never an answer in advance.
        ("*7142*5AKT9X2#", menu, false),
        ("*7142*1*1*5AKT9X2#", menu, false),
        ("*7142*1234567#", menu, false),
        ("*7142*1*1*1*1#", usage, true),
        ("*7142*5AKT9X2*12345678*4711*9#", usage, true),
        (&long, usage, true),
        (&huge, usage, true),
    ]) {
        let (screen, ended) = dials(&world, number, dialled).await;
        let shown = &dialled[..dialled.len().min(40)];
        assert!(screen.contains(shows) && ended == ends, "{shown}: {screen}");
        assert!(!screen.contains(FIN), "{shown}: {screen}");
    }
    let log = log.whole();
    assert!(!log.contains(FIN), "a FIN in the log: {log}");
    assert!(!log.contains("99450123"), "a number in the log: {log}");
}
