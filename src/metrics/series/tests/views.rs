//! As Prometheus sees it: each row of a story is one thing that happens, and what is shown then.

use std::collections::BTreeMap;

use super::*;
use crate::metrics::exposition::Scrape;
use crate::metrics::series::views::{Connections, MAX_CLOSED, YOUNG};
use crate::metrics::testing::{scrape, text, viewer};

mod model;

/// An exporter that saves what it shows before it shows it, and can be killed.
struct Host {
    store: Store,
    generation: u64,
    snapshot: Vec<u8>,
    /// When this run began.
    began: u64,
    network: Network,
}

/// Connections that have ended, as the system knows, and whether in order.
#[derive(Debug, Default)]
struct Network(BTreeMap<u64, bool>);

impl Connections for Network {
    fn ended(&self, connection: u64) -> Option<bool> {
        self.0.get(&connection).copied()
    }
}

impl Host {
    fn new() -> Host {
        let store = Store::default();
        let snapshot = serde_json::to_vec(&store).unwrap();
        let network = Network::default();
        Host { generation: store.generation(), store, snapshot, began: 0, network }
    }

    fn now(&self, second: u64) -> Moment {
        Moment { up: Duration::from_secs(second - self.began), ..moment(second) }
    }

    fn login(&mut self, user: &str, second: u64) {
        let now = self.now(second);
        watch(&mut self.store, &login(user, "203.0.113.7"), now);
    }

    /// The page for a scraper; `crowded` where others have just had a snapshot for their views.
    fn look(&mut self, connection: u64, client: u64, second: u64, crowded: bool) -> String {
        let (viewer, now) = (viewer(connection, client).unwrap(), self.now(second));
        self.store.asks(viewer, now);
        let waits = self.store.enters(viewer, &self.network, now);
        let saved = self.store.generation() != self.generation || (waits == Some(true) && !crowded);
        let viewer = waits.map(|_| viewer);
        let page = text(&mut self.store, &Scrape { viewer, saved, ..scrape(now) });
        if saved {
            self.save();
        }
        page
    }

    /// The client ends its connection, of which the exporter has yet to hear.
    fn leave(&mut self, connection: u64, in_order: bool) {
        self.network.0.insert(connection, in_order);
    }

    /// It hears of it.
    fn hear(&mut self, connection: u64, second: u64) {
        if let Some(in_order) = self.network.ended(connection) {
            self.store.closed(connection, in_order, self.now(second));
        }
    }

    /// Time passes without a scrape, and is saved.
    fn pass(&mut self, second: u64) {
        let now = self.now(second);
        self.store.forget(now, Duration::MAX);
        self.save();
    }

    fn save(&mut self) {
        self.store.is_being_saved();
        self.generation = self.store.generation();
        self.snapshot = serde_json::to_vec(&self.store).unwrap();
        self.store.was_saved();
    }

    /// It is killed and started again: what no scrape had to save is lost.
    fn restart(&mut self, second: u64) {
        self.store = serde_json::from_slice(&self.snapshot).unwrap();
        self.store.resume(DEFAULT_CAP);
        self.generation = self.store.generation();
        self.began = second;
    }
}

/// One line of a story.
enum Step {
    /// A login of bob, seen while the exporter watches.
    Login,
    /// A login of bob that the first start finds.
    Found,
    /// The exporter is stopped and started again.
    Restart,
    /// It is killed and started again.
    Kill,
    /// A person asks, and sees this.
    Person(&'static str),
    /// A scraper asks on the connection of this number, and sees this.
    Look(u64, Client, &'static str),
    /// The connection ends after its client had the whole answer.
    Close(u64),
    /// It ends in the middle of an answer.
    Cut(u64),
    /// It ends so, and the exporter has yet to hear of it.
    Left(u64),
    /// A page is written for a client that has left.
    Late(u64, Client),
}

use Step::{Close, Cut, Found, Kill, Late, Left, Login, Look, Person, Restart};

const A: Client = Client(1, 1);
const B: Client = Client(2, 2);
const ABSENT: &str = "absent";

/// Plays a story: each step with its second. What is shown is the counter of bob's logins.
fn play(story: &[(u64, Step)]) {
    let mut host = Host::new();
    for (line, (second, step)) in story.iter().enumerate() {
        let now = host.now(*second);
        let (page, expected) = match step {
            Login => {
                host.login("bob", *second);
                continue;
            }
            Found => {
                find(&mut host.store, &login("bob", "203.0.113.7"));
                continue;
            }
            Restart | Kill => {
                if matches!(step, Restart) {
                    host.save();
                }
                host.restart(*second);
                continue;
            }
            Close(connection) | Cut(connection) => {
                host.leave(*connection, matches!(step, Close(_)));
                host.hear(*connection, *second);
                continue;
            }
            Left(connection) => {
                host.leave(*connection, false);
                continue;
            }
            Late(connection, client) => {
                host.look(*connection, client.0, *second, false);
                continue;
            }
            Person(expected) => (text(&mut host.store, &scrape(now)), *expected),
            Look(connection, client, expected) => {
                (host.look(*connection, client.0, *second, false), *expected)
            }
        };
        let samples = samples(&page, "login_successes_total");
        let shown = samples.first().map_or(ABSENT, |s| s.rsplit(' ').next().unwrap());
        assert_eq!(shown, expected, "step {line} of the story, at {second} s");
    }
}

#[test]
fn a_scraper_sees_a_new_series_at_0_first() {
    play(&[
        (0, Look(1, A, ABSENT)),
        (5, Login),
        (15, Look(1, A, "0")),
        (30, Look(1, A, "1")),
        (45, Look(1, A, "1")),
    ]);
}

#[test]
fn two_scrapers_of_one_address_each_see_the_0() {
    play(&[
        (0, Look(1, A, ABSENT)),
        (1, Look(2, A, ABSENT)),
        (5, Login),
        (15, Look(1, A, "0")),
        (16, Look(2, A, "0")),
        (30, Look(1, A, "1")),
        (31, Look(2, A, "1")),
    ]);
}

#[test]
fn nobody_waits_for_a_scraper_that_went_away() {
    play(&[
        (0, Look(1, A, ABSENT)),
        (1, Look(2, B, ABSENT)),
        (5, Login),
        (15, Look(1, A, "0")),
        (30, Look(1, A, "1")),
    ]);
}

#[test]
fn who_asks_ten_times_a_second_takes_nobodys_0() {
    let mut story = vec![(0, Look(1, A, ABSENT)), (5, Login), (6, Look(2, B, "0"))];
    story.extend((0..50).map(|_| (7, Look(2, B, "1"))));
    story.extend([(15, Look(1, A, "0")), (30, Look(1, A, "1"))]);
    play(&story);
}

#[test]
fn an_interval_of_150_seconds_sees_the_0_on_one_connection_beside_others() {
    play(&[
        (0, Look(1, A, ABSENT)),
        (20, Look(2, A, ABSENT)),
        (21, Login),
        (25, Look(3, B, "0")),
        (30, Look(3, B, "1")),
        (150, Look(1, A, "0")),
        (170, Look(2, A, "0")),
        (171, Login),
        (300, Look(1, A, "2")),
        (320, Look(2, A, "2")),
    ]);
}

#[test]
fn an_interval_of_ten_minutes_sees_the_0() {
    play(&[
        (0, Look(1, A, ABSENT)),
        (1, Login),
        (300, Close(1)),
        (600, Look(2, A, "0")),
        (900, Close(2)),
        (1200, Look(3, A, "1")),
    ]);
}

#[test]
fn an_answer_that_did_not_arrive_shows_nobody_a_0() {
    play(&[
        (0, Look(1, A, ABSENT)),
        (5, Login),
        (15, Look(1, A, "0")),
        (16, Cut(1)),
        (30, Look(2, A, "0")),
        (45, Look(2, A, "1")),
    ]);
}

#[test]
fn a_connection_for_each_request_sees_the_0_once() {
    play(&[
        (0, Look(1, A, ABSENT)),
        (0, Close(1)),
        (5, Login),
        (15, Look(2, A, "0")),
        (15, Close(2)),
        (30, Look(3, A, "1")),
        (30, Close(3)),
        (45, Look(4, A, "1")),
    ]);
}

#[test]
fn a_pool_that_carries_two_scrapers_shows_each_of_them_its_0() {
    play(&[
        (0, Look(1, A, ABSENT)),
        (1, Look(1, B, ABSENT)),
        (5, Login),
        (15, Look(1, A, "0")),
        (16, Look(1, B, "0")),
        (30, Look(1, A, "1")),
        (31, Look(1, B, "1")),
    ]);
}

#[test]
fn a_client_that_comes_again_goes_on_from_the_view_that_has_had_least() {
    // Two that look alike: the one that has had less must not lose its 0.
    play(&[
        (0, Look(1, A, ABSENT)),
        (0, Look(2, A, ABSENT)),
        (5, Login),
        (15, Look(1, A, "0")),
        (30, Look(1, A, "1")),
        (31, Close(1)),
        (31, Cut(2)),
        (45, Look(3, A, "0")),
        (46, Look(4, A, "0")),
        (60, Look(3, A, "1")),
        (61, Look(4, A, "1")),
    ]);
}

#[test]
fn one_that_has_had_nothing_does_not_go_on_from_what_another_has_had() {
    play(&[
        (1, Login),
        (15, Look(1, A, "0")),
        (30, Look(1, A, "1")),
        (31, Look(2, A, "0")),
        (32, Cut(2)),
        (33, Close(1)),
        (45, Look(3, A, "0")),
    ]);
}

#[test]
fn a_value_that_was_seen_does_not_fall_by_a_kill() {
    play(&[
        (0, Look(1, A, ABSENT)),
        (5, Login),
        (15, Look(1, A, "0")),
        (30, Look(1, A, "1")),
        (31, Kill),
        (45, Look(1, A, "1")),
    ]);
}

#[test]
fn a_scrape_that_timed_out_is_asked_again_before_its_end_was_heard_of() {
    play(&[
        (0, Look(1, A, ABSENT)),
        (5, Login),
        (15, Look(1, A, "0")),
        (30, Look(1, A, "1")),
        // The next one waits for its page, too long, and its client asks again.
        (45, Left(1)),
        (45, Look(2, A, "1")),
        (46, Late(1, A)),
        (46, Cut(1)),
        (60, Look(2, A, "1")),
        (61, Cut(2)),
        (75, Look(3, A, "1")),
    ]);
}

#[test]
fn a_page_that_nobody_reads_takes_no_view() {
    play(&[
        (0, Look(1, A, ABSENT)),
        (5, Login),
        (15, Look(1, A, "0")),
        (30, Look(1, A, "1")),
        (44, Cut(1)),
        // Asked by one who left before the page was written.
        (45, Left(2)),
        (45, Late(2, A)),
        (45, Look(3, A, "1")),
    ]);
}

#[test]
fn one_that_looks_the_same_and_is_still_there_keeps_its_own_0() {
    play(&[
        (0, Look(1, A, ABSENT)),
        (1, Look(2, A, ABSENT)),
        (5, Login),
        (15, Look(1, A, "0")),
        (30, Look(1, A, "1")),
        (45, Left(1)),
        (45, Look(3, A, "1")),
        (46, Look(2, A, "0")),
        (61, Look(2, A, "1")),
    ]);
}

#[test]
fn a_view_whose_scraper_is_gone_holds_nobody_back_however_often_the_exporter_starts() {
    let mut story = vec![(0, Look(1, A, ABSENT)), (0, Look(2, A, ABSENT))];
    // The one goes on, the other never comes again.
    for run in 1..=6 {
        story.extend([(run * 300, Look(1, A, ABSENT)), (run * 300 + 1, Restart)]);
    }
    story.extend([
        (1900, Look(1, A, ABSENT)),
        (1901, Login),
        (1915, Look(1, A, "0")),
        (1930, Look(1, A, "1")),
        (1931, Kill),
        (1945, Look(1, A, "1")),
    ]);
    play(&story);
}

#[test]
fn a_view_that_was_given_nothing_for_as_long_as_a_series_is_young_is_not_restored() {
    let old = YOUNG.as_secs();
    play(&[
        (0, Look(1, A, ABSENT)),
        (0, Look(2, A, ABSENT)),
        (old - 30, Login),
        (old - 20, Look(2, A, "0")),
        (old - 10, Look(2, A, "1")),
        (old + 1, Look(2, A, "1")),
        (old + 2, Restart),
        (old + 5, Look(2, A, "1")),
    ]);
}

#[test]
fn two_that_look_the_same_lose_nothing_by_a_kill_at_an_interval_of_ten_minutes() {
    play(&[
        (0, Look(1, A, ABSENT)),
        (420, Look(2, A, ABSENT)),
        (430, Kill),
        (600, Look(3, A, ABSENT)),
        (610, Login),
        (900, Close(3)),
        (1020, Look(4, A, "0")),
        (1200, Look(5, A, "0")),
        (1320, Close(4)),
    ]);
}

#[test]
fn clients_that_open_a_connection_for_each_request_are_held_back_by_a_lost_view_for_half_an_hour() {
    let mut story =
        vec![(0, Look(1, A, ABSENT)), (0, Look(2, A, ABSENT)), (1, Cut(1)), (1, Cut(2))];
    for look in 3..130 {
        let second = look * 15;
        story.extend([(second, Look(look, A, ABSENT)), (second, Close(look))]);
    }
    story.extend([
        (1951, Login),
        (1960, Look(130, A, "0")),
        (1960, Close(130)),
        (1975, Look(131, A, "1")),
    ]);
    play(&story);
}

#[test]
fn a_0_that_may_not_have_arrived_is_shown_again_after_a_kill() {
    play(&[
        (0, Look(1, A, ABSENT)),
        (5, Login),
        (15, Look(1, A, "0")),
        (16, Kill),
        (30, Look(1, A, "0")),
        (45, Look(1, A, "1")),
    ]);
}

#[test]
fn a_person_sees_the_truth_and_takes_nothing() {
    play(&[
        (0, Look(1, A, ABSENT)),
        (5, Login),
        (6, Person("1")),
        (15, Look(1, A, "0")),
        (16, Person("1")),
        (30, Look(1, A, "1")),
    ]);
}

#[test]
fn a_new_replica_is_told_nothing_old() {
    let old = YOUNG.as_secs();
    play(&[(5, Login), (5 + old - 1, Look(1, A, "0")), (5 + old, Look(2, B, "1"))]);
}

#[test]
fn what_comes_before_the_0_was_had_shows_afterwards() {
    play(&[(5, Login), (15, Look(1, A, "0")), (16, Login), (30, Look(1, A, "2"))]);
}

#[test]
fn what_the_first_start_finds_is_shown_as_it_is() {
    play(&[(0, Found), (0, Found), (1, Look(1, A, "2")), (2, Login), (16, Look(1, A, "3"))]);
}

#[test]
fn after_a_restart_each_scraper_sees_the_saved_value_before_what_was_caught_up() {
    play(&[
        (0, Found),
        (1, Look(1, A, "1")),
        (2, Look(2, B, "1")),
        (10, Restart),
        (10, Login),
        (16, Look(1, A, "1")),
        (31, Look(1, A, "2")),
        (32, Look(2, B, "1")),
        (46, Look(2, B, "2")),
    ]);
}

#[test]
fn two_restarts_in_a_row_lose_nothing() {
    play(&[
        (0, Found),
        (1, Look(1, A, "1")),
        (5, Restart),
        (5, Login),
        (6, Restart),
        (6, Login),
        (16, Look(1, A, "1")),
        (31, Look(1, A, "3")),
    ]);
}

#[test]
fn a_series_born_while_catching_up_starts_at_0() {
    play(&[
        (0, Look(1, A, ABSENT)),
        (10, Restart),
        (10, Login),
        (15, Look(1, A, "0")),
        (30, Look(1, A, "1")),
    ]);
}

#[test]
fn a_clock_set_back_an_hour_or_on_by_a_day_between_birth_and_scrape_changes_nothing() {
    for wall in [-3600, 86_400] {
        let mut host = Host::new();
        host.login("bob", 5);
        let shown = [("0", 15), ("1", 30)].map(|(_, second)| {
            let now = Moment { wall: at(wall), ..moment(second) };
            host.store.asks(viewer(1, 1).unwrap(), now);
            let waits = host.store.enters(viewer(1, 1).unwrap(), &host.network, now);
            let saved = waits.unwrap();
            let scrape = Scrape { viewer: viewer(1, 1), saved, ..scrape(now) };
            let page = text(&mut host.store, &scrape);
            host.save();
            samples(&page, "login_successes_total")[0].rsplit(' ').next().unwrap().to_owned()
        });
        assert_eq!(shown, ["0", "1"], "the clock jumps by {wall} s");
    }
}

#[test]
fn the_gauges_show_at_once_what_the_counter_tells_later() {
    let mut host = Host::new();
    host.login("bob", 1);
    let page = host.look(1, 1, 2, false);
    assert!(samples(&page, "login_successes_total")[0].ends_with(" 0"));
    for gauge in
        ["login_last_success_timestamp_seconds", "login_last_success_counted_timestamp_seconds"]
    {
        assert_eq!(samples(&page, gauge).len(), 1, "{gauge}");
    }
}

#[test]
fn the_histogram_and_all_accesses_are_told_like_a_counter() {
    let mut host = Host::new();
    let closed = event(EventKind::SessionClosed, "sshd", "bob");
    host.store.observe(&Observation { duration: Some(5.0), ..seen(&closed) }, true, moment(1));
    host.login("bob", 1);
    for (second, expected) in [(2, "0"), (16, "1")] {
        let page = host.look(1, 1, second, false);
        let count = samples(&page, "login_session_duration_seconds_count");
        assert_eq!(count, [format!(r#"{{program="sshd"}} {expected}"#)]);
        let accesses = samples(&page, "login_accesses_total");
        let login = format!(r#"{{kind="login",expected="unset"}} {expected}"#);
        assert!(accesses.contains(&login), "{accesses:?}");
    }
}

#[test]
fn a_look_of_scrapers_that_have_had_all_there_is_costs_no_snapshot() {
    let mut host = Host::new();
    host.login("bob", 1);
    for (connection, second) in (1..200).flat_map(|c| [(c, 2), (c, 20)]) {
        host.look(connection, connection, second, false);
    }
    let before = host.snapshot.clone();
    let old = YOUNG.as_secs();
    for connection in 1..400 {
        host.look(connection, connection, old + 30, false);
    }
    assert_eq!(host.snapshot, before);
}

#[test]
fn views_are_bounded_whoever_comes() {
    let mut host = Host::new();
    for i in 0..5000 {
        host.look(i, i, 1, true);
        host.look(7, i, 1, true);
        host.store.closed(i, i % 2 == 0, moment(1));
    }
    host.save();
    let saved: serde_json::Value = serde_json::from_slice(&host.snapshot).unwrap();
    assert!(saved["run"]["views"]["clients"].as_array().unwrap().len() <= MAX_CLOSED);
}
