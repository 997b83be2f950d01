//! JSON Schemas of the types that the rules share with the record.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::amounts::{Res, Troops};
use crate::battle::{Digest, SkillLevels};
use crate::keys;
use crate::tile::Tile;

macro_rules! key_schemas {
    ($($path:ty as $name:literal),+ $(,)?) => {
        $(impl JsonSchema for $path {
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                let keys: Vec<&'static str> = <$path>::ALL.iter().map(|key| key.key()).collect();
                json_schema!({ "type": "string", "enum": keys })
            }
        })+
    };
}

key_schemas!(
    keys::Faction as "Faction",
    keys::Element as "Element",
    keys::Tier as "Tier",
    keys::Resource as "Resource",
    keys::Building as "Building",
    keys::Technology as "Technology",
    keys::ParcelType as "ParcelType",
    keys::NpcType as "NpcType",
    keys::ControlPoint as "ControlPoint",
    keys::HeroKey as "HeroKey",
    keys::Rarity as "Rarity",
    keys::Skill as "Skill",
    keys::Slot as "Slot",
    keys::Summoned as "Summoned",
    keys::MarchKind as "MarchKind",
    keys::JobKind as "JobKind",
    keys::Item as "Item",
    keys::ArenaItem as "ArenaItem",
    keys::Board as "Board",
    keys::GuildRole as "GuildRole",
    keys::Weekday as "Weekday",
    keys::NoticeKind as "NoticeKind",
    keys::Quest as "Quest",
    keys::Step as "Step",
    crate::battle::Result as "BattleResult",
);

impl JsonSchema for Tile {
    fn schema_name() -> Cow<'static, str> {
        "Tile".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": 0, "maximum": 9999 })
    }
}

impl JsonSchema for Digest {
    fn schema_name() -> Cow<'static, str> {
        "Digest".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9a-f]{16}$" })
    }
}

impl JsonSchema for crate::tile_set::TileSet {
    fn schema_name() -> Cow<'static, str> {
        "TileSet".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<Vec<(u16, u16)>>()
    }
}

impl JsonSchema for Res {
    fn schema_name() -> Cow<'static, str> {
        "Res".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "properties": {
                "food": { "type": "integer" }, "iron": { "type": "integer" }, "gold": { "type": "integer" }
            },
            "additionalProperties": false
        })
    }
}

impl JsonSchema for Troops {
    fn schema_name() -> Cow<'static, str> {
        "Troops".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "properties": {
                "t1": { "type": "integer" }, "t2": { "type": "integer" },
                "t3": { "type": "integer" }, "t4": { "type": "integer" }
            },
            "additionalProperties": false
        })
    }
}

impl JsonSchema for SkillLevels {
    fn schema_name() -> Cow<'static, str> {
        "SkillLevels".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "object", "additionalProperties": { "type": "integer", "minimum": 0, "maximum": 255 } })
    }
}

macro_rules! object_schemas {
    ($($path:ty as $name:literal { $($field:literal: $ty:ty),+ $(,)? })+) => {
        $(impl JsonSchema for $path {
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                let mut properties = serde_json::Map::new();
                $(properties.insert($field.to_owned(), generator.subschema_for::<$ty>().to_value());)+
                json_schema!({ "type": "object", "properties": properties, "additionalProperties": false })
            }
        })+
    };
}

object_schemas! {
    crate::battle::Hero as "BattleHero" {
        "power": i64, "speed": i64, "element": keys::Element, "rarity": keys::Rarity, "skills": SkillLevels
    }
    crate::battle::Side as "BattleSide" {
        "troops": Troops, "hero": Option<crate::battle::Hero>, "element": keys::Element, "initiative": i64,
        "attack": Vec<i64>, "guard": Vec<i64>
    }
    crate::battle::Input as "BattleInput" {
        "seed": u64, "attacker": crate::battle::Side, "defender": crate::battle::Side, "terrain": i64
    }
    crate::battle::Outcome as "BattleOutcome" {
        "result": crate::battle::Result, "rounds": i64, "draws": u64, "criticals": i64, "attacker": Troops,
        "defender": Troops
    }
    crate::battle::arena::ArenaInput as "ArenaInput" {
        "seed": u64, "attacker": Vec<crate::battle::Hero>, "defender": Vec<crate::battle::Hero>
    }
    crate::battle::arena::ArenaOutcome as "ArenaOutcome" {
        "result": crate::battle::Result, "rounds": i64, "draws": u64, "criticals": i64, "attacker": [i64; 3],
        "defender": [i64; 3]
    }
    crate::bots::Bot as "Bot" {
        "seed": u64, "rating": i64, "level": i64, "gear": i64, "heroes": Vec<keys::HeroKey>,
        "team": Vec<crate::battle::Hero>
    }
    crate::map::Parcel as "Parcel" {
        "no": u16, "type": keys::ParcelType, "gate": Tile, "size": i64
    }
    crate::map::Node as "Node" { "tile": Tile, "kind": keys::Resource, "level": i64 }
    crate::map::StoredMap as "StoredMap" {
        "biomes": String, "elevation": String, "control_points": Vec<Tile>, "beacons": Vec<Tile>,
        "parcels": Vec<crate::map::Parcel>, "nodes": Vec<crate::map::Node>
    }
    crate::path::Path as "Path" { "tiles": Vec<Tile>, "cost": i64 }
}
