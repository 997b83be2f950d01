//! A tiny game that proves that nothing in the core belongs to one game.
