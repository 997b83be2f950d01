//! The list of games and the object-safe face that hosts see.
