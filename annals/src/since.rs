//! What happened to a player since they last looked.

use discord_adapter::host::{Answer as Told, Asker, Host};
use projections::Happened;
use schemas::Position;
use serde_json::{Value, json};

use crate::host::{LocalHost, page_of};

/// Rows on a page: each is a line or two.
const PAGE: u32 = 10;

impl LocalHost {
    /// What happened to whoever asks, newest first, what they have not seen marked. Looking at the first page is what
    /// counts as having looked.
    pub(crate) async fn since(&self, asker: &Asker, options: &Value) -> Told<Value> {
        let (world, player) = (self.world(), asker.player);
        let seen = self.vault.seen(player, world).await.map_err(|e| self.trouble(&e))?.unwrap_or_default();
        let queries = self.models.queries().await;
        let total = queries.happened_in_all(world, player).await.map_err(|e| self.trouble(&e))?;
        let fresh = queries.happened_after(world, player, seen).await.map_err(|e| self.trouble(&e))?;
        let pages = total.div_ceil(u64::from(PAGE)).max(1);
        let page = u32::try_from(u64::try_from(page_of(options)).unwrap_or(u64::MAX).min(pages)).unwrap_or(1);
        let skip = (page - 1).saturating_mul(PAGE);
        let rows = queries.happened(world, player, skip, PAGE).await.map_err(|e| self.trouble(&e))?;
        if page == 1
            && let Some(newest) = rows.first().filter(|row| row.position > seen)
        {
            let set = self.vault.set_seen(player, world, newest.position, self.now()).await;
            set.map_err(|e| self.trouble(&e))?;
        }
        let mut told = Vec::new();
        for row in &rows {
            let mut line = shown(row, seen);
            line["text"] = self.opened(&row.text).await.into();
            told.push(line);
        }
        Ok(json!({ "page": page, "pages": pages, "total": total, "fresh": fresh, "rows": told }))
    }
}

fn shown(row: &Happened, seen: Position) -> Value {
    json!({
        "position": row.position,
        "kind": row.kind,
        "battle": row.battle.filter(|_| row.own),
        "game_ms": row.game.ms(),
        "fresh": row.position > seen,
    })
}
