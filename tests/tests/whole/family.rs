//! Families of the shipped households: what each types on a phone, and what the phone must show.

use crate::stage::{Phone, Seen};

/// More than the pages of any review here.
const REVIEW_PAGES: usize = 9;

/// A family's application, from the first dial to the last look over it.
pub struct Family {
    /// The phone.
    pub number: &'static str,
    /// What is typed, and what the screen after it says. The first answers the choice of the language.
    pub answers: &'static [(&'static str, &'static str)],
    /// What the pages of the review say between them: every answer.
    pub review: &'static [&'static str],
    /// From which answer on a draft is worth continuing.
    pub draft_from: usize,
    /// How many members there are beside the applicant.
    pub members: i64,
    /// What a phone that was cut off is offered.
    pub go_on: &'static str,
    /// What sends the application off.
    pub confirm: &'static str,
    /// What the last screen says.
    pub registered: &'static str,
    /// How the menu can be known.
    pub menu: &'static str,
}

/// Four in Quba, in Azerbaijani.
pub const QUBA: Family = Family {
    number: "994501234501",
    answers: &[
        ("1", "1 Yeni müraciət"),
        ("1", "Pulsuzdur"),
        ("1", "1 Razıyam"),
        ("1", "FİN kodunuz"),
        ("300tq7m", "Vəsiqənizin seriyası"),
        ("2", "AA hərflərindən sonrakı 7 rəqəm"),
        ("3073607", "Notarius ərizəsinin nömrəsi"),
        ("2026004117", "FİN-i (siz+0)"),
        ("69F5J5R", "Kimdir?"),
        ("1", "FİN-i (siz+1)"),
        ("7ZHET4L", "Kimdir?"),
        ("2", "FİN-i (siz+2)"),
        ("124HW0U", "Kimdir?"),
        ("2", "FİN-i (siz+3)"),
        ("2", "ilk 3 hərfi"),
        ("qub", "2 Qubadlı"),
        ("1", "Kartın bankı"),
        ("1", "Sayğac nömrələrini bilirsiniz?"),
        ("2", "300TQ7M, AA 3073607"),
    ],
    review: &[
        "300TQ7M, AA 3073607",
        "Notariat: 2026004117",
        "Ailə: Həyat yoldaşı 69F5J5R",
        "Övlad 124HW0U",
        "Yer: Quba",
        "Düzdür?",
    ],
    draft_from: 4,
    members: 3,
    go_on: "1 Davam et",
    confirm: "1 Göndər",
    registered: "Qeydiyyat",
    menu: "1 Yeni müraciət",
};

/// One alone in Baku, in Russian.
pub const ALONE: Family = Family {
    number: "994501234502",
    answers: &[
        ("2", "1 Новое заявление"),
        ("1", "Бесплатно"),
        ("1", "Согласны?"),
        ("1", "Ваш ФИН"),
        ("171S5AV", "Серия удостоверения"),
        ("2", "7 цифр"),
        ("1339538", "Номер заявления от нотариуса"),
        ("2026004127", "семьи (вы+0)"),
        ("2", "Первые 3 буквы"),
        ("nas", "Банк карты"),
        ("1", "Знаете номера счётчиков?"),
        ("2", "171S5AV, AA 1339538"),
    ],
    review: &["171S5AV, AA 1339538", "Нотар. номер: 2026004127", "Семья: только вы", "Насими", "Верно?"],
    draft_from: 4,
    members: 0,
    go_on: "1 Продолжить",
    confirm: "1 Отправить",
    registered: "Принято",
    menu: "1 Новое заявление",
};

/// The same one alone before the notary has given a number.
pub const UNNUMBERED: Family = Family {
    number: "994501234503",
    answers: &[
        ("2", "1 Новое заявление"),
        ("1", "Бесплатно"),
        ("1", "Согласны?"),
        ("1", "Ваш ФИН"),
        ("171S5AV", "Серия удостоверения"),
        ("2", "7 цифр"),
        ("1339538", "1 Пока нет"),
        ("1", "1 Дальше"),
        ("1", "семьи (вы+0)"),
        ("2", "Первые 3 буквы"),
        ("nas", "Банк карты"),
        ("1", "Знаете номера счётчиков?"),
        ("2", "171S5AV, AA 1339538"),
    ],
    review: &["171S5AV, AA 1339538", "Семья: только вы", "Насими"],
    registered: "142",
    ..ALONE
};

impl Family {
    /// Dials for the first time and answers so many questions.
    pub async fn begin(&self, phone: &Phone, answers: usize) -> Seen {
        let language = phone.dial().await;
        language.says("1 Azərbaycanca");
        self.answer(phone, language, 0, answers).await
    }

    /// Answers the questions from one to before another, each of which must be the expected one.
    pub async fn answer(&self, phone: &Phone, mut seen: Seen, from: usize, to: usize) -> Seen {
        for (typed, says) in &self.answers[from..to] {
            seen = phone.send(typed).await;
            seen.says(says);
        }
        seen
    }

    /// From the first page of the review to the last, where it can be sent off; every answer must be there.
    pub async fn look_over(&self, phone: &Phone, mut seen: Seen) -> Seen {
        let mut all = seen.text.clone();
        for _ in 0..REVIEW_PAGES {
            if seen.text.contains(self.confirm) {
                break;
            }
            seen = phone.send("98").await;
            all = all + "\n" + &seen.text;
        }
        for answer in self.review {
            assert!(all.contains(answer), "{answer:?} is not in the review\n{all}");
        }
        seen.says(self.confirm);
        seen
    }

    /// From the first dial to the page on which `1` sends the application off.
    pub async fn until_confirm(&self, phone: &Phone) -> Seen {
        let seen = self.begin(phone, self.answers.len()).await;
        self.look_over(phone, seen).await
    }
}
