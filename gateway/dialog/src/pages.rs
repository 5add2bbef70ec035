//! A screen cut into pages that the operator carries.

use std::ops::Range;

use crate::surface::Surface;

/// Holds what is to be shown, before it is known how much of it fits.
#[derive(Clone, PartialEq, Eq, Default)]
pub(crate) struct Screen {
    /// Running text, which may be cut between words.
    pub body: Vec<String>,
    /// Keys with their labels, never cut while one fits on a page by itself.
    pub options: Vec<(String, String)>,
    pub foot: Foot,
    /// Whether the phone is let go after the last page.
    pub ends: bool,
}

/// Holds the keys at the foot with their words, such as `0 Geri`; `None` where the key does nothing.
#[derive(Clone, PartialEq, Eq, Default)]
pub(crate) struct Foot {
    pub next: String,
    pub back: Option<String>,
    pub home: Option<String>,
    /// What "back" is called where it leads to the page before.
    pub back_page: String,
}

/// One page of a screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    pub text: String,
    /// The options that stand on it, by their place in the screen; one that had to be cut stands where it ends.
    pub options: Range<usize>,
}

/// Cuts a screen into pages; each fits the surface, and there is at least one.
pub(crate) fn pages(screen: &Screen, surface: &Surface) -> Vec<Page> {
    let mut rest = lines(screen);
    let mut pages: Vec<Page> = Vec::new();
    let page = |text: String, pages: &[Page], rest: &[Line]| {
        let left = rest.iter().filter(|line| !line.may_break).count();
        Page { text, options: pages.last().map_or(0, |page| page.options.end)..screen.options.len() - left }
    };
    loop {
        let first = pages.is_empty();
        let last = screen.foot.last(first);
        let whole = join(&rest.iter().map(|line| line.text.as_str()).collect::<Vec<_>>());
        // A last page keeps its whole foot: room is found by cutting the text, not by hiding the way out.
        let text = join(&[&whole, &last[0]]);
        if surface.fits(&text) {
            pages.push(page(text, &pages, &[]));
            return pages;
        }
        let (text, foot) = fill(&mut rest, &screen.foot.middle(first), surface);
        if rest.is_empty() {
            // Only where the budget is smaller than the foot: the way out is shown as far as it fits.
            let shorter = last.iter().map(|foot| join(&[&text, foot])).find(|page| surface.fits(page));
            pages.push(page(shorter.unwrap_or(text), &pages, &[]));
            return pages;
        }
        pages.push(page(join(&[&text, &foot]), &pages, &rest));
    }
}

/// Gives the screen as one page, however long it would be.
pub(crate) fn whole(screen: &Screen) -> String {
    let lines = lines(screen);
    let text = join(&lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>());
    join(&[&text, &screen.foot.last(true)[0]])
}

#[derive(Clone)]
struct Line {
    text: String,
    may_break: bool,
}

fn lines(screen: &Screen) -> Vec<Line> {
    let body =
        screen.body.iter().flat_map(|text| text.lines()).map(|text| Line { text: text.to_owned(), may_break: true });
    let options = screen.options.iter().map(|(key, label)| Line { text: format!("{key} {label}"), may_break: false });
    body.chain(options).collect()
}

impl Foot {
    /// Lists the feet for a last page, the fullest first; "home" is given up before "back".
    fn last(&self, first: bool) -> Vec<String> {
        let back = if first { self.back.as_deref() } else { Some(self.back_page.as_str()) };
        feet(None, back, self.home.as_deref())
    }

    pub fn middle(&self, first: bool) -> Vec<String> {
        let back = if first { self.back.as_deref() } else { Some(self.back_page.as_str()) };
        feet(Some(&self.next), back, self.home.as_deref())
    }
}

fn feet(next: Option<&str>, back: Option<&str>, home: Option<&str>) -> Vec<String> {
    let foot = |parts: [Option<&str>; 3]| parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
    vec![foot([next, back, home]), foot([next, back, None]), foot([next, None, None])]
}

/// Takes as much from the front as one page holds, at least one character, and says which foot has room under it.
fn fill(rest: &mut Vec<Line>, feet: &[String], surface: &Surface) -> (String, String) {
    for foot in feet {
        let taken = take(rest, foot, surface);
        if !taken.is_empty() {
            return (taken, foot.clone());
        }
    }
    // The budget does not even hold one key. The text matters more than the key that it cannot explain.
    let taken = take(rest, "", surface);
    let text = if taken.is_empty() { force(rest) } else { taken };
    (text, String::new())
}

fn take(rest: &mut Vec<Line>, foot: &str, surface: &Surface) -> String {
    let fits = |text: &str| surface.fits(&join(&[text, foot]));
    let mut page = String::new();
    let mut lines = 0;
    while let Some(line) = rest.first() {
        let longer = if page.is_empty() { line.text.clone() } else { format!("{page}\n{}", line.text) };
        if fits(&longer) {
            page = longer;
            lines += 1;
            rest.remove(0);
            continue;
        }
        // A label stays with its value where the next page holds both; one line above alone would say nothing.
        if lines > 1 && fits(&line.text) {
            break;
        }
        if line.may_break || page.is_empty() {
            let prefix = if page.is_empty() { String::new() } else { format!("{page}\n") };
            let may_split_word = page.is_empty();
            let text = line.text.clone();
            if let Some(at) = cut(&text, |part| fits(&format!("{prefix}{part}")), may_split_word) {
                page = format!("{prefix}{}", text[..at].trim_end());
                rest[0].text = text[at..].trim_start().to_owned();
            }
        }
        break;
    }
    page
}

/// Finds the longest beginning that fits: before a space if possible, inside a word only where allowed.
fn cut(text: &str, fits: impl Fn(&str) -> bool, may_split_word: bool) -> Option<usize> {
    let spaces = text.match_indices(' ').map(|(at, _)| at).filter(|at| *at > 0);
    let by_word = spaces.take_while(|at| fits(text[..*at].trim_end())).last();
    if by_word.is_some() || !may_split_word {
        return by_word;
    }
    text.char_indices().map(|(at, c)| at + c.len_utf8()).take_while(|at| fits(&text[..*at])).last()
}

fn force(rest: &mut Vec<Line>) -> String {
    let Some(line) = rest.first_mut() else { return String::new() };
    let c = line.text.chars().next().map(String::from).unwrap_or_default();
    line.text = line.text[c.len()..].trim_start().to_owned();
    if line.text.is_empty() {
        rest.remove(0);
    }
    c
}

fn join(parts: &[&str]) -> String {
    parts.iter().copied().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
}
