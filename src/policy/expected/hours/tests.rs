use super::*;

fn hours(text: &str) -> Hours {
    parse(text).unwrap()
}

fn parse(text: &str) -> Result<Hours, String> {
    Hours::parse(text, |name| match name {
        Some(name) => TimeZone::get(name).map_err(|_| format!("{name:?} is no zone")),
        None => Ok(TimeZone::UTC),
    })
}

fn at(text: &str) -> Time {
    let timestamp: Timestamp = text.parse().unwrap();
    Time::new(timestamp.as_second(), timestamp.subsec_nanosecond().unsigned_abs())
}

#[test]
fn office_hours_are_those_of_the_zone() {
    let office = hours("Mon-Fri 08:00-20:00 Asia/Tokyo");
    // 2026-01-05 is a Monday; Tokyo is nine hours ahead.
    assert!(!office.cover(at("2026-01-04T22:59:59.999Z")));
    assert!(office.cover(at("2026-01-04T23:00:00Z")), "Monday 08:00 in Tokyo");
    assert!(office.cover(at("2026-01-05T10:59:59Z")));
    assert!(!office.cover(at("2026-01-05T11:00:00Z")), "the end is outside");
    assert!(!office.cover(at("2026-01-10T03:00:00Z")), "Saturday");
}

#[test]
fn a_window_past_midnight_belongs_to_the_day_it_begins_on() {
    let night = hours("Fri 22:00-06:00");
    assert!(night.cover(at("2026-01-09T22:00:00Z")), "Friday night");
    assert!(night.cover(at("2026-01-10T05:59:59Z")), "Saturday morning");
    assert!(!night.cover(at("2026-01-10T06:00:00Z")));
    assert!(!night.cover(at("2026-01-09T05:00:00Z")), "Friday morning is Thursday's night");
    assert!(hours("Sun 23:00-01:00").cover(at("2026-01-12T00:30:00Z")), "round the week's end");
}

#[test]
fn days_are_ranges_and_lists() {
    let covered = |text: &str| -> String {
        let hours = hours(text);
        let day = |n: usize| at(&format!("2026-01-{:02}T12:00:00Z", 5 + n));
        (0..7).map(|n| if hours.cover(day(n)) { 'x' } else { '.' }).collect()
    };
    assert_eq!(covered("Mon-Fri"), "xxxxx..");
    assert_eq!(covered("Fri-Mon"), "x...xxx");
    assert_eq!(covered("mon,Wed,SAT-Sun"), "x.x..xx");
    assert_eq!(covered("11:00-13:00"), "xxxxxxx");
    assert_eq!(covered("Tue 00:00-24:00"), ".x.....");
    assert_eq!(covered("Tue 08:00-09:00,11:59-12:01"), ".x.....");
}

#[test]
fn daylight_saving_moves_the_window() {
    let office = hours("08:00-09:00 Europe/Berlin");
    assert!(office.cover(at("2026-01-05T07:30:00Z")), "winter: one hour ahead");
    assert!(office.cover(at("2026-07-06T06:30:00Z")), "summer: two hours ahead");
    assert!(!office.cover(at("2026-07-06T07:30:00Z")));
}

#[test]
fn what_is_no_hours_says_what_is_allowed() {
    let message = |text: &str| parse(text).unwrap_err();
    assert_eq!(
        message("Mo-Fri 08:00-20:00"),
        "\"Mo\" is not a day: Mon, Tue, Wed, Thu, Fri, Sat or Sun is allowed"
    );
    assert_eq!(
        message("Mon 8-20"),
        "\"8-20\" is not a span of time: write one such as 08:00-20:00"
    );
    assert_eq!(
        message("Mon 08:00-25:00"),
        "\"08:00-25:00\" is not a span of time: write one such as 08:00-20:00"
    );
    assert_eq!(message("08:00-08:00"), "\"08:00-08:00\" is empty: the whole day is 00:00-24:00");
    assert_eq!(message("Mon 08:00-09:00 Mars/Base"), "\"Mars/Base\" is no zone");
    assert_eq!(
        message("Mon 08:00-09:00 UTC Tue"),
        "\"Tue\" is too much: write days, times and a zone, such as Mon-Fri 08:00-20:00 Asia/Tokyo"
    );
    assert_eq!(
        message("  "),
        "\"  \" names no hours: write days, times and a zone, such as Mon-Fri 08:00-20:00 Asia/Tokyo"
    );
}
