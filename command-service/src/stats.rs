//! What a service counts, and how it is told in the Prometheus text format.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use games_core::duty::Gauge;
use kernel::figures::{Figures, WorldFigures};
use schemas::host::is_host_kind;

use crate::health::LogHealth;

/// Counts since the start.
#[derive(Debug, Default)]
pub struct Stats {
    /// Commands on the record, by outcome accepted.
    pub accepted: AtomicU64,
    /// Commands on the record, refused by the rules.
    pub rejected: AtomicU64,
    /// Requests refused by the host.
    pub refused: AtomicU64,
    /// Questions answered.
    pub answered: AtomicU64,
    /// Appends.
    pub appends: AtomicU64,
    /// Commits in those appends.
    pub commits: AtomicU64,
    /// How long appends took.
    pub append_times: Histogram,
    /// How long commands took until they were decided, or refused.
    pub decision_times: Histogram,
    /// Commands by type and how they ended.
    pub requests: Requests,
    /// Questions that were answered from memory.
    pub memory_read: AtomicU64,
    /// Questions that were answered by a database.
    pub read_models_read: AtomicU64,
    /// Alarms raised.
    pub alarms: AtomicU64,
    /// Worlds held.
    pub worlds: AtomicU64,
    /// Worlds that another owner took over while this one held them.
    pub fenced: AtomicU64,
    /// Whether the log can be used.
    pub log: LogHealth,
}

/// The label of commands that no game has.
const OTHER: &str = "other";

/// Commands by type and how they ended: `ACCEPTED` or the code of the refusal.
#[derive(Debug, Default)]
pub struct Requests(Mutex<BTreeMap<String, BTreeMap<String, u64>>>);

impl Requests {
    /// Counts one. What no game knows is counted under one label, so that nobody can fill memory with made-up names.
    pub fn count(&self, kind: &str, code: &str) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kind = if all.contains_key(kind) || is_known(kind) { kind } else { OTHER };
        if let Some(counter) = all.get_mut(kind).and_then(|codes| codes.get_mut(code)) {
            *counter += 1;
            return;
        }
        all.entry(kind.to_owned()).or_default().insert(code.to_owned(), 1);
    }

    fn metrics(&self) -> Vec<Metric> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let each =
            all.iter().flat_map(|(kind, codes)| codes.iter().map(move |(code, count)| (kind, code, *count)));
        let metric = |(kind, code, value): (&String, &String, u64)| Metric {
            name: "annals_requests_total",
            labels: format!("command=\"{kind}\",code=\"{code}\""),
            value: value.into(),
        };
        each.map(metric).collect()
    }
}

fn is_known(kind: &str) -> bool {
    is_host_kind(kind) || games_registry::games().iter().any(|game| game.mode(kind).is_some())
}

/// What the kernel tells, as lines.
#[must_use]
pub(crate) fn of_worlds(figures: &Figures) -> Vec<Metric> {
    let plain = |name, value: u64| Metric { name, labels: String::new(), value: value.into() };
    let positive = |value: i64| Reading::Whole(u64::try_from(value).unwrap_or(0));
    let mut all = vec![
        plain("annals_conflicts_total", figures.conflicts),
        plain("annals_stale_answers_total", figures.stale_answers),
        plain("annals_breaker_opened_total", figures.opened),
    ];
    for (used, code, state) in &figures.breakers {
        let labels = format!("use=\"{}\",code=\"{code}\"", used.word());
        all.push(Metric { name: "annals_breaker_state", labels, value: state.number().into() });
    }
    for WorldFigures { world, timer_lag_ms, gauges } in &figures.worlds {
        let labels = format!("world=\"{world}\"");
        all.push(Metric { name: "annals_timer_lag_ms", labels, value: positive(*timer_lag_ms) });
        for Gauge { name, of, value } in gauges {
            let labels = format!("world=\"{world}\",gauge=\"{name}\",of=\"{of}\"");
            all.push(Metric { name: "annals_game_gauge", labels, value: positive(*value) });
        }
    }
    for (world, what, of, value) in figures.tally.iter() {
        let labels = format!("world=\"{world}\",what=\"{what}\",of=\"{of}\"");
        all.push(Metric { name: "annals_game_total", labels, value: value.into() });
    }
    all
}

/// Upper bounds of the buckets, in µs: from a fast disk to one that stands still.
const BOUNDS_US: [u64; 14] = [
    250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
    10_000_000,
];

/// Durations, counted in buckets.
#[derive(Debug, Default)]
pub struct Histogram {
    buckets: [AtomicU64; BOUNDS_US.len()],
    count: AtomicU64,
    sum_us: AtomicU64,
}

impl Histogram {
    /// Counts one duration.
    pub fn add(&self, took: Duration) {
        let us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        if let Some(bucket) = BOUNDS_US.iter().position(|bound| us <= *bound) {
            self.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        }
        self.count.fetch_add(1, Ordering::Relaxed);
        self.sum_us.fetch_add(us, Ordering::Relaxed);
    }
}

/// One line of metrics of somebody else's: name, labels as they are written (`world="w"`, or nothing), value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metric {
    /// The name.
    pub name: &'static str,
    /// Labels.
    pub labels: String,
    /// The value.
    pub value: Reading,
}

/// What a metric says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// A whole number.
    Whole(u64),
    /// So many µs, told as seconds.
    Micros(u64),
}

impl From<u64> for Reading {
    fn from(number: u64) -> Self {
        Self::Whole(number)
    }
}

impl std::fmt::Display for Reading {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Whole(number) => number.fmt(f),
            Self::Micros(us) => f.write_str(&seconds(*us)),
        }
    }
}

/// The metric that a line belongs to: a histogram has lines of several names.
fn is_of(line: &str, name: &str, kind: &str) -> bool {
    let ending = line.strip_prefix(name);
    ending == Some("")
        || (kind == "histogram" && ending.is_some_and(|e| ["_bucket", "_sum", "_count"].contains(&e)))
}

/// Every metric that a server tells: name, type, and what it says.
pub const METRICS: &[(&str, &str, &str)] = &[
    ("annals_commands_accepted_total", "counter", "Commands on the record, accepted"),
    ("annals_commands_rejected_total", "counter", "Commands on the record, refused by the rules"),
    ("annals_requests_refused_total", "counter", "Requests refused by the host"),
    ("annals_questions_answered_total", "counter", "Questions answered"),
    ("annals_requests_total", "counter", "Commands by type and how they ended"),
    ("annals_reads_total", "counter", "Questions by what answered them: memory or read_models"),
    (
        "annals_stale_answers_total",
        "counter",
        "Questions answered with what was not fresh, while the log was away",
    ),
    (
        "annals_conflicts_total",
        "counter",
        "Appends that met another's, after which commands were decided anew",
    ),
    ("annals_breaker_state", "gauge", "Circuit breakers of the log: 0 closed, 1 on trial, 2 open"),
    ("annals_breaker_opened_total", "counter", "How often a circuit breaker has opened"),
    ("annals_appends_total", "counter", "Appends to the log"),
    ("annals_commits_total", "counter", "Commits in those appends"),
    ("annals_alarms_total", "counter", "Alarms raised"),
    ("annals_fenced_total", "counter", "Worlds that another node took over while this one held them"),
    ("annals_worlds_owned", "gauge", "Worlds held"),
    ("annals_log_readable", "gauge", "Whether the last reading of the log went well"),
    ("annals_log_writable", "gauge", "Whether the last append to the log did"),
    ("annals_clock_drift_ms", "gauge", "System clock less own clock"),
    ("annals_append_seconds", "histogram", "How long appends took, until durable"),
    ("annals_decision_seconds", "histogram", "How long commands took until they were decided"),
    ("annals_timer_lag_ms", "gauge", "How long the next timer of a world has been due"),
    ("annals_game_gauge", "gauge", "Figures of a season, as its game names them"),
    (
        "annals_game_total",
        "counter",
        "What has happened in a season since the start of the node, as its game names it",
    ),
    ("annals_bus_connected", "gauge", "Whether the bus is there"),
    ("annals_cluster_peers", "gauge", "Other nodes that are there"),
    ("annals_handovers_total", "counter", "Worlds given to another node in good order"),
    ("annals_takeovers_total", "counter", "Worlds taken because nobody held them"),
    ("annals_projection_lag_commits", "gauge", "How many commits the read models of a world are behind"),
    (
        "annals_projection_stopped",
        "gauge",
        "Whether the projection of a world stands still until somebody acts",
    ),
    ("annals_messages_sent_total", "counter", "Messages from the outbox that Discord has taken"),
    (
        "annals_messages_dropped_total",
        "counter",
        "Messages that are sent no more: refused for what they say, or too old",
    ),
    ("annals_messages_waiting", "gauge", "Messages on their way to Discord"),
    ("annals_messages_oldest_seconds", "gauge", "Age of the oldest of them"),
    ("annals_messages_parked", "gauge", "Messages for channels and players that can not be reached"),
    ("annals_discord_limited_total", "counter", "Times that Discord has said that a limit was reached"),
    ("annals_discord_deferred_total", "counter", "First answers to interactions that put the answer off"),
    ("annals_discord_first_answer_seconds", "histogram", "How long first answers to interactions took"),
    (
        "annals_discord_out",
        "gauge",
        "Whether Discord is no longer answered or written to until somebody acts",
    ),
    ("annals_twitch_connected", "gauge", "Whether the bot is in its channel on Twitch"),
    ("annals_twitch_connections_total", "counter", "Times that it came into the channel"),
    ("annals_twitch_messages_sent_total", "counter", "Messages that it has said there"),
    (
        "annals_twitch_messages_dropped_total",
        "counter",
        "Messages that it says no more: too old, too many, or refused",
    ),
    ("annals_twitch_codes_total", "counter", "Codes that it has handed out to link an account"),
    ("annals_twitch_out", "gauge", "Whether nothing is said on Twitch until somebody acts"),
    ("annals_up_info", "gauge", "Always 1: the labels say which node, version and roles"),
    ("process_resident_memory_bytes", "gauge", "Memory of the process that is in use"),
];

impl Stats {
    /// All metrics as text.
    #[must_use]
    pub fn told(&self, drift_ms: i64, others: &[Metric]) -> String {
        let mut text = String::new();
        let tier = |tier: &str, counter: &AtomicU64| Metric {
            name: "annals_reads_total",
            labels: format!("tier=\"{tier}\""),
            value: counter.load(Ordering::Relaxed).into(),
        };
        let mut own = self.requests.metrics();
        own.extend([tier("memory", &self.memory_read), tier("read_models", &self.read_models_read)]);
        let others: Vec<&Metric> = own.iter().chain(others).collect();
        for (name, kind, help) in METRICS {
            let own = self.own(name);
            let told = others.iter().any(|metric| is_of(metric.name, name, kind));
            let histogram = match *name {
                "annals_append_seconds" => Some(&self.append_times),
                "annals_decision_seconds" => Some(&self.decision_times),
                _ => None,
            };
            if own.is_none() && !told && histogram.is_none() && *name != "annals_clock_drift_ms" {
                continue;
            }
            let _ = writeln!(text, "# HELP {name} {help}.\n# TYPE {name} {kind}");
            if let Some(value) = own {
                let _ = writeln!(text, "{name} {value}");
            }
            if let Some(histogram) = histogram {
                histogram.write(name, &mut text);
            }
            if *name == "annals_clock_drift_ms" {
                let _ = writeln!(text, "{name} {drift_ms}");
            }
            for Metric { name, labels, value } in
                others.iter().filter(|metric| is_of(metric.name, name, kind))
            {
                let labels = if labels.is_empty() { String::new() } else { format!("{{{labels}}}") };
                let _ = writeln!(text, "{name}{labels} {value}");
            }
        }
        text
    }

    fn own(&self, name: &str) -> Option<u64> {
        let counter = match name {
            "annals_log_readable" => return Some(u64::from(self.log.is_readable())),
            "annals_log_writable" => return Some(u64::from(self.log.is_writable())),
            "annals_commands_accepted_total" => &self.accepted,
            "annals_commands_rejected_total" => &self.rejected,
            "annals_requests_refused_total" => &self.refused,
            "annals_questions_answered_total" => &self.answered,
            "annals_appends_total" => &self.appends,
            "annals_commits_total" => &self.commits,
            "annals_alarms_total" => &self.alarms,
            "annals_fenced_total" => &self.fenced,
            "annals_worlds_owned" => &self.worlds,
            _ => return None,
        };
        Some(counter.load(Ordering::Relaxed))
    }
}

impl Histogram {
    fn write(&self, name: &str, text: &mut String) {
        let mut below = 0;
        for (bucket, bound) in self.buckets.iter().zip(BOUNDS_US) {
            below += bucket.load(Ordering::Relaxed);
            let _ = writeln!(text, "{name}_bucket{{le=\"{}\"}} {below}", seconds(bound));
        }
        let count = self.count.load(Ordering::Relaxed);
        let sum = seconds(self.sum_us.load(Ordering::Relaxed));
        let _ =
            writeln!(text, "{name}_bucket{{le=\"+Inf\"}} {count}\n{name}_sum {sum}\n{name}_count {count}");
    }
}

/// Microseconds as seconds, exactly.
fn seconds(us: u64) -> String {
    let text = format!("{}.{:06}", us / 1_000_000, us % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_histogram_of_another_room_is_told_under_its_name() {
        let line = |name, labels: &str, value| Metric { name, labels: labels.to_owned(), value };
        let all = [
            line("annals_discord_first_answer_seconds_bucket", "le=\"0.025\"", Reading::Whole(3)),
            line("annals_discord_first_answer_seconds_sum", "", Reading::Micros(1_500_000)),
            line("annals_discord_first_answer_seconds_count", "", Reading::Whole(4)),
        ];
        let text = Stats::default().told(0, &all);
        let (_, told) = text.split_once("# TYPE annals_discord_first_answer_seconds histogram\n").unwrap();
        let wanted = "annals_discord_first_answer_seconds_bucket{le=\"0.025\"} 3\n\
                      annals_discord_first_answer_seconds_sum 1.5\nannals_discord_first_answer_seconds_count 4\n";
        assert!(told.starts_with(wanted), "{told}");
    }

    #[test]
    fn what_a_server_tells() {
        let stats = Stats::default();
        stats.accepted.store(7, Ordering::Relaxed);
        for (kind, code) in [
            ("CityShield", "ACCEPTED"),
            ("CityShield", "NO_ITEM"),
            ("CityShield", "ACCEPTED"),
            ("WorldPause", "NOT_ADMIN"),
        ] {
            stats.requests.count(kind, code);
        }
        (0..100).for_each(|n| stats.requests.count(&format!("Made{n}Up"), "UNKNOWN_COMMAND"));
        for us in [200, 251, 3_000_000, 11_000_000] {
            stats.append_times.add(Duration::from_micros(us));
        }
        let lag = |world: &str, value: u64| Metric {
            name: "annals_projection_lag_commits",
            labels: format!("world=\"{world}\""),
            value: value.into(),
        };
        insta::assert_snapshot!(stats.told(-3, &[lag("a", 0), lag("b", 12)]));
    }
}
