//! What the name of a time zone says, as journalctl prints it behind a time.
//!
//! A name can mean several zones: `IST` is India's, Israel's and Ireland's, `CST` America's and
//! China's. It is the clock's own zone where that one is called so at that time of year; else it
//! is known only if every zone that bears it now is as far from UTC.

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};

/// Seconds east of UTC; `None` where nobody can tell.
pub(super) fn offset(name: &[u8], moment: DateTime, zone: &TimeZone) -> Option<i64> {
    let name = std::str::from_utf8(name).ok()?;
    own(name, moment, zone).or_else(|| {
        let known = KNOWN.iter().find(|(known, _)| *known == name);
        known.map(|(_, minutes)| minutes * 60)
    })
}

/// Where the clock's zone is called so. In the hour that is there twice the name tells which.
fn own(name: &str, moment: DateTime, zone: &TimeZone) -> Option<i64> {
    let offsets = match zone.to_ambiguous_timestamp(moment).offset() {
        AmbiguousOffset::Unambiguous { offset } => [offset, offset],
        AmbiguousOffset::Gap { before, after } | AmbiguousOffset::Fold { before, after } => {
            [before, after]
        }
    };
    let called_so = |offset: &jiff::tz::Offset| {
        let timestamp = offset.to_timestamp(moment).ok();
        timestamp.is_some_and(|moment| {
            let info = zone.to_offset_info(moment);
            info.abbreviation() == name && info.offset() == *offset
        })
    };
    offsets.iter().find(|offset| called_so(offset)).map(|offset| i64::from(offset.seconds()))
}

/// Minutes east of UTC of the names that tzdata 2025 gives to one offset only.
const KNOWN: &[(&str, i64)] = &[
    ("UTC", 0),
    ("GMT", 0),
    ("WET", 0),
    ("WEST", 60),
    ("CET", 60),
    ("CEST", 120),
    ("EET", 120),
    ("EEST", 180),
    ("MSK", 180),
    ("WAT", 60),
    ("CAT", 120),
    ("SAST", 120),
    ("EAT", 180),
    ("PKT", 300),
    ("WIB", 420),
    ("WITA", 480),
    ("WIT", 540),
    ("HKT", 480),
    ("JST", 540),
    ("KST", 540),
    ("AWST", 480),
    ("ACST", 570),
    ("ACDT", 630),
    ("AEST", 600),
    ("AEDT", 660),
    ("NZST", 720),
    ("NZDT", 780),
    ("ChST", 600),
    ("SST", -660),
    ("HST", -600),
    ("HDT", -540),
    ("AKST", -540),
    ("AKDT", -480),
    ("PDT", -420),
    ("MST", -420),
    ("MDT", -360),
    ("EST", -300),
    ("EDT", -240),
    ("AST", -240),
    ("ADT", -180),
    ("NST", -210),
    ("NDT", -150),
    ("IDT", 180),
    ("BST", 60),
];
