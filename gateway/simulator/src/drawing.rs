//! Screens and texts in boxes, for terminals and transcripts.

use crate::inbox::Sms;
use crate::phone::Screen;
use dayaq_text::{Alphabet, Budget};

/// Characters of text in one line of a box.
const WIDTH: usize = 40;

/// A screen in a box that says how much of its room is taken.
pub fn draw_screen(screen: &Screen) -> String {
    let room = Budget::ussd(screen.alphabet).units;
    let head = if screen.more { "USSD" } else { "USSD, the end" };
    draw(head, &screen.text, &format!("{} of {room} {}", screen.units, unit(screen.alphabet)))
}

/// A text in a box that says who sent it and what it cost.
pub fn draw_sms(sms: &Sms) -> String {
    let segments = if sms.segments == 1 { "segment" } else { "segments" };
    let foot = format!("{} {segments}, {} {}", sms.segments, sms.units, unit(sms.alphabet));
    draw(&format!("SMS from {}", sms.from), &sms.text, &foot)
}

const fn unit(alphabet: Alphabet) -> &'static str {
    match alphabet {
        Alphabet::Gsm7 => "septets of GSM-7",
        Alphabet::Ucs2 => "units of UCS-2",
        Alphabet::Latin1 => "octets of Latin-1",
        Alphabet::Ascii => "octets of ASCII",
    }
}

/// Draws a box of one fixed width; lines that are longer are broken between words.
fn draw(head: &str, text: &str, foot: &str) -> String {
    let rule = |left: char, label: &str, right: char| {
        let rest = (WIDTH + 2).saturating_sub(label.chars().count() + 3);
        format!("{left}─ {label} {}{right}\n", "─".repeat(rest))
    };
    let mut drawn = rule('┌', head, '┐');
    for line in text.split('\n').flat_map(wrap) {
        let fill = WIDTH - line.chars().count();
        drawn.push_str(&format!("│ {line}{} │\n", " ".repeat(fill)));
    }
    drawn.push_str(&rule('└', foot, '┘'));
    drawn
}

/// Breaks a line between words; a word longer than a line is cut. What a terminal would obey is shown as �.
fn wrap(line: &str) -> Vec<String> {
    let line: Vec<char> = line.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect();
    let mut lines = Vec::new();
    let mut rest = line.as_slice();
    while rest.len() > WIDTH {
        let space = rest[..=WIDTH].iter().rposition(|c| *c == ' ').filter(|at| *at > 0);
        let (head, tail) = rest.split_at(space.unwrap_or(WIDTH));
        lines.push(head.iter().collect());
        rest = if space.is_some() { &tail[1..] } else { tail };
    }
    lines.push(rest.iter().collect());
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn screen(text: &str) -> String {
        let units = text.chars().count();
        draw_screen(&Screen { text: text.to_owned(), more: true, alphabet: Alphabet::Ucs2, units })
    }

    #[test]
    fn k2_every_line_of_a_box_is_as_wide_as_the_others() {
        let long = "Ailənizin hər üzvü üçün FİN daxil edin, sonra ailə üzvlərinin siyahısını tamamlayın";
        for text in ["", "Salam", long, &"ə".repeat(100), "Bir\n\nİki", "40 characters exactly, and a word on top."] {
            let drawn = screen(text);
            for line in drawn.lines() {
                assert_eq!(line.chars().count(), WIDTH + 4, "{drawn}");
            }
        }
    }

    #[test]
    fn lines_break_between_words_and_lose_nothing() {
        let drawn = screen("1 Müraciət etmək\n2 Müraciətimin vəziyyəti haqqında məlumat almaq");
        assert_eq!(
            drawn,
            "┌─ USSD ───────────────────────────────────┐\n\
             │ 1 Müraciət etmək                         │\n\
             │ 2 Müraciətimin vəziyyəti haqqında        │\n\
             │ məlumat almaq                            │\n\
             └─ 64 of 80 units of UCS-2 ────────────────┘\n"
        );
    }

    #[test]
    fn a_text_cannot_command_the_terminal() {
        let drawn = screen("a\u{1b}[2Jb\rc");
        assert!(drawn.contains("a�[2Jb�c"));
    }
}
