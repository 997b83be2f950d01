//! The house as it stands keeps its own rules.

#![allow(missing_docs, reason = "a test")]

use architecture::{arrows, house, manifests, text};

fn none(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn arrows_point_inward_only() {
    let (crates, from_git) = house::crates().unwrap();
    assert!(crates.len() >= 15, "only {} crates were found", crates.len());
    none(&arrows::faults(&crates));
    none(&from_git);
}

#[test]
fn every_crate_inherits_lints_and_licence_and_comes_from_the_public_registry() {
    let read = |path: &str| std::fs::read_to_string(house::root().join(path)).unwrap();
    let (crates, _) = house::crates().unwrap();
    let mut faults = manifests::root_faults(&read("Cargo.toml"));
    for c in crates {
        let path = format!("{}/Cargo.toml", c.folder);
        faults.extend(manifests::member_faults(&path, &read(&path)));
    }
    faults.extend(manifests::lock_faults(&read("Cargo.lock")));
    none(&faults);
}

#[test]
fn the_text_holds_nothing_that_it_may_not() {
    let files = house::files().unwrap();
    for (lines, path) in text::long(&files) {
        println!("{lines} lines: {path}");
    }
    let faults: Vec<String> = files.iter().flat_map(text::faults).collect();
    none(&faults);
}

#[test]
fn the_gateways_library_is_known_to_one_module() {
    let files = house::files().unwrap();
    let knows = |file: &&text::File| file.path.ends_with(".rs") && file.text.contains("serenity::");
    let inside = "discord-adapter/gateway/src/link.rs";
    let found: Vec<&str> = files.iter().filter(knows).map(|file| file.path.as_str()).collect();
    let own = "tests/architecture/tests/house.rs";
    assert_eq!(found.into_iter().filter(|path| *path != own).collect::<Vec<_>>(), [inside]);
}

#[test]
fn every_crate_opens_with_what_it_is() {
    let (crates, _) = house::crates().unwrap();
    let mut faults = Vec::new();
    for c in crates {
        let src = house::root().join(&c.folder).join("src");
        let text = ["lib.rs", "main.rs"].iter().find_map(|name| std::fs::read_to_string(src.join(name)).ok());
        if !text.is_some_and(|text| text.starts_with("//!")) {
            faults.push(format!("{}: src/lib.rs does not begin with //!", c.folder));
        }
    }
    none(&faults);
}

#[test]
fn the_map_of_the_house_is_short_and_names_every_crate() {
    let map = std::fs::read_to_string(house::root().join("ARCHITECTURE.md")).unwrap();
    assert!(
        map.lines().count() <= 300,
        "ARCHITECTURE.md has {} lines, 300 are the limit",
        map.lines().count()
    );
    let (crates, _) = house::crates().unwrap();
    let unnamed = crates.iter().filter(|c| !map.contains(&format!("`{}`", c.name)));
    none(&unnamed.map(|c| format!("ARCHITECTURE.md does not name `{}`", c.name)).collect::<Vec<_>>());
}
