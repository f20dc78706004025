//! What a snapshot brings back.

use serde_json::{Value, json};

use super::*;

fn again(store: &Store) -> Store {
    serde_json::from_slice(&serde_json::to_vec(store).unwrap()).unwrap()
}

fn full() -> Store {
    let mut store = Store::new(20);
    for i in 0..100 {
        find(&mut store, &login("bob\\\"\u{e9}", &format!("10.0.0.{i}")));
    }
    find(&mut store, &start_session("i-1"));
    let closed = event(EventKind::SessionClosed, "sshd", "bob");
    store.observe(&Observation { duration: Some(5.0), ..seen(&closed) }, true, at(0));
    store
}

#[test]
fn a_store_that_was_saved_and_restored_shows_and_saves_the_same() {
    let mut store = full();
    let mut restored = again(&store);
    assert_eq!(serde_json::to_value(&restored).unwrap(), serde_json::to_value(&store).unwrap());
    restored.resume(20);
    let shown = page(&mut store);
    assert!(shown.contains("login_session_duration_seconds_count"));
    page(&mut restored);
    assert_eq!(page(&mut restored), shown);
}

#[test]
fn a_snapshot_outlives_a_label_that_is_new_and_one_that_is_gone() {
    let mut store = Store::default();
    find(&mut store, &login("bob", "203.0.113.7"));
    let mut snapshot: Value = serde_json::to_value(&store).unwrap();
    let family = &mut snapshot["families"]["login_successes_total"];
    family["labels"] = json!(["user", "gone", "program"]);
    family["series"] = json!([
        [["bob", "x", "sshd"], [3, 30, 1, 1, null, null, null]],
        [["bob", "y", "sshd"], [4, 20, 1, 1, null, null, null]],
    ]);
    let mut restored: Store = serde_json::from_value(snapshot).unwrap();
    assert_eq!(
        samples(&page(&mut restored), "login_successes_total"),
        [r#"{program="sshd",user="bob",method="",identity="",source="",network="",expected=""} 7"#]
    );
}

#[test]
fn a_snapshot_outlives_a_family_that_is_gone() {
    let mut snapshot = serde_json::to_value(full()).unwrap();
    let family = snapshot["families"]["login_successes_total"].take();
    snapshot["families"] = json!({ "login_bygones_total": family });
    let restored: Store = serde_json::from_value(snapshot).unwrap();
    assert_eq!(restored.len(), 1, "the histogram's program is all that is left");
}

#[test]
fn a_snapshot_with_other_buckets_leaves_the_histogram_out() {
    let mut snapshot = serde_json::to_value(full()).unwrap();
    snapshot["durations"][0][0]["spread"]["buckets"] = json!([1, 2]);
    let mut restored: Store = serde_json::from_value(snapshot).unwrap();
    assert!(!page(&mut restored).contains("login_session_duration_seconds_count"));
}

#[test]
fn a_damaged_snapshot_is_an_error_and_no_panic() {
    for damaged in ["", "{}", "[]", r#"{"run":{},"families":{},"durations":[[],0],"accesses":[]}"#]
    {
        assert!(serde_json::from_str::<Store>(damaged).is_err(), "{damaged}");
    }
}

#[test]
fn values_of_a_snapshot_that_was_tampered_with_are_made_safe() {
    let mut store = Store::default();
    find(&mut store, &login("bob", "203.0.113.7"));
    let snapshot = serde_json::to_string(&store).unwrap().replace("bob", "a\\u001fb\\u001b");
    let mut restored: Store = serde_json::from_str(&snapshot).unwrap();
    let shown = samples(&page(&mut restored), "login_successes_total");
    assert!(shown[0].contains("user=\"a\u{fffd}b\u{fffd}\","), "{shown:?}");
}

#[test]
fn counts_that_reach_the_end_of_numbers_stay_there() {
    let mut store = Store::default();
    find(&mut store, &login("bob", "203.0.113.7"));
    let snapshot = serde_json::to_string(&store).unwrap();
    let near = format!("[{},", u64::MAX - 1);
    let mut restored: Store = serde_json::from_str(&snapshot.replace("[1,", &near)).unwrap();
    let many = Event { count: u32::MAX, ..login("bob", "203.0.113.7") };
    find(&mut restored, &many);
    assert_eq!(sum(&page(&mut restored), "login_successes_total"), u64::MAX);
}

/// A store, and one that goes on from what of it was saved: whole, then what changed.
fn saved_in_parts(change: impl FnOnce(&mut Store)) -> (Store, Store) {
    let mut store = full();
    let whole = serde_json::to_vec(&store).unwrap();
    store.forget_changes();
    change(&mut store);
    let changes = serde_json::to_vec(&store.take_changes().unwrap()).unwrap();
    let mut again: Store = serde_json::from_slice(&whole).unwrap();
    again.apply(serde_json::from_slice(&changes).unwrap());
    (store, again)
}

#[test]
fn a_store_with_its_changes_applied_is_the_store() {
    let (store, again) = saved_in_parts(|store| {
        for i in 0..40 {
            watch(store, &login("carol", &format!("10.1.0.{i}")), moment(7));
        }
        watch(store, &start_session("i-2"), moment(8));
        let closed = event(EventKind::SessionClosed, "sshd", "bob");
        store.observe(&Observation { duration: Some(7.0), ..seen(&closed) }, true, moment(9));
    });
    assert_eq!(serde_json::to_value(&again).unwrap(), serde_json::to_value(&store).unwrap());
}

#[test]
fn only_what_changed_is_told() {
    let mut store = full();
    store.forget_changes();
    watch(&mut store, &login("carol", "203.0.113.9"), moment(7));
    let changes = serde_json::to_value(store.take_changes().unwrap()).unwrap();
    let families = changes["families"].as_object().unwrap();
    assert_eq!(families.len(), 1);
    assert_eq!(families["login_successes_total"]["series"].as_array().unwrap().len(), 1);
    let nothing = serde_json::to_value(store.take_changes().unwrap()).unwrap();
    assert!(nothing["families"].as_object().unwrap().is_empty());
}

#[test]
fn series_that_were_dropped_want_everything_saved() {
    let mut store = full();
    store.forget(moment(1000), Duration::from_secs(10));
    assert!(store.take_changes().is_none());
    store.forget_changes();
    assert!(store.take_changes().is_some());
}
