#![allow(clippy::panic)]

use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;

fn store(dir: &TempDir) -> Store {
    Store::open(dir.path().join("state")).unwrap()
}

fn whole(content: &Value) -> Part {
    Store::whole(content, Arc::new(b"lines of\nthe whole\n".to_vec())).unwrap()
}

fn change(content: &Value) -> Part {
    Store::change(content, Arc::new(b"a line of a change\n".to_vec())).unwrap()
}

fn bytes(part: &Part) -> Vec<u8> {
    [part.head.as_slice(), &part.lines].concat()
}

fn save(store: &Store, content: &Value) -> Written {
    store.write(&whole(content)).unwrap()
}

fn append(store: &Store, content: &Value) -> Written {
    store.append(&change(content)).unwrap()
}

fn load(store: &Store) -> Loaded<Value, Value> {
    store.load().unwrap()
}

fn is_fresh(store: &Store) -> bool {
    let loaded = load(store);
    loaded.state.is_none() && loaded.set_aside.is_none()
}

/// What was saved whole, and what changed since.
fn restored(store: &Store) -> (Value, Vec<Value>) {
    let loaded = load(store);
    assert!(loaded.set_aside.is_none(), "{loaded:?}");
    parts(loaded.state.unwrap())
}

fn parts(state: Restored<Value, Value>) -> (Value, Vec<Value>) {
    (state.whole, state.changes)
}

/// Where it was put, why, and what is used in its place.
fn set_aside(store: &Store) -> (PathBuf, String, Option<(Value, Vec<Value>)>) {
    let loaded = load(store);
    let SetAside { to, why, .. } = loaded.set_aside.unwrap();
    (to, why, loaded.state.map(parts))
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn what_was_saved_is_restored() {
    let dir = TempDir::new().unwrap();
    let store = store(&dir);
    assert!(is_fresh(&store));
    let written = save(&store, &json!({"series": [1, 2]}));
    assert_eq!(written.bytes as u64, fs::metadata(store.path()).unwrap().len());
    save(&store, &json!({"series": [1, 2, 3]}));
    assert_eq!(restored(&store), (json!({"series": [1, 2, 3]}), vec![]));
    append(&store, &json!({"series": [4]}));
    append(&store, &json!({"series": [5]}));
    let changes = vec![json!({"series": [4]}), json!({"series": [5]})];
    assert_eq!(restored(&store), (json!({"series": [1, 2, 3]}), changes));
}

#[test]
fn the_lines_behind_the_last_part_are_given_back_to_the_byte() {
    let dir = TempDir::new().unwrap();
    let store = store(&dir);
    let lines = || load(&store).state.unwrap().lines;
    for behind in [&b""[..], b"\n", b"a\n\n", b"\0\xff\n{}", b"login_exporter changes  3\n"] {
        let behind = Arc::new(behind.to_vec());
        store.write(&Store::whole(&json!({"a": "\n"}), behind.clone()).unwrap()).unwrap();
        assert_eq!(lines(), *behind);
        save(&store, &json!(1));
        store.append(&Store::change(&json!(2), behind.clone()).unwrap()).unwrap();
        assert_eq!(lines(), *behind);
    }
}

#[test]
fn nobody_else_may_read_it() {
    let dir = TempDir::new().unwrap();
    let store = store(&dir);
    save(&store, &json!(1));
    assert_eq!(mode(&dir.path().join("state")), 0o700);
    assert_eq!(mode(&store.path()), 0o600);
    assert_eq!(mode(&dir.path().join("state/lock")), 0o600);
}

#[test]
fn a_snapshot_cut_off_anywhere_is_set_aside() {
    let dir = TempDir::new().unwrap();
    let store = store(&dir);
    let whole = bytes(&whole(&json!({"series": [1, 2]})));
    for length in 0..whole.len() {
        fs::write(store.path(), &whole[..length]).unwrap();
        let (to, _, used) = set_aside(&store);
        assert!(used.is_none());
        assert_eq!(fs::read(to).unwrap().len(), length);
        assert!(is_fresh(&store));
    }
}

#[test]
fn a_snapshot_with_any_bit_turned_is_set_aside() {
    let dir = TempDir::new().unwrap();
    let store = store(&dir);
    let whole = bytes(&whole(&json!({"series": [1, 2]})));
    for bit in 0..whole.len() * 8 {
        let mut damaged = whole.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        fs::write(store.path(), damaged).unwrap();
        set_aside(&store);
    }
}

#[test]
fn a_foreign_file_and_a_later_version_are_named_as_such() {
    let dir = TempDir::new().unwrap();
    let store = store(&dir);
    fs::write(store.path(), "[Unit]\nDescription=x\n").unwrap();
    assert_eq!(set_aside(&store).1, "it is no snapshot of login_exporter");
    let later = "login_exporter snapshot 4 blake3 00 length 0000000000000000\n{}";
    fs::write(store.path(), later).unwrap();
    assert_eq!(set_aside(&store).1, "it has version 4, and this exporter reads 3");
}

#[test]
fn content_of_another_shape_is_set_aside() {
    let dir = TempDir::new().unwrap();
    let store = store(&dir);
    save(&store, &json!({"positions": 3}));
    let why = store.load::<Vec<Value>, Value>().unwrap().set_aside.unwrap().why;
    assert!(why.starts_with("its content is not as expected: "), "{why}");
}

#[test]
fn only_the_last_damaged_ones_are_kept() {
    let dir = TempDir::new().unwrap();
    let store = store(&dir);
    for n in 0..7 {
        fs::write(store.path(), format!("damaged {n}")).unwrap();
        set_aside(&store);
    }
    let kept = |n| fs::read_to_string(dir.path().join(format!("state/snapshot.damaged-{n}")));
    assert_eq!((1..=3).filter_map(|n| kept(n).ok()).count(), 3);
    assert!(kept(4).is_err());
    assert!((1..=3).any(|n| kept(n).unwrap() == "damaged 6"));
}

#[test]
fn two_exporters_do_not_share_a_directory() {
    let dir = TempDir::new().unwrap();
    let first = store(&dir);
    let error = Store::open(dir.path().join("state")).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "state directory {}: another login_exporter uses it (process {}); stop that one, or \
             give this one its own with --state.dir",
            dir.path().join("state").display(),
            std::process::id()
        )
    );
    drop(first);
    store(&dir);
}

#[test]
fn a_directory_that_cannot_be_made_is_an_error_with_a_remedy() {
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join("file"), "").unwrap();
    let error = Store::open(dir.path().join("file/state")).unwrap_err().to_string();
    assert!(error.contains("cannot be made: Not a directory"), "{error}");
    assert!(error.contains("--state.dir"), "{error}");
}

#[test]
fn a_snapshot_that_cannot_be_read_is_an_error_with_a_remedy() {
    let dir = TempDir::new().unwrap();
    let store = store(&dir);
    fs::create_dir(store.path()).unwrap();
    let error = store.load::<Value, Value>().unwrap_err().to_string();
    assert!(error.contains("it cannot be read: Is a directory"), "{error}");
}

#[test]
fn a_save_that_fails_leaves_the_last_snapshot_as_it_was() {
    let dir = TempDir::new().unwrap();
    let store = store(&dir);
    save(&store, &json!("old"));
    // Stands for whatever keeps the new file from being written, even for root.
    fs::create_dir(dir.path().join("state/snapshot.new")).unwrap();
    let new = whole(&json!("new"));
    let error = store.write(&new).unwrap_err().to_string();
    assert!(error.starts_with("snapshot "), "{error}");
    assert_eq!(restored(&store).0, json!("old"));
    fs::remove_dir(dir.path().join("state/snapshot.new")).unwrap();
    save(&store, &json!("new"));
    assert_eq!(restored(&store).0, json!("new"));
}

#[test]
fn a_full_disk_is_told_with_its_remedy() {
    let error = io::Error::from(io::ErrorKind::StorageFull);
    let told = StateError::snapshot("saved", Path::new("/s/snapshot"), error).to_string();
    assert!(told.contains("make room on its disk; the last snapshot is still there"), "{told}");
}

/// A file of a whole part and three of changes, with where each part ends.
fn with_changes(store: &Store) -> (Vec<u8>, Vec<usize>) {
    let mut ends = vec![save(store, &json!("whole")).bytes];
    for n in 1..=3 {
        ends.push(ends.last().unwrap() + append(store, &json!({ "change": n })).bytes);
    }
    (fs::read(store.path()).unwrap(), ends)
}

#[test]
fn a_kill_at_any_byte_leaves_what_was_saved_before() {
    let dir = TempDir::new().unwrap();
    let store = store(&dir);
    let (bytes, ends) = with_changes(&store);
    assert_eq!(bytes.len(), ends[3]);
    for length in ends[0]..=bytes.len() {
        fs::write(store.path(), &bytes[..length]).unwrap();
        let whole = ends[1..].iter().filter(|end| **end <= length).count();
        let (state, changes) = restored(&store);
        assert_eq!((state, changes.len()), (json!("whole"), whole), "cut at {length}");
    }
}

#[test]
fn what_a_file_system_lost_of_the_last_change_is_no_damage() {
    let dir = TempDir::new().unwrap();
    let store = store(&dir);
    let (bytes, ends) = with_changes(&store);
    for kept in [ends[2], ends[2] + 10, ends[2] + header::LENGTH, ends[3] - 1] {
        let mut zeros = bytes[..kept].to_vec();
        zeros.resize(ends[3], 0);
        fs::write(store.path(), zeros).unwrap();
        let changes = load(&store).state.unwrap().changes;
        assert_eq!(changes.len(), 2, "zeros from {kept} on");
    }
}

#[test]
fn a_bit_that_turned_in_a_change_is_told_and_what_stands_before_it_is_used() {
    let dir = TempDir::new().unwrap();
    let store = store(&dir);
    let (bytes, ends) = with_changes(&store);
    for bit in ends[0] * 8..bytes.len() * 8 {
        let mut damaged = bytes.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        fs::write(store.path(), damaged).unwrap();
        let whole = ends[1..].iter().filter(|end| **end <= bit / 8).count();
        let (_, _, used) = set_aside(&store);
        let (state, changes) = used.unwrap();
        assert_eq!((state, changes.len()), (json!("whole"), whole), "bit {bit}");
    }
}

#[test]
fn the_snapshot_before_is_used_where_the_last_one_cannot_be() {
    let dir = TempDir::new().unwrap();
    let store = store(&dir);
    save(&store, &json!("first"));
    append(&store, &json!("more"));
    save(&store, &json!("second"));
    for damage in [&b""[..], b"login_exporter snap", b"{}", &[0; 500]] {
        fs::write(store.path(), damage).unwrap();
        let (to, _, used) = set_aside(&store);
        assert_eq!(fs::read(to).unwrap(), damage);
        assert_eq!(used.unwrap(), (json!("first"), vec![json!("more")]));
    }
    // Someone took it away.
    assert_eq!(set_aside(&store).2.unwrap().0, json!("first"));
}

#[test]
fn nothing_is_appended_to_a_snapshot_of_which_it_is_not_known_how_it_ends() {
    let dir = TempDir::new().unwrap();
    let store = store(&dir);
    assert!(store.needs_whole());
    assert!(store.append(&change(&json!(1))).is_err());
    save(&store, &json!("whole"));
    assert!(!store.needs_whole() && !store.wants_whole());
    let much = json!("x".repeat(MOST_CHANGES as usize));
    append(&store, &much);
    assert!(store.wants_whole());
    save(&store, &json!("whole"));
    assert!(!store.wants_whole());
}

#[test]
fn a_lock_that_is_a_link_leads_to_nothing() {
    let dir = TempDir::new().unwrap();
    let precious = dir.path().join("precious");
    fs::write(&precious, "precious").unwrap();
    fs::create_dir(dir.path().join("state")).unwrap();
    std::os::unix::fs::symlink(&precious, dir.path().join("state/lock")).unwrap();
    let error = Store::open(dir.path().join("state")).unwrap_err().to_string();
    assert!(error.contains("is a symbolic link") && error.contains("remove it"), "{error}");
    assert_eq!(fs::read_to_string(&precious).unwrap(), "precious");
}
