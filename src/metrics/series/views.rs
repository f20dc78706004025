//! Who has seen what: why `increase()` on a stock Prometheus sees the first one.
//!
//! A counter that appears with a value has, for Prometheus, not risen. So each scraper is shown a
//! new series at 0 before it is shown its value, and after a restart every series at its saved
//! value before what was caught up. What one scraper has been shown is its view, and a view is that
//! of one connection: nobody waits for anybody else, and nobody can take a 0 that is another's.
//!
//! - A look counts as had once the next request comes on its connection, or once the client closes
//!   the connection in order: an answer that was lost on the way has shown nobody anything.
//! - A client that opens a new connection goes on from one of the views that it has closed. Which
//!   one cannot be told where two clients look alike, so it goes on from the one that has had
//!   least: in doubt a 0 is shown again, and none is lost.
//! - Who comes is judged when its page is written, and after every end of a connection that the
//!   system knows of by then: a scrape that timed out and is asked again goes on from its own view.
//! - What a view has had is saved before it sees more, so that no crash takes a value back.
//! - A series that is older than [`YOUNG`] is shown as it is, so that a new replica is told nothing
//!   old. Its age is counted in seconds that the exporter has run, whatever the clock does.
//! - A view that has been given nothing for [`YOUNG`] has no part in what is young, and is forgotten;
//!   how long that is ago is saved, so that no restart makes it younger.
//!
//! What cannot be told:
//! - A client that vanished without a word (its host lost power, a network broke) and comes again, from
//!   another that looks the same and is still there: it is shown each young series at 0 once more.
//! - Of two that look alike and have both closed, which of them comes: where one has had less, it may be
//!   the other that is shown a 0 once more. Where they open a connection for each request, that goes on
//!   for as long as a series is young.
//! - After a kill, how old a series was when a scraper saw it: seconds since the last snapshot are lost.
//!   One that grew old meanwhile is young again, and who had yet to have its 0 then is shown it.
//! - A client that gives up while the last of its answer is on the network: where the end that it sends
//!   crosses the answer, it seems to have had it.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How long a series is young: a little more than the longest sensible scrape interval.
pub(super) const YOUNG: Duration = Duration::from_secs(15 * 60);

/// How long a client's views may be more than those who come for them: twice [`YOUNG`], because the one
/// that is left over may be that of another than the one that has waited the longest.
const LEFT_OVER: Duration = YOUNG.saturating_mul(2);

/// Views of one connection: those whom a proxy's connection carries.
const MAX_VIEWS_OF_A_CONNECTION: usize = 16;

/// Views of connections that stand open; whoever comes when there are more has had nothing.
const MAX_OPEN: usize = 1024;

/// Views whose connections are closed. When more come, the one closed longest ago is forgotten.
pub(super) const MAX_CLOSED: usize = 256;

/// A scraper as far as it can be told from others: a digest of its address, its name and what a
/// proxy says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Client(pub u64, pub u64);

/// A scraper that asks, and the connection that it asks on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Viewer {
    /// A number that no other connection of this run has.
    pub connection: u64,
    pub client: Client,
}

/// The connections of scrapers, as the system knows them.
pub trait Connections: std::fmt::Debug + Send + Sync {
    /// `None` where the client is still there. Else whether it closed the connection in order, after
    /// it had the whole of its last answer.
    fn ended(&self, connection: u64) -> Option<bool>;
}

/// What the scrapers have been shown.
#[derive(Debug, Default)]
pub(super) struct Views {
    /// Looks that were given, to anyone, since the first start: each has a number, from 1.
    looks: u64,
    open: BTreeMap<Viewer, View>,
    /// The one closed longest ago first.
    closed: Vec<Closed>,
    /// The newest beginning of a series or of the exporter.
    newest: Option<Beginning>,
    /// Someone has come of whom no snapshot knows.
    newcomer: bool,
}

/// How far one scraper has been shown the page, by the numbers of looks.
#[derive(Clone, Copy, Debug, Default)]
struct View {
    /// The newest look that it has certainly had.
    had: u64,
    /// Of that, what stands in a snapshot.
    saved: u64,
    /// What the snapshot that is being written holds.
    saving: u64,
    /// The look that it was given last, which may have been lost.
    given: u64,
    /// When that was, in seconds that the exporter has run.
    at: Duration,
}

impl View {
    fn is_of_use(&self, now: Duration) -> bool {
        now.saturating_sub(self.at) < YOUNG
    }
}

#[derive(Clone, Copy, Debug)]
struct Closed {
    client: Client,
    view: View,
    /// The last look of the one that has waited the longest, of those whose view this may be.
    since: Duration,
}

impl Closed {
    fn new(client: Client, view: View) -> Self {
        Closed { client, view, since: view.at }
    }

    fn is_of_use(&self, now: Duration) -> bool {
        self.view.is_of_use(now) && now.saturating_sub(self.since) < LEFT_OVER
    }
}

/// From when on something is told: a look after this one has shown what stood before.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Beginning {
    pub(super) look: u64,
    pub(super) at: Duration,
}

/// As they are saved: the look, and how many seconds the exporter had run.
impl From<(u64, u64)> for Beginning {
    fn from((look, at): (u64, u64)) -> Self {
        Beginning { look, at: Duration::from_secs(at) }
    }
}

impl From<Beginning> for (u64, u64) {
    fn from(beginning: Beginning) -> Self {
        (beginning.look, beginning.at.as_secs())
    }
}

impl Beginning {
    fn is_young(&self, now: Duration) -> bool {
        now.saturating_sub(self.at) < YOUNG
    }

    /// Whether this one has yet to see what stood before.
    pub(super) fn is_ahead_of(&self, audience: &Audience) -> bool {
        audience.had.is_some_and(|had| had <= self.look) && self.is_young(audience.now)
    }
}

/// For whom a page is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Audience {
    /// The newest look that it has had; `None` for a person, who sees true values.
    had: Option<u64>,
    /// Seconds that the exporter has run.
    now: Duration,
    /// It has had no look since the exporter's start.
    pub(super) before_start: bool,
}

impl Views {
    /// The beginning of what happens now.
    pub(super) fn begin(&mut self, now: Duration) -> Beginning {
        let beginning = Beginning { look: self.looks, at: now };
        self.newest = Some(beginning);
        beginning
    }

    pub(super) fn looks(&self) -> u64 {
        self.looks
    }

    /// A request has come: what was given on its connection before has arrived.
    pub(super) fn asks(&mut self, viewer: Viewer) {
        for (_, view) in self.open.range_mut(of_connection(viewer.connection)) {
            view.had = view.had.max(view.given);
        }
    }

    /// Its page is written now, so it has a view from now on. Not where it has left meanwhile: nobody
    /// will read the page, and its view may be that of its next connection already.
    pub(super) fn enters(
        &mut self,
        viewer: Viewer,
        connections: &dyn Connections,
        now: Duration,
    ) -> bool {
        if self.open.contains_key(&viewer) {
            return true;
        }
        if connections.ended(viewer.connection).is_some() {
            return false;
        }
        self.close_ended(viewer.client, connections, now);
        if self.has_room(viewer.connection, now) {
            let known = self.take_closed(viewer.client, now);
            self.newcomer |= known.is_none();
            self.open.insert(viewer, known.unwrap_or_default());
        }
        true
    }

    /// Ends of this client's connections that the system knows of, and of which word has yet to come.
    fn close_ended(&mut self, client: Client, connections: &dyn Connections, now: Duration) {
        let alike = self.open.keys().filter(|viewer| viewer.client == client);
        let ended = |viewer: &Viewer| Some((*viewer, connections.ended(viewer.connection)?));
        for (viewer, in_order) in alike.filter_map(ended).collect::<Vec<_>>() {
            self.close(viewer, in_order, now);
        }
    }

    /// Whether this scraper would see more once it is saved what it has had.
    pub(super) fn waits(&self, viewer: Viewer, now: Duration) -> bool {
        let mut closed = self.closed.iter().filter(|closed| closed.client == viewer.client);
        match self.open.get(&viewer) {
            Some(view) => self.is_unsaved(view, now),
            None => closed.any(|closed| self.is_unsaved(&closed.view, now)),
        }
    }

    /// Whether who has come, or what anyone has had, is worth a snapshot.
    pub(super) fn any_unsaved(&self, now: Duration) -> bool {
        let closed = self.closed.iter().map(|closed| &closed.view);
        self.newcomer || self.open.values().chain(closed).any(|view| self.is_unsaved(view, now))
    }

    fn is_unsaved(&self, view: &View, now: Duration) -> bool {
        let began = |newest: Beginning| newest.look >= view.saved && newest.is_young(now);
        view.had > view.saved && self.newest.is_some_and(began)
    }

    /// Gives the next look. `saved` where what was had until now stands in a snapshot before the
    /// page is sent.
    pub(super) fn look(
        &mut self,
        viewer: Option<Viewer>,
        saved: bool,
        start: Option<Beginning>,
        now: Duration,
    ) -> Audience {
        self.looks += 1;
        let view = viewer.map(|viewer| self.open.get_mut(&viewer));
        let had = view.map(|view| {
            view.map_or(0, |view| {
                (view.given, view.at) = (self.looks, now);
                if saved { view.had } else { view.saved }
            })
        });
        let mut audience = Audience { had, now, before_start: false };
        audience.before_start = start.is_some_and(|start| start.is_ahead_of(&audience));
        audience
    }

    /// A connection has ended. `in_order` where the client closed it after it had all of the answer.
    pub(super) fn closed(&mut self, connection: u64, in_order: bool, now: Duration) {
        let viewers: Vec<Viewer> =
            self.open.range(of_connection(connection)).map(|(viewer, _)| *viewer).collect();
        for viewer in viewers {
            self.close(viewer, in_order, now);
        }
    }

    fn close(&mut self, viewer: Viewer, in_order: bool, now: Duration) {
        let Some(mut view) = self.open.remove(&viewer) else { return };
        if in_order {
            view.had = view.had.max(view.given);
        }
        // Also where it has had nothing: the next one to come may be this one again, and must not go
        // on from what another has had.
        self.closed.push(Closed::new(viewer.client, view));
        self.forget_closed(now);
    }

    fn forget_closed(&mut self, now: Duration) {
        self.closed.retain(|closed| closed.is_of_use(now));
        let surplus = self.closed.len().saturating_sub(MAX_CLOSED);
        self.closed.drain(..surplus);
    }

    fn has_room(&mut self, connection: u64, now: Duration) -> bool {
        let mut views = self.open.range(of_connection(connection)).map(|(viewer, _)| *viewer);
        let (count, first) = (views.clone().count(), views.next());
        if count >= MAX_VIEWS_OF_A_CONNECTION
            && let Some(first) = first
        {
            self.close(first, true, now);
        }
        self.open.len() < MAX_OPEN
    }

    /// One of the views that the client has closed. It is not known which, so all of them have had
    /// no more than the least from now on, and any of them may be the one that looked last.
    fn take_closed(&mut self, client: Client, now: Duration) -> Option<View> {
        self.forget_closed(now);
        let alike = self.closed.iter().enumerate().filter(|(_, closed)| closed.client == client);
        let (place, _) = alike.min_by_key(|(_, closed)| closed.view.at)?;
        let Closed { view: mut taken, mut since, .. } = self.closed.remove(place);
        let others = || self.closed.iter().filter(|closed| closed.client == client);
        taken.had = others().map(|closed| closed.view.had).fold(taken.had, u64::min);
        taken.saved = others().map(|closed| closed.view.saved).fold(taken.saved, u64::min);
        (taken.saving, taken.given) = (taken.saving.min(taken.had), 0);
        for closed in self.closed.iter_mut().filter(|closed| closed.client == client) {
            closed.view = View { at: closed.view.at, ..taken };
            (closed.since, since) = (closed.since.min(since), closed.since.max(since));
        }
        Some(taken)
    }

    fn all_mut(&mut self) -> impl Iterator<Item = &mut View> {
        self.open.values_mut().chain(self.closed.iter_mut().map(|closed| &mut closed.view))
    }

    /// A snapshot is taken now.
    pub(super) fn are_being_saved(&mut self) {
        self.newcomer = false;
        self.all_mut().for_each(|view| view.saving = view.had);
    }

    /// The last snapshot that was taken is on the disk, or cannot be put there.
    pub(super) fn were_saved(&mut self) {
        self.all_mut().for_each(|view| view.saved = view.saved.max(view.saving));
    }

    /// As they stand in a snapshot: after a restart no connection is open.
    pub(super) fn save(&self, now: Duration) -> Saved {
        let open = self.open.iter().map(|(viewer, view)| Closed::new(viewer.client, *view));
        let mut closed: Vec<_> = self
            .closed
            .iter()
            .copied()
            .chain(open)
            .filter(|closed| closed.is_of_use(now))
            .collect();
        // Those that were seen last, where there are more than are kept.
        closed.sort_by_key(|closed| std::cmp::Reverse(closed.view.had));
        closed.truncate(MAX_CLOSED);
        let ago = |at: Duration| now.saturating_sub(at).as_secs();
        let clients = closed.into_iter().map(|Closed { client, view, since }| {
            SavedView(client, view.had, ago(view.at), ago(since))
        });
        Saved { looks: self.looks, clients: clients.collect() }
    }

    pub(super) fn restore(&mut self, saved: Saved, now: Duration) {
        self.looks = saved.looks;
        // Something may be young of which only the snapshot knows.
        self.newest = Some(Beginning { look: saved.looks, at: now });
        self.open.clear();
        let before = |ago| now.saturating_sub(Duration::from_secs(ago));
        let closed = saved.clients.into_iter().map(|SavedView(client, had, given, since)| {
            let had = had.min(saved.looks);
            let view = View { had, saved: had, saving: had, given: 0, at: before(given) };
            Closed { client, view, since: before(since) }
        });
        self.closed = closed.collect();
        self.forget_closed(now);
    }
}

/// In a snapshot.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Saved {
    looks: u64,
    clients: Vec<SavedView>,
}

/// Whose it is, the look that was had, and how many seconds that the exporter ran ago it was given
/// one, and the one that has waited the longest was.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct SavedView(Client, u64, #[serde(default)] u64, #[serde(default)] u64);

fn of_connection(connection: u64) -> std::ops::RangeInclusive<Viewer> {
    let viewer = |digest| Viewer { connection, client: Client(digest, digest) };
    viewer(0)..=viewer(u64::MAX)
}
