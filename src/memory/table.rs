//! A bounded map that knows in which order its entries were last used, and which of them changed
//! since they were last saved.
//!
//! An entry stands in one of a few lists, least recently used first. What to forget, and when, is
//! the owner's to say: each list has a quota of its own, so that a flood into one of them pushes
//! nothing out of another.

use std::hash::{BuildHasher, Hash};
use std::ops::{Index, IndexMut};

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use slab::Slab;

use crate::keyed::Mixing;

/// Where an entry stands, until it is removed.
pub(super) type At = usize;

/// Which list of its table.
pub(super) type List = u8;

/// No table has more.
const LISTS: usize = 3;

const NOWHERE: At = usize::MAX;

#[derive(Clone, Debug)]
pub(super) struct Table<K, V> {
    /// Where the entry of a key stands, by the key's hash.
    index: HashTable<At>,
    mixing: Mixing,
    slots: Slab<Slot<K, V>>,
    lists: [Ends; LISTS],
    /// Which entry was used last: mostly it is the one that is looked for next.
    last: At,
    unsaved: Unsaved<K>,
}

#[derive(Clone, Debug)]
struct Slot<K, V> {
    key: K,
    value: V,
    list: List,
    before: At,
    after: At,
    /// It changed since it was last saved. What changes is the newest of its list, so these stand
    /// at the end.
    unsaved: bool,
}

#[derive(Clone, Copy, Debug)]
struct Ends {
    oldest: At,
    newest: At,
    len: usize,
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        let ends = Ends { oldest: NOWHERE, newest: NOWHERE, len: 0 };
        Table {
            index: HashTable::new(),
            mixing: Mixing::default(),
            slots: Slab::new(),
            lists: [ends; LISTS],
            last: NOWHERE,
            unsaved: Unsaved::default(),
        }
    }
}

impl<K: Copy + Eq + Hash, V> Table<K, V> {
    #[inline]
    pub(super) fn find(&self, key: &K) -> Option<At> {
        match self.slots.get(self.last) {
            Some(slot) if slot.key == *key => Some(self.last),
            _ => self.look_up(key),
        }
    }

    #[inline(never)]
    fn look_up(&self, key: &K) -> Option<At> {
        self.index.find(self.mixing.hash_one(key), |at| self.slots[*at].key == *key).copied()
    }

    pub(super) fn get(&self, key: &K) -> Option<&V> {
        self.find(key).map(|at| &self[at])
    }

    pub(super) fn key(&self, at: At) -> K {
        self.slots[at].key
    }

    pub(super) fn list(&self, at: At) -> List {
        self.slots[at].list
    }

    /// Inserts as the newest of a list, in place of what the key had.
    pub(super) fn insert(&mut self, key: K, list: List, value: V) -> At {
        let (slots, mixing) = (&self.slots, &self.mixing);
        let is_same = |at: &At| slots[*at].key == key;
        match self.index.entry(mixing.hash_one(key), is_same, |at| mixing.hash_one(slots[*at].key))
        {
            Entry::Occupied(known) => {
                let at = *known.get();
                *self.place(at, list) = value;
                at
            }
            Entry::Vacant(free) => {
                let (before, after) = (NOWHERE, NOWHERE);
                let slot = Slot { key, value, list, before, after, unsaved: true };
                let at = *free.insert(self.slots.insert(slot)).get();
                self.link(at, list);
                self.last = at;
                at
            }
        }
    }

    /// Makes an entry the newest of a list, and gives its value to be changed.
    #[inline]
    pub(super) fn place(&mut self, at: At, list: List) -> &mut V {
        let slot = &self.slots[at];
        if slot.list != list || slot.after != NOWHERE {
            self.unlink(at);
            self.link(at, list);
        }
        self.last = at;
        let slot = &mut self.slots[at];
        slot.unsaved = true;
        &mut slot.value
    }

    pub(super) fn remove(&mut self, at: At) -> V {
        let hash = self.mixing.hash_one(self.slots[at].key);
        if let Ok(known) = self.index.find_entry(hash, |other| *other == at) {
            known.remove();
        }
        self.unlink(at);
        let slot = self.slots.remove(at);
        self.unsaved.removed(slot.key, self.slots.len());
        slot.value
    }

    pub(super) fn take(&mut self, key: &K) -> Option<V> {
        self.find(key).map(|at| self.remove(at))
    }

    pub(super) fn oldest(&self, list: List) -> Option<At> {
        Some(self.lists[list as usize].oldest).filter(|at| *at != NOWHERE)
    }

    pub(super) fn len(&self, list: List) -> usize {
        self.lists[list as usize].len
    }

    /// The entries of a list, newest first.
    pub(super) fn newest_first(&self, list: List) -> impl Iterator<Item = At> {
        let mut at = self.lists[list as usize].newest;
        std::iter::from_fn(move || {
            let found = Some(at).filter(|at| *at != NOWHERE)?;
            at = self.slots[found].before;
            Some(found)
        })
    }

    /// The entries of a list, oldest first.
    fn oldest_first(&self, list: List) -> impl Iterator<Item = &Slot<K, V>> {
        let mut at = self.lists[list as usize].oldest;
        std::iter::from_fn(move || {
            let slot = self.slots.get(at)?;
            at = slot.after;
            Some(slot)
        })
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.slots.iter().map(|(_, slot)| (&slot.key, &slot.value))
    }

    /// Shows every value to `each`, which changes only what is not saved.
    pub(super) fn each_mut(&mut self, mut each: impl FnMut(&K, &mut V)) {
        self.slots.iter_mut().for_each(|(_, slot)| each(&slot.key, &mut slot.value));
    }

    /// Removes what `gone` says is gone.
    pub(super) fn remove_where(&mut self, mut gone: impl FnMut(&K, &V) -> bool) -> Vec<(K, V)> {
        let found = self.slots.iter().filter(|(_, slot)| gone(&slot.key, &slot.value));
        let found: Vec<(At, K)> = found.map(|(at, slot)| (at, slot.key)).collect();
        found.into_iter().map(|(at, key)| (key, self.remove(at))).collect()
    }

    fn link(&mut self, at: At, list: List) {
        let ends = &mut self.lists[list as usize];
        let before = std::mem::replace(&mut ends.newest, at);
        ends.len += 1;
        match before {
            NOWHERE => ends.oldest = at,
            _ => self.slots[before].after = at,
        }
        let slot = &mut self.slots[at];
        (slot.list, slot.before, slot.after) = (list, before, NOWHERE);
    }

    fn unlink(&mut self, at: At) {
        let Slot { list, before, after, .. } = self.slots[at];
        let ends = &mut self.lists[list as usize];
        ends.len -= 1;
        match before {
            NOWHERE => ends.oldest = after,
            _ => self.slots[before].after = after,
        }
        match after {
            NOWHERE => self.lists[list as usize].newest = before,
            _ => self.slots[after].before = before,
        }
    }
}

impl<K, V> Index<At> for Table<K, V> {
    type Output = V;

    fn index(&self, at: At) -> &V {
        &self.slots[at].value
    }
}

/// Who changes a value through this makes it the newest of its list ([`Table::place`]) too, which
/// notes the change.
impl<K, V> IndexMut<At> for Table<K, V> {
    fn index_mut(&mut self, at: At) -> &mut V {
        &mut self.slots[at].value
    }
}

/// What changed since the table was last saved, once somebody asked for that.
#[derive(Clone, Debug)]
struct Unsaved<K> {
    on: bool,
    gone: Vec<K>,
    /// More went than it is worth to name: the table is to be saved whole.
    whole: bool,
}

impl<K> Default for Unsaved<K> {
    fn default() -> Self {
        Unsaved { on: false, gone: Vec::new(), whole: false }
    }
}

impl<K> Unsaved<K> {
    fn removed(&mut self, key: K, left: usize) {
        if self.on && !self.whole {
            self.gone.push(key);
            // A disk that is full for days must not fill the memory.
            if self.gone.len() > 2 * left + 1024 {
                (self.whole, self.gone) = (true, Vec::new());
            }
        }
    }
}

/// What to do to a table as it was last saved, to make it the one that it is now.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Changes<K, V> {
    /// Everything goes first.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    whole: bool,
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    gone: Vec<K>,
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    now: Vec<(List, K, V)>,
}

impl<K, V> Default for Changes<K, V> {
    fn default() -> Self {
        Changes { whole: false, gone: Vec::new(), now: Vec::new() }
    }
}

impl<K, V> Changes<K, V> {
    pub(super) fn is_empty(&self) -> bool {
        !self.whole && self.gone.is_empty() && self.now.is_empty()
    }
}

impl<K: Copy + Eq + Hash, V: Clone> Table<K, V> {
    /// What changed since the last call of this or of [`Table::forget_changes`].
    pub(super) fn take_changes(&mut self) -> Changes<K, V> {
        let whole = self.unsaved.whole || !self.unsaved.on;
        let gone = std::mem::take(&mut self.unsaved.gone);
        self.unsaved = Unsaved { on: true, ..Unsaved::default() };
        let mut now = Vec::new();
        for list in 0..LISTS as List {
            let from = now.len();
            self.each_change(list, whole, |slot| {
                now.push((list, slot.key, slot.value.clone()));
            });
            now[from..].reverse();
        }
        Changes { whole, gone, now }
    }

    /// The table was saved whole.
    pub(super) fn forget_changes(&mut self) {
        self.unsaved = Unsaved { on: true, ..Unsaved::default() };
        (0..LISTS as List).for_each(|list| self.each_change(list, false, |_| {}));
    }

    /// The changed entries of a list, newest first; from now on they are saved.
    fn each_change(&mut self, list: List, whole: bool, mut each: impl FnMut(&Slot<K, V>)) {
        let mut at = self.lists[list as usize].newest;
        while let Some(slot) = self.slots.get_mut(at).filter(|slot| whole || slot.unsaved) {
            slot.unsaved = false;
            each(slot);
            at = slot.before;
        }
    }

    pub(super) fn apply(&mut self, changes: Changes<K, V>) {
        if changes.whole {
            *self = Table::default();
        }
        for key in changes.gone {
            self.take(&key);
        }
        for (list, key, value) in changes.now {
            self.insert(key, list.min(LISTS as List - 1), value);
        }
    }
}

/// Saved in order, so that the same memory is the same snapshot.
impl<K: Serialize + Copy + Eq + Hash, V: Serialize> Serialize for Table<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let lists = (0..LISTS as List).flat_map(|list| self.oldest_first(list));
        serializer.collect_seq(lists.map(|slot| (slot.list, slot.key, &slot.value)))
    }
}

impl<'de, K, V> Deserialize<'de> for Table<K, V>
where
    K: Deserialize<'de> + Copy + Eq + Hash,
    V: Deserialize<'de> + Clone,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let now = Vec::<(List, K, V)>::deserialize(deserializer)?;
        let mut table = Table::default();
        table.apply(Changes { now, ..Changes::default() });
        Ok(table)
    }
}

#[cfg(test)]
mod tests;
