//! The deterministic simulator: seeded scheduler, faults, checkers, planted bugs.
