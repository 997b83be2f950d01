//! The pure heart of the command service: step(now, input) -> outputs.
