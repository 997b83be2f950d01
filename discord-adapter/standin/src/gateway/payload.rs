//! What the gateway tells: whole payloads, made from the field tables of Discord's documentation.

use serde_json::{Value, json};

use crate::people::bot;
use crate::serve::Options;

/// The first event of a session.
pub(crate) fn ready(options: &Options, session: &str, url: &str, shard: (u64, u64)) -> Value {
    let guilds = options.guilds.iter().filter(|guild| (**guild >> 22) % shard.1.max(1) == shard.0);
    let guilds: Vec<Value> =
        guilds.map(|guild| json!({ "id": guild.to_string(), "unavailable": true })).collect();
    json!({
        "v": 10, "user": bot(options.application), "guilds": guilds, "session_id": session,
        "resume_gateway_url": url, "shard": [shard.0, shard.1],
        "application": { "id": options.application.to_string(), "flags": 0 },
        "private_channels": [], "relationships": [], "presences": [], "user_settings": {},
        "geo_ordered_rtc_regions": [], "guild_join_requests": [], "session_type": "normal", "auth": {}, "_trace": [],
    })
}

/// A server, as a bot that is in it is told.
pub(crate) fn guild(id: u64) -> Value {
    json!({
        "id": id.to_string(), "name": "Test Realm", "owner_id": "900000000000000301", "icon": null, "splash": null,
        "joined_at": "2026-01-01T00:00:00+00:00", "large": false, "member_count": 2, "members": [], "unavailable": false,
        "channels": [{
            "id": (id + 100).to_string(), "type": 0, "name": "war-room", "guild_id": id.to_string(), "position": 0,
            "permission_overwrites": [],
        }],
        "threads": [], "presences": [], "voice_states": [], "stage_instances": [],
        "guild_scheduled_events": [], "soundboard_sounds": [],
        "roles": [{
            "id": id.to_string(), "name": "@everyone", "color": 0,
            "colors": { "primary_color": 0, "secondary_color": null, "tertiary_color": null },
            "hoist": false, "managed": false, "mentionable": false, "permissions": "2147483648", "position": 0, "flags": 0,
        }],
        "emojis": [], "stickers": [], "features": [], "afk_timeout": 300, "default_message_notifications": 0,
        "explicit_content_filter": 0, "mfa_level": 0, "verification_level": 0, "nsfw_level": 0, "premium_tier": 0,
        "preferred_locale": "en-US", "system_channel_flags": 0, "premium_progress_bar_enabled": false,
    })
}
