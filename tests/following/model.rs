//! Random things happen to a log while it is followed, and a model that knows the truth says
//! which lines must have come: each once, in order within its file.
//!
//! A run that fails prints its seed; `FOLLOW_MODEL_SEED=… cargo test --test following model` runs
//! that one again, with every action shown. `FOLLOW_MODEL_RUNS` sets how many are tried.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use login_exporter::record::{Position, Record};
use login_exporter::source::ProblemReason;
use login_exporter::source::file::lines::MAX_LINE;
use login_exporter::source::file::{FileSettings, FileSource};
use tempfile::TempDir;

use crate::support::dice::Dice;
use crate::support::{is_root, missing, skip};

const RUNS: u64 = 2000;
const ACTIONS: usize = 60;

/// A line as it must be handed on.
struct Truth {
    file: usize,
    /// False once what held it is gone: then it may have come, but once at most.
    must: bool,
    is_long: bool,
}

/// How the files of a run are named and rotated.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Names {
    Numbers,
    Dates,
    /// The log is a symbolic link that is switched from file to file.
    Links,
    /// The same from folder to folder, as rsyslog's dynafile has them: nothing is lost there.
    Folders,
    /// The exporter has the file alone, by a mount of its own: it stays on the old one when the log
    /// is renamed, until its container is started again.
    Mounted,
}

struct World {
    dice: Dice,
    story: String,
    dir: TempDir,
    names: Names,

    /// What the daemon writes to, and which file that is. Every truncation begins another.
    writer: File,
    file: usize,
    files: usize,
    /// The log was renamed, and the daemon was not told yet.
    renamed: bool,
    /// The unwritten rest of a line.
    rest: Option<String>,
    begun: String,
    lines: usize,
    truth: BTreeMap<String, Truth>,
    order: Vec<String>,
    /// Newest first: path, and which file.
    rotated: Vec<(PathBuf, usize)>,
    dates: usize,
    /// Files whose content is nowhere any more.
    gone: BTreeSet<usize>,

    source: Option<FileSource>,
    clock: Duration,
    seen: Vec<String>,
    /// Files that the follower has read from since it was started: it holds them open.
    held: BTreeSet<usize>,
    saved: Option<Position>,
    saved_seen: usize,
    position: Option<Position>,
    gaps: Vec<String>,
    too_long: usize,
    /// How often it was moved away under a name that tells nothing.
    moved: usize,
    /// Lines that hands took out of a log, and how often they were at work.
    dropped: BTreeSet<String>,
    edits: usize,
    /// Which file an edited one took the place of.
    parents: BTreeMap<usize, usize>,
}

impl World {
    fn new(seed: u64) -> World {
        let mut dice = Dice(seed);
        let names = match has_mounts() {
            true => Names::Mounted,
            false => [Names::Numbers, Names::Dates, Names::Links, Names::Folders][dice.roll(4)],
        };
        let dir = TempDir::new().unwrap();
        let path = match names {
            Names::Folders => {
                fs::create_dir_all(dir.path().join("d/0")).unwrap();
                symlink("d/0/secure", dir.path().join("secure")).unwrap();
                dir.path().join("d/0/secure")
            }
            Names::Links => {
                symlink("target-0", dir.path().join("secure")).unwrap();
                dir.path().join("target-0")
            }
            _ => dir.path().join("secure"),
        };
        let world = World {
            dice,
            story: format!("seed {seed}: {names:?}\n"),
            names,
            writer: open(&path),
            dir,
            file: 0,
            files: 1,
            renamed: false,
            rest: None,
            begun: String::new(),
            lines: 0,
            truth: BTreeMap::new(),
            order: Vec::new(),
            rotated: Vec::new(),
            dates: 0,
            gone: BTreeSet::new(),
            source: None,
            clock: Duration::ZERO,
            seen: Vec::new(),
            held: BTreeSet::new(),
            saved: None,
            saved_seen: 0,
            position: None,
            gaps: Vec::new(),
            too_long: 0,
            moved: 0,
            dropped: BTreeSet::new(),
            edits: 0,
            parents: BTreeMap::new(),
        };
        if world.names == Names::Mounted {
            world.mount();
        }
        world
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("secure")
    }

    /// Where the exporter finds it.
    fn seen_path(&self) -> PathBuf {
        match self.names {
            Names::Mounted => self.dir.path().join("view/secure"),
            _ => self.path(),
        }
    }

    fn is_linked(&self) -> bool {
        matches!(self.names, Names::Links | Names::Folders)
    }

    fn tell(&mut self, what: &str) {
        let _ = writeln!(self.story, "{what} (file {}, line {})", self.file, self.lines);
    }

    fn act(&mut self) {
        match self.dice.roll(20) {
            0..=4 => self.write_lines(),
            5 => self.write_half(),
            6..=10 => self.look(),
            11 => self.rotate(),
            12 => self.reopen(),
            13 => self.copy_and_truncate(),
            14 => self.compress(),
            15 => self.delete_and_recreate(),
            16 => self.save(),
            17 => self.kill_or_stop(),
            18 => self.start(),
            _ => self.seldom(),
        }
    }

    fn seldom(&mut self) {
        match self.dice.roll(7) {
            5 => self.link_again(),
            6 => self.mount_again(),
            0 => self.write_long(),
            1 => self.truncate(),
            2 => self.settle(),
            3 => self.edit(),
            _ => self.edit_rotated(),
        }
    }

    // ── the daemon ──

    fn new_line(&mut self) -> String {
        self.lines += 1;
        let length = self.dice.roll(300);
        // Each has a second of its own, so that it can be told whether one is older.
        let (n, rest) = (self.lines, "x".repeat(length));
        let (hour, minute, second) = (n / 3600 % 24, n / 60 % 60, n % 60);
        format!("Nov 25 {hour:02}:{minute:02}:{second:02} h p[1]: L{n:07}-{rest}-E{n:07}")
    }

    fn expect(&mut self, text: &str) {
        let is_long = text.len() > MAX_LINE;
        let text = &text[..text.len().min(MAX_LINE)];
        let truth = Truth { file: self.file, must: true, is_long };
        assert!(self.truth.insert(text.to_owned(), truth).is_none());
        self.order.push(text.to_owned());
    }

    fn write_lines(&mut self) {
        self.finish_line();
        let many = if self.dice.one_in(10) { 400 } else { 4 };
        let mut text = String::new();
        for _ in 0..=self.dice.roll(many) {
            let line = self.new_line();
            self.expect(&line);
            text += &line;
            text.push('\n');
        }
        self.writer.write_all(text.as_bytes()).unwrap();
        self.tell("write");
    }

    fn write_long(&mut self) {
        self.finish_line();
        if self.moved > 0 && self.writer.metadata().unwrap().len() == 0 {
            // Without a stamp nobody can tell what comes before it.
            return;
        }
        self.lines += 1;
        let times = MAX_LINE / 8 - 2 + self.dice.roll(MAX_LINE / 2);
        // No stretch of it is like one of another line.
        let line = format!("L{:07}-", self.lines).repeat(times);
        self.expect(&line);
        self.writer.write_all(line.as_bytes()).unwrap();
        self.writer.write_all(b"\n").unwrap();
        self.tell("write a long line");
    }

    fn write_half(&mut self) {
        self.finish_line();
        let line = self.new_line();
        let at = 28 + self.dice.roll(line.len() - 36);
        self.writer.write_all(&line.as_bytes()[..at]).unwrap();
        self.begun = line[..at].to_owned();
        self.rest = Some(line[at..].to_owned());
        self.tell("write half a line");
    }

    fn finish_line(&mut self) {
        if let Some(rest) = self.rest.take() {
            self.writer.write_all(rest.as_bytes()).unwrap();
            self.writer.write_all(b"\n").unwrap();
            let whole = std::mem::take(&mut self.begun) + &rest;
            self.expect(&whole);
            self.tell("finish the line");
        }
    }

    /// The daemon leaves its file with a line begun: what is there is a line.
    fn abandon_line(&mut self) {
        if self.rest.take().is_some() {
            let half = std::mem::take(&mut self.begun);
            if !half.is_empty() {
                self.expect(&half);
            }
        }
    }

    /// The daemon is told to open the log again.
    fn reopen(&mut self) {
        if !self.renamed {
            return;
        }
        self.abandon_line();
        self.writer = open(&self.path());
        self.next_file();
        self.renamed = false;
        self.tell("HUP");
    }

    fn next_file(&mut self) {
        self.file = self.files;
        self.files += 1;
    }

    // ── logrotate ──

    fn rotate(&mut self) {
        self.reopen();
        if self.is_linked() {
            return self.switch_link();
        }
        self.move_away();
        if self.dice.one_in(2) {
            File::create(self.path()).unwrap();
        }
        self.renamed = true;
        self.tell("rotate");
        if self.dice.one_in(2) {
            self.reopen();
        }
    }

    /// Under the name that logrotate gives it, or under one that tells nothing and that nobody
    /// touches again.
    fn move_away(&mut self) {
        if self.dice.one_in(4) && self.may_be_moved_by_hand() {
            let name = format!("{}-moved", self.files);
            fs::rename(self.path(), self.dir.path().join(&name)).unwrap();
            self.moved += 1;
            return self.tell(&format!("move away as {name}"));
        }
        let to = self.name_for_rotated();
        fs::rename(self.path(), &to).unwrap();
        self.rotated.insert(0, (to, self.file));
    }

    /// A file of which no line was read is known by what it holds: whole lines with stamps, behind
    /// others that were read.
    fn may_be_moved_by_hand(&self) -> bool {
        let text = fs::read(self.path()).unwrap();
        let stamped = text.split(|&b| b == b'\n').all(|l| l.is_empty() || l.starts_with(b"Nov"));
        let is_read = self.seen[..self.saved_seen].iter().any(|line| line.starts_with("Nov"));
        // One that was edited just before is known by neither its name nor its first lines.
        let is_edited = self.parents.contains_key(&self.file);
        stamped && is_read && !is_edited && self.rest.is_none() && self.names != Names::Mounted
    }

    fn switch_link(&mut self) {
        let target = match self.names {
            Names::Folders => format!("d/{}/secure", self.files),
            _ => format!("target-{}", self.files),
        };
        let file = self.dir.path().join(&target);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        File::create(file).unwrap();
        symlink(target, self.dir.path().join("new")).unwrap();
        fs::rename(self.dir.path().join("new"), self.path()).unwrap();
        if self.names == Names::Links {
            // Nobody who did not read it can know of it any more.
            self.lose(self.file);
        }
        self.renamed = true;
        self.tell("switch the link");
        if self.names == Names::Links || self.dice.one_in(2) {
            self.reopen();
        }
    }

    fn name_for_rotated(&mut self) -> PathBuf {
        if self.names == Names::Dates {
            self.dates += 1;
            return self.dir.path().join(format!("secure-{}", 20_260_000 + self.dates));
        }
        for (n, (path, _)) in self.rotated.iter_mut().enumerate().rev() {
            let gz = if path.extension().is_some_and(|e| e == "gz") { ".gz" } else { "" };
            let to = self.dir.path().join(format!("secure.{}{gz}", n + 2));
            fs::rename(&path, &to).unwrap();
            *path = to;
        }
        self.dir.path().join("secure.1")
    }

    fn copy_and_truncate(&mut self) {
        if self.is_linked() {
            return;
        }
        self.reopen();
        let to = self.name_for_rotated();
        fs::copy(self.path(), &to).unwrap();
        self.rotated.insert(0, (to, self.file));
        self.tell("copy");
        if self.dice.one_in(4) && self.rest.is_none() {
            let before = self.order.len();
            self.write_lines();
            // logrotate loses these itself.
            for line in &self.order[before..] {
                self.truth.get_mut(line).unwrap().must = false;
            }
        }
        self.cut_to_nothing();
    }

    /// What was begun of a line stays behind; what is still written of it is one of its own.
    fn cut_to_nothing(&mut self) {
        OpenOptions::new().write(true).truncate(true).open(self.path()).unwrap();
        let rest = self.rest.clone();
        self.abandon_line();
        self.next_file();
        self.rest = rest;
        self.tell("truncate");
    }

    fn truncate(&mut self) {
        self.reopen();
        self.finish_line();
        self.lose(self.file);
        self.forgive(self.file);
        self.cut_to_nothing();
    }

    fn compress(&mut self) {
        let idle = |(path, file): &(PathBuf, usize)| {
            path.extension().is_none_or(|e| e != "gz") && !(self.renamed && *file == self.file)
        };
        let candidates: Vec<usize> =
            (0..self.rotated.len()).filter(|&i| idle(&self.rotated[i])).collect();
        if candidates.is_empty() {
            return;
        }
        let chosen = candidates[self.dice.roll(candidates.len())];
        let from = self.rotated[chosen].0.clone();
        let to = PathBuf::from(format!("{}.gz", from.display()));
        let mut encoder = GzEncoder::new(File::create(&to).unwrap(), Compression::fast());
        encoder.write_all(&fs::read(&from).unwrap()).unwrap();
        let file = encoder.finish().unwrap();
        file.set_modified(fs::metadata(&from).unwrap().modified().unwrap()).unwrap();
        fs::remove_file(&from).unwrap();
        self.rotated[chosen].0 = to;
        self.tell("gzip");
    }

    fn delete_and_recreate(&mut self) {
        if self.is_linked() {
            return;
        }
        self.reopen();
        fs::remove_file(self.path()).unwrap();
        self.lose(self.file);
        self.renamed = true;
        self.tell("delete");
        self.reopen();
    }

    /// The content of a file is gone, but for who holds it open, and with it what was copied into
    /// it of the file that it took the place of.
    fn lose(&mut self, file: usize) {
        if let Some(before) = self.parents.get(&file) {
            self.lose(*before);
        }
        self.gone.insert(file);
        if self.source.is_none() || !self.held.contains(&file) {
            self.forgive(file);
        }
    }

    fn forgive(&mut self, file: usize) {
        // The line that is being written belongs to the file too.
        if file == self.file {
            self.finish_line();
        }
        let seen: BTreeSet<&String> = self.seen.iter().collect();
        for (line, truth) in &mut self.truth {
            truth.must &= truth.file != file || seen.contains(line);
        }
    }

    // ── hands ──

    /// The log is copied, edited, shortened or punched, under its own name.
    fn edit(&mut self) {
        if self.is_linked() {
            return;
        }
        self.reopen();
        self.finish_line();
        let path = self.path();
        if self.change(&path) {
            self.writer = open(&path);
            let before = self.file;
            self.next_file();
            self.parents.insert(self.file, before);
        }
    }

    /// The log gets another name beside its own, and keeps it over rotations.
    fn link_again(&mut self) {
        if self.is_linked() {
            return;
        }
        self.reopen();
        let name = format!("secure.kept-{}", self.files);
        if fs::hard_link(self.path(), self.dir.path().join(&name)).is_ok() {
            self.tell(&format!("link it as {name}"));
        }
    }

    /// The container is started again, and its mount leads to what is the log now.
    fn mount_again(&mut self) {
        if self.names != Names::Mounted {
            return;
        }
        self.reopen();
        self.kill_or_stop();
        self.mount();
        // What was rotated stands outside, where nobody looks.
        let log = self.file;
        for file in (0..self.files).filter(|file| *file != log) {
            self.lose(file);
        }
        self.tell("start the container again");
    }

    fn mount(&self) {
        let view = self.seen_path();
        fs::create_dir_all(view.parent().unwrap()).unwrap();
        File::options().create(true).append(true).open(&view).unwrap();
        let _ = Command::new("umount").arg("--quiet").arg(&view).status().unwrap();
        let done = Command::new("mount").arg("--bind").arg(self.path()).arg(&view).status();
        assert!(done.unwrap().success(), "cannot mount");
    }

    fn edit_rotated(&mut self) {
        self.reopen();
        let plain = |(path, _): &&(PathBuf, usize)| path.extension().is_none_or(|e| e != "gz");
        let plain: Vec<PathBuf> = self.rotated.iter().filter(plain).map(|r| r.0.clone()).collect();
        if !plain.is_empty() {
            let chosen = self.dice.roll(plain.len());
            self.change(&plain[chosen].clone());
        }
    }

    /// True if the file is another one now.
    fn change(&mut self, path: &PathBuf) -> bool {
        let text = fs::read_to_string(path).unwrap();
        if text.is_empty() || !text.ends_with('\n') {
            return false;
        }
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let (way, at) = (self.dice.roll(5), self.dice.roll(lines.len()));
        let keep: Vec<bool> = (0..lines.len())
            .map(|n| match way {
                0 => true,
                1 => !self.dice.one_in(8),
                2 => n >= at,
                3 => n <= at,
                _ => n >= at,
            })
            .collect();
        let mut changed = String::new();
        for (line, keep) in lines.iter().zip(&keep) {
            match (keep, way) {
                (true, _) => changed += line,
                // The place of what is punched out stays, without a byte of it.
                (false, 4) => changed.extend(std::iter::repeat_n('\0', line.len())),
                (false, _) => {}
            }
            if !keep {
                let line = line.trim_matches(['\0', '\n']);
                self.dropped.insert(line[..line.len().min(MAX_LINE)].to_owned());
            }
        }
        self.forgive_dropped();
        self.edits += 1;
        let in_place = way == 4 || self.dice.one_in(2);
        if in_place {
            fs::write(path, changed).unwrap();
        } else {
            fs::write(self.dir.path().join("x"), changed).unwrap();
            fs::rename(self.dir.path().join("x"), path).unwrap();
        }
        let name = path.file_name().unwrap().to_owned();
        self.tell(&format!("edit {name:?}: way {way} at {at}, in place: {in_place}"));
        !in_place
    }

    fn forgive_dropped(&mut self) {
        let seen: BTreeSet<&String> = self.seen.iter().collect();
        for line in &self.dropped {
            if let Some(truth) = self.truth.get_mut(line) {
                truth.must &= seen.contains(line);
            }
        }
    }

    // ── the exporter ──

    fn start(&mut self) {
        if self.source.is_none() {
            if self.saved.is_none() {
                self.begin_history();
            }
            let settle = Duration::from_millis(3);
            let settings = FileSettings { settle, ..FileSettings::new(self.seen_path()) };
            self.source = Some(FileSource::new(settings, self.saved.as_ref()));
            self.position = self.saved.clone();
            self.tell("start");
            if self.saved.is_none() {
                self.look_once();
            }
        }
    }

    /// What was rotated before a first start is history.
    fn begin_history(&mut self) {
        self.reopen();
        for truth in self.truth.values_mut() {
            truth.must &= truth.file == self.file;
        }
    }

    fn look(&mut self) {
        for _ in 0..=self.dice.roll(4) {
            self.look_once();
        }
        self.tell("look");
    }

    fn look_once(&mut self) -> bool {
        let Some(source) = &mut self.source else { return false };
        self.clock += Duration::from_millis(1);
        let Some(delivery) = source.look(self.clock) else { return false };
        let seen = &mut self.seen;
        let before = seen.len();
        delivery.records.for_each(|record| {
            let Record::Line(line) = record else { panic!("no line") };
            seen.push(String::from_utf8_lossy(line).into_owned());
        });
        self.position = Some(delivery.position);
        for problem in delivery.report.problems {
            match problem.reason {
                ProblemReason::Gap => self.gaps.push(problem.message),
                ProblemReason::LineTooLong => self.too_long += 1,
                ProblemReason::Missing | ProblemReason::BindMount => {}
                other => panic!("{other:?}: {}", problem.message),
            }
        }
        let (new, after) = (self.seen.len() - before, self.seen.last());
        if new > 0 {
            let last = after.map_or("", |line| &line[..line.len().min(32)]);
            let _ = writeln!(
                self.story,
                "    {new} lines came, {:?} the last {last}",
                &self.seen[before][..self.seen[before].len().min(32)]
            );
        }
        for line in &self.seen[before..] {
            let truth = self.truth.get(line).unwrap_or_else(|| {
                panic!("never written: {}", &line[..line.len().min(400)]);
            });
            self.held.insert(truth.file);
        }
        true
    }

    fn settle(&mut self) {
        while self.look_once() {}
        self.tell("settle");
    }

    fn save(&mut self) {
        if self.source.is_some() {
            self.saved = self.position.clone();
            self.saved_seen = self.seen.len();
            self.tell("save");
        }
    }

    fn kill_or_stop(&mut self) {
        if self.dice.one_in(2) {
            self.save();
        }
        if self.source.take().is_none() {
            return;
        }
        // What was not saved was never shown.
        self.seen.truncate(self.saved_seen);
        self.held.clear();
        self.forgive_dropped();
        for file in self.gone.clone() {
            self.forgive(file);
        }
        self.tell("gone");
    }

    // ── the end ──

    fn end(&mut self) {
        self.finish_line();
        self.mount_again();
        self.start();
        self.settle();
        self.reopen();
        if self.moved > 0 {
            // The next line tells what may have stood before it.
            self.write_lines();
        }
        self.settle();
        // Unfinished last lines of rotated files count after a while, and the files are let go.
        for _ in 0..3 {
            self.clock += Duration::from_secs(1000);
            self.settle();
        }
    }

    fn check(&self) {
        let mut times: BTreeMap<&str, usize> = BTreeMap::new();
        for line in &self.seen {
            *times.entry(line).or_default() += 1;
        }
        let shorten = |line: &str| line[..line.len().min(40)].to_owned();
        for (line, truth) in &self.truth {
            let times = times.get(line.as_str()).copied().unwrap_or(0);
            let file = truth.file;
            assert!(times <= 1, "{} of file {file} came {times} times", shorten(line));
            // A line too long that has no stamp, behind an edit, cannot be told from the rest of one
            // that was cut there: then it is said.
            let is_said = truth.is_long && self.edits > 0 && !self.gaps.is_empty();
            let came = times == 1 || !truth.must || is_said;
            assert!(came, "{} of file {file} was lost", shorten(line));
        }
        self.check_order();
        let excused =
            self.truth.values().any(|t| !t.must) || !self.gone.is_empty() || self.edits > 0;
        assert!(excused || self.gaps.is_empty(), "nothing is missing, but {:?}", self.gaps);
        let long = self.seen.iter().filter(|line| self.truth[*line].is_long).count();
        assert!(self.too_long >= long, "{long} long lines, {} told", self.too_long);
    }

    fn check_order(&self) {
        let place: BTreeMap<&String, usize> =
            self.order.iter().enumerate().map(|(n, line)| (line, n)).collect();
        let mut last: BTreeMap<usize, usize> = BTreeMap::new();
        for line in &self.seen {
            let (file, n) = (self.truth[line].file, place[line]);
            let before = last.insert(file, n);
            assert!(before.is_none_or(|before| before < n), "file {file}: line {n} came late");
        }
    }
}

fn open(path: &PathBuf) -> File {
    OpenOptions::new().append(true).create(true).open(path).unwrap()
}

/// Whether this runs among mounts of its own, where single files are mounted.
fn has_mounts() -> bool {
    std::env::var_os("FOLLOW_MODEL_MOUNTS").is_some()
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

fn run(seed: u64) {
    let mut world = World::new(seed);
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        for _ in 0..ACTIONS {
            world.act();
        }
        world.end();
        world.check();
    }));
    if let Err(panic) = result {
        let what = panic.downcast_ref::<String>().cloned().unwrap_or_default();
        panic!("{}\n{what}\nFOLLOW_MODEL_SEED={seed} runs it again", world.story);
    }
}

#[test]
fn every_line_comes_once_whatever_happens_to_the_files() {
    if let Some(seed) = number("FOLLOW_MODEL_SEED") {
        return run(seed);
    }
    for seed in 0..number("FOLLOW_MODEL_RUNS").unwrap_or(RUNS) {
        run(seed);
    }
}

/// The same where the exporter's container has the file alone: runs itself again among mounts of its
/// own, which end with it.
#[test]
fn a_file_that_is_mounted_alone_doubles_no_line() {
    if has_mounts() {
        (0..number("FOLLOW_MODEL_RUNS").unwrap_or(RUNS / 20)).for_each(run);
        return;
    }
    if !is_root() || missing(&["mount", "unshare"]).is_some() {
        skip("files are mounted, which needs root");
        return;
    }
    let output = Command::new("unshare")
        .args(["--mount", "--propagation", "private"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", std::thread::current().name().unwrap(), "--nocapture"])
        .env("FOLLOW_MODEL_MOUNTS", "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}
