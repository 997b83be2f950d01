//! What a player sees now (rulebook 2.20).

use schemas::GameTime;

use crate::event::LandOwner;
use crate::facts;
use crate::rules::Rules;
use crate::state::{March, Phase, Player, State};
use crate::tile::Tile;

/// Where a march is. A march on its way home is where it was on the way out with as much time left.
pub(crate) fn position(rules: &Rules, state: &State, march: &March, now: GameTime) -> Tile {
    let (start, end) = match march.phase {
        Phase::Outbound => (march.departed, now),
        Phase::Homeward => (now, march.home_at.unwrap_or(now)),
        Phase::Gathering | Phase::Stationed | Phase::Conquest => return march.target,
    };
    let (elapsed, total) = (end.since(start).max(0), march.seconds * 1000);
    let mover = march.mover();
    let at = state.map().and_then(|map| march.path.position(map, &rules.march, mover, elapsed, total));
    at.unwrap_or(march.from)
}

/// What a player sees: squares around what is theirs.
pub(crate) struct Sight(Vec<(Tile, i64)>);

impl Sight {
    /// What this player sees now.
    pub(crate) fn of(rules: &Rules, state: &State, player: &Player, now: GameTime) -> Self {
        let mut squares = Vec::new();
        if let Some(city) = player.city {
            squares.push((city, facts::city_vision(rules, player)));
        }
        // What a fellow's city sees, fellows see.
        let fellows = player.guild.into_iter().flat_map(|id| facts::guild::members(state, id));
        for fellow in fellows.filter(|pn| *pn != player.pn).filter_map(|pn| state.player(pn)) {
            squares.extend(fellow.city.map(|city| (city, facts::city_vision(rules, fellow))));
        }
        for (no, land) in &state.lands {
            let own = match land.owner {
                Some(LandOwner::Player(pn)) => pn == player.pn,
                Some(LandOwner::Guild(id)) => player.guild == Some(id),
                None => false,
            };
            if own {
                let corners = facts::land::corners(state, *no);
                squares.extend(corners.into_iter().map(|tile| (tile, rules.fog.parcel)));
            }
        }
        for (_, march) in state.marches_of(player.pn) {
            squares.push((position(rules, state, march, now), rules.fog.army));
        }
        let fresh = player.scouted.iter().filter(|target| target.until > now);
        squares.extend(fresh.map(|target| (target.tile, rules.fog.scouted)));
        Self(squares)
    }

    /// Whether the tile is seen.
    pub(crate) fn sees(&self, tile: Tile) -> bool {
        self.0.iter().any(|(centre, radius)| centre.chebyshev(tile) <= *radius)
    }
}
