//! CloudTrail goes wrong in every way that it has, the exporter is killed between any two answers,
//! and a model that knows the truth says what must have been counted: each session once, under the
//! target that it had.
//!
//! A run that fails prints its seed; `CLOUDTRAIL_MODEL_SEED=…` runs that one again, and
//! `CLOUDTRAIL_MODEL_RUNS` sets how many are tried.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::tz::TimeZone;
use login_exporter::event::Texts;
use login_exporter::memory::Memory;
use login_exporter::parse::Clock;
use login_exporter::pipeline::Interpreter;
use login_exporter::record::Position;
use login_exporter::source::Source;
use login_exporter::source::aws::{Access, Aws};
use login_exporter::source::cloudtrail::{CloudTrailSource, Settings};
use login_exporter::trust::UserIds;
use serde_json::{Value, json};

use crate::api::quick;
use crate::support::cloudtrail_server::{Fault, Server, now, record};
use crate::support::dice::Dice;

const RUNS: u64 = 3;
const ACTIONS: usize = 80;

#[derive(Debug)]
struct Nobody;

impl UserIds for Nobody {
    fn user_id(&self, _: &str) -> Option<u32> {
        None
    }
}

/// How often each event was counted, and under which target.
type Counted = BTreeMap<String, Vec<String>>;

/// What a snapshot holds.
#[derive(Clone, Default)]
struct Snapshot {
    memory: Value,
    position: Option<Position>,
    counted: Counted,
}

/// The exporter, as far as CloudTrail goes: source, memory, counts, and what is saved of them.
struct Reader {
    access: Access,
    source: CloudTrailSource,
    memory: Memory,
    position: Option<Position>,
    counted: Counted,
    saved: Snapshot,
}

impl Reader {
    fn start(access: Access, saved: Snapshot) -> Reader {
        // Sweeps have their turn between two polls.
        let settings = Settings { poll_interval: Duration::from_millis(40), ..quick("eu-west-1") };
        let source = CloudTrailSource::open(&access, settings, saved.position.as_ref());
        let memory = match &saved.memory {
            Value::Null => Memory::default(),
            memory => serde_json::from_value(memory.clone()).unwrap(),
        };
        let (position, counted) = (saved.position.clone(), saved.counted.clone());
        Reader { access, source, memory, position, counted, saved }
    }

    /// Takes one delivery in.
    async fn take(&mut self) {
        let delivery = self.source.next().await;
        let (reference, year) = (delivery.reference, delivery.year);
        let clock = Clock { reference, year, zone: TimeZone::UTC };
        let texts = Texts::default();
        let mut interpreter = Interpreter::new(&mut self.memory, clock, &Nobody, 0, &texts);
        for record in delivery.records.iter() {
            interpreter.record(record, &mut |counted| {
                let call = counted.event.aws.as_ref().unwrap();
                // A correction stands for what it corrects, where it came first.
                let id = call.original_event_id.unwrap_or(call.event_id);
                let target = call.target.unwrap_or("").to_owned();
                self.counted.entry(id.to_string()).or_default().push(target);
            });
        }
        self.position = Some(delivery.position);
    }

    fn save(&mut self) {
        let memory = serde_json::to_value(&self.memory).unwrap();
        let (position, counted) = (self.position.clone(), self.counted.clone());
        self.saved = Snapshot { memory, position, counted };
    }

    /// What was not saved is gone.
    fn killed(self) -> Reader {
        Reader::start(self.access, self.saved)
    }
}

/// What CloudTrail has, and what must be counted of it.
struct Model {
    server: Server,
    next: usize,
    truth: Counted,
    /// When each session began.
    times: BTreeMap<String, i64>,
}

impl Model {
    /// One that only a sweep finds is `l…`: its end may be told before it.
    fn session(&mut self, seconds_ago: i64) {
        let id = format!("{}{}", if seconds_ago < 800 { 'e' } else { 'l' }, self.next);
        self.next += 1;
        let time = now() - seconds_ago;
        self.times.insert(id.clone(), time);
        let mut session = record(&id, "StartSession", time);
        session["requestParameters"]["target"] = json!(format!("i-{id}"));
        self.truth.insert(id.clone(), vec![format!("i-{id}")]);
        self.server.add_record(session);
    }

    /// A session that began not long ago.
    fn some(&self, dice: &mut Dice) -> Option<String> {
        let sessions: Vec<&String> = self.truth.keys().filter(|id| id.starts_with('e')).collect();
        (!sessions.is_empty()).then(|| sessions[dice.roll(sessions.len())].clone())
    }

    /// CloudTrail shows a record a second time, or corrects it under another ID.
    fn again(&mut self, id: &str, corrected: bool) {
        let mut again = record(id, "StartSession", self.times[id]);
        again["requestParameters"]["target"] = json!(format!("i-{id}"));
        if corrected {
            again["eventID"] = json!(format!("c{}-{id}", self.next));
            self.next += 1;
            again["addendum"] = json!({"reason": "UPDATED_DATA", "originalEventID": id});
        }
        self.server.add_record(again);
    }

    fn end(&mut self, session: &str) {
        let id = format!("t{}-{session}", self.next);
        self.next += 1;
        let mut end = record(&id, "TerminateSession", now());
        end["requestParameters"] = json!({ "sessionId": format!("alice-{session}") });
        end["responseElements"] = Value::Null;
        self.truth.insert(id, vec![format!("i-{session}")]);
        self.server.add_record(end);
    }

    fn fault(&self, dice: &mut Dice) {
        let fault = match dice.roll(6) {
            0 => Fault::Refused("ThrottlingException"),
            1 => Fault::Broken,
            2 => Fault::HungUp,
            3 => Fault::Cut,
            4 => Fault::Refused("InvalidNextTokenException"),
            _ => Fault::Refused("ExpiredTokenException"),
        };
        let answered = (0..dice.roll(4)).map(|_| None);
        self.server.fail_next(answered.chain([Some(fault)]));
    }
}

async fn run(seed: u64) {
    let mut dice = Dice(seed);
    let server = Server::start();
    let mut model =
        Model { server: server.clone(), next: 0, truth: Counted::new(), times: BTreeMap::new() };
    let access = Aws::for_test_server(&server.endpoint).await.access(None).await;
    let mut reader = Reader::start(access, Snapshot::default());
    for _ in 0..ACTIONS {
        match dice.roll(12) {
            0..=1 => model.session(dice.roll(800) as i64),
            2 => model.session(dice.roll(3_000) as i64),
            // Later than a poll looks back to.
            3 => model.session(3_700 + dice.roll(70_000) as i64),
            4 => {
                let burst = dice.roll(70);
                (0..burst).for_each(|n| model.session(60 + n as i64));
            }
            5 => {
                let again = model.some(&mut dice);
                again.iter().for_each(|id| model.again(id, dice.roll(2) == 0));
            }
            6 => {
                // A session's end, once its beginning was told.
                let session = model.some(&mut dice);
                let told = |id: &String| reader.counted.contains_key(id);
                session.filter(told).iter().for_each(|id| model.end(id));
            }
            7 => model.fault(&mut dice),
            8 | 9 => reader.take().await,
            10 => reader.save(),
            _ => reader = reader.killed(),
        }
    }
    // All that is late is found by the sweeps in the end.
    reader.save();
    let mut place = reader.position.as_ref().map_or(Value::Null, Position::to_json);
    place["swept"] = json!([0, 0, 0]);
    reader.saved.position = reader.position.as_ref().map(|_| Position::json(place));
    reader = reader.killed();
    let swept = |reader: &Reader| {
        let place = reader.position.as_ref().map_or(Value::Null, Position::to_json);
        !place["read_until"].is_null()
            && place["swept"].as_array().is_some_and(|all| all.iter().all(|at| *at != json!(0)))
    };
    while !swept(&reader) {
        reader.take().await;
    }
    assert_eq!(reader.counted, model.truth, "CLOUDTRAIL_MODEL_SEED={seed}");
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

#[tokio::test]
async fn whatever_goes_wrong_each_session_counts_once() {
    let first = number("CLOUDTRAIL_MODEL_SEED", 0);
    let runs = if first == 0 { number("CLOUDTRAIL_MODEL_RUNS", RUNS) } else { 1 };
    for seed in first.max(1)..first.max(1) + runs {
        run(seed).await;
    }
}
