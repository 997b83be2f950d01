//! The list of games, and the object-safe face that hosts see: bytes at the edge, rules inside.
//!
//! A host holds [`World`]s and knows nothing of the games behind them. It gets one from a [`GameFace`], which is made
//! from any [`Game`](games_core::Game) by [`face`]. A fifth game is one folder and one line in [`games`].

mod face;
mod fold;
mod host;
pub mod scenario;
mod typed;
mod world;

pub use face::{GameFace, face};
pub use fold::Fold;
pub use host::{Cursor, HostState, Status};
pub use typed::TypedWorld;
pub use world::{Ask, DecideError, Decided, FoldError, Watch, World};

/// Every game that this server can host.
#[must_use]
pub fn games() -> Vec<&'static dyn GameFace> {
    vec![face::<popverse_kingdoms::PopVerse>(), face::<game_example::Harbour>()]
}

/// The game of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static dyn GameFace> {
    games().into_iter().find(|game| game.name() == name)
}
