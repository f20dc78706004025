use jiff::tz::TimeZone;

use super::frames::alike;
use super::*;
use crate::event::{Texts, Time};
use crate::programs::OtherNames;

fn clock(reference: &str, zone: TimeZone) -> Clock {
    let reference: jiff::Timestamp = reference.parse().unwrap();
    Clock { reference: Time::new(reference.as_second(), 0), zone, year: None }
}

fn utc() -> Clock {
    clock("2026-06-01T00:00:00Z", TimeZone::UTC)
}

/// `time host|tag|pid|message`, the time in UTC.
fn told(line: &[u8], clock: &Clock) -> String {
    let texts = Texts::default();
    let Some(envelope) = envelope(line, clock, &texts) else { return "none".into() };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!(
        "{} {}|{}|{}|{}",
        jiff::Timestamp::from_nanosecond(i128::from(envelope.time.nanoseconds())).unwrap(),
        envelope.host,
        text(envelope.tag),
        envelope.pid.map(|pid| pid.to_string()).unwrap_or_default(),
        text(envelope.message),
    )
}

fn check(line: &str, expected: &str) {
    assert_eq!(told(line.as_bytes(), &utc()), expected, "{line}");
}

#[test]
fn the_title_of_an_old_login_is_login() {
    // util-linux 2.12 to 2.17 (Red Hat Enterprise Linux 4)
    check(
        "May  1 02:03:04 web  -- root[12]: ROOT LOGIN ON tty2",
        "2026-05-01T02:03:04Z web|login|12|ROOT LOGIN ON tty2",
    );
    check(
        "May  1 02:03:04 web -- bob: LOGIN ON tty2 BY bob",
        "2026-05-01T02:03:04Z web|login||LOGIN ON tty2 BY bob",
    );
}

#[test]
fn reads_the_frame_of_every_daemon() {
    let same = "2026-05-01T02:03:04Z web|sshd|12|hello";
    for line in [
        // rsyslog, RSYSLOG_TraditionalFileFormat
        "May  1 02:03:04 web sshd[12]: hello",
        // Day without padding, and padded with a nought
        "May 1 02:03:04 web sshd[12]: hello",
        "May 01 02:03:04 web sshd[12]: hello",
        // On the wire
        "<86>May  1 02:03:04 web sshd[12]: hello",
        // BusyBox syslogd
        "May  1 02:03:04 web auth.info sshd[12]: hello",
        // FreeBSD syslogd -v
        "May  1 02:03:04 <auth.info> web sshd[12]: hello",
        "May  1 02:03:04 <4.6> web sshd[12]: hello",
        // Solaris syslogd
        "May  1 02:03:04 web sshd[12]: [ID 800047 auth.info] hello",
        // rsyslog, RSYSLOG_FileFormat
        "2026-05-01T02:03:04+00:00 web sshd[12]: hello",
        "2026-05-01T11:03:04+09:00 web sshd[12]: hello",
        "2026-04-30T19:03:04-0700 web sshd[12]: hello",
        "2026-05-01T02:03:04Z web sshd[12]: hello",
        "2026-05-01T02:03:04 web sshd[12]: hello",
        "2026-05-01 02:03:04 web sshd[12]: hello",
        // rsyslog, RSYSLOG_SyslogProtocol23Format
        "<38>1 2026-05-01T02:03:04+00:00 web sshd 12 - - hello",
        "<38>1 2026-05-01T02:03:04+00:00 web sshd 12 - - \u{feff}hello",
        "<38>1 2026-05-01T02:03:04Z web sshd 12 ID1 [meta sequenceId=\"1\"] hello",
        "<38>1 2026-05-01T02:03:04Z web sshd 12 - [a b=\"x\\\"] y\"][c d=\"]\"] hello",
        "1 2026-05-01T02:03:04Z web sshd 12 - - hello",
        // journalctl -o short-full and short-unix
        "Fri 2026-05-01 02:03:04 UTC web sshd[12]: hello",
        "1777600984.000000 web sshd[12]: hello",
        // With a year
        "May  1 2026 02:03:04 web sshd[12]: hello",
        "2026 May  1 02:03:04 web sshd[12]: hello",
        "Fri May  1 02:03:04 2026 web sshd[12]: hello",
        // What ends a line beside a newline
        "May  1 02:03:04 web sshd[12]: hello\r\n",
        "May  1 02:03:04 web sshd[12]: hello\0\0",
        // macOS
        "2026-05-01 04:03:04.000000+0200  web sshd[12]: hello",
        // AIX syslogd, and others that write facility and level
        "May  1 02:03:04 web auth|security:info sshd[12]: hello",
        "May  1 02:03:04 web authpriv info  sshd[12]: hello",
        "May  1 02:03:04 web [auth.info] sshd[12]: hello",
        "May  1 02:03:04 web AUTHPRIV.INFO sshd[12]: hello",
        "May  1 02:03:04 web info sshd[12]: hello",
        "2026 May  1 02:03:04 web  authpriv info  sshd[12]: hello",
        // Two blanks behind the host
        "May  1 02:03:04 web  sshd[12]: hello",
        // journalctl under other languages
        "мая 01 02:03:04 web sshd[12]: hello",
        "mai 01 02:03:04 web sshd[12]: hello",
        "de maig 01 02:03:04 web sshd[12]: hello",
        "5月 01 02:03:04 web sshd[12]: hello",
        " 5月 01 02:03:04 web sshd[12]: hello",
        "Thg 5 01 02:03:04 web sshd[12]: hello",
        // docker compose logs
        "web-1  | May  1 02:03:04 web sshd[12]: hello",
        // journalctl -o short-full in a zone whose name says where it is
        "Fri 2026-05-01 11:03:04 JST web sshd[12]: hello",
        "Thu 2026-04-30 22:03:04 EDT web sshd[12]: hello",
        "Thu 2026-04-30 23:03:04 -03 web sshd[12]: hello",
        // and -o with-unit
        "Fri 2026-05-01 02:03:04 UTC web sshd.service[12]: hello",
        "Fri 2026-05-01 02:03:04 UTC web ssh@3-192.0.2.1:22-192.0.2.9:5000.service[12]: hello",
        // sshd's title where the name stands
        "May  1 02:03:04 web sshd: bob [priv][12]: hello",
        "May  1 02:03:04 web sshd: bob@pts/0[12]: hello",
        // metalog with a pid
        "May  1 02:03:04 web [sshd][12]: hello",
    ] {
        check(line, same);
    }
}

#[test]
fn keeps_the_fraction() {
    check("2026-05-01T02:03:04.009102+00:00 h a: x", "2026-05-01T02:03:04.009102Z h|a||x");
    check("2026-05-01T02:03:04.123456789Z h a: x", "2026-05-01T02:03:04.123456789Z h|a||x");
    check("2026-05-01T02:03:04.1234567891Z h a: x", "2026-05-01T02:03:04.123456789Z h|a||x");
    check("May  1 02:03:04.5 h a: x", "2026-05-01T02:03:04.5Z h|a||x");
    check("2026-05-01 02:03:04,123 h a: x", "2026-05-01T02:03:04.123Z h|a||x");
    // journalctl -o short-iso-precise
    check("2026-05-17T17:57:47.123456+0000 h a: x", "2026-05-17T17:57:47.123456Z h|a||x");
}

#[test]
fn the_tag_is_the_first_word_behind_the_host() {
    let at = "2026-05-01T02:03:04Z ";
    for (rest, expected) in [
        ("web sshd: hello", "web|sshd||hello"),
        ("web session-3.scope[1]: hello", "web||1|hello"),
        ("mail sshd[1]: hello", "mail|sshd|1|hello"),
        ("web cron[1]: hello", "web|cron|1|hello"),
        ("web sshd: Bad [1]: hello", "web|sshd||Bad [1]: hello"),
        ("web sshd(pam_unix)[1]: hello", "web|sshd(pam_unix)|1|hello"),
        ("web sshd[1]: (pam_unix) hello", "web|sshd|1|(pam_unix) hello"),
        ("web [sshd]: hello", "web|sshd||hello"),
        ("web [sshd] hello", "web|sshd||hello"),
        ("web gdm-password][1]: hello", "web|gdm-password]|1|hello"),
        ("web (systemd)[1]: hello", "web|(systemd)|1|hello"),
        ("web /usr/sbin/cron[1]: hello", "web|/usr/sbin/cron|1|hello"),
        ("web sudo:   bob : hello", "web|sudo||  bob : hello"),
        ("web sshd[99999999999]: hello", "web|sshd||hello"),
        // The host is empty, or left out
        (" sshd[1]: hello", "|sshd|1|hello"),
        ("sshd[1]: hello", "|sshd|1|hello"),
        ("[sshd]: hello", "|sshd||hello"),
        ("[sshd] hello", "|sshd||hello"),
        ("[::1] sshd[1]: hello", "[::1]|sshd|1|hello"),
        ("authpriv.info dropbear[1]: hello", "|dropbear|1|hello"),
        ("fe80:: sshd[1]: hello", "fe80::|sshd|1|hello"),
        // No tag
        ("web last message repeated 2 times", "web|||last message repeated 2 times"),
        (" last message repeated 2 times", "|||last message repeated 2 times"),
        ("web sshd", "web|||sshd"),
        ("web sshd hello", "web|||sshd hello"),
        ("web foo sshd[1]: hello", "web|||foo sshd[1]: hello"),
        ("web sshd[1 2]: hello", "web|||sshd[1 2]: hello"),
        // Another program's, whatever it quotes
        ("web logger: sshd[1]: hello", "web|logger||sshd[1]: hello"),
        ("sshd[1] kernel: hello", "sshd[1]|kernel||hello"),
        ("web a[1]: [ID x auth.info] hello", "web|a|1|[ID x auth.info] hello"),
        ("web a[1]: [ID 1 hello", "web|a|1|[ID 1 hello"),
    ] {
        check(&format!("May  1 02:03:04 {rest}"), &format!("{at}{expected}"));
    }
}

#[test]
fn a_pid_of_any_length_is_read() {
    for message in ["m", "a message"] {
        for digits in 1..=10 {
            let pid = &"1023456789"[..digits];
            let frame = format!("2026-05-01T02:03:04Z web|sshd|{pid}|{message}");
            check(&format!("May  1 02:03:04 web sshd[{pid}]: {message}"), &frame);
            for other in ["/", ":", "a", "\u{80}", " "] {
                let line = format!("May  1 02:03:04 web sshd[{pid}{other}]: {message}");
                assert!(!told(line.as_bytes(), &utc()).contains(&format!("|{pid}|")), "{line}");
            }
        }
    }
}

#[test]
fn what_is_no_log_line_is_none() {
    for line in [
        "",
        "hello",
        "May",
        "May  1",
        "May  1 02:03:04",
        "May 32 02:03:04 web sshd[1]: hello",
        "May  1 25:03:04 web sshd[1]: hello",
        "May  1 02:60:04 web sshd[1]: hello",
        "2026-13-01T02:03:04Z web sshd[1]: hello",
        "2026-02-29T02:03:04Z web sshd[1]: hello",
        "<38>1 2026-05-01T02:03:04Z web sshd 12 - [open hello",
        "HOST=xerxes ; TTY=ttypb ; USER=root",
        "\u{1}\u{2}",
    ] {
        check(line, "none");
    }
}

#[test]
fn a_line_without_a_time_is_as_old_as_its_reading() {
    check("<38>1 - - sshd - - - hello", "2026-06-01T00:00:00Z |sshd||hello");
}

#[test]
fn a_date_without_year_is_the_latest_that_is_not_to_come() {
    for (reference, line, expected) in [
        ("2026-06-01T12:00:00Z", "Jun  1 11:59:59", "2026-06-01T11:59:59Z"),
        // A clock may be wrong by a day
        ("2026-06-01T12:00:00Z", "Jun  2 11:59:59", "2026-06-02T11:59:59Z"),
        ("2026-06-01T12:00:00Z", "Jun  2 12:00:01", "2025-06-02T12:00:01Z"),
        ("2026-01-02T00:00:00Z", "Dec 31 23:59:59", "2025-12-31T23:59:59Z"),
        ("2025-12-31T12:00:00Z", "Jan  1 00:00:00", "2026-01-01T00:00:00Z"),
        ("2026-06-01T12:00:00Z", "Feb 29 10:00:00", "2024-02-29T10:00:00Z"),
        ("2024-02-28T12:00:00Z", "Feb 29 10:00:00", "2024-02-29T10:00:00Z"),
        ("2024-02-28T09:00:00Z", "Feb 29 10:00:00", "2020-02-29T10:00:00Z"),
        ("2103-01-01T00:00:00Z", "Feb 29 10:00:00", "2096-02-29T10:00:00Z"),
    ] {
        let clock = clock(reference, TimeZone::UTC);
        let told = told(format!("{line} h a: x").as_bytes(), &clock);
        assert_eq!(told, format!("{expected} h|a||x"), "{line} read at {reference}");
    }
}

/// While it is followed a file is written when its last line is: its time tells which of the two.
#[test]
fn a_line_of_the_hour_that_is_there_twice_is_of_the_one_that_it_was_written_in() {
    let zone = || TimeZone::get("Europe/Berlin").unwrap();
    for (written, said, expected) in [
        ("2026-10-25T00:30:01Z", "02:30:00", "2026-10-25T00:30:00Z"),
        ("2026-10-25T00:59:59Z", "02:59:59", "2026-10-25T00:59:59Z"),
        ("2026-10-25T01:00:00Z", "02:00:00", "2026-10-25T01:00:00Z"),
        ("2026-10-25T01:30:01Z", "02:30:00", "2026-10-25T01:30:00Z"),
        // The file system's clock is that of its last tick.
        ("2026-10-25T01:29:59Z", "02:30:00", "2026-10-25T01:30:00Z"),
        // Read long after: nobody can tell.
        ("2026-10-25T05:00:00Z", "02:30:00", "2026-10-25T00:30:00Z"),
        ("2026-11-25T00:00:00Z", "02:30:00", "2026-10-25T00:30:00Z"),
    ] {
        let clock = clock(written, zone());
        let line = format!("Oct 25 {said} h a: x");
        let time = time(line.as_bytes(), &clock).unwrap();
        let found = jiff::Timestamp::from_second(time.seconds()).unwrap().to_string();
        assert_eq!(found, expected, "{written}");
    }
}

#[test]
fn a_time_without_zone_is_the_clocks() {
    let berlin = clock("2026-11-01T00:00:00Z", TimeZone::get("Europe/Berlin").unwrap());
    for (line, expected) in [
        ("Jan 15 12:00:00", "2026-01-15T11:00:00Z"),
        ("Jul 15 12:00:00", "2026-07-15T10:00:00Z"),
        ("2026-07-15T12:00:00", "2026-07-15T10:00:00Z"),
        ("2026-07-15T12:00:00Z", "2026-07-15T12:00:00Z"),
        // Twice that night: the first. Never that night: moved on by the hour that is missing.
        ("Oct 25 02:30:00", "2026-10-25T00:30:00Z"),
        ("Mar 29 02:30:00", "2026-03-29T01:30:00Z"),
    ] {
        let told = told(format!("{line} h a: x").as_bytes(), &berlin);
        assert_eq!(told, format!("{expected} h|a||x"), "{line}");
    }
    // The year is told by the moment, not by the calendar of UTC.
    let tokyo = clock("2025-12-31T16:00:00Z", TimeZone::get("Asia/Tokyo").unwrap());
    assert_eq!(told(b"Jan  1 00:30:00 h a: x", &tokyo), "2025-12-31T15:30:00Z h|a||x");
}

#[test]
fn a_zones_name_is_the_clocks_own_where_that_is_called_so() {
    let at = |zone: &str, line: &str| {
        let clock = clock("2026-11-01T00:00:00Z", TimeZone::get(zone).unwrap());
        told(format!("{line} h a: x").as_bytes(), &clock)
    };
    let line = "Mon 2026-06-15 17:51:22 IST";
    assert_eq!(at("Asia/Kolkata", line), "2026-06-15T12:21:22Z h|a||x");
    assert_eq!(at("Europe/Dublin", line), "2026-06-15T16:51:22Z h|a||x");
    // The hour that is there twice: the name tells which.
    let twice = |zone| format!("Sun 2026-10-25 02:30:00 {zone}");
    assert_eq!(at("Europe/Berlin", &twice("CEST")), "2026-10-25T00:30:00Z h|a||x");
    assert_eq!(at("Europe/Berlin", &twice("CET")), "2026-10-25T01:30:00Z h|a||x");
    // Another host's, whose name is known everywhere.
    assert_eq!(at("Asia/Tokyo", &twice("CET")), "2026-10-25T01:30:00Z h|a||x");
}

#[test]
fn a_zone_that_nobody_can_tell_is_noted() {
    let (texts, names) = (Texts::default(), &OtherNames::none());
    let mut frames = Frames::new(utc(), &texts);
    frames.envelope(b"Mon 2026-06-15 17:51:22 IST h sshd[1]: x", names).unwrap();
    assert_eq!(frames.zones_unknown(), 1);
    frames.envelope(b"Mon 2026-06-15 17:51:22 UTC h sshd[1]: x", names).unwrap();
    frames.envelope(b"May  1 02:03:04 h sshd[1]: x", names).unwrap();
    assert_eq!(frames.zones_unknown(), 1);
}

/// Beginnings, time stamps, what stands behind them, tags: each with each, so that every line
/// follows many others.
fn lines_of_every_kind() -> Vec<String> {
    let stamps = [
        "May  1 02:03:04",
        "May  1 02:03:05",
        "May  1 02:03:60",
        "May  1 02:04:04",
        "May  1 02:03:04.25",
        "Jun  2 00:00:01",
        "Jun  1 23:59:59",
        "окт 26 13:03:32",
        "2026-05-01T02:03:04.000001+00:00",
        "2026-05-01T02:03:05.9+00:00",
        "2026-05-01T02:03:05.9+02:00",
        "2026-05-01T02:03:05",
        "Fri May  1 02:03:04 2026",
        "Fri 2026-05-01 02:03:04 UTC",
        "Fri 2026-05-01 02:03:04 XYZ",
        "1777600984.000000",
        "[   12.345678]",
        "<38>May  1 02:03:04",
        "<38>1 2026-05-01T02:03:04Z",
        "1 -",
        "x | May  1 02:03:04",
    ];
    let rests = [
        " web sshd[12]: hello",
        " web sshd[12]: [ID 1 auth.info] hello",
        " web sshd[123]: hello",
        " web sshd: hello",
        " web sshd: bob [priv][12]: hello",
        " web  sshd[12]: hello",
        " web auth.info sshd[12]: hello",
        " web auth|security:info sshd[12]: hello",
        " web info sshd[12]: hello",
        " web auth info: hello",
        " web sshd 12 - - hello",
        " web sshd 12 - [open hello",
        " web2 sshd[12]: hello",
        " web -- bob[12]: hello",
        " web [sshd] hello",
        " web last message repeated 2 times",
        " web sudo[12]: hello",
        " web sshd-session[4294967296]: hello",
        " web sshd.service[12]: hello",
        " web ec2-instance-connect[12]: hello",
        " web sshd[1a]: hello",
        " web sshd[12]:hello",
        " sshd[12]: hello",
        " web sshd[12]: a:bb:cc:dd",
        " web a: [ID 1 auth.info] 02:03:04",
        " web",
        "",
    ];
    let line = |stamp: &&str| rests.map(|rest| format!("{stamp}{rest}"));
    stamps.iter().flat_map(line).collect()
}

#[test]
fn what_two_lines_begin_with_is_measured() {
    let line = b"0123456789abcdefghijklmnopqrstuvwxyz";
    for end in 0..line.len() {
        let mut other = *line;
        other[end] = b'-';
        assert_eq!(alike(line, &other), end);
        assert_eq!(alike(line, &line[..end]), end);
        assert_eq!(alike(&line[..end], line), end);
    }
}

#[test]
fn what_is_remembered_changes_no_frame() {
    let (lines, texts) = (lines_of_every_kind(), Texts::default());
    // Around the reference the year of a stamp turns; so it does in the zone's missing hour.
    for reference in ["2026-06-01T00:00:00Z", "2026-05-01T00:00:00Z", "2027-01-01T00:00:00Z"] {
        for zone in ["UTC", "Europe/Berlin"] {
            let clock = clock(reference, TimeZone::get(zone).unwrap());
            for (n, first) in lines.iter().enumerate() {
                let mut frames = Frames::new(clock.clone(), &texts);
                // The line itself again, and some others, not the same for each.
                let others = lines.iter().skip(n % 7).step_by(7);
                for line in [first, first].into_iter().chain(others).chain([first]) {
                    let alone = envelope(line.as_bytes(), &clock, &texts);
                    assert_eq!(
                        frames.envelope(line.as_bytes(), &OtherNames::none()),
                        alone.as_ref(),
                        "{line:?} behind {first:?}"
                    );
                }
            }
        }
    }
}
