//! What stands in the reserved stream of a server (`server:<id>`): which season runs there.
//!
//! A Discord server runs one season of one game at a time. Before a world is opened its server is reserved for it; when the
//! season is over, or could not be opened, it is released. The expected version of each append makes sure that of two who
//! reserve at the same time only one does.

use serde::{Deserialize, Serialize};

use crate::WorldId;

/// The server is this world's from here on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct SeasonReserved {
    /// The world.
    pub world: WorldId,
}

/// The server is free again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct SeasonReleased {
    /// The world whose it was.
    pub world: WorldId,
}

/// Reserve a server for a world that is about to be opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SeasonReserve {
    /// The world.
    pub world: WorldId,
}

/// Release a server whose season is over or was never opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SeasonRelease {
    /// The world.
    pub world: WorldId,
}

impl schemars::JsonSchema for WorldId {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "WorldId".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[a-z0-9][a-z0-9:_-]{0,63}$" })
    }
}

crate::recorded! {
    /// What happens to a server.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub enum ServerEvent {
        /// The server is a world's from here on.
        SeasonReserved = 1,
        /// The server is free again.
        SeasonReleased = 1,
    }
}

crate::recorded! {
    /// What the host asks of a server, on behalf of who opens or ends a season.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub enum ServerCommand {
        /// Reserve the server for a world that is about to be opened.
        SeasonReserve = 1,
        /// Release the server.
        SeasonRelease = 1,
    }
}
