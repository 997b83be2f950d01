//! What bots do next: as many at once as there are processors.

use std::num::NonZero;
use std::thread;

use games_core::Rng;
use games_registry::World;
use schemas::{GameTime, PlayerId};
use serde_json::Value;

/// The fewest bots for which another thread is begun: the thoughts of one take some ten microseconds, and so does a
/// thread.
const BOTS_A_THREAD: usize = 16;

/// What each of these does next, in their order; null for one that does nothing. Each looks at the same world with chance
/// of its own, so the answer is the same however many threads it takes.
pub(crate) fn wishes(world: &dyn World, bots: &[(PlayerId, u64)], now: GameTime) -> Value {
    let most = thread::available_parallelism().map_or(1, NonZero::get);
    let share = bots.len().div_ceil(most.min(bots.len() / BOTS_A_THREAD).max(1)).max(1);
    let think = |some: &[(PlayerId, u64)]| -> Vec<Value> {
        some.iter().map(|&(player, chance)| wish(world, player, chance, now)).collect()
    };
    let mut shares = bots.chunks(share);
    let Some(own) = shares.next() else { return Value::Array(Vec::new()) };
    let all = thread::scope(|scope| {
        let others: Vec<_> = shares.map(|some| (some, scope.spawn(move || think(some)))).collect();
        let mut all = think(own);
        for (some, other) in others {
            // A thread that a game's fault has ended is not missed: the same fault ends this one, as it would have without.
            all.extend(other.join().unwrap_or_else(|_| think(some)));
        }
        all
    });
    Value::Array(all)
}

fn wish(world: &dyn World, player: PlayerId, chance: u64, now: GameTime) -> Value {
    let Some((kind, payload)) = world.bot(player, now, &mut Rng::new(chance)) else { return Value::Null };
    let payload: Value = serde_json::from_slice(&payload).unwrap_or_default();
    serde_json::json!({ "kind": kind, "payload": payload })
}
