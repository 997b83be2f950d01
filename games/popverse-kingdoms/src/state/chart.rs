//! The map inside the state: kept whole in memory, stored as compactly as in its event.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::map::{MapError, StoredMap, WorldMap};
use crate::rules::MapRules;

/// The map of a season with the figures it was drawn by, so that it reads back without the rules file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chart {
    rules: MapRules,
    map: WorldMap,
}

/// What is stored of it.
#[derive(Serialize, Deserialize)]
struct StoredChart {
    rules: MapRules,
    map: StoredMap,
}

impl Chart {
    /// Reads a stored map.
    ///
    /// # Errors
    /// If it is damaged.
    pub fn restore(rules: &MapRules, stored: StoredMap) -> Result<Self, MapError> {
        Ok(Self { rules: rules.clone(), map: WorldMap::restore(rules, stored)? })
    }

    /// The map.
    #[must_use]
    pub const fn map(&self) -> &WorldMap {
        &self.map
    }
}

impl Serialize for Chart {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        StoredChart { rules: self.rules.clone(), map: self.map.store() }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Chart {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let stored = StoredChart::deserialize(deserializer)?;
        Self::restore(&stored.rules, stored.map).map_err(serde::de::Error::custom)
    }
}
