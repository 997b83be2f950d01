//! Leaderboards and halls of fame, with the names of whoever stands there: players, or what they belong to.

use std::collections::BTreeSet;

use command_service::servers;
use discord_adapter::host::{Answer as Told, Asker, Who};
use games_core::people::{Group, Named};
use games_core::view::Cell;
use schemas::{Rejection, WorldId};
use serde_json::{Map, Value, json};

use crate::host::LocalHost;
use crate::people::Persona;

/// The number of the group that a player belongs to, if they belong to one.
fn own_group(group: &Group, persona: &Persona) -> Option<u64> {
    let member = persona.row.get(group.member)?;
    match group.named {
        Named::In(..) => member.as_u64(),
        Named::Fixed(words) => {
            let place = words.iter().position(|word| member.as_str() == Some(word))?;
            u64::try_from(place + 1).ok()
        }
    }
}

impl LocalHost {
    /// A page of a board, and where whoever asks stands; on a board of groups their group.
    pub(crate) async fn leaderboard(&self, asker: &Asker, options: &Value) -> Told<Value> {
        let name = options.get("board").and_then(Value::as_str).unwrap_or("power");
        let page =
            options.get("page").and_then(Value::as_u64).and_then(|p| u32::try_from(p).ok()).unwrap_or(1);
        let board = self.game.boards().iter().find(|board| board.name == name);
        let group = self.game.people().zip(board).and_then(|(people, board)| people.group(board.entity));
        let queries = self.models.queries().await;
        let found = queries.leaderboard(self.world(), name, page).await.map_err(|e| self.trouble(&e))?;
        let mine = match (self.player(asker.player).await, group) {
            (Some(me), None) => u64::try_from(me.number).ok(),
            (Some(me), Some(group)) => own_group(group, &me),
            (None, _) => None,
        };
        let own = match mine {
            Some(entity) => queries.rank(self.world(), name, entity).await.map_err(|e| self.trouble(&e))?,
            None => None,
        };
        let mut rows = Vec::new();
        for standing in &found.rows {
            rows.push(self.line(group, (standing.rank, standing.entity, standing.value)).await?);
        }
        let own = match own {
            Some(own) => self.line(group, (own.rank, own.entity, own.value)).await?,
            None => Value::Null,
        };
        Ok(json!({
            "board": name,
            "title": board.map(|board| board.title),
            "entity": board.map(|board| board.entity),
            "rows": rows,
            "page": found.page,
            "pages": found.pages,
            "total": found.total,
            "own": own,
        }))
    }

    async fn line(&self, group: Option<&Group>, (rank, entity, value): (u64, u64, i64)) -> Told<Value> {
        let mut line = Map::new();
        line.insert("rank".to_owned(), rank.into());
        line.insert("value".to_owned(), value.into());
        match group {
            None => drop(line.insert("pn".to_owned(), entity.into())),
            Some(group) => {
                let put = self.folk.put_group(self.world(), group, entity, &mut line).await;
                put.map_err(|e| self.trouble(&e))?;
            }
        }
        Ok(line.into())
    }

    /// The hall of fame of a season that has ended on this server: the wanted one, or the last.
    pub(crate) async fn hall(&self, options: &Value) -> Told<Value> {
        let wanted = options.get("season").and_then(Value::as_i64);
        let filter: Vec<_> = wanted.map(|season| ("season", Cell::Int(season))).into_iter().collect();
        let mut found: Option<(WorldId, Value)> = None;
        let ended = |(_, row): &(WorldId, Value)| row.get("ended").and_then(Value::as_i64).unwrap_or(0);
        let server = servers::read(&*self.store, &self.server).await.map_err(|e| self.trouble(&e))?;
        // A log from before there were servers has no stream for this one.
        let worlds = BTreeSet::from_iter(server.worlds.into_iter().chain([self.world().clone()]));
        for world in worlds {
            let queries = self.models.queries().await;
            let rows = queries.rows(&world, "pv_seasons", &filter, false, 1000).await;
            let rows = rows.map_err(|e| self.trouble(&e))?;
            found = rows.into_iter().map(|row| (world.clone(), row)).chain(found).max_by_key(ended);
        }
        match (found, wanted) {
            (Some((world, row)), _) => self.named_hall(&world, row).await,
            (None, None) => Ok(json!({ "season": 0, "boards": [] })),
            (None, Some(_)) => {
                let unknown = Rejection::new("UNKNOWN_SEASON").with("thing", "season");
                Err(self.describe(&unknown))
            }
        }
    }

    /// A hall of fame with names. Numbers are those of its own season, which may not be the one that runs here.
    async fn named_hall(&self, world: &WorldId, mut row: Value) -> Told<Value> {
        let people = self.game.people();
        let group = |entity: &str| people.and_then(|people| people.group(entity));
        for entry in row.get_mut("boards").and_then(Value::as_array_mut).into_iter().flatten() {
            let board = entry.get("board").and_then(Value::as_str).unwrap_or_default();
            let entity =
                self.game.boards().iter().find(|known| known.name == board).map(|known| known.entity);
            let group = entity.and_then(group);
            for line in entry.get_mut("entries").and_then(Value::as_array_mut).into_iter().flatten() {
                let (Some(line), Some(entity)) = (line.as_object_mut(), entity) else { continue };
                let Some(number) = line.remove("entity").and_then(|entity| entity.as_u64()) else { continue };
                let Some(group) = group else {
                    let who = Who::Number(number.cast_signed());
                    let name = self.folk.name(world, self.world(), self.game, who).await;
                    let name = name.unwrap_or_else(|| format!("{entity} {number}"));
                    line.insert("name".to_owned(), name.into());
                    continue;
                };
                let put = self.folk.put_group(world, group, number, line).await;
                put.map_err(|e| self.trouble(&e))?;
            }
        }
        if let Some((champion, group)) = row.get("champion").and_then(Value::as_u64).zip(group("guild")) {
            let mut line = Map::new();
            let put = self.folk.put_group(world, group, champion, &mut line).await;
            put.map_err(|e| self.trouble(&e))?;
            row["champion"] = line.into();
        }
        Ok(row)
    }
}
