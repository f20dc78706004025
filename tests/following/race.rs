//! A daemon writes and rotates as fast as it can while it is followed, killed and started again,
//! each in its own time: what the model steps through happens here at any moment.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use login_exporter::record::Record;
use login_exporter::source::file::{FileSettings, FileSource};
use login_exporter::source::{ProblemReason, Source};
use tempfile::TempDir;
use tokio::time::timeout;

const LINES: usize = 60_000;
const LINES_PER_FILE: usize = 400;
/// How many lines the daemon writes to a renamed file before it reopens.
const LATE: usize = 30;
const GUARD: Duration = Duration::from_secs(60);

#[derive(Clone, Copy, PartialEq)]
enum Way {
    Numbers,
    Dates,
    CopyTruncate,
}

struct Daemon {
    way: Way,
    log: PathBuf,
    file: File,
    files: usize,
    written: usize,
}

impl Daemon {
    fn new(way: Way, log: PathBuf) -> Daemon {
        Daemon { way, file: open(&log), log, files: 0, written: 0 }
    }

    fn run(mut self) {
        while self.written < LINES {
            self.write(LINES_PER_FILE);
            self.rotate();
        }
        self.write(1);
    }

    fn write(&mut self, lines: usize) {
        for _ in 0..lines {
            self.written += 1;
            let line = format!("line {}\n", self.written);
            let (a, b) = line.as_bytes().split_at(self.written % line.len());
            self.file.write_all(a).unwrap();
            self.file.write_all(b).unwrap();
        }
    }

    fn rotate(&mut self) {
        self.files += 1;
        let to = match self.way {
            Way::Dates => {
                PathBuf::from(format!("{}-{}", self.log.display(), 20_000_000 + self.files))
            }
            _ => self.make_room(),
        };
        if self.way == Way::CopyTruncate {
            fs::copy(&self.log, to).unwrap();
            OpenOptions::new().write(true).truncate(true).open(&self.log).unwrap();
            return;
        }
        fs::rename(&self.log, &to).unwrap();
        File::create(&self.log).unwrap();
        self.write(LATE);
        self.file = open(&self.log);
        if self.way == Way::Dates {
            compress(&to);
        }
    }

    /// Moves the last few up by one, as logrotate does; older ones are out of its reach.
    fn make_room(&self) -> PathBuf {
        let name = |n: usize| PathBuf::from(format!("{}.{n}", self.log.display()));
        for n in (1..self.files).rev() {
            fs::rename(name(n), name(n + 1)).unwrap();
        }
        name(1)
    }
}

fn open(path: &Path) -> File {
    OpenOptions::new().append(true).create(true).open(path).unwrap()
}

fn compress(path: &Path) {
    let to = PathBuf::from(format!("{}.gz", path.display()));
    let mut gz = GzEncoder::new(File::create(to).unwrap(), Compression::fast());
    gz.write_all(&fs::read(path).unwrap()).unwrap();
    let modified = fs::metadata(path).unwrap().modified().unwrap();
    gz.finish().unwrap().set_modified(modified).unwrap();
    fs::remove_file(path).unwrap();
}

/// Follows to the last line, with a kill and a start at every 23rd batch; one of three batches is
/// saved.
async fn follow(log: &Path, daemon: Daemon) -> (Vec<usize>, Vec<String>) {
    let settings = FileSettings { tick: Duration::from_millis(20), ..FileSettings::new(log) };
    let mut source = FileSource::new(settings.clone(), None);
    // What is rotated before the first look is history.
    source.look(Duration::ZERO);
    let daemon = std::thread::spawn(move || daemon.run());
    let (mut seen, mut gaps): (Vec<usize>, Vec<String>) = (Vec::new(), Vec::new());
    let (mut saved, mut saved_seen) = (None, 0);
    for batch in 1.. {
        let delivery = timeout(GUARD, source.next()).await.expect("the last line does not come");
        delivery.records.for_each(|record| {
            let Record::Line(line) = record else { panic!("no line") };
            let line = std::str::from_utf8(line).unwrap();
            seen.push(line.strip_prefix("line ").expect(line).parse().expect(line));
        });
        let problems = delivery.report.problems.into_iter();
        gaps.extend(problems.filter(|p| p.reason != ProblemReason::Missing).map(|p| p.message));
        if seen.len() > LINES && delivery.report.caught_up {
            break;
        }
        if batch == 1 || batch % 3 == 0 {
            (saved, saved_seen) = (Some(delivery.position), seen.len());
        }
        if batch % 23 == 0 {
            source = FileSource::new(settings.clone(), saved.as_ref());
            seen.truncate(saved_seen);
        }
    }
    daemon.join().unwrap();
    (seen, gaps)
}

async fn race(way: Way) {
    let dir = TempDir::new().unwrap();
    let log = dir.path().join("secure");
    let daemon = Daemon::new(way, log.clone());
    let (seen, gaps) = follow(&log, daemon).await;
    assert_eq!(gaps, [""; 0]);
    let mut sorted = seen.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(seen.len() - sorted.len(), 0, "some came twice");
    assert_eq!(sorted.last().copied(), Some(sorted.len()), "some were lost");
    assert!(seen.is_sorted());
}

#[tokio::test]
async fn numbered_files_race() {
    race(Way::Numbers).await;
}

#[tokio::test]
async fn dated_and_compressed_files_race() {
    race(Way::Dates).await;
}

#[tokio::test]
async fn copied_and_truncated_files_race() {
    race(Way::CopyTruncate).await;
}
