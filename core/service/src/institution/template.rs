//! Paths and bodies with places to fill in.

use std::collections::BTreeMap;

/// A place in a path or a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The person's FIN, or the applicant's.
    Fin,
    /// A declared member's FIN, beside the applicant's.
    Member,
    /// The notarised application's number.
    Number,
    /// A vehicle's plate.
    Plate,
    /// A meter's number.
    Meter,
    /// The code of the registered address.
    Address,
    /// The district of residence.
    District,
    /// The year of application.
    Year,
    /// The first month of the income window.
    WindowFrom,
    /// The last.
    WindowTo,
    /// The page, from 1.
    Page,
    /// The number under which an answer is kept ready.
    Ticket,
}

impl Place {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Fin,
        Self::Member,
        Self::Number,
        Self::Plate,
        Self::Meter,
        Self::Address,
        Self::District,
        Self::Year,
        Self::WindowFrom,
        Self::WindowTo,
        Self::Page,
        Self::Ticket,
    ];

    /// The name between braces.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fin => "fin",
            Self::Member => "member",
            Self::Number => "number",
            Self::Plate => "plate",
            Self::Meter => "meter",
            Self::Address => "address",
            Self::District => "district",
            Self::Year => "year",
            Self::WindowFrom => "window_from",
            Self::WindowTo => "window_to",
            Self::Page => "page",
            Self::Ticket => "ticket",
        }
    }
}

/// What fills the places. Every value is letters, digits or dashes by its type, so that nothing needs escaping in a
/// path or in XML.
pub type Places = BTreeMap<Place, String>;

/// A text with places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Place(Place),
}

impl Template {
    /// Reads a text in which `{fin}` and the like are places; only those that may be filled are known.
    pub fn parse(text: &str, known: &[Place]) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            if !after.starts_with(|c: char| c.is_ascii_lowercase()) {
                // A brace of a JSON body.
                pieces.push(Piece::Text(format!("{before}{{")));
                rest = after;
                continue;
            }
            let (name, after) = after.split_once('}').ok_or("a { is never closed")?;
            pieces.push(Piece::Text(before.to_owned()));
            let place = known.iter().find(|place| place.name() == name);
            pieces.push(Piece::Place(*place.ok_or_else(|| {
                let names: Vec<&str> = known.iter().map(|place| place.name()).collect();
                format!("{name:?} is not {}", names.join(" or "))
            })?));
            rest = after;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        Ok(Self(pieces))
    }

    /// The same, of a path under an institution's address.
    pub fn parse_path(text: &str, known: &[Place]) -> Result<Self, String> {
        if text.starts_with('/') { Self::parse(text, known) } else { Err("must begin with /".to_owned()) }
    }

    /// Whether it has that place.
    pub fn has(&self, place: Place) -> bool {
        self.0.contains(&Piece::Place(place))
    }

    /// Fills the places in; `None` where the value of one is not known.
    pub fn fill(&self, places: &Places) -> Option<String> {
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => Some(text.clone()),
            Piece::Place(place) => places.get(place).cloned(),
        };
        self.0.iter().map(piece).collect()
    }
}
