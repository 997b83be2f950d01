//! The files of the deployment as they stand.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

use std::collections::BTreeSet;

use deploy::{compose, files, metrics, root, settings, yaml};
use serde_json::Value;

fn none(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

fn document(path: &str) -> Value {
    yaml(&read(path)).unwrap()
}

/// Every `expr` in a document, whatever it lies in.
fn expressions(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, item) in map {
                match item.as_str().filter(|_| key == "expr") {
                    Some(expression) => found.push(expression.to_owned()),
                    None => expressions(item, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| expressions(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn unknown_metrics(path: &str, document: &Value) -> Vec<String> {
    let mut all = Vec::new();
    expressions(document, &mut all);
    assert!(all.len() > 10, "{path}: only {} expressions were found", all.len());
    // What a rule records is there for alerts and the dashboard to ask for.
    let rules = read("deploy/prometheus/alerts.yml");
    let recorded = |name: &String| rules.contains(&format!("record: {name}\n"));
    let unknown = |expression: &String| {
        let asked = metrics::asked_for(expression);
        assert!(!asked.is_empty(), "{path}: {expression} asks for nothing");
        asked.into_iter().filter(|name| !metrics::is_known(name) && !recorded(name)).collect::<Vec<_>>()
    };
    all.iter().flat_map(unknown).map(|name| format!("{path}: {name} is not exported")).collect()
}

#[test]
fn the_compose_file_keeps_its_promises() {
    let found = document("compose.yaml");
    none(&compose::faults(&found));
    let services: Vec<&str> = found["services"].as_object().unwrap().keys().map(String::as_str).collect();
    for service in [
        "postgres",
        "prepare",
        "nats",
        "node1",
        "node2",
        "projector",
        "api",
        "discord",
        "prometheus",
        "grafana",
    ] {
        assert!(services.contains(&service), "{service} is missing");
    }
    assert_eq!(found["services"]["kurrentdb"]["profiles"], serde_json::json!(["kurrentdb"]));
    // Who has no bot token can not start it, and needs not.
    assert_eq!(found["services"]["discord"]["profiles"], serde_json::json!(["discord"]));
    // Two nodes of one name would fence each other.
    let names: Vec<&Value> = found["services"]
        .as_object()
        .unwrap()
        .values()
        .map(|service| &service["environment"]["ANNALS_NODE"])
        .filter(|name| !name.is_null())
        .collect();
    assert_eq!(names.len(), 5);
    assert_eq!(names.iter().map(ToString::to_string).collect::<BTreeSet<_>>().len(), 5);
}

#[test]
fn every_variable_has_somebody_who_reads_it() {
    let all = files().unwrap();
    assert!(all.len() >= 10, "only {} files were found", all.len());
    none(&all.iter().flat_map(|(path, text)| settings::faults(path, text)).collect::<Vec<_>>());
}

/// The list of settings is that of the program: what its command line reads from the environment stands in it.
#[test]
fn the_settings_of_the_command_line_are_known() {
    let text = read("annals/src/cli.rs");
    let read: Vec<&str> = settings::names(&text);
    assert!(read.contains(&"ANNALS_DATA"), "{read:?}");
    let all = settings::settings();
    let known = |name: &str| all.iter().any(|known| known == name.strip_suffix("_FILE").unwrap_or(name));
    let unknown = read.iter().filter(|name| !known(name));
    none(&unknown.map(|name| format!("{name} is not in the list of settings")).collect::<Vec<_>>());
}

#[test]
fn alerts_ask_for_metrics_that_there_are_and_say_what_to_do() {
    let alerts = document("deploy/prometheus/alerts.yml");
    none(&unknown_metrics("alerts.yml", &alerts));
    let rules = alerts["groups"][0]["rules"].as_array().unwrap();
    let page = read("docs/operating.md");
    let tests = read("deploy/prometheus/alerts_test.yml") + &read("deploy/prometheus/forecast_test.yml");
    for rule in rules {
        let name = rule["alert"].as_str().unwrap();
        for text in ["summary", "action"] {
            assert!(rule["annotations"][text].as_str().is_some_and(|t| t.len() > 10), "{name} has no {text}");
        }
        assert!(["critical", "warning"].contains(&rule["labels"]["severity"].as_str().unwrap()), "{name}");
        assert!(page.contains(&format!("`{name}`")), "docs/operating.md does not name {name}");
        assert!(tests.contains(name), "{name} has no test");
    }
}

#[test]
fn the_dashboard_asks_for_metrics_that_there_are_and_nothing_overlaps() {
    let text = read("deploy/grafana/dashboards/annals.json");
    let dashboard: Value = serde_json::from_str(&text).unwrap();
    none(&unknown_metrics("annals.json", &dashboard));
    let panels = dashboard["panels"].as_array().unwrap();
    let mut ids = BTreeSet::new();
    let mut cells = BTreeSet::new();
    for panel in panels {
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "an id twice");
        let at = |key: &str| panel["gridPos"][key].as_u64().unwrap();
        for x in at("x")..at("x") + at("w") {
            assert!(x < 24, "{} is too wide", panel["title"]);
            for y in at("y")..at("y") + at("h") {
                assert!(cells.insert((x, y)), "{} lies on another", panel["title"]);
            }
        }
    }
    let sources = document("deploy/grafana/datasources/prometheus.yml");
    let uid = sources["datasources"][0]["uid"].as_str().unwrap();
    for panel in panels.iter().filter(|panel| panel["type"] != "row") {
        assert_eq!(panel["datasource"]["uid"].as_str(), Some(uid), "{}", panel["title"]);
        assert!(panel["description"].as_str().is_some_and(|d| !d.is_empty()), "{}", panel["title"]);
    }
}

#[test]
fn prometheus_watches_every_node() {
    let found = document("compose.yaml");
    let config = document("deploy/prometheus/prometheus.yml");
    let job =
        config["scrape_configs"].as_array().unwrap().iter().find(|job| job["job_name"] == "annals").unwrap();
    let targets: BTreeSet<String> = compose::list(&job["static_configs"][0]["targets"]).into_iter().collect();
    let nodes = found["services"].as_object().unwrap().iter();
    let nodes = nodes.filter(|(_, service)| !service["environment"]["ANNALS_NODE"].is_null());
    // One that need not run is looked for by its name: as a target it would be missed.
    let (always, by_name): (Vec<_>, Vec<_>) = nodes.partition(|(_, service)| service["profiles"].is_null());
    let always: BTreeSet<String> = always.into_iter().map(|(name, _)| format!("{name}:8787")).collect();
    assert_eq!(targets, always);
    let looked_for = &job["dns_sd_configs"][0];
    assert_eq!((&looked_for["type"], &looked_for["port"]), (&"A".into(), &8787.into()));
    let by_name: Vec<String> = by_name.into_iter().map(|(name, _)| name.clone()).collect();
    assert_eq!(compose::list(&looked_for["names"]), by_name);
}

#[test]
fn the_image_is_built_from_what_there_is_and_runs_as_nobody_special() {
    let dockerfile = read("Dockerfile");
    let last =
        |word: &str| dockerfile.lines().rev().find_map(|line| line.strip_prefix(word)).unwrap_or_default();
    assert_eq!(last("USER "), "annals");
    assert!(last("ENTRYPOINT ").starts_with('['), "a shell would stand between the server and its signals");
    assert!(last("HEALTHCHECK ").contains("annals-healthy"));
    for line in dockerfile.lines().filter(|line| line.starts_with("ARG ") || line.starts_with("ENV ")) {
        assert!(!["PASSWORD", "SECRET", "TOKEN"].iter().any(|word| line.contains(word)), "{line}");
    }
    let manifest = read("Cargo.toml");
    let version = |text: &str, before: &str| {
        let line =
            text.lines().find_map(|line| line.strip_prefix(before)).unwrap().trim_matches('"').to_owned();
        let (major, minor) = line.split_once('.').unwrap();
        (major.parse::<u32>().unwrap(), minor.parse::<u32>().unwrap())
    };
    assert!(version(&dockerfile, "ARG RUST=") >= version(&manifest, "rust-version = \""));
    // The whole workspace, or cargo finds members missing.
    let ignore = read(".dockerignore");
    let members = manifest.lines().filter_map(|line| line.strip_prefix("    \"")?.strip_suffix("\","));
    let folders: BTreeSet<&str> = members.filter_map(|member| member.split('/').next()).collect();
    assert!(folders.contains("annals") && folders.contains("tests"), "{folders:?}");
    for folder in folders {
        assert!(ignore.lines().any(|line| line == format!("!{folder}")), "the build does not get {folder}");
    }
    for line in dockerfile.lines().filter(|line| line.starts_with("COPY ") && line.contains("deploy/")) {
        let source = line.split(' ').find(|word| word.starts_with("deploy/")).unwrap();
        assert!(root().join(source).is_file(), "{source}");
        assert!(ignore.lines().any(|line| line == format!("!{source}")), "the build does not get {source}");
    }
    let git = read(".gitignore");
    for secret in ["/secrets/", "/.env"] {
        assert!(git.lines().any(|line| line == secret), "git sees {secret}");
    }
}
