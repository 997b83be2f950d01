//! Benchmarks that print ratios beside a baseline of the same run.
