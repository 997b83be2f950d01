//! What every manifest must say: the house's lints, a licence, sources that can be checked.

/// Faults of a member's manifest.
#[must_use]
pub fn member_faults(path: &str, text: &str) -> Vec<String> {
    let Ok(manifest) = toml::from_str::<toml::Table>(text) else { return vec![format!("{path} is no TOML")] };
    let mut faults = Vec::new();
    let inherits = |section: &[&str]| look(&manifest, section).and_then(toml::Value::as_bool) == Some(true);
    if !inherits(&["lints", "workspace"]) {
        faults.push(format!("{path}: [lints] workspace = true is missing"));
    }
    if !inherits(&["package", "license", "workspace"]) {
        faults.push(format!("{path}: license.workspace = true is missing"));
    }
    if look(&manifest, &["package", "description"]).is_none() {
        faults.push(format!("{path}: a description is missing"));
    }
    faults
}

/// Faults of the workspace's manifest.
#[must_use]
pub fn root_faults(text: &str) -> Vec<String> {
    let Ok(manifest) = toml::from_str::<toml::Table>(text) else {
        return vec!["Cargo.toml is no TOML".to_owned()];
    };
    let says =
        |path: &[&str]| look(&manifest, path).and_then(toml::Value::as_str).unwrap_or_default().to_owned();
    let mut faults = Vec::new();
    if says(&["workspace", "lints", "rust", "unsafe_code"]) != "forbid" {
        faults.push("Cargo.toml: unsafe_code is not forbidden".to_owned());
    }
    for lint in ["unwrap_used", "expect_used", "panic", "todo", "wildcard_enum_match_arm"] {
        if says(&["workspace", "lints", "clippy", lint]) != "deny" {
            faults.push(format!("Cargo.toml: clippy's {lint} is not denied"));
        }
    }
    if says(&["workspace", "package", "license"]).is_empty() {
        faults.push("Cargo.toml: no licence".to_owned());
    }
    faults
}

/// Packages of the lock file that come from elsewhere than the public registry.
#[must_use]
pub fn lock_faults(text: &str) -> Vec<String> {
    let elsewhere = |line: &&str| {
        line.strip_prefix("source = ").is_some_and(|source| !source.contains("rust-lang/crates.io-index"))
    };
    text.lines().filter(elsewhere).map(|line| format!("Cargo.lock: {line}")).collect()
}

fn look<'a>(table: &'a toml::Table, path: &[&str]) -> Option<&'a toml::Value> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(table.get(*first)?, |value, word| value.get(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_that_goes_its_own_way_is_found() {
        let good = "[package]\nname = \"a\"\ndescription = \"b\"\nlicense.workspace = true\n[lints]\nworkspace = true\n";
        assert_eq!(member_faults("a", good), Vec::<String>::new());
        assert_eq!(member_faults("a", &good.replace("[lints]\nworkspace = true\n", "")).len(), 1);
        assert_eq!(
            member_faults("a", &good.replace("license.workspace = true", "license = \"GPL\"")).len(),
            1
        );
        assert_eq!(root_faults("[workspace]\n").len(), 7);
        assert_eq!(lock_faults("source = \"git+https://example.org/a\"\n").len(), 1);
    }
}
