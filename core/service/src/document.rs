//! An answer's octets as a tree of nodes, whatever they are written in.
//!
//! A path is the same for both forms: `/person/name` is a JSON pointer (RFC 6901) or, in XML, one child element
//! after the other by local name, of which `@name` as the last step is an attribute. Namespaces are not looked at:
//! the same institution changes their prefixes from one release to the next.

use roxmltree::{Node as Element, ParsingOptions};
use serde_json::Value as Json;
use std::borrow::Cow;

/// Nodes that an XML answer may have, at most.
const XML_NODES_MAX: u32 = 200_000;

/// How an institution writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JSON.
    Json,
    /// XML, and SOAP, which is XML in an envelope.
    Xml,
}

impl Format {
    /// The media type of a request's body.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Xml => "text/xml; charset=utf-8",
        }
    }
}

/// An answer, parsed.
pub enum Document<'t> {
    /// JSON.
    Json(Json),
    /// XML.
    Xml(roxmltree::Document<'t>),
}

impl<'t> Document<'t> {
    /// Reads the octets; `None` where they are not of that format. A document type definition is refused: nothing
    /// in an answer may make it longer than it is.
    pub fn parse(format: Format, octets: &'t [u8]) -> Option<Self> {
        match format {
            Format::Json => serde_json::from_slice(octets).ok().map(Self::Json),
            Format::Xml => {
                let text = std::str::from_utf8(octets).ok()?;
                let options = ParsingOptions { allow_dtd: false, nodes_limit: XML_NODES_MAX, ..Default::default() };
                roxmltree::Document::parse_with_options(text, options).ok().map(Self::Xml)
            }
        }
    }

    /// The node that every path begins at: above the outermost element of XML.
    pub fn root(&self) -> Node<'_, 't> {
        match self {
            Self::Json(json) => Node::Json(json),
            Self::Xml(document) => Node::Element(document.root()),
        }
    }
}

/// A place in an answer.
#[derive(Clone, Copy)]
pub enum Node<'a, 't> {
    /// A JSON value.
    Json(&'a Json),
    /// An XML element.
    Element(Element<'a, 't>),
    /// An XML attribute's value.
    Attribute(&'a str),
}

/// Several elements stand where one is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ambiguous;

impl<'a, 't> Node<'a, 't> {
    /// What stands at the path from here; `None` where nothing does.
    pub fn at(self, path: &str) -> Result<Option<Self>, Ambiguous> {
        match self {
            Self::Json(json) => Ok(json.pointer(path).map(Self::Json)),
            Self::Element(element) => below(element, path),
            Self::Attribute(_) => Ok(path.is_empty().then_some(self)),
        }
    }

    /// Whether it can have named parts: a JSON object, or an element.
    pub fn is_record(self) -> bool {
        match self {
            Self::Json(json) => json.is_object(),
            Self::Element(_) => true,
            Self::Attribute(_) => false,
        }
    }

    /// Whether it says outright that there is nothing: null, `xsi:nil`, or an empty element.
    pub fn is_nothing(self) -> bool {
        match self {
            Self::Json(json) => json.is_null(),
            Self::Element(element) => {
                let nil = element.attributes().any(|a| a.name() == "nil" && matches!(a.value(), "true" | "1"));
                nil || (!element.children().any(|c| c.is_element()) && text_of(element).trim().is_empty())
            }
            Self::Attribute(text) => text.is_empty(),
        }
    }

    /// The items of a list: of a JSON array, or all child elements, each of which must bear that name.
    pub fn items(self, each: &str) -> Option<Vec<Self>> {
        match self {
            Self::Json(json) => Some(json.as_array()?.iter().map(Self::Json).collect()),
            Self::Element(element) => {
                let children: Vec<_> = element.children().filter(Element::is_element).collect();
                let stray = element.children().any(|c| c.is_text() && !c.text().unwrap_or_default().trim().is_empty());
                let same = children.iter().all(|c| c.tag_name().name() == each);
                (same && !stray).then(|| children.into_iter().map(Self::Element).collect())
            }
            Self::Attribute(_) => None,
        }
    }

    /// Its text: a JSON string, or the text of an element that holds no other.
    pub fn text(self) -> Option<Cow<'a, str>> {
        match self {
            Self::Json(json) => json.as_str().map(Cow::Borrowed),
            Self::Element(element) if element.children().any(|c| c.is_element()) => None,
            Self::Element(element) => Some(Cow::Owned(text_of(element).trim().to_owned())),
            Self::Attribute(text) => Some(Cow::Borrowed(text)),
        }
    }

    /// A number as it is written, and whether as a number: JSON tells numbers from texts, XML does not.
    pub fn number(self) -> Option<Cow<'a, str>> {
        match self {
            Self::Json(Json::Number(number)) => Some(Cow::Owned(number.to_string())),
            Self::Json(_) => None,
            Self::Element(_) | Self::Attribute(_) => self.text(),
        }
    }

    /// A word of the institution's vocabulary: a text, a number or a truth value as it is written.
    pub fn word(self) -> Option<Cow<'a, str>> {
        match self {
            Self::Json(Json::Bool(flag)) => Some(Cow::Borrowed(if *flag { "true" } else { "false" })),
            Self::Json(Json::Number(_)) => self.number(),
            Self::Json(_) | Self::Element(_) | Self::Attribute(_) => self.text(),
        }
    }
}

fn below<'a, 't>(from: Element<'a, 't>, path: &str) -> Result<Option<Node<'a, 't>>, Ambiguous> {
    let mut here = from;
    for step in path.split('/').skip(1) {
        if let Some(name) = step.strip_prefix('@') {
            return Ok(here.attributes().find(|a| a.name() == name).map(|a| Node::Attribute(a.value())));
        }
        let mut children = here.children().filter(|c| c.is_element() && c.tag_name().name() == step);
        match (children.next(), children.next()) {
            (Some(child), None) => here = child,
            (None, _) => return Ok(None),
            (Some(_), Some(_)) => return Err(Ambiguous),
        }
    }
    Ok(Some(Node::Element(here)))
}

/// All text directly in an element: comments and CDATA sections cut it into pieces.
fn text_of(element: Element<'_, '_>) -> String {
    element.children().filter(|c| c.is_text()).filter_map(|c| c.text()).collect()
}
