//! A map with a bound, whose entries have a time at which they are due.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, Hash, Hasher, RandomState};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::event::Time;

/// At most `N` entries. What is due first goes first: when its time has come, or to make room.
#[derive(Clone, Debug)]
pub(super) struct Table<K, V, const N: usize> {
    entries: HashMap<K, Slot<V>, Mixing>,
    order: BTreeMap<(i64, u64), K>,
    /// Nothing is due before this, so that most questions need no look at the order.
    soonest: i64,
    /// Tells entries apart that are due at the same time: the older one goes first.
    next: u64,
}

#[derive(Clone, Debug)]
struct Slot<V> {
    place: (i64, u64),
    value: V,
}

impl<K, V, const N: usize> Default for Table<K, V, N> {
    fn default() -> Self {
        let entries = HashMap::with_hasher(Mixing::new());
        Table { entries, order: BTreeMap::new(), soonest: i64::MAX, next: 0 }
    }
}

impl<K: Clone + Eq + Hash, V, const N: usize> Table<K, V, N> {
    /// Inserts, in place of what the key had. Gives what went to make room.
    pub(super) fn insert(&mut self, key: K, due: Time, value: V) -> Option<(K, V)> {
        self.remove(&key);
        let out = if self.entries.len() >= N { self.pop_first() } else { None };
        let place = (due.nanoseconds(), self.next);
        self.next += 1;
        self.soonest = self.soonest.min(place.0);
        self.order.insert(place, key.clone());
        self.entries.insert(key, Slot { place, value });
        out
    }

    pub(super) fn get(&self, key: &K) -> Option<&V> {
        self.entries.get(key).map(|slot| &slot.value)
    }

    pub(super) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.entries.get_mut(key).map(|slot| &mut slot.value)
    }

    pub(super) fn contains(&self, key: &K) -> bool {
        self.entries.contains_key(key)
    }

    pub(super) fn remove(&mut self, key: &K) -> Option<V> {
        let slot = self.entries.remove(key)?;
        self.order.remove(&slot.place);
        Some(slot.value)
    }

    /// The entry that is due first, where it is due at `now`.
    pub(super) fn pop_due(&mut self, now: Time) -> Option<(K, V)> {
        if self.soonest > now.nanoseconds() {
            return None;
        }
        self.soonest = self.order.first_key_value().map_or(i64::MAX, |(place, _)| place.0);
        if self.soonest <= now.nanoseconds() { self.pop_first() } else { None }
    }

    /// Puts off when an entry is due, where that is so much later that it is worth the work.
    pub(super) fn put_off(&mut self, key: &K, due: Time) {
        const WORTH: i64 = 10_000_000_000;
        let Some(slot) = self.entries.get_mut(key) else { return };
        if due.nanoseconds().saturating_sub(slot.place.0) >= WORTH
            && let Some(key) = self.order.remove(&slot.place)
        {
            slot.place.0 = due.nanoseconds();
            self.order.insert(slot.place, key);
        }
    }

    pub(super) fn pop_first(&mut self) -> Option<(K, V)> {
        let (_, key) = self.order.pop_first()?;
        self.entries.remove(&key).map(|slot| (key, slot.value))
    }

    /// Forgets every entry that is due at `now`.
    pub(super) fn forget_due(&mut self, now: Time) {
        while self.pop_due(now).is_some() {}
    }

    pub(super) fn retain(&mut self, mut keep: impl FnMut(&K, &V) -> bool) {
        let order = &mut self.order;
        self.entries.retain(|key, slot| {
            let stays = keep(key, &slot.value);
            if !stays {
                order.remove(&slot.place);
            }
            stays
        });
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &V> {
        self.entries.values().map(|slot| &slot.value)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.entries.iter().map(|(key, slot)| (key, &slot.value))
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        assert_eq!(self.entries.len(), self.order.len());
        self.entries.len()
    }
}

/// Saved in the order in which entries are due, so that the same memory is the same snapshot.
impl<K: Serialize + Eq + Hash, V: Serialize, const N: usize> Serialize for Table<K, V, N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.order.iter().filter_map(|((due, _), key)| {
            let slot = self.entries.get(key)?;
            Some((key, due, &slot.value))
        }))
    }
}

impl<'de, K, V, const N: usize> Deserialize<'de> for Table<K, V, N>
where
    K: Deserialize<'de> + Clone + Eq + Hash,
    V: Deserialize<'de>,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let saved = Vec::<(K, i64, V)>::deserialize(deserializer)?;
        let mut table = Table::default();
        for (key, due, value) in saved {
            table.insert(key, Time::from_nanoseconds(due), value);
        }
        Ok(table)
    }
}

/// Hashes keys that are numbers, with a secret of this process: who crafts keys does not know which
/// of them meet. (The standard one costs more than the rest of a look-up.)
#[derive(Clone, Debug)]
struct Mixing {
    secret: u64,
}

impl Mixing {
    fn new() -> Self {
        Mixing { secret: RandomState::new().hash_one(0) }
    }
}

impl BuildHasher for Mixing {
    type Hasher = Mixer;

    fn build_hasher(&self) -> Mixer {
        Mixer(self.secret)
    }
}

struct Mixer(u64);

impl Hasher for Mixer {
    /// The two halves of a product with an odd number, so that every bit of the value reaches the
    /// bits of the hash that a map looks at.
    fn write_u64(&mut self, value: u64) {
        let product = u128::from(self.0 ^ value) * 0x9e37_79b9_7f4a_7c15;
        self.0 = (product >> 64) as u64 ^ product as u64;
    }

    fn write_usize(&mut self, value: usize) {
        self.write_u64(value as u64);
    }

    fn write_u32(&mut self, value: u32) {
        self.write_u64(u64::from(value));
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// A number for words, the same in every run and version (FNV-1a), so that keys cost no copy and
/// can be saved. The words are parted, so that `ab`+`c` is not `a`+`bc`.
pub(super) fn fingerprint(words: &[&str]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for word in words {
        for byte in word.bytes().chain([0xff]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Time {
        Time::new(seconds, 0)
    }

    #[test]
    fn what_is_due_first_makes_room() {
        let mut table = Table::<u32, &str, 2>::default();
        assert_eq!(table.insert(1, at(10), "a"), None);
        assert_eq!(table.insert(2, at(5), "b"), None);
        assert_eq!(table.insert(3, at(20), "c"), Some((2, "b")));
        assert_eq!(table.insert(1, at(30), "d"), None, "the same key needs no room");
        assert_eq!(table.pop_due(at(19)), None);
        assert_eq!(table.pop_due(at(20)), Some((3, "c")));
        assert_eq!(table.len(), 1);
    }

    #[test]
    fn what_is_put_off_is_due_later() {
        let mut table = Table::<u32, &str, 2>::default();
        table.insert(1, at(10), "a");
        table.insert(2, at(15), "b");
        table.put_off(&1, at(40));
        assert_eq!(table.pop_due(at(20)), Some((2, "b")));
        assert_eq!(table.pop_due(at(39)), None);
        assert_eq!(table.pop_due(at(40)), Some((1, "a")));
        assert_eq!((table.pop_due(at(99)), table.len()), (None, 0));
    }

    #[test]
    fn a_saved_table_is_the_same() {
        let mut table = Table::<u32, String, 4>::default();
        table.insert(1, at(10), "a".into());
        table.insert(2, at(5), "b".into());
        let saved = serde_json::to_string(&table).unwrap();
        let mut loaded: Table<u32, String, 4> = serde_json::from_str(&saved).unwrap();
        assert_eq!(serde_json::to_string(&loaded).unwrap(), saved);
        assert_eq!(loaded.pop_first(), Some((2, "b".into())));
    }

    #[test]
    fn words_are_parted() {
        assert_ne!(fingerprint(&["ab", "c"]), fingerprint(&["a", "bc"]));
    }
}
