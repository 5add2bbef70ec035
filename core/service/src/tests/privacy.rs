use super::outside::Mood;
use super::world::{APPLICANT, CHILD, NUMBER, OTHER_PHONE, PHONE, SPOUSE, World};
use std::io::Write;
use std::sync::{Arc, Mutex};
use tracing_subscriber::fmt::MakeWriter;

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, octets: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn g11_no_log_line_holds_a_personal_value_whatever_fails() {
    let lines = Lines::default();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(lines.clone()).finish();
    // For the whole process: what the tests beside this one log is looked through as well.
    tracing::subscriber::set_global_default(subscriber).unwrap();

    let mut world = World::new().await;
    world.family();
    let mut application = world.application();
    application.members = World::members();
    world.registered(PHONE, &application).await;
    let everybody = ["interior", "justice", "taxes", "bank"];
    for (healed, institution) in everybody.iter().enumerate() {
        for mood in [Mood::Failing, Mood::WrongForm, Mood::Silent, Mood::Refusing] {
            everybody[healed..].iter().for_each(|name| world.outside.mood(name, mood));
            world.work().await;
            world.wait(7200);
        }
        world.outside.mood(institution, Mood::Well);
    }
    world.work().await;
    world.outside.mood("interior", Mood::Failing);
    world.registered(OTHER_PHONE, &world.application()).await;
    world.work_until("2026-12-20T06:00:00Z").await;
    world.explain(PHONE, "0000").await;
    // Nobody is there at all.
    let nowhere = crate::Endpoint::new("http://127.0.0.1:1", "t");
    world.config.institutions.values_mut().for_each(|e| *e = nowhere.clone());
    world.restart().await;
    world.wait(7200);
    world.work().await;

    let written = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    for expected in ["Request failed", "Wrong form", "Decided", "Deadline near", "the connection failed"] {
        assert!(written.contains(expected), "{expected} was not logged");
    }
    let canaries =
        [APPLICANT, SPOUSE, CHILD, NUMBER, "501234567", "552223344", "12345678", "Aynur", "AYNUR", "open-sesame"];
    for canary in canaries {
        let line = written.lines().find(|line| line.contains(canary));
        assert_eq!(line, None, "{canary}");
    }
}
