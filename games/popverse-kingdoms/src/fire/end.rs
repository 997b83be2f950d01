//! The end of a season, in the order of rulebook 2.21.

use crate::boards;
use crate::decide::{Deciding, common, market, quest};
use crate::event::{
    FinalScore, GatheringEnd, HallBoard, HallEntry, HallOfFameRecorded, PrestigeAwarded, PrestigeParts,
    ScoreParts, SeasonEndReason, SeasonEnded, SeasonScored,
};
use crate::facts;
use crate::formulas::season::{self, Deeds, Honours};
use crate::ids::{GuildId, MarchId, Pn};
use crate::keys::{Board, Faction};
use crate::state::Phase;

/// Ends the season.
pub(crate) fn end_season(d: &mut Deciding<'_>, reason: SeasonEndReason) {
    if d.state().ended {
        return;
    }
    super::conquest::stop(d);
    let marches: Vec<(MarchId, Phase)> = d.state().marches.iter().map(|(id, m)| (*id, m.phase)).collect();
    for (id, phase) in marches {
        if phase == Phase::Gathering {
            super::end_gathering(d, id, GatheringEnd::Closed, None);
        }
        super::march::came_home(d, id);
    }
    market::cancel_all(d, |_| true);
    quest::close_all(d);
    common::settle_all(d);
    let scores = scores(d);
    let ranked: Vec<(Pn, i64, i64)> = scores.iter().map(|s| (s.pn, s.rank, s.score)).collect();
    d.emit(SeasonScored { scores });
    let victor = victor(d, &ranked);
    let champion = champion(d);
    for (pn, rank, _) in &ranked {
        award(d, *pn, *rank, victor, champion);
    }
    let (rules, opened, ended) = (d.rules(), d.state().opened, d.now());
    let hall = Board::ALL.into_iter().map(|board| {
        let top = boards::ranking(rules, d.state(), board).into_iter().take(10);
        let entries = top.map(|(entity, value)| HallEntry { entity, value });
        HallBoard { board, entries: entries.collect() }
    });
    let boards = hall.collect();
    let season = Some(d.state().config.season);
    d.emit(HallOfFameRecorded { season, opened, ended, boards, champion_guild: champion });
    d.emit(SeasonEnded { reason, victorious_faction: victor });
}

/// Final scores by rank; ties by earlier joining.
fn scores(d: &Deciding<'_>) -> Vec<FinalScore> {
    let (rules, state) = (d.rules(), d.state());
    let mut scores: Vec<FinalScore> = Vec::new();
    for player in state.living() {
        let deeds = deeds(d, player);
        let rating = rules.season.score_per_rating * (deeds.rating - rules.arena.rating).max(0);
        let merit = rules.season.score_per_merit * deeds.merit;
        let score = season::score(rules, deeds);
        let land = score - deeds.power - rating - merit;
        let parts = ScoreParts { power: deeds.power, rating, merit, land };
        scores.push(FinalScore { pn: player.pn, rank: 0, score, parts });
    }
    scores.sort_by_key(|s| (std::cmp::Reverse(s.score), s.pn));
    for (rank, score) in (1..).zip(&mut scores) {
        score.rank = rank;
    }
    scores
}

fn deeds(d: &Deciding<'_>, player: &crate::state::Player) -> Deeds {
    let power = facts::kingdom_power(d.rules(), d.state(), player);
    Deeds {
        power,
        rating: player.rating,
        merit: player.merit,
        land_value: facts::land::value(d.state(), player),
    }
}

/// The faction with most conquest points; ties by the sum of the best season scores, then by the order of the table.
fn victor(d: &Deciding<'_>, ranked: &[(Pn, i64, i64)]) -> Faction {
    let best = usize::try_from(d.rules().season.faction_tie_scores).unwrap_or(0);
    let sum = |faction: Faction| -> i64 {
        let own = |pn: &Pn| d.state().player(*pn).is_some_and(|p| p.faction == faction);
        ranked.iter().filter(|(pn, _, _)| own(pn)).map(|(_, _, score)| score).take(best).sum()
    };
    let points = &d.state().faction_points;
    Faction::ALL
        .into_iter()
        .min_by_key(|f| (std::cmp::Reverse((points[*f], sum(*f))), *f))
        .unwrap_or(Faction::Cinema)
}

/// The guild with most conquest points, if any has some; ties by lower number.
fn champion(d: &Deciding<'_>) -> Option<GuildId> {
    let best = boards::ranking(d.rules(), d.state(), Board::Guilds).first().map(|(guild, _)| *guild);
    best.and_then(|guild| u64::try_from(guild).ok()).map(GuildId)
}

fn award(d: &mut Deciding<'_>, pn: Pn, rank: i64, victor: Faction, champion: Option<GuildId>) {
    let rules = d.rules();
    let state = d.state();
    let Some(player) = state.player(pn) else { return };
    let boards = [Board::Arena, Board::Merit, Board::Lands, Board::Hunts];
    let place = |board| {
        let ranking = boards::ranking(rules, state, board);
        let at = ranking.iter().position(|(entity, value)| *entity == i64::from(pn.get()) && *value > 0);
        at.map(|at| at as i64 + 1)
    };
    let honours = Honours {
        active_days: player.active_days,
        rank,
        board_ranks: boards.into_iter().filter_map(place).collect(),
        victorious: player.faction == victor,
        champion_days: champion
            .map_or(0, |guild| facts::guild::served(state, player, guild, d.now()) / 86_400),
    };
    let points = season::prestige(rules, &honours);
    if points == 0 {
        return;
    }
    let alone = |honours: Honours| season::prestige(rules, &Honours { rank, ..honours });
    let bare = Honours { active_days: honours.active_days, ..Honours::default() };
    let for_rank = alone(bare.clone());
    let faction = alone(Honours { victorious: honours.victorious, ..bare.clone() }) - for_rank;
    let guild = alone(Honours { champion_days: honours.champion_days, ..bare }) - for_rank;
    let parts = PrestigeParts { rank: for_rank, boards: points - for_rank - faction - guild, faction, guild };
    let total = player.prestige + points;
    d.emit(PrestigeAwarded { pn, points, parts, total, tier: season::prestige_tier(rules, total) });
}
