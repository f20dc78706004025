//! Whatever happens to a host and to four who scrape it: what they see is the truth.

use super::*;

/// One thing that happens in a model.
#[derive(Clone, Copy, Debug)]
enum Act {
    Login(u8),
    Look {
        scraper: usize,
        arrives: bool,
        crowded: bool,
    },
    /// It closes its connection, or the connection breaks; the exporter hears of it at once or not.
    Close {
        scraper: usize,
        heard: bool,
    },
    Cut {
        scraper: usize,
        heard: bool,
    },
    /// It gives up waiting, and asks again on a new connection at once.
    TimeOut {
        scraper: usize,
        arrives: bool,
    },
    /// The exporter hears of all ends, and writes the pages that were asked for on those connections
    /// before or after that.
    Hear {
        pages_first: bool,
    },
    /// Minutes pass, and a snapshot tells of it. Whoever has seen nothing for longer than an interval
    /// may be looks.
    Wait,
    Stop,
    Kill,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => (0u8..6).prop_map(Act::Login),
        8 => (0usize..4, prop::bool::weighted(0.8), any::<bool>())
            .prop_map(|(scraper, arrives, crowded)| Act::Look { scraper, arrives, crowded }),
        1 => (0usize..4, any::<bool>()).prop_map(|(scraper, heard)| Act::Close { scraper, heard }),
        1 => (0usize..4, any::<bool>()).prop_map(|(scraper, heard)| Act::Cut { scraper, heard }),
        2 => (0usize..4, any::<bool>())
            .prop_map(|(scraper, arrives)| Act::TimeOut { scraper, arrives }),
        1 => any::<bool>().prop_map(|pages_first| Act::Hear { pages_first }),
        1 => Just(Act::Wait),
        1 => Just(Act::Kill),
        1 => Just(Act::Stop),
    ]
}

/// A scraper with its connection, and what it has received of each series.
#[derive(Default)]
struct Scraper {
    connection: Option<u64>,
    /// When it last had a page.
    looked: u64,
    received: BTreeMap<String, Vec<u64>>,
}

impl Scraper {
    fn receive(&mut self, page: &str, second: u64) {
        self.looked = second;
        for sample in samples(page, "login_successes_total") {
            let (series, value) = sample.rsplit_once(' ').unwrap();
            self.received.entry(series.to_owned()).or_default().push(value.parse().unwrap());
        }
    }

    /// What `increase()` sees of all series: a fall is a reset to 0.
    fn increase(&self) -> u64 {
        let rise = |pair: &[u64]| if pair[1] < pair[0] { pair[1] } else { pair[1] - pair[0] };
        self.received.values().flat_map(|values| values.windows(2)).map(rise).sum()
    }

    fn saw_a_fall(&self) -> bool {
        self.received.values().any(|values| !values.is_sorted())
    }
}

/// What happens to a host, four who scrape it, and what they ought to see.
struct Model<C> {
    host: Host,
    client: C,
    scrapers: Vec<Scraper>,
    connections: u64,
    /// Connections of whose end the exporter has not heard.
    unheard: Vec<u64>,
    /// Those on which a request has come whose page is still to be written, with the client.
    unanswered: Vec<(u64, u64)>,
    second: u64,
    truth: u64,
    saved_truth: u64,
}

impl<C: Fn(usize) -> u64> Model<C> {
    fn new(client: C) -> Self {
        let scrapers = (0..4).map(|_| Scraper::default()).collect();
        let host = Host::new();
        Model {
            host,
            client,
            scrapers,
            connections: 0,
            unheard: Vec::new(),
            unanswered: Vec::new(),
            second: 1,
            truth: 0,
            saved_truth: 0,
        }
    }

    fn look(&mut self, scraper: usize, arrives: bool, crowded: bool) {
        let client = (self.client)(scraper);
        let connection = *self.scrapers[scraper].connection.get_or_insert_with(|| {
            self.connections += 1;
            self.connections
        });
        let page = self.host.look(connection, client, self.second, crowded);
        match arrives {
            true => self.scrapers[scraper].receive(&page, self.second),
            false => self.leave(scraper, false, false),
        }
    }

    fn leave(&mut self, scraper: usize, in_order: bool, heard: bool) {
        let Some(connection) = self.scrapers[scraper].connection.take() else { return };
        self.host.leave(connection, in_order);
        match heard {
            true => self.host.hear(connection, self.second),
            false => self.unheard.push(connection),
        }
    }

    fn act(&mut self, act: Act) {
        self.second += 2;
        match act {
            Act::Login(user) => {
                self.host.login(&format!("user{user}"), self.second);
                self.truth += 1;
            }
            Act::Look { scraper, arrives, crowded } => self.look(scraper, arrives, crowded),
            Act::Close { scraper, heard } => self.leave(scraper, true, heard),
            Act::Cut { scraper, heard } => self.leave(scraper, false, heard),
            Act::TimeOut { scraper, arrives } => {
                let connection = self.scrapers[scraper].connection;
                let client = (self.client)(scraper);
                self.unanswered.extend(connection.map(|connection| (connection, client)));
                self.leave(scraper, false, false);
                self.look(scraper, arrives, false);
            }
            Act::Hear { pages_first } => {
                let hears = |model: &mut Self| {
                    let unheard = std::mem::take(&mut model.unheard);
                    unheard.into_iter().for_each(|gone| model.host.hear(gone, model.second));
                };
                if !pages_first {
                    hears(self);
                }
                for (connection, client) in std::mem::take(&mut self.unanswered) {
                    self.host.look(connection, client, self.second, false);
                }
                hears(self);
            }
            Act::Wait => {
                self.second += 200;
                self.host.pass(self.second);
                self.saved_truth = self.truth;
                for scraper in 0..self.scrapers.len() {
                    if self.second - self.scrapers[scraper].looked > 300 {
                        self.look(scraper, true, false);
                    }
                }
            }
            Act::Stop | Act::Kill => {
                if matches!(act, Act::Stop) {
                    self.host.save();
                    self.saved_truth = self.truth;
                }
                self.host.restart(self.second);
                self.unheard.clear();
                self.unanswered.clear();
                self.scrapers.iter_mut().for_each(|scraper| scraper.connection = None);
                // The log is read again from where the snapshot stands.
                self.truth = self.saved_truth;
            }
        }
        if self.host.generation == self.host.store.generation() {
            self.saved_truth = self.truth;
        }
    }
}

/// Plays the acts, a second or two each, then lets every scraper look often enough to have it all.
fn scraped(acts: &[Act], client: impl Fn(usize) -> u64) -> (u64, Vec<Scraper>) {
    let mut model = Model::new(client);
    let look = |scraper| Act::Look { scraper, arrives: true, crowded: false };
    // Each has come before, and a snapshot knows of it.
    let come = (0..4).map(look).chain([Act::Stop]);
    let settle = (0..4).flat_map(|_| (0..4).map(look));
    come.chain(acts.iter().copied()).chain(settle).for_each(|act| model.act(act));
    (model.truth, model.scrapers)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// Scrapers that can be told apart see each login exactly once, whatever becomes of connections,
    /// answers and the exporter, and none of them ever sees a counter fall.
    #[test]
    fn scrapers_that_can_be_told_apart_see_the_truth(
        acts in prop::collection::vec(act(), 0..120),
    ) {
        let (truth, scrapers) = scraped(&acts, |scraper| scraper as u64 + 1);
        for scraper in scrapers {
            prop_assert!(!scraper.saw_a_fall(), "{:?}", scraper.received);
            prop_assert_eq!(scraper.increase(), truth, "{:?}", scraper.received);
        }
    }

    /// Those that look alike may be told again, but never less.
    #[test]
    fn scrapers_that_look_alike_lose_nothing(acts in prop::collection::vec(act(), 0..120)) {
        let (truth, scrapers) = scraped(&acts, |_| 1);
        for scraper in scrapers {
            prop_assert!(scraper.increase() >= truth, "{:?}", scraper.received);
        }
    }
}
