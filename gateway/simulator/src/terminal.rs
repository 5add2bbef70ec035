//! A phone in the terminal, for a person.

use crate::drawing::{draw_screen, draw_sms};
use crate::handset::Handset;
use crate::phone::{HandsetError, Screen};
use std::collections::VecDeque;
use std::io;
use std::ops::ControlFlow;
use std::time::Duration;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncWrite, AsyncWriteExt};

/// How long one wait for a text lasts before it begins anew.
const PATIENCE: Duration = Duration::from_secs(3600);

/// What a phone shows when the network has ended its session, in the three languages of the service.
const ENDED: &str = "Şəbəkə seansı bitirdi · Сеть завершила сеанс · The network has ended the session\n";

/// What a phone says while it looks for the network.
const LOOKING: &str = "no gateway is bound: looking for one; h gives up, q quits\n> ";

const HELP: &str = "\
*7142#   dial             r   dial again
1, 2 …   answer           h   hang up
sms …    write a text     t   let the network end the session
=…       answer with exactly this, even with a single h
?        this help        q   quit
";

/// A phone that a person operates line by line.
pub struct Terminal<R, W> {
    phone: Handset,
    /// What `r` dials.
    code: String,
    /// Whether the screen that the person sees belongs to an open session.
    open: bool,
    /// Lines that were typed ahead while the phone looked for the network.
    ahead: VecDeque<String>,
    lines: tokio::io::Lines<R>,
    output: W,
}

/// What a line asks for.
#[derive(Debug, PartialEq, Eq)]
enum Command<'a> {
    Dial(&'a str),
    Redial,
    Answer(&'a str),
    HangUp,
    TimeOut,
    Sms(&'a str),
    Help,
    Quit,
    Nothing,
}

/// What came of looking for the network.
enum Service {
    /// A gateway is bound.
    Found,
    /// The phone or the person gave up; the person has been told.
    GivenUp,
    /// The person has gone.
    Quit,
}

impl<R: AsyncBufRead + Unpin, W: AsyncWrite + Unpin> Terminal<R, W> {
    /// A terminal for that phone; `code` is what `r` dials before anything else was dialled.
    pub fn new(phone: Handset, code: &str, input: R, output: W) -> Self {
        Self { phone, code: code.to_owned(), open: false, ahead: VecDeque::new(), lines: input.lines(), output }
    }

    /// Serves the person until they quit or the input ends.
    pub async fn run(mut self) -> io::Result<()> {
        self.say(HELP).await?;
        loop {
            self.say("> ").await?;
            let line = self.next_line().await?;
            let Some(line) = line else { return Ok(()) };
            match command(&line) {
                Command::Dial(code) => {
                    self.code = code.to_owned();
                    if self.dial().await?.is_break() {
                        return Ok(());
                    }
                }
                Command::Redial => {
                    if self.dial().await?.is_break() {
                        return Ok(());
                    }
                }
                Command::Answer(typed) => {
                    let screen = self.phone.send(typed).await;
                    self.show(screen).await?;
                }
                Command::HangUp => {
                    let ended = self.phone.hang_up().await;
                    self.end(ended).await?;
                }
                Command::TimeOut => {
                    let ended = self.phone.time_out().await;
                    self.end(ended).await?;
                }
                Command::Sms(text) => {
                    if self.send_sms(text).await?.is_break() {
                        return Ok(());
                    }
                }
                Command::Help => self.say(HELP).await?,
                Command::Quit => return Ok(()),
                Command::Nothing => {}
            }
        }
    }

    /// Waits for a line and shows what happens meanwhile: texts that arrive, and the end of the session.
    async fn next_line(&mut self) -> io::Result<Option<String>> {
        if let Some(line) = self.ahead.pop_front() {
            return Ok(Some(line));
        }
        loop {
            let sms = tokio::select! {
                line = self.lines.next_line() => return line,
                sms = self.phone.next_sms(PATIENCE) => sms,
                over = self.phone.session_over(PATIENCE), if self.open => {
                    if over.is_ok() {
                        self.open = false;
                        self.say(&format!("\n{ENDED}r dials again\n> ")).await?;
                    }
                    continue;
                }
            };
            if let Ok(sms) = sms {
                let drawn = draw_sms(&sms);
                self.say(&format!("\n{drawn}> ")).await?;
            }
        }
    }

    /// Dials; breaks where the person quits meanwhile.
    async fn dial(&mut self) -> io::Result<ControlFlow<()>> {
        if self.phone.may_dial(&self.code) {
            match self.find_service().await? {
                Service::Found => {}
                Service::GivenUp => return Ok(ControlFlow::Continue(())),
                Service::Quit => return Ok(ControlFlow::Break(())),
            }
        }
        let screen = self.phone.dial(&self.code).await;
        self.show(screen).await?;
        Ok(ControlFlow::Continue(()))
    }

    /// Writes a text; breaks where the person quits meanwhile.
    async fn send_sms(&mut self, text: &str) -> io::Result<ControlFlow<()>> {
        match self.find_service().await? {
            Service::Found => {}
            Service::GivenUp => return Ok(ControlFlow::Continue(())),
            Service::Quit => return Ok(ControlFlow::Break(())),
        }
        match self.phone.send_sms(text).await {
            Ok(()) => self.say("sent\n").await?,
            Err(error) => self.complain(error).await?,
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Looks for the network, where there is none, and hears the person meanwhile: a call can be given up, and another
    /// code dialled. What else is typed waits its turn.
    async fn find_service(&mut self) -> io::Result<Service> {
        if self.phone.has_service() {
            return Ok(Service::Found);
        }
        self.say(LOOKING).await?;
        let phone = self.phone.clone();
        let service = phone.service();
        tokio::pin!(service);
        // Nobody can give up any more once the input has ended, but what was typed is still to be done.
        let mut ended = false;
        loop {
            let line = tokio::select! {
                line = self.lines.next_line(), if !ended => line?,
                found = &mut service => match found {
                    Ok(()) => return Ok(Service::Found),
                    Err(error) => {
                        self.ahead.clear();
                        self.complain(error).await?;
                        return Ok(Service::GivenUp);
                    }
                },
            };
            let Some(line) = line else {
                ended = true;
                continue;
            };
            match command(&line) {
                Command::Quit => return Ok(Service::Quit),
                Command::HangUp => {
                    self.ahead.clear();
                    self.say("given up; r dials again\n").await?;
                    return Ok(Service::GivenUp);
                }
                Command::Dial(_) => {
                    self.ahead.clear();
                    self.ahead.push_back(line);
                    return Ok(Service::GivenUp);
                }
                Command::Help => self.say(&format!("{HELP}> ")).await?,
                Command::Redial | Command::Nothing => self.say(LOOKING).await?,
                Command::Answer(_) | Command::TimeOut | Command::Sms(_) => self.ahead.push_back(line),
            }
        }
    }

    async fn show(&mut self, screen: Result<Screen, HandsetError>) -> io::Result<()> {
        self.open = screen.as_ref().is_ok_and(|screen| screen.more);
        match screen {
            Ok(screen) => self.say(&draw_screen(&screen)).await,
            Err(error) => self.complain(error).await,
        }
    }

    async fn end(&mut self, ended: Result<(), HandsetError>) -> io::Result<()> {
        self.open = false;
        match ended {
            Ok(()) => self.say("the session is over; r dials again\n").await,
            Err(error) => self.complain(error).await,
        }
    }

    async fn complain(&mut self, error: HandsetError) -> io::Result<()> {
        let hint = match error {
            HandsetError::SessionOver => return self.say("no dialogue is open: r dials, ? shows the keys\n").await,
            HandsetError::NoAnswer => "; r dials again",
            HandsetError::NoService
            | HandsetError::UnknownCode
            | HandsetError::Refused(_)
            | HandsetError::TurnedAway(_)
            | HandsetError::NotUnderstood
            | HandsetError::NoText
            | HandsetError::Unsendable
            | HandsetError::Overloaded => "",
        };
        self.say(&format!("{error}{hint}\n")).await
    }

    async fn say(&mut self, text: &str) -> io::Result<()> {
        self.output.write_all(text.as_bytes()).await?;
        self.output.flush().await
    }
}

fn command(line: &str) -> Command<'_> {
    let line = line.trim();
    if let Some(exact) = line.strip_prefix('=') {
        return Command::Answer(exact);
    }
    if line.starts_with('*') && line.ends_with('#') {
        return Command::Dial(line);
    }
    match (line, line.split_once(' ')) {
        ("", _) => Command::Nothing,
        ("r" | "R", _) => Command::Redial,
        ("h" | "H", _) => Command::HangUp,
        ("t" | "T", _) => Command::TimeOut,
        ("q" | "Q", _) => Command::Quit,
        ("?", _) => Command::Help,
        (_, Some(("sms", text))) => Command::Sms(text.trim()),
        (typed, _) => Command::Answer(typed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn k3_a_line_is_a_command_or_an_answer() {
        for (line, wanted) in [
            ("*7142*2#", Command::Dial("*7142*2#")),
            (" 1 ", Command::Answer("1")),
            ("5aBc123", Command::Answer("5aBc123")),
            ("00", Command::Answer("00")),
            ("h", Command::HangUp),
            ("=h", Command::Answer("h")),
            ("=", Command::Answer("")),
            ("R", Command::Redial),
            ("t", Command::TimeOut),
            ("sms STOP", Command::Sms("STOP")),
            ("", Command::Nothing),
            ("q", Command::Quit),
            ("?", Command::Help),
        ] {
            assert_eq!(command(line), wanted, "{line:?}");
        }
    }
}
