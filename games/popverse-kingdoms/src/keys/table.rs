//! A dense map from a catalogue key to a value: every key has one, so looking up cannot fail.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Index, IndexMut};

use serde::de::{Error, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What the key enums have in common.
pub trait Key: Copy + Eq + Ord + fmt::Debug + 'static {
    /// Every key, in rulebook order.
    const KEYS: &'static [Self];

    /// Position in [`Self::KEYS`].
    fn index(self) -> usize;

    /// The stored and typed name.
    fn key(self) -> &'static str;
}

/// One value for each key of `K`. Stored as a map by key; reading demands every key and no other.
#[derive(Clone, PartialEq, Eq)]
pub struct Table<K, V> {
    values: Vec<V>,
    keys: PhantomData<K>,
}

impl<K: Key, V> Table<K, V> {
    /// A table whose value for each key is what `of` says.
    pub fn build(of: impl FnMut(K) -> V) -> Self {
        Self { values: K::KEYS.iter().copied().map(of).collect(), keys: PhantomData }
    }

    /// Keys and values, in rulebook order.
    pub fn iter(&self) -> impl Iterator<Item = (K, &V)> {
        K::KEYS.iter().copied().zip(&self.values)
    }

    /// Keys and changeable values, in rulebook order.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (K, &mut V)> {
        K::KEYS.iter().copied().zip(&mut self.values)
    }

    /// Values in rulebook order.
    #[must_use]
    pub fn values(&self) -> &[V] {
        &self.values
    }
}

impl<K: Key, V: Default> Default for Table<K, V> {
    fn default() -> Self {
        Self::build(|_| V::default())
    }
}

impl<K: Key, V> Index<K> for Table<K, V> {
    type Output = V;

    #[inline]
    fn index(&self, key: K) -> &V {
        &self.values[key.index()]
    }
}

impl<K: Key, V> IndexMut<K> for Table<K, V> {
    #[inline]
    fn index_mut(&mut self, key: K) -> &mut V {
        &mut self.values[key.index()]
    }
}

impl<K: Key, V: fmt::Debug> fmt::Debug for Table<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter().map(|(k, v)| (k.key(), v))).finish()
    }
}

impl<K: Key, V: Serialize> Serialize for Table<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.values.len()))?;
        for (key, value) in self.iter() {
            map.serialize_entry(key.key(), value)?;
        }
        map.end()
    }
}

impl<'de, K: Key, V: Deserialize<'de>> Deserialize<'de> for Table<K, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(TableVisitor(PhantomData))
    }
}

struct TableVisitor<K, V>(PhantomData<(K, V)>);

impl<'de, K: Key, V: Deserialize<'de>> Visitor<'de> for TableVisitor<K, V> {
    type Value = Table<K, V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("one entry for each of")?;
        for key in K::KEYS {
            write!(f, " {}", key.key())?;
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found: Vec<Option<V>> = K::KEYS.iter().map(|_| None).collect();
        while let Some(name) = map.next_key::<String>()? {
            let Some(key) = K::KEYS.iter().find(|k| k.key() == name) else {
                return Err(A::Error::custom(format_args!("unknown key {name}")));
            };
            if found[key.index()].replace(map.next_value()?).is_some() {
                return Err(A::Error::custom(format_args!("key {name} stands twice")));
            }
        }
        let mut values = Vec::with_capacity(found.len());
        for (key, value) in K::KEYS.iter().zip(found) {
            let Some(value) = value else {
                return Err(A::Error::custom(format_args!("key {} is missing", key.key())));
            };
            values.push(value);
        }
        Ok(Table { values, keys: PhantomData })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::Faction;

    #[test]
    fn a_table_reads_back_and_refuses_missing_and_unknown_keys() {
        let table: Table<Faction, i64> = Table::build(|f: Faction| f.index() as i64 * 10);
        let json = serde_json::to_string(&table).unwrap();
        assert_eq!(json, r#"{"cinema":0,"otaku":10,"arcade":20}"#);
        assert_eq!(serde_json::from_str::<Table<Faction, i64>>(&json).unwrap(), table);
        assert!(serde_json::from_str::<Table<Faction, i64>>(r#"{"cinema":0,"otaku":10}"#).is_err());
        assert!(
            serde_json::from_str::<Table<Faction, i64>>(r#"{"cinema":0,"otaku":1,"arcade":2,"x":3}"#)
                .is_err()
        );
        assert_eq!(table[Faction::Arcade], 20);
    }
}
