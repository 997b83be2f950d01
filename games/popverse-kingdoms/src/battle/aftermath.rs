//! Casualties, wounded, loot, experience (rulebook 3.5).
