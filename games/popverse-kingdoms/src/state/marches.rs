//! Marches that are out, by number and by whose they are.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::March;
use crate::ids::{MarchId, Pn};

/// All marches that are out. Read as the map by number that it is; whose each is, is kept beside it, since nearly every
/// rule asks for somebody's own. Written as the map alone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Marches {
    all: BTreeMap<MarchId, March>,
    /// Of each player with any: never an empty set.
    of: BTreeMap<Pn, BTreeSet<MarchId>>,
}

impl Marches {
    /// Puts a march in, in the place of one with its number.
    pub fn insert(&mut self, id: MarchId, march: March) {
        self.remove(&id);
        self.of.entry(march.pn).or_default().insert(id);
        self.all.insert(id, march);
    }

    /// Takes a march out.
    pub fn remove(&mut self, id: &MarchId) -> Option<March> {
        let march = self.all.remove(id)?;
        if let Some(own) = self.of.get_mut(&march.pn) {
            own.remove(id);
            if own.is_empty() {
                self.of.remove(&march.pn);
            }
        }
        Some(march)
    }

    /// A march to be changed in any way but whose it is.
    pub fn get_mut(&mut self, id: &MarchId) -> Option<&mut March> {
        self.all.get_mut(id)
    }

    /// A player's marches, by number.
    pub fn of(&self, pn: Pn) -> impl Iterator<Item = (MarchId, &March)> {
        let own = self.of.get(&pn).into_iter().flatten();
        own.filter_map(|id| Some((*id, self.all.get(id)?)))
    }
}

impl Deref for Marches {
    type Target = BTreeMap<MarchId, March>;

    fn deref(&self) -> &Self::Target {
        &self.all
    }
}

impl FromIterator<(MarchId, March)> for Marches {
    fn from_iter<T: IntoIterator<Item = (MarchId, March)>>(all: T) -> Self {
        let mut marches = Self::default();
        all.into_iter().for_each(|(id, march)| marches.insert(id, march));
        marches
    }
}

impl Serialize for Marches {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.all.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Marches {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(BTreeMap::deserialize(deserializer)?.into_iter().collect())
    }
}
