//! Reads the tree: sections with known keys, lists, and values of a kind. What does not fit goes
//! to the findings and the default stands in, so that reading goes on.

use super::error::Findings;
use super::tree::{Entry, Node, Value};

/// A value of the tree and its key from the top: `networks.office[1]`.
#[derive(Clone, Debug)]
pub(super) struct Field<'n> {
    pub(super) node: &'n Node,
    pub(super) path: String,
    findings: &'n Findings,
}

impl<'n> Field<'n> {
    pub(super) fn top(node: &'n Node, findings: &'n Findings) -> Self {
        Field { node, path: String::new(), findings }
    }

    pub(super) fn wrong(&self, message: impl Into<String>) {
        self.findings.add(self.node.origin, &self.path, message);
    }

    /// The text of a scalar.
    pub(super) fn text(&self) -> Option<&'n str> {
        match &self.node.value {
            Value::Text(text) => return Some(text),
            Value::Null => self.wrong("is empty: give a value"),
            Value::List(_) => self.wrong("is a list where one value stands"),
            Value::Map(_) => self.wrong("is a section where one value stands"),
        }
        None
    }

    pub(super) fn is_text(&self) -> bool {
        matches!(self.node.value, Value::Text(_))
    }

    pub(super) fn is_map(&self) -> bool {
        matches!(self.node.value, Value::Map(_))
    }

    /// The scalar read by `read`, whose error says what is allowed.
    pub(super) fn parse<T>(&self, read: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        read(self.text()?).map_err(|message| self.wrong(message)).ok()
    }

    /// The items of a list; a single value is a list of one, an empty one of none.
    pub(super) fn items(&self) -> Vec<Field<'n>> {
        match &self.node.value {
            Value::Null => Vec::new(),
            Value::List(nodes) => {
                nodes.iter().enumerate().map(|(n, node)| self.item(n, node)).collect()
            }
            Value::Text(_) | Value::Map(_) => vec![self.clone()],
        }
    }

    fn item(&self, number: usize, node: &'n Node) -> Field<'n> {
        Field { node, path: format!("{}[{number}]", self.path), findings: self.findings }
    }

    /// Every item read by `read`.
    pub(super) fn parse_all<T>(&self, read: impl Fn(&str) -> Result<T, String>) -> Vec<T> {
        self.items().iter().filter_map(|item| item.parse(&read)).collect()
    }

    /// Every item read by `read`, none of which may name the same as another: what is read twice
    /// would count twice.
    pub(super) fn read_distinct<T, K: PartialEq + ?Sized>(
        &self,
        read: impl Fn(&Field<'n>) -> Option<T>,
        key: impl Fn(&T) -> &K,
    ) -> Vec<T> {
        let mut values: Vec<T> = Vec::new();
        for item in self.items() {
            let Some(value) = read(&item) else { continue };
            if values.iter().any(|other| key(other) == key(&value)) {
                item.wrong("stands in the list already: keep one");
            } else {
                values.push(value);
            }
        }
        values
    }

    /// The entries of a section whose keys are the user's own names.
    pub(super) fn entries(&self) -> Vec<(&'n str, Field<'n>)> {
        self.map().iter().map(|entry| (entry.key.as_str(), self.child(entry))).collect()
    }

    /// A section with known keys.
    pub(super) fn section(&self) -> Section<'n> {
        Section { field: self.clone(), entries: self.map(), asked: Vec::new() }
    }

    fn map(&self) -> &'n [Entry] {
        match &self.node.value {
            Value::Map(entries) => entries,
            Value::Null => &[],
            Value::Text(_) | Value::List(_) => {
                self.wrong("is no section: write its keys below it");
                &[]
            }
        }
    }

    fn child(&self, entry: &'n Entry) -> Field<'n> {
        Field { node: &entry.node, path: self.below(&entry.key), findings: self.findings }
    }

    fn below(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }
}

/// A section: asking for a key makes it a known one, and [`Section::finish`] reports the others.
#[derive(Debug)]
pub(super) struct Section<'n> {
    field: Field<'n>,
    entries: &'n [Entry],
    asked: Vec<&'static str>,
}

impl<'n> Section<'n> {
    /// The value of a key; a key with nothing behind it counts as absent.
    pub(super) fn take(&mut self, key: &'static str) -> Option<Field<'n>> {
        self.take_even_empty(key).filter(|field| !matches!(field.node.value, Value::Null))
    }

    /// The value of a key that must not be left empty: a condition without a value would be one
    /// less.
    pub(super) fn take_even_empty(&mut self, key: &'static str) -> Option<Field<'n>> {
        if !self.asked.contains(&key) {
            self.asked.push(key);
        }
        let entry = self.entries.iter().find(|entry| entry.key == key)?;
        Some(self.field.child(entry))
    }

    pub(super) fn optional<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        self.take(key)?.parse(read)
    }

    /// A value without which the section makes no sense.
    pub(super) fn required<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        match self.take(key) {
            Some(field) => field.parse(read),
            None => {
                self.wrong(format!("{key} is missing: give one"));
                None
            }
        }
    }

    /// The items of a list, each of which may stand once.
    pub(super) fn list<T: PartialEq>(
        &mut self,
        key: &'static str,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Vec<T> {
        let field = self.take(key);
        field.map(|f| f.read_distinct(|item| item.parse(&read), |v| v)).unwrap_or_default()
    }

    /// The section below a key; an absent one is empty.
    pub(super) fn section(&mut self, key: &'static str) -> Section<'n> {
        match self.take(key) {
            Some(field) => field.section(),
            None => Section {
                field: Field { path: self.field.below(key), ..self.field.clone() },
                entries: &[],
                asked: Vec::new(),
            },
        }
    }

    pub(super) fn wrong(&self, message: impl Into<String>) {
        self.field.wrong(message);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Reports the keys that nothing asked for.
    pub(super) fn finish(self) {
        for entry in self.entries.iter().filter(|entry| !self.asked.contains(&entry.key.as_str())) {
            let message = format!("unknown key: {}", instead(&entry.key, &self.asked));
            self.field.findings.add(entry.origin, &self.field.below(&entry.key), message);
        }
    }
}

/// What to write in the place of an unknown word.
pub(super) fn instead(word: &str, names: &[&str]) -> String {
    let allowed = names.join(", ");
    match nearest(word, names) {
        Some(name) => format!("did you mean {name}? Allowed here: {allowed}"),
        None => format!("allowed here: {allowed}"),
    }
}

/// The name that `word` was probably meant to be.
pub(super) fn nearest<'a>(word: &str, names: &[&'a str]) -> Option<&'a str> {
    let limit = word.chars().count() / 3 + 1;
    let near = names.iter().map(|name| (distance(word, name), *name));
    near.filter(|(d, _)| *d <= limit).min_by_key(|(d, _)| *d).map(|(_, name)| name)
}

/// How many letters must change to make one word of the other (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let change = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = change.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
