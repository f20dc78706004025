//! Basic authentication: who may ask, at a bounded cost.
//!
//! A bcrypt hash takes a tenth of a second of a core, on purpose. So the passwords that were
//! right once are remembered (as a keyed digest), wrong ones are checked one at a time with a
//! pause after each, and a client may have only a few checks waiting.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use base64ct::{Base64, Encoding};
use hyper::header::HeaderValue;
use ring::hmac;
use ring::rand::SystemRandom;
use tokio::sync::Semaphore;

/// Right credentials that are remembered, which is what scrapers and their people need.
const REMEMBERED: usize = 100;
/// Checks of one address that wait or run.
const WAITING: usize = 4;

/// The users and their bcrypt hashes; never empty.
pub(super) struct Users {
    hashes: BTreeMap<String, String>,
}

impl Users {
    pub(super) fn new(hashes: impl Iterator<Item = (String, String)>) -> Self {
        Users { hashes: hashes.collect() }
    }

    /// The hash to compare with, and whether the user exists. One who does not exist is compared
    /// with another's hash, so that the time of an answer does not tell who exists.
    fn hash(&self, user: &str) -> (String, bool) {
        let own = self.hashes.get(user);
        let any = own.or_else(|| self.hashes.values().next());
        (any.cloned().unwrap_or_default(), own.is_some())
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// This user may.
    Welcome(String),
    /// No credentials, or wrong ones.
    Unauthorized,
    /// This address has too many checks waiting.
    Busy,
}

/// Checks credentials, and remembers the right ones.
pub(super) struct Gatekeeper {
    /// `None` where the system gives no random bytes; then nothing is remembered.
    key: Option<hmac::Key>,
    remembered: Mutex<VecDeque<hmac::Tag>>,
    turn: Arc<Semaphore>,
    waiting: Arc<Waiting>,
}

#[derive(Default)]
struct Waiting {
    checks: Mutex<HashMap<IpAddr, usize>>,
}

impl Gatekeeper {
    pub(super) fn new() -> Self {
        Gatekeeper {
            key: hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new()).ok(),
            remembered: Mutex::default(),
            turn: Arc::new(Semaphore::new(1)),
            waiting: Arc::default(),
        }
    }

    pub(super) async fn judge(
        &self,
        users: &Users,
        authorization: Option<&HeaderValue>,
        peer: IpAddr,
    ) -> Verdict {
        let Some((user, password)) = authorization.and_then(credentials) else {
            return Verdict::Unauthorized;
        };
        let (hash, exists) = users.hash(&user);
        let tag = self.tag(&user, &hash, &password);
        if exists && tag.as_ref().is_some_and(|tag| self.remembers(tag)) {
            return Verdict::Welcome(user);
        }
        let Some(place) = Waiting::enter(&self.waiting, peer) else {
            return Verdict::Busy;
        };
        if !self.check(password, hash, place).await || !exists {
            return Verdict::Unauthorized;
        }
        self.remember(tag);
        Verdict::Welcome(user)
    }

    /// The turn and the place go along to the other thread: a client that leaves must not make
    /// room for the next while its check still runs.
    async fn check(&self, password: Vec<u8>, hash: String, place: Place) -> bool {
        let Ok(turn) = self.turn.clone().acquire_owned().await else {
            return false;
        };
        let check = tokio::task::spawn_blocking(move || {
            let begun = Instant::now();
            let right = bcrypt::verify(password, &hash).unwrap_or(false);
            if !right {
                // Wrong ones never take more than half of one core.
                std::thread::sleep(begun.elapsed());
            }
            drop((turn, place));
            right
        });
        check.await.unwrap_or(false)
    }

    /// The hash is part of it: a changed password is a new check.
    fn tag(&self, user: &str, hash: &str, password: &[u8]) -> Option<hmac::Tag> {
        let mut context = hmac::Context::with_key(self.key.as_ref()?);
        for part in [user.as_bytes(), hash.as_bytes(), password] {
            context.update(&part.len().to_le_bytes());
            context.update(part);
        }
        Some(context.sign())
    }

    fn remembers(&self, tag: &hmac::Tag) -> bool {
        lock(&self.remembered).iter().any(|known| known.as_ref() == tag.as_ref())
    }

    fn remember(&self, tag: Option<hmac::Tag>) {
        let mut remembered = lock(&self.remembered);
        remembered.truncate(REMEMBERED - 1);
        if let Some(tag) = tag {
            remembered.push_front(tag);
        }
    }
}

/// One check of an address; dropping it makes room for another.
struct Place {
    waiting: Arc<Waiting>,
    peer: IpAddr,
}

impl Waiting {
    fn enter(waiting: &Arc<Waiting>, peer: IpAddr) -> Option<Place> {
        let mut checks = lock(&waiting.checks);
        let count = checks.entry(peer).or_default();
        if *count >= WAITING {
            return None;
        }
        *count += 1;
        Some(Place { waiting: waiting.clone(), peer })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut checks = lock(&self.waiting.checks);
        if let Some(count) = checks.get_mut(&self.peer) {
            *count -= 1;
            if *count == 0 {
                checks.remove(&self.peer);
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// RFC 7617: the user's name ends at the first colon. A name that is no UTF-8 is nobody's.
fn credentials(header: &HeaderValue) -> Option<(String, Vec<u8>)> {
    let (scheme, encoded) = header.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let mut decoded = Base64::decode_vec(encoded.trim()).ok()?;
    let colon = decoded.iter().position(|&byte| byte == b':')?;
    let password = decoded.split_off(colon + 1);
    decoded.truncate(colon);
    Some((String::from_utf8(decoded).ok()?, password))
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;

    use super::credentials;

    #[test]
    fn credentials_are_read_as_rfc_7617_writes_them() {
        let read = |text: &str| credentials(&HeaderValue::from_str(text).unwrap());
        let aladdin = Some(("Aladdin".to_owned(), b"open sesame".to_vec()));
        assert_eq!(read("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), aladdin);
        assert_eq!(read("basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), aladdin);
        assert_eq!(read("Basic YTpiOmM="), Some(("a".to_owned(), b"b:c".to_vec())));
        for none in ["", "Basic", "Bearer YTpi", "Basic YTpi!", "Basic YWI=", "Basic /zpi"] {
            assert_eq!(read(none), None, "{none}");
        }
    }
}
