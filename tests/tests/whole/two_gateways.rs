//! Two processes of the service before one operator, with one session store and one database: whichever bind brings the
//! parts of a long text, it is one text, and it is taken once.

use crate::node_smpp::institutions;
use crate::raw_smsc::{Line, RawSmsc, header, text_of_either};
use crate::serve_config::{Serve, ServeConfig, UNLIMITED};
use crate::session_key::session_key;
use crate::stage::{eventually, full, metric, seed};
use dayaq_postgres::PostgresDatabase;
use dayaq_redis::RedisNode;
use dayaq_registries::Running;
use dayaq_smpp::concat::{Carrier, ESM_CLASS_UDHI};
use dayaq_smpp::{Address, CommandId, ShortMessage, Tag};
use dayaq_types::{Entropy, SeededEntropy};
use std::time::Duration;

const PHONE: &str = "994501234502";
/// A FIN in three parts: without one of them, or in another order, it is none.
const FIN: [&str; 3] = ["171", "S5", "AV"];
const ASKS_FIN: &str = "Your FIN";
const ASKS_SERIES: &str = "Series";
/// What the person writes first, and how each reply begins.
const BEGINNING: [(&str, &str); 5] = [("Salam", ""), ("3", ""), ("1", ""), ("1", ""), ("1", ASKS_FIN)];
/// Every order in which three parts may arrive.
const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
/// Over which of the two binds each of them comes, where both are used.
const WAYS: [[usize; 3]; 6] = [[0, 0, 1], [0, 1, 0], [0, 1, 1], [1, 0, 0], [1, 0, 1], [1, 1, 0]];

/// One operator, two processes, and a person who is asked for the FIN.
struct Pair {
    lines: [Line; 2],
    serves: [Serve; 2],
    references: u16,
    redis: RedisNode,
    database: PostgresDatabase,
    _smsc: RawSmsc,
    _registries: Running,
}

impl Pair {
    async fn up() -> Self {
        let (redis, database) = (RedisNode::syncing().started(), PostgresDatabase::create().await);
        let (smsc, registries) = (RawSmsc::listen().await, institutions().await);
        let config = |name: &str| {
            let config = ServeConfig::new(smsc.addr(), registries.addr()).redis(&redis.url()).postgres(&database.url());
            config.instance(name).gateway(UNLIMITED)
        };
        let one = config("dayaq-1").start();
        let line = smsc.bound().await;
        let other = config("dayaq-2").start();
        let lines = [line, smsc.bound().await];
        let mut pair =
            Self { lines, serves: [one, other], references: 0, redis, database, _smsc: smsc, _registries: registries };
        for (typed, says) in BEGINNING {
            pair.write(typed).await;
            pair.is_told(says).await;
        }
        pair
    }

    /// Writes a short text, over either bind in turn.
    async fn write(&mut self, text: &str) {
        self.references += 1;
        let at = usize::from(self.references % 2);
        self.lines[at].deliver(&whole(text)).await;
    }

    /// The person's session as it is stored, sealed.
    async fn session(&self) -> Vec<u8> {
        let key = &session_key(&self.redis).await;
        self.redis.ask(&["DUMP", key]).await
    }

    /// The next text that anybody is sent must be this person's and say this.
    async fn is_told(&mut self, says: &str) {
        let [one, other] = &mut self.lines;
        let (to, text) = text_of_either(one, other).await;
        assert_eq!(to, PHONE);
        // A complaint would stand above the question.
        assert!(text.starts_with(says), "{text:?} does not begin with {says:?}");
    }

    /// The FIN was taken once: there is one reply, the next question and nothing else, and behind it the reply to the way
    /// back, with nothing between them.
    async fn was_taken_once(&mut self) {
        self.is_told(ASKS_SERIES).await;
        self.write("0").await;
        self.is_told(ASKS_FIN).await;
    }

    /// The same over the second bind alone.
    async fn was_taken_once_by_the_other(&mut self) {
        for says in [ASKS_SERIES, ASKS_FIN] {
            let (_, text) = self.lines[1].text().await;
            assert!(text.starts_with(says), "{text:?} does not begin with {says:?}");
            self.lines[1].deliver(&whole("0")).await;
        }
    }

    /// The parts of the FIN as a text of their own.
    fn parts(&mut self, carrier: Carrier) -> [ShortMessage; 3] {
        self.references += 1;
        let reference = self.references;
        [0, 1, 2].map(|at| part(carrier, reference, at))
    }

    /// Delivers each part over its bind, each once the one before it was taken.
    async fn deliver(&mut self, parts: &[ShortMessage; 3], order: [usize; 3], ways: [usize; 3]) {
        for (part, way) in order.into_iter().zip(ways) {
            self.lines[way].deliver(&parts[part]).await;
        }
    }

    /// Delivers two messages at the same moment, one over each bind.
    async fn deliver_at_once(&mut self, [first, second]: [&ShortMessage; 2]) {
        let [one, other] = &mut self.lines;
        let pdus = [one.deliver_sm(first), other.deliver_sm(second)];
        tokio::join!(one.write(&pdus[0]), other.write(&pdus[1]));
        tokio::join!(one.taken(&pdus[0]), other.taken(&pdus[1]));
    }
}

fn whole(text: &str) -> ShortMessage {
    ShortMessage {
        source: Address::new(1, 1, PHONE).expect("it is short"),
        destination: Address::new(0, 1, "7142").expect("it is short"),
        short_message: text.into(),
        ..ShortMessage::default()
    }
}

fn part(carrier: Carrier, reference: u16, at: usize) -> ShortMessage {
    let number = u8::try_from(at + 1).expect("three parts");
    let [high, low] = reference.to_be_bytes();
    let header: &[u8] = match carrier {
        Carrier::Header8 => &[5, 0, 3, low, 3, number],
        Carrier::Header16 => &[6, 8, 4, high, low, 3, number],
        Carrier::Sar => &[],
    };
    let mut message = whole(FIN[at]);
    message.short_message.splice(0..0, header.iter().copied());
    match carrier {
        Carrier::Header8 | Carrier::Header16 => message.esm_class = ESM_CLASS_UDHI,
        Carrier::Sar => {
            message.tlvs.push(Tag::SAR_MSG_REF_NUM, &[high, low]).expect("it is short");
            message.tlvs.push_u8(Tag::SAR_TOTAL_SEGMENTS, 3);
            message.tlvs.push_u8(Tag::SAR_SEGMENT_SEQNUM, number);
        }
    }
    message
}

#[tokio::test(flavor = "multi_thread")]
async fn a30_parts_that_arrive_over_two_gateways_are_one_text_once() {
    let mut pair = Pair::up().await;
    let dice = SeededEntropy::new(seed());
    let mut texts = 0;
    for carrier in [Carrier::Header8, Carrier::Sar, Carrier::Header16] {
        for order in ORDERS {
            for ways in WAYS {
                // Each order of the first kind in each way; of the others a third, unless all are asked for.
                let mut die = [0];
                dice.fill(&mut die);
                if carrier != Carrier::Header8 && die[0] % 3 != 0 && !full() {
                    continue;
                }
                let parts = pair.parts(carrier);
                pair.deliver(&parts, order, ways).await;
                pair.was_taken_once().await;
                texts += 1;
            }
        }
    }
    println!("seed {}: {texts} texts of three parts over two gateways, each taken once", seed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a30_the_last_part_given_to_both_gateways_at_once_makes_one_text() {
    let mut pair = Pair::up().await;
    let rounds = if full() { 200 } else { 20 };
    for round in 0..rounds {
        let carrier = if round % 2 == 0 { Carrier::Header8 } else { Carrier::Sar };
        let [first, second, last] = &pair.parts(carrier);
        // The first two come at the same moment over one bind each, then the last over both.
        pair.deliver_at_once([first, second]).await;
        pair.deliver_at_once([last, last]).await;
        pair.was_taken_once().await;
    }
    println!("{rounds} texts, whose last part came to both gateways at the same moment, each taken once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a30_a_gateway_killed_between_the_parts_loses_none_of_them() {
    for carrier in [Carrier::Header8, Carrier::Sar] {
        let mut pair = Pair::up().await;
        let [first, second, last] = &pair.parts(carrier);
        pair.lines[0].deliver(second).await;
        pair.lines[0].deliver(last).await;
        pair.serves[0].process.kill();
        pair.lines[1].deliver(first).await;
        pair.was_taken_once_by_the_other().await;
    }
}

/// The process has the last part and has not answered for it: the operator brings it again, to the other one.
#[tokio::test(flavor = "multi_thread")]
async fn a30_the_last_part_of_a_killed_gateway_comes_again_over_the_other_and_makes_one_text() {
    let mut pair = Pair::up().await;
    let [first, second, last] = &pair.parts(Carrier::Header8);
    pair.lines[0].deliver(first).await;
    pair.lines[1].deliver(second).await;
    pair.redis.freeze();
    let http = pair.serves[0].http;
    let texts = metric(http, "dayaq_texts_in_total").await;
    let pdu = pair.lines[0].deliver_sm(last);
    pair.lines[0].write(&pdu).await;
    let came = async || (metric(http, "dayaq_texts_in_total").await > texts).then_some(());
    eventually("the process has it", came).await;
    pair.serves[0].process.kill();
    while let Some(frame) = pair.lines[0].next().await {
        let answer = header(&frame);
        let taken = answer.command_id == CommandId::DELIVER_SM.response() && answer.command_status.is_ok();
        assert!(!taken, "nothing is acknowledged before it is saved");
    }
    pair.redis.thaw();
    pair.lines[1].deliver(last).await;
    pair.was_taken_once_by_the_other().await;
}

/// The process has saved the turn and not kept the reply, let alone answered: the operator brings the text again, to the
/// other one.
async fn saved_and_not_answered(text: impl AsyncFn(&mut Pair) -> ShortMessage) {
    let mut pair = Pair::up().await;
    let text = text(&mut pair).await;
    let mut aside = pair.database.aside().await;
    let session = pair.session().await;
    sqlx::raw_sql("BEGIN; LOCK TABLE public.texts IN EXCLUSIVE MODE").execute(&mut aside).await.expect("a lock");
    let pdu = pair.lines[0].deliver_sm(&text);
    pair.lines[0].write(&pdu).await;
    eventually("the turn is saved", async || (pair.session().await != session).then_some(())).await;
    pair.serves[0].process.kill();
    sqlx::raw_sql("ROLLBACK").execute(&mut aside).await.expect("a transaction");
    while let Some(frame) = pair.lines[0].next().await {
        let answer = header(&frame);
        let taken = answer.command_id == CommandId::DELIVER_SM.response() && answer.command_status.is_ok();
        assert!(!taken, "nothing is acknowledged before its reply is kept");
    }
    pair.lines[1].deliver(&text).await;
    pair.was_taken_once_by_the_other().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a06_a_text_that_a_killed_gateway_saved_comes_again_over_the_other_and_is_one() {
    saved_and_not_answered(async |_| whole("171S5AV")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a30_a_last_part_that_a_killed_gateway_saved_comes_again_over_the_other_and_is_one() {
    saved_and_not_answered(async |pair| {
        let [first, second, last] = pair.parts(Carrier::Header8);
        pair.lines[0].deliver(&first).await;
        pair.lines[0].deliver(&second).await;
        last
    })
    .await;
}

/// The process has claimed the reply to a text and dies before it is written: the other one sends it soon, once.
#[tokio::test(flavor = "multi_thread")]
async fn d05_a_reply_that_a_killed_gateway_had_claimed_comes_within_ten_seconds_over_the_other() {
    let mut pair = Pair::up().await;
    let mut aside = pair.database.aside().await;
    sqlx::raw_sql("BEGIN; LOCK TABLE public.text_attempts IN EXCLUSIVE MODE")
        .execute(&mut aside)
        .await
        .expect("a lock");
    pair.lines[0].deliver(&whole("171S5AV")).await;
    let claimed = async || {
        let sql = "SELECT p.instance FROM public.text_segments s JOIN public.processes p ON p.run = s.holder
             WHERE s.state = 'queued' AND s.leased_to > 0";
        sqlx::query_scalar::<_, String>(sql).fetch_optional(&mut aside).await.expect("it answers")
    };
    let holder = usize::from(eventually("the reply is claimed", claimed).await == "dayaq-2");
    pair.serves[holder].process.kill();
    sqlx::raw_sql("ROLLBACK").execute(&mut aside).await.expect("a transaction");
    let reply = tokio::time::timeout(Duration::from_secs(10), pair.lines[1 - holder].text());
    let (to, text) = reply.await.expect("within ten seconds");
    assert!(to == PHONE && text.starts_with(ASKS_SERIES), "{text:?}");
    let sql = "SELECT count(*) FROM public.texts";
    let texts: i64 = sqlx::query_scalar(sql).fetch_one(&mut aside).await.expect("it answers");
    assert_eq!(texts, 6, "exactly one row for each text that was written");
}
