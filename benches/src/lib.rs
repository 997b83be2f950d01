//! Benchmarks that print ratios beside a baseline of the same run. They assert nothing: a machine may be busy.
//!
//! `cargo bench -p benches` runs them all; each file under `benches/` says what it measures.

use std::time::Duration;

/// The allocator of the server, so that what is measured is what runs.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The middle of some figures.
#[must_use]
pub fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(0.0)
}

/// The `per_mille`-th of 1000 of some durations, in µs.
#[must_use]
pub fn quantile_us(durations: &mut [Duration], per_mille: usize) -> f64 {
    durations.sort();
    let at = (durations.len() * per_mille / 1000).min(durations.len().saturating_sub(1));
    durations.get(at).map_or(0.0, |d| d.as_secs_f64() * 1e6)
}
