//! The outside world and the service as two processes, with the phone of the terminal.

use crate::program::Process;
use crate::serve_config::ServeConfig;
use std::net::SocketAddr;

/// `dayaq simulate`, with a person at its terminal.
struct Simulator {
    process: Process,
    smsc: SocketAddr,
    registries: SocketAddr,
}

impl Simulator {
    fn start() -> Self {
        let free = "127.0.0.1:0";
        let args = ["simulate", "--smsc", free, "--registries", free, "--card-seconds", "1"];
        let process = Process::dayaq(&args, &[("RUST_LOG", "info")]);
        let smsc = address(&process.wait_for("SMSC on "), "SMSC on ");
        let registries = address(&process.wait_for("Institutions and bank on "), "http://");
        Self { process, smsc, registries }
    }

    /// Types a line and reads the box that is drawn next.
    fn type_line(&mut self, line: &str) -> String {
        self.process.tell(line);
        self.read_box()
    }

    /// Reads the next box: a screen or a text, its lines joined by one space each.
    fn read_box(&self) -> String {
        let mut drawn = String::new();
        loop {
            let line = self.process.next_line();
            let line = line.trim_start_matches("> ");
            if line.starts_with('┌') {
                drawn = line.to_owned();
            } else if let Some(inside) = line.strip_prefix('│') {
                drawn = format!("{drawn} {}", inside.trim_end_matches('│').trim());
            } else if line.starts_with('└') {
                return drawn;
            }
        }
    }

    /// Reads boxes until a text says this.
    fn await_sms(&self, says: &str) -> String {
        loop {
            let drawn = self.read_box();
            if drawn.contains(says) {
                assert!(drawn.contains("SMS from Dayaq"), "{drawn}");
                return drawn;
            }
        }
    }
}

fn address(line: &str, before: &str) -> SocketAddr {
    let rest = line.split_once(before).expect("the line was awaited").1;
    let end = rest.find(' ').unwrap_or(rest.len());
    rest[..end].parse().unwrap_or_else(|_| panic!("no address in {line:?}"))
}

/// What a person alone in Baku types, and what the screen says then.
const RUSSIAN: [(&str, &str); 15] = [
    ("*7142#", "2 Русский"),
    ("2", "1 Новое заявление"),
    ("1", "1 Далее"),
    ("1", "1 Да"),
    ("1", "Ваш ФИН"),
    ("171S5АV", "Серия удостоверения"),
    ("2", "7 цифр"),
    ("1339538", "Номер заявления от нотариуса"),
    ("2026004127", "семьи (вы+0)"),
    ("2", "Первые 3 буквы"),
    ("нас", "Банк А, Насими"),
    ("1", "Знаете номера счётчиков?"),
    ("2", "171S5AV, AA 1339538"),
    ("98", "1 Отправить"),
    ("1", "USSD, the end"),
];

#[test]
fn s1_a_person_at_the_terminal_applies_with_service_and_simulators_as_separate_processes() {
    let mut simulator = Simulator::start();
    let mut serve = ServeConfig::new(simulator.smsc, simulator.registries).start();
    simulator.process.wait_for("ESME bound");
    let mut screen = String::new();
    for (typed, says) in RUSSIAN {
        screen = simulator.type_line(typed);
        assert!(screen.contains(says), "{typed:?} brought no {says:?} but {screen:?}");
    }
    let reference = screen.split(' ').find(|word| dayaq_core::is_reference(word));
    let reference = reference.unwrap_or_else(|| panic!("no registration number on {screen:?}")).to_owned();
    for says in ["принято", "AZN", "Насими"] {
        let text = simulator.await_sms(says);
        assert!(says == "Насими" || text.contains(&reference), "{text}");
    }
    simulator.process.tell("q");
    assert!(simulator.process.wait().success(), "the simulator ends when its person quits");
    assert!(serve.process.terminate().success());
}
