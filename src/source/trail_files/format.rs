//! The records in a file, in whichever wrapping it has.
//!
//! A trail delivers `{"Records": […]}`, gzipped. Others come from tools: a list, one record a line,
//! a single record, or what `aws cloudtrail lookup-events` prints (`{"Events": […]}`, each record
//! quoted as a text in `CloudTrailEvent`).

use std::borrow::Cow;
use std::fmt;
use std::io::Read;

use flate2::read::MultiGzDecoder;
use serde::Deserialize;
use serde_json::value::RawValue;

/// The most that a file may hold, unpacked. A trail's own files hold a few megabytes.
pub const LARGEST: u64 = 128 << 20;

const GZIP: [u8; 2] = [0x1f, 0x8b];
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// How far into a file its kind must show.
const BEGINNING: usize = 64 << 10;

/// Why a file's records could not be read.
#[derive(Debug)]
pub enum Unreadable {
    /// The gzip data is damaged or cut off.
    Packed(std::io::Error),
    /// More than [`LARGEST`].
    TooLarge,
    /// The JSON ends too early or is none.
    Json(serde_json::Error),
    /// JSON that holds no CloudTrail records.
    NoRecords,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unreadable::Packed(error) => write!(f, "the gzip data is damaged ({error})"),
            Unreadable::TooLarge => write!(f, "it holds more than {} MiB", LARGEST >> 20),
            Unreadable::Json(error) => write!(f, "it is no JSON ({error})"),
            Unreadable::NoRecords => f.write_str("it holds no CloudTrail records"),
        }
    }
}

impl std::error::Error for Unreadable {}

/// The file's bytes, unpacked where they are gzipped.
///
/// # Errors
/// [`Unreadable::Packed`] and [`Unreadable::TooLarge`].
pub fn unpacked(bytes: &[u8]) -> Result<Cow<'_, [u8]>, Unreadable> {
    if !bytes.starts_with(&GZIP) {
        return Ok(Cow::Borrowed(bytes));
    }
    let mut plain = Vec::new();
    let mut decoder = MultiGzDecoder::new(bytes).take(LARGEST + 1);
    decoder.read_to_end(&mut plain).map_err(Unreadable::Packed)?;
    if plain.len() as u64 > LARGEST { Err(Unreadable::TooLarge) } else { Ok(Cow::Owned(plain)) }
}

/// Whether this (unpacked) text is CloudTrail's rather than a log's: JSON that names one of a
/// record's fields or a list of records.
pub fn looks_like_cloudtrail(bytes: &[u8]) -> bool {
    let text = trimmed(bytes);
    let beginning = &text[..text.len().min(BEGINNING)];
    let marks = ["\"Records\"", "\"CloudTrailEvent\"", "\"eventSource\"", "\"eventVersion\""];
    matches!(text.first(), Some(b'{' | b'['))
        && marks.iter().any(|mark| memchr::memmem::find(beginning, mark.as_bytes()).is_some())
}

/// The records of an (unpacked) file, each as its own JSON text. A last line that is cut off is
/// left out where lines before it are whole: more of it is still to come.
///
/// # Errors
/// [`Unreadable::Json`] and [`Unreadable::NoRecords`].
pub fn records_of(bytes: &[u8]) -> Result<Vec<Vec<u8>>, Unreadable> {
    let mut records = Vec::new();
    let mut values = serde_json::Deserializer::from_slice(trimmed(bytes)).into_iter::<&RawValue>();
    for value in values.by_ref() {
        match value {
            Ok(value) => unwrap_into(value, &mut records)?,
            Err(error) if error.is_eof() && !records.is_empty() => break,
            Err(error) => return Err(Unreadable::Json(error)),
        }
    }
    if values.byte_offset() == 0 { Err(Unreadable::NoRecords) } else { Ok(records) }
}

#[derive(Deserialize)]
struct Wrapping<'a> {
    #[serde(borrow, rename = "Records")]
    records: Option<Vec<&'a RawValue>>,
    #[serde(borrow, rename = "Events")]
    events: Option<Vec<Quoted<'a>>>,
    #[serde(borrow, rename = "CloudTrailEvent")]
    quoted: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "eventName")]
    event_name: Option<&'a RawValue>,
    #[serde(borrow, rename = "eventType")]
    event_type: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Quoted<'a> {
    #[serde(borrow, rename = "CloudTrailEvent")]
    record: Cow<'a, str>,
}

/// Adds the records in one JSON value: a list of them, a wrapping, or a record itself.
fn unwrap_into(value: &RawValue, records: &mut Vec<Vec<u8>>) -> Result<(), Unreadable> {
    let text = value.get();
    if text.starts_with('[') {
        let list: Vec<&RawValue> = serde_json::from_str(text).map_err(Unreadable::Json)?;
        return list.into_iter().try_for_each(|v| object(v, records));
    }
    object(value, records)
}

fn object(value: &RawValue, records: &mut Vec<Vec<u8>>) -> Result<(), Unreadable> {
    let text = value.get();
    let wrapping: Wrapping<'_> = serde_json::from_str(text).map_err(|_| Unreadable::NoRecords)?;
    if let Some(list) = wrapping.records {
        records.extend(list.iter().map(|record| record.get().as_bytes().to_vec()));
    } else if let Some(events) = wrapping.events {
        records.extend(events.into_iter().map(|event| event.record.into_owned().into_bytes()));
    } else if let Some(record) = wrapping.quoted {
        records.push(record.into_owned().into_bytes());
    } else if wrapping.event_name.is_some() || wrapping.event_type.is_some() {
        records.push(text.as_bytes().to_vec());
    } else {
        return Err(Unreadable::NoRecords);
    }
    Ok(())
}

fn trimmed(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes).trim_ascii()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const A: &str = r#"{"eventVersion":"1.08","eventName":"StartSession","eventID":"a"}"#;
    const B: &str = r#"{"eventVersion":"1.08","eventName":"StartSession","eventID":"b"}"#;

    fn read(text: &str) -> Vec<String> {
        let records = records_of(text.as_bytes()).unwrap();
        records.into_iter().map(|record| String::from_utf8(record).unwrap()).collect()
    }

    fn quoted(record: &str) -> String {
        serde_json::json!({ "EventId": "x", "CloudTrailEvent": record }).to_string()
    }

    #[test]
    fn every_wrapping_gives_the_same_records() {
        let wrappings = [
            format!("{{\"Records\":[{A},{B}]}}"),
            format!("\u{feff}{{ \"Records\" : [ {A} ,\n {B} ] }}\n"),
            format!("[{A},{B}]"),
            format!("{A}\n{B}\n"),
            format!("{A}\r\n\r\n{B}"),
            format!("{A}{B}"),
            format!("{{\"Events\":[{},{}],\"NextToken\":\"t\"}}", quoted(A), quoted(B)),
            format!("[{},{}]", quoted(A), quoted(B)),
            format!("{}\n{}\n", quoted(A), quoted(B)),
            format!("{{\"Records\":[{A}]}}\n{{\"Records\":[{B}]}}\n"),
        ];
        for text in wrappings {
            assert_eq!(read(&text), [A, B], "{text}");
            assert!(looks_like_cloudtrail(text.as_bytes()), "{text}");
        }
        assert_eq!(read(A), [A]);
    }

    #[test]
    fn a_record_over_several_lines_is_one() {
        let record = include_str!("../../../tests/seed/start_session.json");
        assert_eq!(read(record), [record.trim()]);
        assert!(looks_like_cloudtrail(record.as_bytes()));
    }

    #[test]
    fn an_empty_list_holds_no_record_and_is_no_mistake() {
        assert!(read("{\"Records\":[]}").is_empty());
        assert!(read("[]").is_empty());
    }

    #[test]
    fn a_last_line_that_is_cut_off_waits() {
        assert_eq!(read(&format!("{A}\n{}", &B[..10])), [A]);
    }

    #[test]
    fn a_trail_file_that_is_cut_off_is_told() {
        let text = format!("{{\"Records\":[{A},{B}]}}");
        for end in 1..text.len() {
            let error = records_of(&text.as_bytes()[..end]).unwrap_err();
            assert!(matches!(error, Unreadable::Json(_)), "cut at {end}");
        }
    }

    #[test]
    fn what_holds_no_records_is_told() {
        for text in ["", " \n", "{}", "7", "\"x\"", "[[1]]", "[7]", "{\"Records\":7}", "null"] {
            let error = records_of(text.as_bytes()).unwrap_err();
            assert_eq!(error.to_string(), "it holds no CloudTrail records", "{text}");
        }
        let error = records_of(b"Oct  4 00:49:14 host sshd[1]: x").unwrap_err();
        assert!(matches!(error, Unreadable::Json(_)));
    }

    #[test]
    fn a_log_does_not_look_like_cloudtrail() {
        for text in ["", "{", "{\"MESSAGE\":\"x\"}", "Oct  4 \"eventSource\"", "[1]"] {
            assert!(!looks_like_cloudtrail(text.as_bytes()), "{text}");
        }
    }

    fn gzipped(text: &str) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn gzip_is_known_by_its_bytes_and_may_come_in_pieces() {
        let bytes = [gzipped(A), gzipped(B)].concat();
        assert_eq!(unpacked(&bytes).unwrap(), format!("{A}{B}").as_bytes());
        assert_eq!(unpacked(A.as_bytes()).unwrap(), A.as_bytes());
    }

    #[test]
    fn gzip_that_is_cut_off_is_told() {
        let bytes = gzipped(A);
        let error = unpacked(&bytes[..bytes.len() - 4]).unwrap_err();
        assert!(error.to_string().starts_with("the gzip data is damaged ("), "{error}");
    }
}
