//! A file of the log that was removed, or moved out of reach, while the exporter was down, between
//! two that are there: nothing counts twice, and it is said. A log that was only silent is none.

use std::ops::Range;

use login_exporter::event::Time;
use login_exporter::source::file::{FileSettings, FileSource};

use super::Host;

const MINUTE: usize = 60;
const HOUR: usize = 60 * MINUTE;
const DAY: usize = 24 * HOUR;

/// What the clock of the file system says of the first second of a line: any time will do.
const BEGIN: usize = 1_790_000_100;

/// The line of a second of 10 November or later.
fn at(second: usize) -> String {
    let (day, hour, minute) = (10 + second / DAY, second / HOUR % 24, second / MINUTE % 60);
    format!(
        "Nov {day:02} {hour:02}:{minute:02}:{:02} web1 sshd[{second}]: Accepted password for \
         u{second} from 192.0.2.7 port 22 ssh2\n",
        second % 60
    )
}

fn every(step: usize, range: Range<usize>) -> String {
    range.step_by(step).map(at).collect()
}

/// A host of a log that is down since.
fn down(text: &str) -> Host {
    let mut host = Host::with(text);
    host.stop();
    host
}

/// Whether the time of a file is that of its last line.
#[derive(Clone, Copy, Debug)]
enum Written {
    Then,
    Touched,
}

impl Host {
    fn written(&self, name: &str, last: usize, how: Written) {
        let time = BEGIN + last + if matches!(how, Written::Touched) { 7 * MINUTE } else { 0 };
        self.sh(&format!("touch -m -d @{time} {name}"));
    }

    fn start_and_check(&mut self, count: usize, gaps: usize) {
        self.start();
        self.settle();
        self.check(count, gaps);
        self.stop();
        self.start();
        self.settle();
        self.check(count, gaps);
    }
}

/// An hour of lines, one in ten seconds, is rotated with `away`; five minutes of lines come behind it,
/// in a file that goes, and a minute of lines in the log.
fn middle_removed(away: &str, then: &str, name: &str) -> Host {
    let mut host = down(&every(10, 0..HOUR));
    host.append("secure", &every(10, HOUR..HOUR + 60));
    host.sh(away);
    host.append("secure", &every(10, HOUR + 60..HOUR + 360));
    host.sh(then);
    host.append("secure", &every(10, HOUR + 360..HOUR + 420));
    host.written(name, HOUR + 50, Written::Touched);
    eprintln!("{away}, {then}");
    host.start_and_check(372, 1);
    host
}

#[test]
fn a_file_between_that_was_removed_is_a_gap() {
    for name in ["foo", "secure.old", "secure-before-upgrade", "secure-20261120", ".x"] {
        let host = middle_removed(&format!("mv secure {name}"), "rm secure", name);
        let (said, log) = (&host.gaps[0], host.path("secure"));
        let begin = format!("{}: ", host.path(name).display());
        let pair = format!("{} begins 5m 10s later", log.display());
        assert!(said.starts_with(&begin) && said.contains(&pair), "{said}");
    }
    middle_removed("mv secure secure-20261120", "mv secure secure-20261121; rm *21", "*20");
    middle_removed("mv secure foo", "mkdir out; mv secure out/bar", "foo");
    middle_removed("mv secure foo; gzip foo", "rm secure", "foo.gz");
    middle_removed("mv secure secure-20261120; gzip *20", "rm secure", "secure-20261120.gz");
    middle_removed("cp secure foo; : > secure", ": > secure", "foo");
}

#[test]
fn a_file_between_is_missed_also_behind_a_minute_of_lines() {
    for gone in [10, 30] {
        let mut host = down(&every(1, 0..50));
        host.append("secure", &every(1, 50..60));
        host.sh("mv secure foo");
        host.append("secure", &every(1, 60..60 + gone));
        host.sh("rm secure");
        host.append("secure", &every(1, 60 + gone..70 + gone));
        host.written("foo", 59, Written::Touched);
        host.start_and_check(70, 1);
    }
}

#[test]
fn a_hole_in_the_numbers_is_a_gap_however_short_the_silence() {
    for (away, name) in [("true", "secure.2"), ("gzip secure.2", "secure.2.gz")] {
        let mut host = down(&every(10, 0..HOUR));
        host.sh("mv secure secure.1");
        host.append("secure", &at(HOUR));
        host.sh("mv secure.1 secure.2; rm secure");
        host.append("secure", &at(HOUR + 1));
        host.sh(away);
        host.start_and_check(361, 1);
        let said = &host.gaps[0];
        assert!(said.contains(name) && said.contains("the number 1 "), "{said}");
    }
}

/// logrotate renames one file after the other, and may be stopped in between.
#[test]
fn a_hole_that_is_there_while_files_are_renamed_is_no_gap() {
    let mut host = down(&every(10, 0..HOUR));
    host.sh("mv secure secure.1");
    host.append("secure", &at(HOUR));
    host.sh("mv secure.1 secure.2");
    host.start();
    while host.look() {}
    host.check(360, 0);
    host.sh("mv secure secure.1");
    host.append("secure", &at(HOUR + 10));
    host.settle();
    host.check(362, 0);
}

#[test]
fn it_is_said_when_the_next_line_comes_if_there_was_none_yet() {
    for (log, name, pack) in [
        (": > secure", "foo", ""),
        (": > secure", "foo.gz", "gzip foo"),
        ("", "foo", ""),
        ("", "foo.gz", "gzip foo"),
    ] {
        let mut host = down(&every(10, 0..HOUR));
        host.sh(&format!("mv secure foo; {pack}"));
        host.append("secure", &every(10, HOUR..HOUR + 5 * MINUTE));
        host.sh(&format!("rm secure; {log}"));
        host.written(name, HOUR - 10, Written::Touched);
        host.start();
        host.settle();
        host.check(360, 0);
        host.append("secure", &at(HOUR + 5 * MINUTE));
        host.settle();
        eprintln!("{log}, {name}");
        host.check(361, 1);
    }
}

#[test]
fn logrotates_numbers_tell_neighbours_however_long_the_silence() {
    let shifts = [
        ("", "secure.1"),
        ("mv secure.1 secure.2; touch secure.1", "secure.2"),
        ("gzip secure.1", "secure.1.gz"),
    ];
    for (shift, name) in shifts {
        let mut host = down(&every(10, 0..HOUR));
        host.sh("mv secure secure.1");
        host.sh(shift);
        host.append("secure", &at(HOUR + 5 * MINUTE));
        host.written(name, HOUR - 10, Written::Touched);
        host.start_and_check(361, 0);
    }
    let mut host = down(&every(10, 0..HOUR));
    host.sh("mv secure secure.1");
    host.append("secure", &every(10, HOUR + 5 * MINUTE..2 * HOUR));
    host.sh("mv secure.1 secure.2; mv secure secure.1");
    host.append("secure", &at(2 * HOUR + 5 * MINUTE));
    host.written("secure.2", HOUR - 10, Written::Touched);
    host.written("secure.1", 2 * HOUR - 10, Written::Touched);
    host.start_and_check(691, 0);
}

#[test]
fn one_rotation_under_a_name_that_tells_nothing_is_no_gap() {
    for name in ["foo", "secure.old", "secure-20261120"] {
        let mut host = down(&every(10, 0..HOUR));
        host.sh(&format!("mv secure {name}"));
        host.append("secure", &every(10, HOUR + 10..HOUR + 60));
        host.written(name, HOUR - 10, Written::Touched);
        host.start_and_check(365, 0);
    }
}

/// Logins come when they come, and the log is born with the next one.
#[test]
fn a_quiet_host_whose_log_is_born_an_hour_later_has_no_gap() {
    let mut host = down(&every(25 * MINUTE, 0..2 * DAY));
    host.sh("mv secure foo");
    let last = (2 * DAY - 1) / (25 * MINUTE) * (25 * MINUTE);
    host.append("secure", &at(last + HOUR));
    host.written("foo", last, Written::Touched);
    host.start_and_check(117, 0);
}

/// Lines each minute from eight to six, but on the fifth and the sixth day.
fn office(days: Range<usize>) -> String {
    let open = days.filter(|day| day % 7 < 5);
    open.map(|day| every(MINUTE, day * DAY + 8 * HOUR..day * DAY + 18 * HOUR)).collect()
}

#[test]
fn nights_and_weekends_are_no_gap_where_they_are_silent() {
    // A day that ends and the next; a log that saw no night yet; Friday and Monday.
    for (seen, next) in [(0..3, 3), (0..1, 1), (0..12, 14), (4..5, 7), (1..5, 7)] {
        let text = office(seen.clone());
        let mut host = down(&text);
        host.sh("mv secure foo");
        host.append("secure", &at(next * DAY + 8 * HOUR));
        host.written("foo", (seen.end - 1) * DAY + 18 * HOUR - MINUTE, Written::Touched);
        eprintln!("{seen:?}, {next}");
        host.start_and_check(text.lines().count() + 1, 0);
    }
}

#[test]
fn a_night_is_a_gap_where_none_was_silent() {
    for (seen, pause) in [(7 * DAY, 14 * HOUR), (DAY, DAY), (DAY, HOUR)] {
        let mut host = down(&every(5 * MINUTE, 0..seen + 1));
        host.sh("mv secure secure-20261120");
        host.append("secure", &at(seen + pause + HOUR));
        host.written("secure-20261120", seen, Written::Touched);
        host.start_and_check(seen / (5 * MINUTE) + 2, 1);
    }
}

#[test]
fn a_log_that_was_born_when_the_other_was_renamed_has_no_gap_before_it() {
    for (how, gaps) in [(Written::Then, 0), (Written::Touched, 1)] {
        let mut host = down(&every(10, 0..HOUR));
        host.sh("mv secure foo");
        host.append("secure", &at(HOUR + 5 * MINUTE));
        host.written("foo", HOUR - 10, how);
        host.start_and_check(361, gaps);
    }
}

/// The clock of the file system cannot be set, so that this waits.
#[test]
fn a_log_that_was_born_later_has_one_unless_the_host_was_off() {
    let mut host = down(&every(10, 0..HOUR));
    host.sh("mv secure foo");
    host.written("foo", HOUR - 10, Written::Then);
    host.append("secure", &at(HOUR));
    host.sh("rm secure; sleep 2.5");
    host.append("secure", &at(HOUR + 5 * MINUTE));
    let saved = host.saved.clone();
    let off = HOUR + 2 * MINUTE;
    for (booted, gaps) in [(None, 1), (Some(off), 0), (Some(off + HOUR), 1), (Some(HOUR / 2), 1)] {
        let boot_time = booted.map(|booted| Time::new((BEGIN + booted) as i64, 0));
        let settings = FileSettings { boot_time, ..FileSettings::new(host.path("secure")) };
        host.source = Some(FileSource::new(settings, saved.as_ref()));
        host.lines.truncate(360);
        host.gaps.clear();
        host.settle();
        host.check(361, gaps);
    }
}

#[test]
fn the_hour_that_spring_skips_is_no_gap() {
    for (pause, gaps) in [(HOUR, 0), (HOUR + 10, 0), (3 * HOUR, 1)] {
        let mut host = down(&every(10, 0..2 * DAY + 10));
        host.sh("mv secure foo");
        host.append("secure", &at(2 * DAY + pause));
        host.written("foo", 2 * DAY, Written::Touched);
        host.start_and_check(2 * DAY / 10 + 2, gaps);
    }
}

#[test]
fn stamps_with_a_zone_tell_the_hour_of_spring() {
    let zoned = |hour: usize, second: usize, zone: &str| {
        let (minute, second) = (second / 60 % 60, second % 60);
        format!(
            "2026-03-29T{hour:02}:{minute:02}:{second:02}.5{zone} web1 sshd[7]: Connection closed by \
             192.0.2.7 port {hour}{minute:02}{second:02} [preauth]\n"
        )
    };
    let winter: String = (0..DAY / 12).step_by(10).map(|s| zoned(s / HOUR, s, "+01:00")).collect();
    let before = winter.lines().count();
    // One second and an hour behind 01:59:50.
    for (next, gaps) in [(zoned(3, 0, "+02:00"), 0), (zoned(3, 5 * MINUTE, "+02:00"), 1)] {
        let mut host = down(&winter);
        host.sh("mv secure foo");
        host.append("secure", &next);
        host.written("foo", HOUR - 10, Written::Touched);
        host.start_and_check(before + 1, gaps);
    }
}

#[test]
fn rotations_that_were_watched_are_no_gap() {
    for name in ["foo", "secure-20261120"] {
        let mut host = Host::with(&every(10, 0..HOUR));
        host.sh(&format!("mv secure {name}"));
        host.append("secure", &at(HOUR + 5 * MINUTE));
        host.written(name, HOUR - 10, Written::Touched);
        host.settle();
        host.check(361, 0);
    }
}

#[test]
fn stamps_that_go_back_or_cannot_be_read_say_nothing() {
    for next in [at(HOUR / 2 + 1), "web1 sshd: no stamp\n".to_owned(), at(HOUR - 10 + 3)] {
        let mut host = down(&every(10, 0..HOUR));
        host.sh("mv secure foo");
        host.append("secure", &next);
        host.written("foo", HOUR - 10, Written::Touched);
        host.start_and_check(361, 0);
    }
}
