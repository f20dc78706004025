//! A row of CloudTrail Lake or of CloudWatch Logs Insights back to a record.
//!
//! Both give a row as a list: Lake of one-key objects (`[{"eventID": "…"}, {"userIdentity":
//! "{type=AssumedRole, arn=…}"}]`), Insights of pairs (`[{"field": "@message", "value": "…"}]`).
//! Lake's values are texts, and its maps are written as `{key=value, key={…}}` with keys in lower
//! case. Neither `=` within a key nor `, ` followed by a key and `=` within a value can be told
//! apart there, so the first reading that is whole is taken.

use serde_json::{Map, Value};

/// Lake's columns in the form of a record's fields; those that are written as maps.
const MAPS: [&str; 5] =
    ["userIdentity", "requestParameters", "responseElements", "additionalEventData", "addendum"];

/// The column that holds the record as it was.
const WHOLE: &str = "eventJson";

/// Maps within maps.
const DEEPEST: u32 = 8;

/// The record of a row; `None` for a list of anything else.
pub(super) fn record_of_row(row: &[u8]) -> Option<Vec<u8>> {
    // A list of records is no row, and would cost a tree to find that out.
    if !row.get(1..)?.trim_ascii_start().starts_with(b"{") || row.len() > 512 << 10 {
        return None;
    }
    let cells: Vec<Map<String, Value>> = serde_json::from_slice(row).ok()?;
    if cells.iter().any(|cell| cell.contains_key("field")) {
        return insights(&cells);
    }
    let has_json =
        |cell: &Map<String, Value>| cell.keys().any(|column| column.eq_ignore_ascii_case(WHOLE));
    // A list of one object may be of anything.
    let is_row = cells.len() > 1 || cells.iter().any(has_json);
    if !is_row || cells.iter().any(|cell| cell.len() != 1) {
        return None;
    }
    let mut record = Map::new();
    for (column, value) in cells.into_iter().flatten() {
        match value {
            Value::String(text) if column.eq_ignore_ascii_case(WHOLE) => {
                return Some(text.into_bytes());
            }
            Value::String(text) if text == "null" || text.is_empty() => {}
            Value::String(text) => {
                let name = field(&column);
                let value = match MAPS.contains(&name) {
                    true => map_of(&text).unwrap_or(Value::String(text)),
                    false => Value::String(text),
                };
                record.insert(name.to_owned(), value);
            }
            other => {
                record.insert(field(&column).to_owned(), other);
            }
        }
    }
    serde_json::to_vec(&record).ok()
}

/// The cell that holds the record.
fn insights(cells: &[Map<String, Value>]) -> Option<Vec<u8>> {
    let message = cells.iter().find(|cell| cell.get("field") == Some(&"@message".into()))?;
    Some(message.get("value")?.as_str()?.as_bytes().to_vec())
}

/// A column as CloudTrail writes it: Lake takes and gives lower case too.
fn field(column: &str) -> &str {
    const FIELDS: [&str; 17] = [
        "eventVersion",
        "eventTime",
        "eventSource",
        "eventName",
        "eventType",
        "eventID",
        "awsRegion",
        "sourceIPAddress",
        "userAgent",
        "errorCode",
        "errorMessage",
        "recipientAccountId",
        "userIdentity",
        "requestParameters",
        "responseElements",
        "additionalEventData",
        "addendum",
    ];
    FIELDS.into_iter().find(|name| name.eq_ignore_ascii_case(column)).unwrap_or(column)
}

/// `{key=value, key={…}, key=[…]}`, or JSON.
fn map_of(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok().or_else(|| {
        let (value, rest) = map(text, 0)?;
        rest.is_empty().then_some(value)
    })
}

fn map(text: &str, depth: u32) -> Option<(Value, &str)> {
    let mut rest = text.strip_prefix('{').filter(|_| depth < DEEPEST)?;
    let mut found = Map::new();
    loop {
        if let Some(end) = rest.strip_prefix('}') {
            return Some((Value::Object(found), end));
        }
        let (key, after) = rest.split_once('=')?;
        let (value, after) = value(after, depth)?;
        if value != Value::Null {
            found.insert(key.trim().to_owned(), value);
        }
        rest = after.strip_prefix(", ").unwrap_or(after);
    }
}

fn value(text: &str, depth: u32) -> Option<(Value, &str)> {
    match text.as_bytes().first()? {
        b'{' => map(text, depth + 1).or_else(|| plain(text)),
        b'[' => list(text).or_else(|| plain(text)),
        _ => plain(text),
    }
}

fn list(text: &str) -> Option<(Value, &str)> {
    let (inside, rest) = text.strip_prefix('[')?.split_once(']')?;
    let items = inside.split(", ").map(|item| Value::String(item.trim_matches('"').to_owned()));
    Some((Value::Array(items.collect()), rest))
}

/// Up to the next key, or to the map's end.
fn plain(text: &str) -> Option<(Value, &str)> {
    let next = text.match_indices(", ").find(|(at, _)| starts_with_key(&text[at + 2..]));
    let end = next.map_or(text.len(), |(at, _)| at);
    let end = text[..end].find('}').unwrap_or(end);
    let (value, rest) = text.split_at(end);
    let value = match value {
        "" | "null" => Value::Null,
        value => Value::String(value.to_owned()),
    };
    (!rest.is_empty()).then_some((value, rest))
}

fn starts_with_key(text: &str) -> bool {
    text.split_once('=').is_some_and(|(key, _)| {
        !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b))
    })
}
