//! The archive by itself: every way in which a plan can be half done, and the bounds.
#![allow(clippy::panic)]

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::sync::Arc;

use tempfile::TempDir;

use super::*;
use crate::event::{Event, Time};
use crate::memory::Counted;
use crate::policy::Policy;
use crate::row::Row;

const NOW: i64 = 1_795_000_000;
const DAY: i64 = 86_400;

fn at(seconds: i64) -> Time {
    Time::new(seconds, 0)
}

fn limits() -> Limits {
    Limits { retention: 400 * DAY, size: 512 << 20 }
}

fn push(pending: &mut Pending, n: u32) {
    let event = Event {
        pid: Some(n),
        user: Some(format!("user-{n}").leak()),
        time: at(NOW),
        ..Event::new(EventKind::LoginSuccess, "sshd")
    };
    let counted = Counted::from(&event);
    let policy = Policy::default();
    if pending.keeps(counted.event.kind) {
        pending.push(&Row::new(&policy.observe(&counted)));
    }
}

/// Every line of the folder, in order.
fn lines(dir: &Path) -> Vec<String> {
    let mut text = String::new();
    for segment in segments(dir).unwrap() {
        let file = fs::File::open(&segment.path).unwrap();
        match segment.packed {
            true => flate2::read::MultiGzDecoder::new(file).read_to_string(&mut text).unwrap(),
            false => {
                let mut file = file;
                file.read_to_string(&mut text).unwrap()
            }
        };
        if !text.ends_with('\n') {
            text.push('\n');
        }
    }
    text.lines().map(str::to_owned).collect()
}

/// A ledger of one number and its snapshot, as the pipeline keeps them.
struct Ledger {
    pending: Pending,
    counted: u32,
}

/// What the disk holds of a snapshot.
type Saved = (u32, Plan);

/// The process dies at any of these points, or not at all.
const POINTS: usize = 5;

fn save(ledger: &mut Ledger, files: &mut Files, disk: &mut Saved, now: Time, dies: usize) -> bool {
    if let Some((stem, length)) = files.turn(ledger.pending.stem(), now) {
        ledger.pending.turn(&stem, length);
    }
    let plan = ledger.pending.plan();
    let snapshot = (ledger.counted, plan.clone());
    if dies == 0 {
        return false;
    }
    files.sync().unwrap();
    *disk = snapshot;
    if dies == 1 {
        return false;
    }
    if dies == 2 {
        // In the middle of the write.
        let cut = Plan { lines: plan.lines[..plan.lines.len() / 2].to_owned().into(), ..plan };
        files.append(&cut).unwrap();
        return false;
    }
    let length = files.append(&plan).unwrap();
    if dies == 3 {
        return false;
    }
    ledger.pending.appended(length);
    files.tidier().tidy(ledger.pending.stem(), Some(now)).unwrap();
    true
}

fn start(dir: &Path, (counted, plan): &Saved, now: Time) -> (Ledger, Files) {
    let mut pending = Pending::from(plan.clone());
    pending.keep(false);
    let mut files = Files::open(dir, limits()).unwrap();
    files.resume(&mut pending).unwrap();
    let plan = pending.plan();
    let length = files.append(&plan).unwrap();
    pending.appended(length);
    files.tidier().tidy(pending.stem(), Some(now)).unwrap();
    (Ledger { pending, counted: *counted }, files)
}

/// Each number once, in whatever file: a clock that goes back by days goes back to older files.
fn check(dir: &Path, counted: u32, deaths: u32) {
    let number = |line: &String| -> u32 {
        let (_, rest) = line.split_once("\"user\":\"user-").unwrap();
        rest.split('"').next().unwrap().parse().unwrap()
    };
    let mut found: Vec<u32> = lines(dir).iter().map(number).collect();
    found.sort_unstable();
    assert_eq!(found, (0..counted).collect::<Vec<_>>(), "after {deaths} deaths");
}

#[test]
fn a_death_at_any_point_leaves_no_line_twice_and_none_out() {
    let dir = TempDir::new().unwrap();
    let mut disk = Saved::default();
    let (mut clock, mut random) = (NOW, 88_172_645_463_325_252_u64);
    let mut below = |most: u64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random % most
    };
    let (mut ledger, mut files) = start(dir.path(), &disk, at(clock));
    let mut deaths = 0;
    for _ in 0..600 {
        for _ in 0..below(4) {
            push(&mut ledger.pending, ledger.counted);
            ledger.counted += 1;
        }
        // A day that changes under it, and a clock that steps back.
        clock += [0, 60, DAY / 3, -DAY / 4][below(4) as usize];
        let dies = below(2 * POINTS as u64) as usize;
        if !save(&mut ledger, &mut files, &mut disk, at(clock), dies) {
            deaths += 1;
            drop(files);
            (ledger, files) = start(dir.path(), &disk, at(clock));
            check(dir.path(), ledger.counted, deaths);
        }
    }
    assert!(deaths > 100 && ledger.counted > 300, "{deaths} deaths, {} lines", ledger.counted);
    assert!(segments(dir.path()).unwrap().iter().any(|segment| segment.packed));
}

/// What came since an older snapshot is counted again, and stands there already: in the day's own
/// file, in later ones, or packed.
#[test]
fn a_start_from_an_older_snapshot_leaves_no_line_twice() {
    for (days, dies) in [(0, 0), (0, 2), (0, 3), (1, 3), (3, 2)] {
        let dir = TempDir::new().unwrap();
        let first = Saved::default();
        let (mut ledger, mut files) = start(dir.path(), &first, at(NOW));
        let mut disk = first.clone();
        let mut grow = |ledger: &mut Ledger, files: &mut Files, now, dies| {
            for _ in 0..3 {
                push(&mut ledger.pending, ledger.counted);
                ledger.counted += 1;
            }
            save(ledger, files, &mut disk, now, dies);
            disk.clone()
        };
        let older = grow(&mut ledger, &mut files, at(NOW), POINTS);
        for day in 0..=days {
            grow(&mut ledger, &mut files, at(NOW + day * DAY), POINTS);
        }
        grow(&mut ledger, &mut files, at(NOW + days * DAY), dies);
        let counted = ledger.counted;
        drop(files);
        for snapshot in [&older, &first] {
            let (mut ledger, mut files) = start(dir.path(), snapshot, at(NOW + days * DAY));
            let mut disk = Saved::default();
            while ledger.counted < counted {
                push(&mut ledger.pending, ledger.counted);
                ledger.counted += 1;
            }
            save(&mut ledger, &mut files, &mut disk, at(NOW + days * DAY), POINTS);
            check_but_for_halves(dir.path(), counted);
        }
    }
}

/// A line that a crash cut off stays where it is, and is written again in another file.
fn check_but_for_halves(dir: &Path, counted: u32) {
    let user = |line: &String| serde_json::from_str::<serde_json::Value>(line).ok();
    let whole = lines(dir).iter().filter_map(user).count();
    let mut users: Vec<_> = lines(dir).iter().filter_map(user).map(|e| e["user"].clone()).collect();
    users.sort_by_key(ToString::to_string);
    users.dedup();
    assert_eq!((whole, users.len()), (counted as usize, counted as usize));
}

#[test]
fn what_was_written_halfway_into_a_loss_of_power_is_written_again() {
    let dir = TempDir::new().unwrap();
    let mut files = Files::open(dir.path(), limits()).unwrap();
    let plan =
        Plan { stem: "2026-11-26".to_owned(), length: 2, lines: Arc::new(b"b\nc\n".to_vec()) };
    for there in ["a\n", "a\nb", "a\nb\nc", "a\n\0\0\0\0", "a\n\0\0", "a\nb\nc\n", "a\nb\nc\nd\n"] {
        fs::write(dir.path().join("2026-11-26.jsonl"), there).unwrap();
        files.append(&plan).unwrap();
        let expected = if there.len() >= 8 { there } else { "a\nb\nc\n" };
        assert_eq!(
            fs::read_to_string(dir.path().join("2026-11-26.jsonl")).unwrap(),
            expected,
            "{there:?}"
        );
    }
}

#[test]
fn a_folder_has_one_writer() {
    let dir = TempDir::new().unwrap();
    let first = Files::open(dir.path(), limits()).unwrap();
    let second = Files::open(dir.path(), limits()).unwrap_err().to_string();
    assert!(second.contains("another login_exporter writes to it"), "{second}");
    drop(first);
    Files::open(dir.path(), limits()).unwrap();
}

#[test]
fn a_link_in_the_place_of_the_lock_leads_nowhere() {
    let dir = TempDir::new().unwrap();
    let victim = dir.path().join("victim");
    fs::write(&victim, "precious").unwrap();
    std::os::unix::fs::symlink(&victim, dir.path().join("lock")).unwrap();
    assert!(Files::open(dir.path(), limits()).is_err());
    assert_eq!(fs::read_to_string(victim).unwrap(), "precious");
}

#[test]
fn the_oldest_go_first_by_age_and_by_size() {
    let dir = TempDir::new().unwrap();
    let days: BTreeMap<i64, String> =
        (0..10).map(|n| (n, days::day_of(at(NOW - n * DAY)))).collect();
    for day in days.values() {
        fs::write(dir.path().join(format!("{day}.jsonl.gz")), vec![b'x'; 1_000]).unwrap();
    }
    fs::write(dir.path().join("notes.txt"), "not ours").unwrap();
    let kept = |limits| {
        let files = Files::open(dir.path(), limits).unwrap();
        let tidied = files.tidier().tidy("", Some(at(NOW))).unwrap();
        (tidied.removed, segments(dir.path()).unwrap().first().unwrap().day().to_owned())
    };
    assert_eq!(kept(Limits { retention: 7 * DAY, ..limits() }), (2, days[&7].clone()));
    assert_eq!(kept(Limits { size: 3_500, ..limits() }), (5, days[&2].clone()));
    assert!(dir.path().join("notes.txt").exists());
}

#[test]
fn what_waits_is_bounded_and_what_is_lost_is_counted() {
    let mut pending = Pending::default();
    push(&mut pending, 0);
    assert!(pending.is_empty(), "nothing is kept before it is asked for");
    pending.keep(false);
    let mut pushed = 0;
    while pending.take_lost() == 0 {
        push(&mut pending, pushed);
        pushed += 1;
    }
    assert!(pending.is_full());
    assert!(pending.plan().lines.len() <= 8 << 20);
}

#[test]
fn a_days_file_and_its_folder_are_the_exporters_alone() {
    use std::os::unix::fs::PermissionsExt;
    let dir = TempDir::new().unwrap();
    let folder = dir.path().join("archive");
    let mut files = Files::open(&folder, limits()).unwrap();
    files
        .append(&Plan {
            stem: "2026-11-26".to_owned(),
            length: 0,
            lines: Arc::new(b"a\n".to_vec()),
        })
        .unwrap();
    files.tidier().tidy("", Some(at(NOW))).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    assert_eq!(mode(&folder.join("2026-11-26.jsonl.gz")), 0o600);
}
