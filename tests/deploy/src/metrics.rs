//! The metrics that the server exports, and those that alerts and the dashboard ask for.

/// What the server exports at `/metrics`, histograms by their name without `_bucket`, `_sum` and `_count`.
pub const METRICS: &[&str] = &[
    "annals_alarms_total",
    "annals_append_seconds",
    "annals_appends_total",
    "annals_bus_connected",
    "annals_clock_drift_ms",
    "annals_cluster_peers",
    "annals_commands_accepted_total",
    "annals_commands_rejected_total",
    "annals_commits_total",
    "annals_fenced_total",
    "annals_handovers_total",
    "annals_log_readable",
    "annals_log_writable",
    "annals_projection_lag_commits",
    "annals_projection_stopped",
    "annals_questions_answered_total",
    "annals_requests_refused_total",
    "annals_takeovers_total",
    "annals_up_info",
    "annals_worlds_owned",
    "process_resident_memory_bytes",
];

/// Those of them that are histograms.
pub const HISTOGRAMS: &[&str] = &["annals_append_seconds"];

/// What Prometheus makes by itself.
const OF_PROMETHEUS: &[&str] = &["up", "ALERTS"];

/// Words of PromQL that are followed by no bracket, or by one that holds labels.
const WORDS: &[&str] =
    &["and", "or", "unless", "by", "without", "on", "ignoring", "offset", "bool", "group_left"];

/// Whether a name is one that is exported.
#[must_use]
pub fn is_known(name: &str) -> bool {
    let base = ["_bucket", "_sum", "_count"]
        .iter()
        .find_map(|ending| name.strip_suffix(ending))
        .filter(|base| HISTOGRAMS.contains(base));
    let plain = METRICS.contains(&name) && !HISTOGRAMS.contains(&name);
    plain || base.is_some() || OF_PROMETHEUS.contains(&name)
}

/// The metrics that a PromQL expression asks for. Understands what alerts and dashboards here use of the language: names,
/// functions, selectors, ranges and groupings.
#[must_use]
pub fn asked_for(expression: &str) -> Vec<String> {
    let bare = without_labels(expression);
    let part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':' || c == '.';
    let mut names = Vec::new();
    let mut rest = bare.as_str();
    while let Some(at) = rest.find(part) {
        let word = &rest[at..];
        let end = word.find(|c| !part(c)).unwrap_or(word.len());
        let (word, after) = word.split_at(end);
        rest = after;
        if WORDS.contains(&word) {
            // A grouping names labels.
            if let Some(labels) =
                rest.trim_start().strip_prefix('(').filter(|_| word != "and" && word != "or")
            {
                rest = labels.split_once(')').map_or("", |(_, after)| after);
            }
            continue;
        }
        let function = rest.trim_start().starts_with('(') || is_aggregation_of(rest);
        if !function && !word.starts_with(|c: char| c.is_ascii_digit()) {
            names.push(word.to_owned());
        }
    }
    names
}

/// Whether `by (…)` or `without (…)` follows: then the word before it is an aggregation.
fn is_aggregation_of(rest: &str) -> bool {
    ["by", "without"].iter().any(|word| {
        let after = rest.trim_start().strip_prefix(word);
        after.is_some_and(|after| after.trim_start().starts_with('('))
    })
}

/// The expression without texts, label selectors and ranges.
fn without_labels(expression: &str) -> String {
    let (mut bare, mut inside, mut text) = (String::new(), 0_u32, None);
    for c in expression.chars() {
        match (text, c) {
            (Some(quote), c) if c == quote => text = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => text = Some(c),
            (None, '{' | '[') => inside += 1,
            (None, '}' | ']') => inside = inside.saturating_sub(1),
            (None, c) if inside == 0 => bare.push(c),
            (None, _) => {}
        }
    }
    bare
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_told_from_functions_labels_and_words() {
        for (expression, expected) in [
            ("up{job=\"annals\"} == 0", &["up"][..]),
            ("sum by (le, job) (rate(a_total[5m])) / 2.5e3 > 0.2 and b", &["a_total", "b"]),
            ("sum(rate(a_b{x=\"c_d\", y!~'e'}[$__rate_interval])) or vector(0)", &["a_b"]),
            ("max_over_time(sum(a)[15m:30s]) < a offset 10m", &["a", "a"]),
            ("histogram_quantile(0.99, sum without (x) (b_bucket)) unless on (x) c", &["b_bucket", "c"]),
        ] {
            assert_eq!(asked_for(expression), expected, "{expression}");
        }
    }

    #[test]
    fn a_metric_that_is_not_exported_is_found() {
        for known in
            ["up", "annals_worlds_owned", "annals_append_seconds_bucket", "annals_append_seconds_sum"]
        {
            assert!(is_known(known), "{known}");
        }
        for unknown in ["annals_world", "annals_append_seconds", "annals_worlds_bucket", "node_load1", ""] {
            assert!(!is_known(unknown), "{unknown}");
        }
    }
}
