#![allow(clippy::panic)]

use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;

fn store(dir: &TempDir) -> Store {
    Store::open(dir.path().join("state")).unwrap()
}

fn save(store: &Store, content: &Value) -> Written {
    store.write(&Store::serialize(content).unwrap()).unwrap()
}

fn restored(store: &Store) -> Value {
    match store.load().unwrap() {
        Loaded::Restored(value) => value,
        other => panic!("{other:?}"),
    }
}

fn set_aside(store: &Store) -> (PathBuf, String) {
    match store.load::<Value>().unwrap() {
        Loaded::SetAside { to, why } => (to, why),
        other => panic!("{other:?}"),
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn what_was_saved_is_restored() {
    let dir = TempDir::new().unwrap();
    let store = store(&dir);
    assert!(matches!(store.load::<Value>().unwrap(), Loaded::Fresh));
    let written = save(&store, &json!({"series": [1, 2]}));
    assert_eq!(written.bytes as u64, fs::metadata(store.path()).unwrap().len());
    save(&store, &json!({"series": [1, 2, 3]}));
    assert_eq!(restored(&store), json!({"series": [1, 2, 3]}));
}

#[test]
fn a_snapshot_holds_positions_and_borrowed_parts() {
    let dir = TempDir::new().unwrap();
    let store = store(&dir);
    let parts = vec!["a".to_owned()];
    let id = SourceId("file:/var/log/secure".to_owned());
    let snapshot = Snapshot {
        host_boot_id: boot_id(),
        positions: BTreeMap::from([(id.clone(), Position(json!(7)))]),
        parts: &parts,
    };
    store.write(&Store::serialize(&snapshot).unwrap()).unwrap();
    let Loaded::Restored(loaded) = store.load::<Snapshot<Vec<String>>>().unwrap() else {
        panic!("not restored");
    };
    assert_eq!(loaded.parts, parts);
    assert_eq!(loaded.positions[&id], Position(json!(7)));
    assert_eq!(loaded.host_boot_id, boot_id());
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
    let whole = Store::serialize(&json!({"series": [1, 2]})).unwrap();
    for length in 0..whole.len() {
        fs::write(store.path(), &whole[..length]).unwrap();
        let (to, _) = set_aside(&store);
        assert_eq!(fs::read(to).unwrap().len(), length);
        assert!(matches!(store.load::<Value>().unwrap(), Loaded::Fresh));
    }
}

#[test]
fn a_snapshot_with_any_bit_turned_is_set_aside() {
    let dir = TempDir::new().unwrap();
    let store = store(&dir);
    let whole = Store::serialize(&json!({"series": [1, 2]})).unwrap();
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
    let later = "login_exporter snapshot 2 blake3 00 length 0000000000000000\n{}";
    fs::write(store.path(), later).unwrap();
    assert_eq!(set_aside(&store).1, "it has version 2, and this exporter reads 1");
}

#[test]
fn content_of_another_shape_is_set_aside() {
    let dir = TempDir::new().unwrap();
    let store = store(&dir);
    save(&store, &json!({"positions": 3}));
    let loaded = store.load::<Snapshot<Value>>().unwrap();
    let Loaded::SetAside { why, .. } = loaded else { panic!("used") };
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
    let error = store.load::<Value>().unwrap_err().to_string();
    assert!(error.contains("it cannot be read: Is a directory"), "{error}");
}

#[test]
fn a_save_that_fails_leaves_the_last_snapshot_as_it_was() {
    let dir = TempDir::new().unwrap();
    let store = store(&dir);
    save(&store, &json!("old"));
    // Stands for whatever keeps the new file from being written, even for root.
    fs::create_dir(dir.path().join("state/snapshot.new")).unwrap();
    let new = Store::serialize(&json!("new")).unwrap();
    let error = store.write(&new).unwrap_err().to_string();
    assert!(error.starts_with("snapshot "), "{error}");
    assert_eq!(restored(&store), json!("old"));
    fs::remove_dir(dir.path().join("state/snapshot.new")).unwrap();
    save(&store, &json!("new"));
    assert_eq!(restored(&store), json!("new"));
}

#[test]
fn a_full_disk_is_told_with_its_remedy() {
    let error = io::Error::from(io::ErrorKind::StorageFull);
    let told = StateError::snapshot("saved", Path::new("/s/snapshot"), error).to_string();
    assert!(told.contains("make room on its disk; the last snapshot is still there"), "{told}");
}
