//! Which crate may know which: arrows point inward only.

use std::collections::BTreeSet;

/// A crate of the workspace, as far as arrows matter.
#[derive(Debug, Clone, Default)]
pub struct Crate {
    /// Its name.
    pub name: String,
    /// Its folder, from the root of the workspace.
    pub folder: String,
    /// What it needs to be built.
    pub normal: BTreeSet<String>,
    /// What only its tests and benches need.
    pub dev: BTreeSet<String>,
}

impl Crate {
    fn is_game(&self) -> bool {
        self.folder.starts_with("games/") && !["games/core", "games/registry"].contains(&self.folder.as_str())
    }

    /// Whether the crate is outermost: nothing may know it.
    fn is_outermost(&self) -> bool {
        self.name == "annals"
            || self.name == "xtask"
            || self.folder.starts_with("tests/")
            || HARNESSES.contains(&self.name.as_str())
    }
}

/// What tests of any crate may start their servers with, and nothing may be built from.
const HARNESSES: &[&str] = &["servers", "kurrent-standin", "discord-standin", "twitch-standin"];

/// Engines that are heavy to build, and what makes them so.
const HEAVY: &[&str] = &["event-store-kurrentdb", "kurrentdb", "tonic"];

/// Arrows that are forbidden by name, directly: from, to, why.
const FORBIDDEN: &[(&str, &[&str], &str)] = &[
    (
        "kernel",
        &["tokio", "sqlx", "axum", "async-nats", "command-service"],
        "the kernel is a pure step function",
    ),
    (
        "command-service",
        &["cluster", "async-nats", "sqlx"],
        "the service knows that others may hold a world, and not how they are reached",
    ),
    ("cluster", &["sqlx", "axum", "projections"], "a cluster brings messages; what is true is the service's"),
    ("projections", &["command-service", "kernel"], "projections know the record and the games only"),
    ("event-store", HEAVY, "an engine that is heavy to build sits in a crate of its own"),
    ("command-service", HEAVY, "which engine a log has is the binary's affair"),
    ("projections", HEAVY, "which engine a log has is the binary's affair"),
    ("replay-tool", HEAVY, "which engine a log has is the binary's affair"),
    (
        "discord-adapter",
        &["event-store", "sqlx", "kernel", "command-service", "projections"],
        "an adapter knows commands and views, not how they are kept",
    ),
    (
        "discord-adapter",
        &["discord-gateway", "discord-http", "reqwest", "axum", "serenity"],
        "how Discord is reached sits in crates of their own",
    ),
    (
        "discord-http",
        &["event-store", "sqlx", "kernel", "command-service", "projections", "vault", "games-registry"],
        "an adapter knows commands and views, not how they are kept",
    ),
    (
        "discord-http",
        &["discord-gateway", "serenity"],
        "answers are the same whichever way an interaction came",
    ),
    (
        "discord-gateway",
        &["event-store", "sqlx", "kernel", "command-service", "projections", "vault", "games-registry"],
        "an adapter knows commands and views, not how they are kept",
    ),
    (
        "twitch-adapter",
        &[
            "event-store",
            "sqlx",
            "kernel",
            "command-service",
            "projections",
            "vault",
            "games-core",
            "games-registry",
            "discord-adapter",
        ],
        "a chat knows texts and codes, and neither games nor how anything is kept",
    ),
    ("vault", &["event-store", "games-core", "games-registry"], "the vault holds names, and no deeds"),
    (
        "replay-tool",
        &["command-service", "projections", "sqlx", "axum"],
        "tools read the record and nothing else",
    ),
];

/// What games may be built from; everything else needs a reason and a line here.
const GAME_NEEDS: &[&str] =
    &["games-core", "schemas", "schemars", "serde", "serde_json", "sha2", "thiserror", "toml"];

/// What the games' core may be built from; `toml` because it reads the rules files of games that need no more checks
/// than their shape.
const CORE_NEEDS: &[&str] = &["schemas", "serde", "serde_json", "sha2", "hmac", "thiserror", "toml"];

/// What the list of games may be built from, besides the games.
const REGISTRY_NEEDS: &[&str] =
    &["games-core", "schemas", "postcard", "serde", "serde_json", "sha2", "thiserror", "toml"];

/// What contracts and log may know of this workspace.
const INNER: &[(&str, &[&str])] = &[
    ("schemas", &[]),
    ("postgres-server", &[]),
    ("event-store", &["postgres-server", "schemas"]),
    ("event-store-kurrentdb", &["event-store", "schemas"]),
    ("vault", &["postgres-server", "schemas"]),
];

/// Every forbidden arrow in the graph.
#[must_use]
pub fn faults(crates: &[Crate]) -> Vec<String> {
    let mut faults = Vec::new();
    let games: BTreeSet<&str> = crates.iter().filter(|c| c.is_game()).map(|c| c.name.as_str()).collect();
    let outermost: BTreeSet<&str> =
        crates.iter().filter(|c| c.is_outermost()).map(|c| c.name.as_str()).collect();
    let members: BTreeSet<&str> = crates.iter().map(|c| c.name.as_str()).collect();
    for c in crates {
        let others = || c.normal.union(&c.dev).map(String::as_str).filter(|to| *to != c.name);
        let mut forbid = |to: &str, why: &str| faults.push(format!("{} → {to}: {why}", c.name));
        let only_for_tests = |to: &str| HARNESSES.contains(&to) && !c.normal.contains(to);
        for to in others().filter(|to| outermost.contains(to) && !only_for_tests(to)) {
            forbid(to, "nothing imports the binary, the tests or the developers' tool");
        }
        for (from, forbidden, why) in FORBIDDEN.iter().filter(|(from, ..)| *from == c.name) {
            debug_assert_eq!(*from, c.name);
            c.normal.iter().filter(|to| forbidden.contains(&to.as_str())).for_each(|to| forbid(to, why));
        }
        for (_, allowed) in INNER.iter().filter(|(from, _)| *from == c.name) {
            let foreign = |to: &&str| members.contains(to) && !allowed.contains(to) && !only_for_tests(to);
            let inward = others().filter(foreign);
            inward.for_each(|to| forbid(to, "contracts, log and vault know no game and no service"));
        }
        if c.is_game() {
            let foreign = others().filter(|to| games.contains(to));
            foreign.for_each(|to| forbid(to, "games never import each other"));
        }
        let needs = match c.folder.as_str() {
            "games/core" => Some(CORE_NEEDS),
            "games/registry" => Some(REGISTRY_NEEDS),
            _ if c.is_game() => Some(GAME_NEEDS),
            _ => None,
        };
        for to in c.normal.iter().filter(|to| needs.is_some_and(|needs| !needs.contains(&to.as_str()))) {
            if !(c.folder == "games/registry" && games.contains(to.as_str())) {
                forbid(
                    to,
                    "not on the list of what games may be built from (tests/architecture/src/arrows.rs)",
                );
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(name: &str, folder: &str, normal: &[&str]) -> Crate {
        let normal = normal.iter().map(|to| (*to).to_owned()).collect();
        Crate { name: name.to_owned(), folder: folder.to_owned(), normal, dev: BTreeSet::new() }
    }

    #[test]
    fn each_planted_arrow_is_found() {
        let good = vec![
            one("schemas", "schemas", &["serde"]),
            one("games-core", "games/core", &["schemas", "serde"]),
            one("chess", "games/chess", &["games-core", "serde"]),
            one("go", "games/go", &["games-core"]),
            one("games-registry", "games/registry", &["chess", "go", "games-core"]),
            one("event-store", "event-store", &["schemas", "sqlx", "tokio"]),
            one("event-store-kurrentdb", "event-store/kurrentdb", &["event-store", "kurrentdb", "schemas"]),
            one("kernel", "command-service/kernel", &["event-store", "games-registry"]),
            one("projections", "projections", &["event-store", "sqlx"]),
            one("discord-adapter", "discord-adapter", &["games-core", "tokio"]),
            one("discord-http", "discord-adapter/http", &["axum", "discord-adapter", "games-core"]),
            one("discord-gateway", "discord-adapter/gateway", &["discord-http", "schemas", "serenity"]),
            one("discord-standin", "discord-adapter/standin", &["axum", "jsonschema"]),
            one("vault", "vault", &["schemas", "sqlx"]),
            one("annals", "annals", &["event-store-kurrentdb", "kernel", "projections"]),
            one("sim", "tests/sim", &["kernel"]),
            one("servers", "tests/servers", &["tempfile"]),
            one("kurrent-standin", "tests/kurrent-standin", &["tonic"]),
        ];
        assert_eq!(faults(&good), Vec::<String>::new());
        let mut tested = good.clone();
        tested.iter_mut().filter(|c| c.name == "event-store").for_each(|c| {
            c.dev.insert("servers".to_owned());
        });
        tested.iter_mut().filter(|c| c.name == "event-store-kurrentdb").for_each(|c| {
            c.dev.insert("kurrent-standin".to_owned());
        });
        assert_eq!(faults(&tested), Vec::<String>::new());
        for (from, to) in [
            ("chess", "go"),
            ("chess", "tokio"),
            ("games-core", "rand"),
            ("schemas", "games-core"),
            ("event-store", "chess"),
            ("kernel", "tokio"),
            ("projections", "kernel"),
            ("discord-adapter", "sqlx"),
            ("discord-adapter", "discord-http"),
            ("discord-http", "event-store"),
            ("discord-http", "kernel"),
            ("discord-http", "discord-standin"),
            ("discord-http", "serenity"),
            ("discord-gateway", "games-registry"),
            ("discord-gateway", "discord-standin"),
            ("vault", "event-store"),
            ("kernel", "sim"),
            ("event-store", "servers"),
            ("event-store", "kurrentdb"),
            ("event-store", "event-store-kurrentdb"),
            ("event-store-kurrentdb", "kernel"),
            ("event-store-kurrentdb", "kurrent-standin"),
            ("projections", "event-store-kurrentdb"),
            ("projections", "annals"),
        ] {
            let mut bad = good.clone();
            bad.iter_mut().filter(|c| c.name == from).for_each(|c| {
                c.normal.insert(to.to_owned());
            });
            let found = faults(&bad);
            assert!(
                found.iter().any(|f| f.starts_with(&format!("{from} → {to}: "))),
                "{from} → {to}: {found:?}"
            );
        }
    }
}
