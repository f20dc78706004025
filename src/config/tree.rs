//! The settings as a tree whose every value knows where it was written: a line of the file, or a
//! flag. So a file and the command line are read by the same code, and an error names the place.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

/// Where a value was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// The line of the file, counted from 1.
    Line(u64),
    /// A flag, by its name without the dashes.
    Flag(&'static str),
}

/// A value and where it was written.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) origin: Origin,
}

#[derive(Clone, Debug)]
pub(super) enum Value {
    Null,
    /// A scalar as it was written, whatever YAML would take it for: `007` stays `007`.
    Text(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) origin: Origin,
    pub(super) node: Node,
}

impl Node {
    pub(super) fn empty() -> Node {
        Node { value: Value::Map(Vec::new()), origin: Origin::Line(1) }
    }

    /// Reads YAML. The error is a line, where one is known, and what is wrong there.
    pub(super) fn from_yaml(text: &str) -> Result<Node, (Option<u64>, String)> {
        match serde_saphyr::from_str::<Spanned<Raw>>(text) {
            Ok(raw) => Ok(node(raw, text)),
            Err(error) => Err((error.location().map(|l| l.line()), plain_words(&error))),
        }
    }

    /// Puts a flag's value at a dotted key, in place of what the file says there. A file whose
    /// key is no section where one is needed keeps its value: reading it tells what is wrong.
    pub(super) fn set(&mut self, key: &str, value: Node) {
        let (head, rest) = key.split_once('.').map_or((key, None), |(h, r)| (h, Some(r)));
        if let Value::Null = self.value {
            self.value = Value::Map(Vec::new());
        }
        let Value::Map(entries) = &mut self.value else { return };
        let place = entries.iter().position(|e| e.key == head).unwrap_or_else(|| {
            let origin = value.origin;
            let node = Node { value: Value::Null, origin };
            entries.push(Entry { key: head.to_owned(), origin, node });
            entries.len() - 1
        });
        match rest {
            Some(rest) => entries[place].node.set(rest, value),
            None => {
                entries[place].origin = value.origin;
                entries[place].node = value;
            }
        }
    }
}

/// serde-saphyr's message without the position and the Rust names that it adds.
fn plain_words(error: &serde_saphyr::Error) -> String {
    let message = error.without_snippet().to_string();
    let message = message.split(" at line ").next().unwrap_or_default();
    match message {
        m if m.starts_with("duplicate mapping key") => {
            let named = m.split(", set ").next().unwrap_or(m);
            format!("{}: keep one", named.replacen("mapping key: ", "key ", 1))
        }
        m if m.starts_with("multiple YAML documents") => {
            "a second document begins: the settings are one document".to_owned()
        }
        m => m.to_owned(),
    }
}

/// A value as the parser hands it on, before its text is cut from the source.
enum Raw {
    Null,
    /// A bare word that YAML takes for a number or a truth value.
    Bare,
    Text(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<String>, Spanned<Raw>)>),
}

fn node(raw: Spanned<Raw>, source: &str) -> Node {
    let origin = Origin::Line(raw.referenced.line());
    let value = match raw.value {
        Raw::Null => Value::Null,
        Raw::Bare => Value::Text(slice(source, raw.defined.span()).to_owned()),
        Raw::Text(text) => Value::Text(text),
        Raw::List(items) => Value::List(items.into_iter().map(|n| node(n, source)).collect()),
        Raw::Map(items) => Value::Map(items.into_iter().map(|i| entry(i, source)).collect()),
    };
    Node { value, origin }
}

fn entry((key, value): (Spanned<String>, Spanned<Raw>), source: &str) -> Entry {
    let origin = Origin::Line(key.referenced.line());
    Entry { key: key.value, origin, node: node(value, source) }
}

fn slice(source: &str, span: serde_saphyr::Span) -> &str {
    let (Some(start), Some(length)) = (span.byte_offset(), span.byte_len()) else { return "" };
    let start = usize::try_from(start).unwrap_or(usize::MAX);
    let end = start.saturating_add(usize::try_from(length).unwrap_or(usize::MAX));
    source.get(start..end).unwrap_or("")
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value, a list or a section")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Raw, E> {
        Ok(Raw::Bare)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Raw, E> {
        Ok(Raw::Bare)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Raw, E> {
        Ok(Raw::Bare)
    }

    fn visit_i128<E>(self, _: i128) -> Result<Raw, E> {
        Ok(Raw::Bare)
    }

    fn visit_u128<E>(self, _: u128) -> Result<Raw, E> {
        Ok(Raw::Bare)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Raw, E> {
        Ok(Raw::Bare)
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_str<E>(self, text: &str) -> Result<Raw, E> {
        Ok(Raw::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Raw, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Raw::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut items: A) -> Result<Raw, A::Error> {
        let mut map = Vec::new();
        while let Some(item) = items.next_entry()? {
            map.push(item);
        }
        Ok(Raw::Map(map))
    }
}
