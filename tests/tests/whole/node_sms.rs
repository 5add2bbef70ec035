//! An application by SMS in Russian, with node-smpp, a foreign SMPP stack, as the operator's SMSC.

use crate::node_smpp::institutions;
use crate::node_smsc::NodeSmsc;
use crate::serve_config::ServeConfig;

/// A phone whose owner lives alone.
const PHONE: &str = "994551234502";

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn s1_a_woman_applies_by_sms_in_russian_over_a_foreign_smsc() {
    let registries = institutions().await;
    let mut smsc = NodeSmsc::start();
    let serve = ServeConfig::new(smsc.addr, registries.addr());
    let mut serving = serve.start();
    smsc.wait_for_bind();
    let mut phone = smsc.phone(PHONE);

    // Three parts; whatever it says, it begins the conversation.
    let long = "Здравствуйте! Мне сказали, что по этому номеру можно подать заявление на адресную помощь. \
                Я живу одна в Насиминском районе, работы нет. Подскажите, пожалуйста, что мне написать?";
    phone.write(long).await_sms("1 Azərbaycanca").expect("2 Русский").expect_silence();
    phone.write("русский").await_sms("1 Новое заявление");
    // A06: the answer to `1` is lost with the link, and so is the response to the reply; `1` is delivered again. It is
    // one `1`, and since it may be another that answers the reply, the question comes once more.
    phone.write_and_lose("1").await_sms("1 Далее").await_sms("1 Далее").expect_silence();
    phone.write("1").await_sms("1 Да").expect("Согласны?").expect_silence();
    phone.write("1").await_sms("Ваш ФИН").expect_silence();
    phone.write("171S5АV").await_sms("Серия удостоверения");
    phone.write("2").await_sms("7 цифр").write("1339538").await_sms("Номер заявления от нотариуса");
    phone.write("2026004127").await_sms("семьи (вы+0)");
    phone.write("стоп").await_sms("Напоминаний больше не будет").expect("о решении и карте");
    phone.write("заявка").await_sms("1 Продолжить").write("1").await_sms("семьи (вы+0)");
    phone.write("2").await_sms("Первые 3 буквы").write("нас").await_sms("Банк карты");
    phone.write("1").await_sms("Знаете номера счётчиков?").write("1").await_sms("Номер счётчика света");
    // Whoever writes the same three times is heard three times.
    phone.write("1").write("1").write("1");
    phone.await_sms("Номер счётчика воды").await_sms("Номер счётчика газа");
    phone.await_sms("171S5AV, AA 1339538").expect("1 Отправить").expect_silence();
    // The core's own text is the answer, and the only one that says so.
    phone.write("1").await_sms("Ваше заявление принято").expect("Услуга бесплатна").expect_silence();
    // F10, X07: STOP holds back neither the outcome nor the card.
    phone.await_sms("300,00 AZN").expect("142");
    phone.await_sms("Насими").expect("142");
    assert_eq!(registries.card_orders().len(), 1, "one card");
    assert!(serving.process.terminate().success());
    smsc.wait_for_close();
}
