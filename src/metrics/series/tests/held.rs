//! As Prometheus sees it: each row of a table is one thing that happens, and what is shown then.

use std::net::IpAddr;

use super::*;
use crate::metrics::exposition::Page;
use crate::metrics::testing::{scrape, text};

/// One line of a story.
enum Step {
    /// A login of bob, seen while the exporter watches.
    Login,
    /// A login of bob that the first start finds.
    Found,
    /// The exporter is stopped and started again.
    Restart,
    /// It is killed and started again: what no scrape had to save is lost.
    Kill,
    /// Someone who is no scraper asks, and sees this.
    Plain(&'static str),
    /// The scraper of this number asks, and sees this.
    Scraper(u8, &'static str),
    /// It asks, and waits no longer when this comes.
    Lost(u8, &'static str),
}

use Step::{Found, Kill, Login, Lost, Plain, Restart, Scraper};

const A: u8 = 1;
const B: u8 = 2;
const ABSENT: &str = "absent";

/// Plays a story: each step with its second. What is shown is the counter of bob's logins.
fn play(story: &[(i64, Step)]) {
    let mut store = Store::default();
    let mut saved = (store.generation(), serde_json::to_vec(&store).unwrap());
    for (line, (second, step)) in story.iter().enumerate() {
        let now = at(*second);
        let (scraper, expected) = match step {
            Login => {
                watch(&mut store, &login("bob", "203.0.113.7"), now);
                continue;
            }
            Found => {
                find(&mut store, &login("bob", "203.0.113.7"));
                continue;
            }
            Restart | Kill => {
                if matches!(step, Restart) {
                    saved.1 = serde_json::to_vec(&store).unwrap();
                }
                store = serde_json::from_slice(&saved.1).unwrap();
                store.resume(DEFAULT_CAP, now);
                saved.0 = store.generation();
                continue;
            }
            Plain(expected) => (None, *expected),
            Scraper(number, expected) | Lost(number, expected) => {
                (Some(IpAddr::from([192, 0, 2, *number])), *expected)
            }
        };
        let scrape = scrape(scraper, now);
        let page = match step {
            Lost(..) => {
                let nobody = std::iter::empty::<(&str, &str, u64)>();
                let page = Page::of_events(&mut store, &scrape, nobody).finish();
                String::from_utf8(page).unwrap()
            }
            _ => text(&mut store, &scrape),
        };
        if saved.0 != store.generation() {
            saved = (store.generation(), serde_json::to_vec(&store).unwrap());
        }
        let samples = samples(&page, "login_successes_total");
        let shown = samples.first().map_or(ABSENT, |s| s.rsplit(' ').next().unwrap());
        assert_eq!(shown, expected, "step {line} of the story, at {second} s");
    }
}

#[test]
fn a_scraper_sees_a_new_series_at_0_first() {
    play(&[
        (0, Scraper(A, ABSENT)),
        (5, Login),
        (15, Scraper(A, "0")),
        (30, Scraper(A, "1")),
        (45, Scraper(A, "1")),
    ]);
}

#[test]
fn a_counter_whose_hold_has_ended_does_not_fall_after_a_kill() {
    play(&[
        (0, Scraper(A, ABSENT)),
        (5, Login),
        (15, Scraper(A, "0")),
        (30, Scraper(A, "1")),
        (31, Kill),
        (45, Scraper(A, "1")),
    ]);
    play(&[(5, Login), (15, Plain("1")), (16, Kill), (20, Plain("1")), (21, Scraper(A, "1"))]);
}

#[test]
fn a_response_that_did_not_arrive_shows_nobody_a_0() {
    play(&[
        (0, Scraper(A, ABSENT)),
        (5, Login),
        (15, Lost(A, "0")),
        (30, Scraper(A, "0")),
        (45, Scraper(A, "1")),
    ]);
    // The other one must wait for it too.
    play(&[
        (0, Scraper(A, ABSENT)),
        (1, Scraper(B, ABSENT)),
        (5, Login),
        (15, Lost(A, "0")),
        (16, Scraper(B, "0")),
        (30, Scraper(B, "0")),
        (31, Scraper(A, "0")),
        (45, Scraper(B, "1")),
    ]);
}

#[test]
fn a_scraper_that_asked_before_a_kill_is_waited_for_after_it() {
    play(&[
        (0, Scraper(A, ABSENT)),
        (1, Scraper(B, ABSENT)),
        (2, Kill),
        (5, Login),
        (15, Scraper(A, "0")),
        (30, Scraper(A, "0")),
    ]);
    // It has asked for long, and nothing has happened that was to be saved.
    let mut asked: Vec<_> = (0..40).map(|i| (i * 15, Scraper(B, ABSENT))).collect();
    asked.extend([(601, Kill), (602, Login), (603, Scraper(A, "0")), (604, Scraper(A, "0"))]);
    play(&asked);
}

#[test]
fn what_comes_while_a_series_is_held_shows_afterwards() {
    play(&[(5, Login), (15, Scraper(A, "0")), (16, Login), (30, Scraper(A, "2"))]);
}

#[test]
fn a_series_waits_for_both_of_two_scrapers() {
    play(&[
        (0, Scraper(A, ABSENT)),
        (1, Scraper(B, ABSENT)),
        (5, Login),
        (15, Scraper(A, "0")),
        (30, Scraper(A, "0")),
        (31, Scraper(B, "0")),
        (45, Scraper(A, "1")),
        (46, Scraper(B, "1")),
    ]);
}

#[test]
fn a_scraper_that_comes_for_the_first_time_has_its_0_too() {
    play(&[(5, Login), (15, Scraper(A, "0")), (16, Scraper(B, "0")), (30, Scraper(A, "1"))]);
}

#[test]
fn once_a_scraper_saw_the_value_a_newcomer_cannot_take_it_back() {
    play(&[
        (5, Login),
        (15, Scraper(A, "0")),
        (30, Scraper(A, "1")),
        (31, Scraper(B, "1")),
        (45, Scraper(A, "1")),
    ]);
}

#[test]
fn nobody_waits_longer_than_two_minutes() {
    play(&[
        (0, Scraper(B, ABSENT)),
        (5, Login),
        (15, Scraper(A, "0")),
        (124, Scraper(A, "0")),
        (125, Scraper(A, "1")),
    ]);
}

#[test]
fn a_scraper_not_seen_for_five_minutes_is_not_waited_for() {
    play(&[
        (0, Scraper(B, ABSENT)),
        (290, Scraper(A, ABSENT)),
        (295, Login),
        (296, Scraper(A, "0")),
        (299, Scraper(A, "0")),
        (301, Scraper(A, "1")),
    ]);
}

#[test]
fn a_person_sees_what_scrapers_see() {
    play(&[
        (0, Scraper(A, ABSENT)),
        (5, Login),
        (6, Plain("0")),
        (15, Scraper(A, "0")),
        (16, Plain("1")),
    ]);
}

#[test]
fn where_no_scraper_is_known_a_person_sees_the_value_at_once() {
    play(&[(5, Login), (6, Plain("1"))]);
}

#[test]
fn a_scraper_that_comes_after_a_person_has_its_0_and_the_person_sees_no_fall() {
    play(&[
        (5, Login),
        (6, Plain("1")),
        (7, Scraper(A, "0")),
        (8, Plain("1")),
        (22, Scraper(A, "1")),
    ]);
}

#[test]
fn what_the_first_start_finds_is_shown_as_it_is() {
    play(&[(0, Found), (0, Found), (1, Scraper(A, "2")), (2, Login), (16, Scraper(A, "3"))]);
}

#[test]
fn after_a_restart_each_scraper_sees_the_saved_value_before_what_was_caught_up() {
    play(&[
        (0, Found),
        (1, Scraper(A, "1")),
        (2, Scraper(B, "1")),
        (10, Restart),
        (10, Login),
        (16, Scraper(A, "1")),
        (31, Scraper(A, "1")),
        (32, Scraper(B, "1")),
        (46, Scraper(A, "2")),
    ]);
}

#[test]
fn after_a_restart_a_person_sees_the_saved_value_once() {
    play(&[(0, Found), (9, Restart), (9, Login), (10, Plain("1")), (11, Plain("2"))]);
}

#[test]
fn after_a_restart_a_scraper_that_is_new_sees_the_saved_value_too() {
    play(&[
        (0, Found),
        (9, Restart),
        (9, Login),
        (10, Plain("1")),
        (11, Plain("2")),
        (12, Scraper(A, "1")),
        (13, Plain("2")),
        (27, Scraper(A, "2")),
    ]);
}

#[test]
fn a_restart_holds_nothing_longer_than_two_minutes() {
    play(&[
        (0, Found),
        (1, Scraper(A, "1")),
        (10, Restart),
        (10, Login),
        (129, Plain("1")),
        (130, Plain("2")),
    ]);
}

#[test]
fn a_series_that_was_held_at_0_is_held_at_0_after_a_restart() {
    play(&[
        (0, Scraper(A, ABSENT)),
        (5, Login),
        (15, Scraper(A, "0")),
        (16, Restart),
        (30, Scraper(A, "0")),
        (45, Scraper(A, "1")),
    ]);
}

#[test]
fn a_value_that_a_person_saw_does_not_fall_by_a_restart() {
    play(&[(5, Login), (6, Plain("1")), (7, Restart), (8, Plain("1")), (9, Scraper(A, "1"))]);
}

#[test]
fn a_series_born_while_catching_up_starts_at_0() {
    play(&[
        (0, Scraper(A, ABSENT)),
        (10, Restart),
        (10, Login),
        (15, Scraper(A, "0")),
        (30, Scraper(A, "1")),
    ]);
}

#[test]
fn two_restarts_in_a_row_lose_nothing() {
    play(&[
        (0, Found),
        (1, Scraper(A, "1")),
        (5, Restart),
        (5, Login),
        (6, Restart),
        (6, Login),
        (16, Scraper(A, "1")),
        (31, Scraper(A, "3")),
    ]);
}

#[test]
fn a_clock_that_was_set_back_holds_nothing_up() {
    play(&[(0, Scraper(A, ABSENT)), (5, Login), (-3600, Plain("1"))]);
}

#[test]
fn a_last_seen_gauge_shows_at_once_where_its_counter_is_held() {
    let mut store = Store::default();
    watch(&mut store, &login("bob", "203.0.113.7"), at(0));
    let page = text(&mut store, &scrape(Some(IpAddr::from([192, 0, 2, 1])), at(1)));
    assert!(samples(&page, "login_successes_total")[0].ends_with(" 0"));
    let last = samples(&page, "login_last_success_timestamp_seconds");
    assert!(last[0].ends_with(" 1700000000"), "{last:?}");
}

#[test]
fn the_histogram_is_held_like_a_counter() {
    let mut store = Store::default();
    let closed = event(EventKind::SessionClosed, "sshd", "bob");
    store.observe(&Observation { duration: Some(5.0), ..seen(&closed) }, true, at(0));
    let scraper = Some(IpAddr::from([192, 0, 2, 1]));
    for (second, expected) in [(1, "0"), (16, "1")] {
        let page = text(&mut store, &scrape(scraper, at(second)));
        let count = samples(&page, "login_session_duration_seconds_count");
        assert_eq!(count, [format!(r#"{{program="sshd"}} {expected}"#)]);
    }
}

#[test]
fn scrapers_are_bounded_and_the_one_not_seen_for_longest_goes() {
    let mut scrapers = Scrapers::default();
    for i in 0..=u16::try_from(super::super::held::MAX_SCRAPERS).unwrap() {
        let address = IpAddr::from([0, 0, 0, 0, 0, 0, 0, i]);
        scrapers.answer(Some(address), at(i64::from(i)));
    }
    let kept = serde_json::to_value(&scrapers).unwrap();
    let kept = kept["known"].as_array().unwrap();
    assert_eq!(kept.len(), super::super::held::MAX_SCRAPERS);
    assert!(kept.iter().all(|s| s["address"] != "::"), "the first one has gone");
}
