//! The screens of one language and form, laid out and measured.

use std::collections::BTreeMap;

use dayaq_author::{Diagnostics, Place};
use jiff::Timestamp;

use super::scene::{Around, Scene, Text};
use super::widest::Widest;
use super::{Room, at, form_name, longest_argument, measured, unit_name};
use crate::condition::Variable;
use crate::definition::{Dialogue, State, StateKind};
use crate::pages::{Page, Screen, pages, whole};
use crate::render::Renderer;
use crate::scope::{Certainty, field_kind};
use crate::session::{Answer, Frame, Prompt, Session};
use crate::value::{Kind, Record, Value};
use crate::{Book, Channel, Surface};

/// The most of a screen that the keys at its foot may take, in hundredths.
const FOOT_PERCENT_MAX: usize = 45;
/// The texts that a line common to all may push over the edge before it is named itself.
const SHARED_FAULTS_MAX: usize = 2;

/// Proves the screens of one language and form, or the replies by SMS.
pub(super) struct Desk<'b> {
    widest: &'b Widest<'b>,
    certainty: &'b Certainty,
    surface: &'b Surface,
    screens: usize,
    /// The worst finding of each text.
    faults: BTreeMap<Text, Fault>,
    rooms: BTreeMap<Text, Room>,
}

/// Holds what is wrong with the screens of a text.
struct Fault {
    place: Place,
    /// How bad the worst of them is.
    excess: usize,
    message: String,
    /// The line above it, where the screen would fit without that line.
    under: Option<Text>,
}

impl<'b> Desk<'b> {
    pub fn new(widest: &'b Widest<'b>, certainty: &'b Certainty, surface: &'b Surface) -> Self {
        Desk { widest, certainty, surface, screens: 0, faults: BTreeMap::new(), rooms: BTreeMap::new() }
    }

    /// Proves all screens and gives their number and, for each text, the room on its fullest one.
    pub fn prove(mut self, diagnostics: &Diagnostics) -> (usize, Vec<Room>) {
        // Where the keys leave no room every screen fails, and that is not the screens' fault.
        if self.check_foot(diagnostics) {
            for dialogue in self.book().dialogues.values() {
                for state in dialogue.states.values() {
                    self.prove_state(dialogue, state);
                }
            }
        }
        self.report(diagnostics);
        (self.screens, self.rooms.into_values().collect())
    }

    fn book(&self) -> &'b Book {
        self.widest.book
    }

    /// Names the language and the form, for a message.
    fn here(&self) -> String {
        format!("in {}, {} form", self.widest.language.code(), form_name(self.widest.form))
    }

    fn session(&self, frames: Vec<Frame>, prompt: Prompt) -> Session {
        let blank = Session::new("", Some(self.widest.language), self.book(), Timestamp::UNIX_EPOCH);
        Session { frames, prompt, ..blank }
    }

    fn renderer<'s>(&self, session: &'s Session) -> Renderer<'s>
    where
        'b: 's,
    {
        Renderer { book: self.book(), session, surface: self.surface }
    }

    fn check_foot(&self, diagnostics: &Diagnostics) -> bool {
        let session = self.session(Vec::new(), Prompt::State);
        let renderer = self.renderer(&session);
        let screen = renderer.plain(Screen { foot: renderer.foot(false), ..Screen::default() });
        let (units, budget) = measured(&screen.foot.middle(false)[0], self.surface);
        let most = budget.units * FOOT_PERCENT_MAX / 100;
        if units <= most {
            return true;
        }
        let language = self.widest.language;
        let text = |id: &str| self.book().texts.format(language, id, None, &Default::default()).unwrap_or_default();
        let words = ["shell-back", "shell-home", "shell-next"];
        let longest = words.into_iter().max_by_key(|id| self.widest.width(&text(id))).unwrap_or_default();
        let place = self.book().texts.found(language, longest, None).unwrap_or_else(|| Place::file("locales"));
        let message = format!(
            "the keys at the foot take {units} of the {} {} of a screen {}; at most {most}, and {longest} is the longest",
            budget.units,
            unit_name(budget.alphabet),
            self.here()
        );
        diagnostics.push(place.error(message));
        false
    }

    fn prove_state(&mut self, dialogue: &'b Dialogue, state: &'b State) {
        let message = dialogue.message(&state.name);
        let by_sms = self.surface.channel == Channel::Sms;
        // What fits a screen fits a text, unless it has a wording of its own there.
        if by_sms && !self.book().texts.has(self.widest.language, &message, Some("sms")) {
            return;
        }
        let arrangements = self.arrangements(dialogue, state);
        let asks = |scene: &Scene<'_>| !by_sms || scene.prompt == Prompt::State;
        for scene in Scene::all(self.book(), dialogue, state).into_iter().filter(asks) {
            // What the shell asks does not speak of the dialogue's variables.
            let many = if scene.text(dialogue, state).is_shared() { 1 } else { arrangements.len() };
            for values in &arrangements[..many.min(arrangements.len())] {
                self.judge(dialogue, state, &scene, values);
            }
        }
    }

    /// Gives the variables at their widest, and then once more for each that may be worse in another way.
    fn arrangements(&self, dialogue: &Dialogue, state: &State) -> Vec<Record> {
        let book = self.book();
        let message = dialogue.message(&state.name);
        let certain = self.certainty.get(&dialogue.id).and_then(|states| states.get(&state.name));
        let mut base = Record::new();
        let mut others: Vec<(&String, Option<Value>)> = Vec::new();
        for (name, kind) in book.scope(&dialogue.id) {
            let collects = matches!(&state.kind, StateKind::Group(group) if group.save == *name);
            let may_lack = !certain.is_some_and(|certain| certain.contains(name)) && !collects;
            let choices = self.widest.choices(name, kind, may_lack);
            base.extend(choices.base.map(|value| (name.clone(), value)));
            if collects || book.texts.speaks_of(self.widest.language, &message, name) {
                others.extend(choices.others.into_iter().map(|other| (name, other)));
            }
        }
        let with = |(name, value): (&String, Option<Value>)| {
            let mut values = base.clone();
            values.remove(name);
            values.extend(value.map(|value| (name.clone(), value)));
            values
        };
        let mut all = vec![base.clone()];
        all.extend(others.into_iter().map(with));
        if let StateKind::List { parent: Some(parent), .. } = &state.kind {
            all = all.iter().flat_map(|values| self.under_each(dialogue, parent, values)).collect();
        }
        all
    }

    /// Gives the arrangement once for each item that the list may belong to.
    fn under_each(&self, dialogue: &Dialogue, parent: &Variable, values: &Record) -> Vec<Record> {
        let scope = self.book().scope(&dialogue.id);
        let Some(Kind::Item(list)) = field_kind(scope, parent) else { return vec![values.clone()] };
        let items = self.book().lists.get(&list).into_iter().flat_map(|list| &list.items);
        let with = |id: &String| {
            let mut values = values.clone();
            let item = Value::Item { list: list.clone(), id: id.clone() };
            match (&parent.field, values.get_mut(&parent.name)) {
                (Some(field), Some(Value::Record(record))) => drop(record.insert(field.clone(), item)),
                (_, _) => drop(values.insert(parent.name.clone(), item)),
            }
            values
        };
        items.map(|item| with(&item.id)).collect()
    }

    /// Lays one screen out and keeps what is wrong with it, or how much room is left.
    fn judge(&mut self, dialogue: &'b Dialogue, state: &'b State, scene: &Scene<'_>, values: &Record) {
        let outer = match scene.around {
            Around::Nothing => None,
            Around::Something => Some(frame(dialogue, state, values)),
            Around::Group(caller, group) => Some(frame(caller, group, values)),
        };
        let frames = outer.into_iter().chain([frame(dialogue, state, values)]).collect();
        let session = Session { complaint: scene.complaint.clone(), ..self.session(frames, scene.prompt.clone()) };
        let renderer = self.renderer(&session);
        let screen = renderer.plain(renderer.screen());
        let shown = pages(&screen, self.surface);
        let items = renderer.items(state);
        let text = match self.surface.channel {
            Channel::Ussd => scene.text(dialogue, state),
            Channel::Sms => Text { attribute: Some("sms".to_owned()), ..scene.text(dialogue, state) },
        };
        let under = scene.complaint_text(self.book(), self.widest.language, dialogue, state);
        let (units, budget) = measured(&whole(&screen), self.surface);
        let allowed = scene.pages(state);
        self.screens += 1;
        let place = text.place(self.book(), self.widest.language).unwrap_or_else(|| state.place.clone());
        let named = under.as_ref().map(|under| format!("{text} under {under}")).unwrap_or_else(|| text.to_string());
        let (here, unit) = (self.here(), unit_name(budget.alphabet));
        let room = match self.surface.channel {
            Channel::Ussd => "a screen",
            Channel::Sms => "a reply by SMS",
        };
        if let Some((index, page)) = split_option(&screen, &shown) {
            let place = match &state.kind {
                StateKind::List { .. } => {
                    items.get(index).map(|item| item.places[self.widest.language.index()].clone())
                }
                _ => self
                    .label(dialogue, state, scene, index)
                    .and_then(|label| label.place(self.book(), self.widest.language)),
            }
            .unwrap_or(place);
            let key = &screen.options[index].0;
            let (units, _) = measured(&format!("{key} {}", screen.options[index].1), self.surface);
            let message =
                format!("the option {key} of {text} does not fit a page {here}: {units} {unit}, cut on page {page}");
            let option = Text::new(&text.id, Some(&format!("{}:{}", at(&place), key)));
            self.keep(option, Fault { place, excess: units, message, under: None });
        } else if shown.len() > allowed {
            let body = screen.body[usize::from(under.is_some())..].to_vec();
            let alone = Screen { body, ..screen.clone() };
            let fits_alone = pages(&alone, self.surface).len() <= allowed;
            let size = if allowed == 1 {
                format!("{named} takes {units} of the {} {unit} of {room} {here}", budget.units)
            } else {
                format!("{named} takes {} pages {here}; pages = {allowed} is declared", shown.len())
            };
            let longest = self.longest(dialogue, state, scene, values, &screen);
            let message = format!("{size}{longest}");
            let excess = shown.len() * 1000 + units;
            self.keep(text, Fault { place, excess, message, under: under.filter(|_| fits_alone) });
        } else if allowed == 1 {
            let room = Room { text: named, language: self.widest.language, form: self.widest.form, units, budget };
            let fuller = |other: &Room| other.filled() >= room.filled();
            if !self.rooms.get(&text).is_some_and(fuller) {
                self.rooms.insert(text, room);
            }
        }
    }

    fn keep(&mut self, text: Text, fault: Fault) {
        match self.faults.get(&text) {
            Some(worse) if worse.excess >= fault.excess => {}
            Some(_) | None => drop(self.faults.insert(text, fault)),
        }
    }

    /// Finds the text of an option.
    fn label(&self, dialogue: &Dialogue, state: &State, scene: &Scene<'_>, at: usize) -> Option<Text> {
        let attribute = match (&scene.prompt, &state.kind) {
            (Prompt::State, StateKind::Choice { options, .. }) => format!("opt-{}", options.get(at)?.name),
            (Prompt::State, StateKind::Text { .. }) => "skip".to_owned(),
            (Prompt::State, StateKind::Group(group)) => {
                (*["add", "done", "remove"].get(at + usize::from(group.direct))?).to_owned()
            }
            (Prompt::State, StateKind::List { letters: Some(_), .. }) => "all".to_owned(),
            (Prompt::Remove, _) => "item".to_owned(),
            (Prompt::Confirm(_) | Prompt::Discard, _) => {
                return Some(Text::new(["shell-yes", "shell-no"].get(at)?, None));
            }
            (Prompt::Resume, _) => return Some(Text::new(["shell-continue", "shell-again"].get(at)?, None)),
            (Prompt::Help, _) => return Some(Text::new("shell-retry", None)),
            (_, _) => return None,
        };
        Some(Text::new(&dialogue.message(&state.name), Some(&attribute)))
    }

    /// Names what takes the most on a screen that is too full: an option, and an argument of the text.
    fn longest(
        &self,
        dialogue: &Dialogue,
        state: &State,
        scene: &Scene<'_>,
        values: &Record,
        screen: &Screen,
    ) -> String {
        let book = self.book();
        let options = screen.options.iter().enumerate().max_by_key(|(_, (_, label))| self.widest.width(label));
        let option = options.and_then(|(index, (key, label))| {
            let place = self.label(dialogue, state, scene, index)?.place(book, self.widest.language)?;
            Some(format!("; its longest option is {key} with {} ({})", self.widest.width(label), at(&place)))
        });
        let complaint = scene.complaint_text(book, self.widest.language, dialogue, state);
        let complaint = complaint.and_then(|text| text.place(book, self.widest.language));
        let complaint = complaint.map(|place| format!("; the line above it stands in {}", at(&place)));
        let argument =
            longest_argument(self.widest, &scene.text(dialogue, state).id, book.scope(&dialogue.id).iter(), values);
        format!("{}{}{argument}", complaint.unwrap_or_default(), option.unwrap_or_default())
    }

    fn report(&self, diagnostics: &Diagnostics) {
        let mut shared: BTreeMap<&Text, Vec<&Text>> = BTreeMap::new();
        for (text, fault) in &self.faults {
            diagnostics.push(fault.place.error(&fault.message));
            if let Some(under) = fault.under.as_ref().filter(|under| under.is_shared()) {
                shared.entry(under).or_default().push(text);
            }
        }
        for (line, texts) in shared.into_iter().filter(|(_, texts)| texts.len() > SHARED_FAULTS_MAX) {
            if let Some(place) = line.place(self.book(), self.widest.language) {
                let message =
                    format!("{line} leaves no room for {} texts {}, such as {}", texts.len(), self.here(), texts[0]);
                diagnostics.push(place.error(message));
            }
        }
    }
}

/// Makes a frame up that stands at a state with these answers.
fn frame(dialogue: &Dialogue, state: &State, values: &Record) -> Frame {
    let answer = |value: &Value| Answer { state: state.name.clone(), value: value.clone() };
    let answers = values.iter().map(|(name, value)| (name.clone(), answer(value))).collect();
    Frame { dialogue: dialogue.id.clone(), path: vec![state.name.clone()], answers }
}

/// Finds the first option that no page shows whole, by its index, and the page on which it begins, counted from 1.
fn split_option(screen: &Screen, pages: &[Page]) -> Option<(usize, usize)> {
    let page_with = |part: &str| pages.iter().position(|page| format!("\n{}\n", page.text).contains(part));
    screen.options.iter().enumerate().find_map(|(at, (key, label))| {
        let whole = page_with(&format!("\n{key} {label}\n"));
        whole.is_none().then(|| (at, page_with(&format!("\n{key} ")).map_or(1, |page| page + 1)))
    })
}
