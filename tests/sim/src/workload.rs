//! What the clients ask for.

use games_core::Rng;
use schemas::PlayerId;

/// Commands of one game, drawn at random: mostly sensible, sometimes to be refused.
pub trait Workload {
    /// The game.
    fn game(&self) -> &'static str;

    /// Settings of the season.
    fn config(&self) -> serde_json::Value {
        serde_json::Value::Null
    }

    /// The `n`-th command of a player: type and payload.
    fn command(&self, rng: &mut Rng, n: u32, player: PlayerId, players: &[PlayerId]) -> (String, Vec<u8>);

    /// A question that every player may ask.
    fn question(&self) -> &'static str;
}

/// The example game.
#[derive(Debug)]
pub struct Harbour;

impl Workload for Harbour {
    fn game(&self) -> &'static str {
        "harbour"
    }

    fn command(&self, rng: &mut Rng, n: u32, _: PlayerId, players: &[PlayerId]) -> (String, Vec<u8>) {
        if n == 0 || rng.below(40) == 0 {
            return ("Settle".to_owned(), b"{}".to_vec());
        }
        let gold = 1 + rng.below(40);
        if rng.below(2) == 0 {
            let to = players[rng.below(players.len() as u64) as usize];
            ("Give".to_owned(), format!("{{\"to\":\"{to}\",\"gold\":{gold}}}").into_bytes())
        } else {
            ("Sail".to_owned(), format!("{{\"gold\":{gold}}}").into_bytes())
        }
    }

    fn question(&self) -> &'static str {
        "Purse"
    }
}
