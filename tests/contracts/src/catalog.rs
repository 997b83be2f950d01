//! `schemas/CATALOG.md`: everything that can be asked and everything that can happen, in one list.

use std::fmt::Write;
use std::path::Path;

use games_core::Audience;
use schemas::WorldId;
use schemas::codec::KindDef;
use schemas::host::WorldOpened;
use serde_json::Value;

use crate::domain::Domain;
use crate::{golden, lock};

/// The whole catalogue. Audiences are those of the golden samples in `folder`.
#[must_use]
pub fn text(folder: &Path, domains: &[Domain]) -> String {
    let mut out = String::from(
        "# Catalogue of commands and events\n\n\
         Written by `cargo xtask schemas`; not to be edited. An event's name is the storage format: it is never renamed\n\
         and never given a new meaning. The hash is that of the schema without its words for people.\n",
    );
    for domain in domains {
        let _ = write!(out, "\n## {} (`{}`)\n", domain.title, domain.name);
        let _ = write!(
            out,
            "\n| command | v | asked by | what it asks | schema |\n| --- | --- | --- | --- | --- |\n"
        );
        for def in domain.commands {
            let schema = schema_link(domain, "commands", def);
            let _ = writeln!(
                out,
                "| `{}` | {} | {} | {} | {schema} |",
                def.kind,
                def.version,
                slash(domain, def),
                one_line(def.doc)
            );
        }
        let _ = write!(
            out,
            "\n| event | v | who may see it | what happened | schema | hash |\n| --- | --- | --- | --- | --- | --- |\n"
        );
        for def in domain.events {
            let schema = schema_link(domain, "events", def);
            let hash = &lock::hash(def)[..12];
            let seen = audience(folder, domain, def);
            let _ = writeln!(
                out,
                "| `{}` | {} | {seen} | {} | {schema} | `{hash}` |",
                def.kind,
                def.version,
                one_line(def.doc)
            );
        }
    }
    out
}

fn one_line(doc: &str) -> String {
    doc.trim().replace('\n', " ").replace('|', "\\|")
}

fn schema_link(domain: &Domain, group: &str, def: &KindDef) -> String {
    format!("[schema](json/{}/{group}/{}.v{}.json)", domain.name, def.kind, def.version)
}

fn slash(domain: &Domain, def: &KindDef) -> String {
    let path = domain.game.and_then(|game| game.tree().find_kind(def.kind)).map(|command| command.path);
    let host = if domain.name == "server" { "the host" } else { "operators" };
    path.map_or_else(|| host.to_owned(), |path| format!("`/{path}`"))
}

/// Who may see an event, by its golden sample in a world that has just come to be.
fn audience(folder: &Path, domain: &Domain, def: &KindDef) -> &'static str {
    let Some(game) = domain.game else {
        return if domain.name == "server" { "operators" } else { "everyone" };
    };
    let name = golden::file_name(domain.name, def.kind, def.version);
    let sample = std::fs::read(folder.join(name)).unwrap_or_default();
    let opened = WorldOpened {
        game: game.name().to_owned(),
        config: Value::Null,
        rules: game.default_rules().to_owned(),
        rules_digest: String::new(),
        secret_commitment: String::new(),
        sealed_secret: String::new(),
        server_key: String::new(),
        offset_ms: 0,
        server: schemas::ServerId::local(),
    };
    let world = WorldId::new("catalogue").ok().and_then(|id| game.create(&id, &opened).ok());
    match world.and_then(|world| world.audience(def.kind, def.version, &sample).ok()) {
        Some(Audience::Everyone) => "everyone",
        Some(Audience::Only(_)) => "whom it concerns",
        Some(Audience::Nobody) => "nobody",
        None => "",
    }
}
