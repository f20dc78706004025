//! One CloudTrail record to an event: who opened a session, on what, from where.

use super::Parsed;

/// Reads one record as JSON, as a trail delivers it and as `LookupEvents` quotes it.
pub fn record(_json: &[u8]) -> Parsed<'_> {
    Parsed::Ignored
}
