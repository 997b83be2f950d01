//! Battles as those see them who had a part in them: the list, and the report round by round.

use discord_adapter::host::{Answer as Told, Asker};
use games_core::game::BattleStep;
use games_core::people::Battles;
use games_core::view::Cell;
use replay_tool::travel::Log;
use schemas::Rejection;
use serde_json::{Value, json};

use crate::host::{LocalHost, page_of};

/// Battles on a page of the list.
const PAGE: usize = 10;
/// Rounds on a page of a report.
const ROUNDS_PAGE: u32 = 5;
/// The newest battles that are listed.
const BATTLES_MAX: u32 = 200;

/// The steps of one page of a report: which page it is, how many there are. What comes before the first round stands on the
/// first page.
fn rounds(told: &[BattleStep], page: usize) -> (u32, u32, Vec<&BattleStep>) {
    let of = |step: &BattleStep| step.round.saturating_sub(1) / ROUNDS_PAGE + 1;
    let pages = told.iter().map(of).max().unwrap_or(1);
    let page = u32::try_from(page).unwrap_or(u32::MAX).clamp(1, pages);
    (page, pages, told.iter().filter(|step| of(step) == page).collect())
}

impl LocalHost {
    fn unknown_battle(&self) -> schemas::rejection::RejectionText {
        self.describe(&Rejection::new("UNKNOWN_BATTLE").with("thing", "battle"))
    }

    /// The battles in which whoever asks had a part, newest first: as leader of a side, or with troops of theirs.
    pub(crate) async fn battles(&self, asker: &Asker, options: &Value) -> Told<Value> {
        let Some(me) = self.player(asker.player).await else {
            return Err(self.describe(&Rejection::new("NOT_JOINED")));
        };
        let Some(of) = self.game.people().and_then(|people| people.battles) else {
            return Ok(json!({ "page": 1, "pages": 1, "total": 0, "rows": [] }));
        };
        let queries = self.models.queries().await;
        let mine = [(of.party, Cell::Int(me.number))];
        let parts = queries.rows(self.world(), of.parties, &mine, false, BATTLES_MAX).await;
        let parts = parts.map_err(|e| self.trouble(&e))?;
        let pages = parts.len().div_ceil(PAGE).max(1);
        let page = page_of(options).min(pages);
        let mut rows = Vec::new();
        for part in parts.iter().skip((page - 1) * PAGE).take(PAGE) {
            let number = part.get(of.number).and_then(Value::as_i64).unwrap_or(0);
            let key = [(of.number, Cell::Int(number))];
            let found = queries.rows(self.world(), of.table, &key, false, 1).await;
            rows.extend(found.map_err(|e| self.trouble(&e))?);
        }
        Ok(json!({ "page": page, "pages": pages, "total": parts.len(), "rows": rows }))
    }

    /// What stands of a battle in the read models, if this player had a part in it.
    async fn battle_row(&self, of: Battles, number: i64, me: i64) -> Told<Option<Value>> {
        let queries = self.models.queries().await;
        let key = (of.number, Cell::Int(number));
        let part = [key.clone(), (of.party, Cell::Int(me))];
        let part = queries.rows(self.world(), of.parties, &part, false, 1).await;
        if !part.map_err(|e| self.trouble(&e))?.is_empty() {
            let rows = queries.rows(self.world(), of.table, &[key], false, 1).await;
            return Ok(rows.map_err(|e| self.trouble(&e))?.into_iter().next());
        }
        let (duels, fighters) = of.duels;
        let rows = queries.rows(self.world(), duels, &[key], false, 1).await.map_err(|e| self.trouble(&e))?;
        let fought = |row: &Value| {
            fighters.iter().any(|fighter| row.get(*fighter).and_then(Value::as_i64) == Some(me))
        };
        Ok(rows.into_iter().find(fought))
    }

    /// A battle, a few rounds at a time, fought again from the record.
    pub(crate) async fn battle(&self, asker: &Asker, options: &Value) -> Told<Value> {
        let unknown = || self.unknown_battle();
        let wanted = options.get("battle").and_then(Value::as_u64).ok_or_else(unknown)?;
        let me = self.player(asker.player).await.ok_or_else(unknown)?;
        let of = self.game.people().and_then(|people| people.battles).ok_or_else(unknown)?;
        let row = self.battle_row(of, wanted.cast_signed(), me.number).await?.ok_or_else(unknown)?;
        let log = Log::open(&*self.store, self.world()).await.map_err(|e| self.trouble(&e))?;
        let (all, rules) = replay_tool::battles::list(&log, self.game).await.map_err(|e| self.trouble(&e))?;
        let found = all.into_iter().find(|found| found.battle.number == wanted).ok_or_else(unknown)?;
        let rules = rules.get(&found.rules).map_err(|e| self.trouble(&e))?;
        let report = self.game.refight(rules, &found.battle.inputs).map_err(|e| self.trouble(&e))?;
        let (page, pages, told) = rounds(&report.told, page_of(options));
        let mut answer = row;
        if let Some(fields) = answer.as_object_mut() {
            // What only the inputs hold is nobody's to read here; the report says what each side saw.
            fields.remove("report");
            fields.remove("details");
            for (name, value) in [
                ("kind", json!(found.battle.kind)),
                ("outcome", json!(found.battle.outcome)),
                ("rounds", json!(found.battle.rounds)),
                ("digest", json!(found.battle.digest)),
                ("page", json!(page)),
                ("pages", json!(pages)),
                ("told", json!(told)),
                ("course", json!(report.course())),
            ] {
                fields.insert(name.to_owned(), value);
            }
        }
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_holds_five_rounds_and_the_first_what_came_before() {
        let step = |round| BattleStep { round, text: String::new(), left: [1000; 2], living: [1; 2] };
        let told: Vec<BattleStep> = [0, 0, 1, 1, 5, 6, 10, 11].map(step).to_vec();
        let shown = |page| {
            let (page, pages, steps) = rounds(&told, page);
            (page, pages, steps.iter().map(|step| step.round).collect::<Vec<_>>())
        };
        assert_eq!(shown(1), (1, 3, vec![0, 0, 1, 1, 5]));
        assert_eq!(shown(2), (2, 3, vec![6, 10]));
        assert_eq!(shown(9), (3, 3, vec![11]));
        assert_eq!(rounds(&[], 1).1, 1);
    }
}
