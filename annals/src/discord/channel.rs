//! The bot's own channel for news. It is made where `/setup start` names none, and kept: its topic says day and end of the
//! season, and posts about conquests are pinned. A topic that somebody has written is left alone, and so is the channel.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use discord_adapter::host::Clock;
use discord_http::rest::{Rest, RestError};
use projections::OutboxEntry;
use schemas::moment::{civil, parse_utc, utc_day};
use serde_json::Value;

/// What stands for a channel that the bot is to make, until it has made it.
pub(crate) const WANTED: u64 = 0;

/// The kinds of messages whose posts are pinned.
const PINNED: [&str; 1] = ["conquest"];

/// With this the topic of a channel ends that is kept.
const MARK: &str = "kept by the bot";

/// A channel of text, as Discord numbers kinds of channels.
const TEXT_CHANNEL: u64 = 0;

/// The channels that are kept.
#[derive(Debug, Default)]
pub(super) struct Channels {
    /// Their topics as they were last seen or set; none where the channel is somebody else's.
    topics: Mutex<BTreeMap<u64, Option<String>>>,
}

/// The name of a game's channel: `popverse-news`.
fn name_of(game: &str) -> String {
    format!("{}-news", game.split('-').next().unwrap_or(game))
}

/// The topic: the game, day and end of its season as far as it tells of them, and who keeps it.
pub(super) fn topic(title: &str, season: Option<&Value>, clock: Clock) -> String {
    let number = |field: &str| season.and_then(|season| season[field].as_i64());
    let end = season.map(|season| &season["ends"]);
    let ends = end.and_then(|end| end.as_i64().or_else(|| end.as_str().and_then(parse_utc)));
    let mut parts = vec![title.to_owned()];
    if season.is_some_and(|season| season["state"] == "ended") {
        parts.push("the season is over".to_owned());
    } else {
        if let (Some(day), Some(days)) = (number("day"), number("days")) {
            parts.push(format!("day {} of {days}", day.clamp(1, days.max(1))));
        }
        // People read the wall's clock, and the season's may stand behind it.
        if let Some(ends) = ends.map(|ends| ends + clock.offset_ms) {
            let (year, month, day) = civil(utc_day(ends));
            parts.push(format!("the season ends {year}-{month:02}-{day:02}"));
        }
    }
    parts.push(MARK.to_owned());
    parts.join(" · ")
}

/// Whether a post of these messages is pinned.
pub(super) fn pinned(entries: &[OutboxEntry]) -> bool {
    entries.iter().any(|entry| PINNED.contains(&entry.kind.as_str()))
}

fn is_kept(topic: &Value) -> Option<String> {
    topic.as_str().filter(|topic| topic.ends_with(MARK)).map(str::to_owned)
}

impl Channels {
    fn topics(&self) -> std::sync::MutexGuard<'_, BTreeMap<u64, Option<String>>> {
        self.topics.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the channel of a server, or finds the one that was made before its id was written down.
    pub(super) async fn made(
        &self,
        rest: &Rest,
        guild: u64,
        game: &str,
        topic: &str,
    ) -> Result<u64, RestError> {
        let name = name_of(game);
        let all = rest.channels(guild).await?;
        let known = all.as_array().into_iter().flatten().find(|channel| {
            channel["name"] == name.as_str()
                && channel["type"].as_u64() == Some(TEXT_CHANNEL)
                && is_kept(&channel["topic"]).is_some()
        });
        let id = known.and_then(|channel| channel["id"].as_str()?.parse().ok());
        let id = match id {
            Some(id) => id,
            None => rest.create_channel(guild, &name, topic).await?,
        };
        self.topics().insert(id, Some(topic.to_owned()));
        Ok(id)
    }

    /// Has the topic say what it should, and pins a post, where the channel is one that is kept. What of it fails is tried
    /// again with the next post: the news themselves are there.
    pub(super) async fn keep(&self, rest: &Rest, channel: u64, topic: &str, pin: Option<u64>) {
        let known = self.topics().get(&channel).cloned();
        let seen = match known {
            Some(seen) => seen,
            None => match rest.channel(channel).await {
                Ok(found) => {
                    let seen = is_kept(&found["topic"]);
                    self.topics().insert(channel, seen.clone());
                    seen
                }
                Err(error) => {
                    tracing::debug!(%error, channel, "a channel can not be looked at");
                    return;
                }
            },
        };
        let Some(seen) = seen else { return };
        if seen != topic {
            match rest.set_topic(channel, topic).await {
                Ok(()) => drop(self.topics().insert(channel, Some(topic.to_owned()))),
                Err(error) => {
                    tracing::warn!(%error, channel, "the topic of the bot's own channel stays as it is");
                }
            }
        }
        if let Some(post) = pin
            && let Err(error) = rest.pin(channel, post).await
        {
            tracing::warn!(%error, channel, "a post is not pinned");
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use schemas::GameTime;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_topic_says_day_and_end_as_far_as_the_game_tells_of_them() {
        let clock = Clock { now: GameTime::from_ms(0), offset_ms: 86_400_000 };
        let season = json!({ "state": "open", "day": 3, "days": 90, "ends": "2026-05-31T00:00:00Z" });
        let told = "PopVerse · day 3 of 90 · the season ends 2026-06-01 · kept by the bot";
        assert_eq!(topic("PopVerse", Some(&season), clock), told);
        let over = json!({ "state": "ended", "day": 90, "days": 90, "ends": 1 });
        assert_eq!(topic("PopVerse", Some(&over), clock), "PopVerse · the season is over · kept by the bot");
        assert_eq!(topic("Harbour", None, clock), "Harbour · kept by the bot");
        assert_eq!(name_of("popverse-kingdoms"), "popverse-news");
        assert_eq!(is_kept(&json!("our own words")), None);
        assert!(is_kept(&json!(told)).is_some());
    }
}
