//! What is deployed, held to its promises: no secret in a file, nothing that runs as root or listens to the world, every
//! service with a health check, and no setting or metric that the server does not know.
//!
//! The checks are functions that give faults, so that a test can show that each finds what was planted.

pub mod compose;
pub mod metrics;
pub mod settings;

use std::path::{Path, PathBuf};

/// The root of the workspace.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every file of the deployment that people write: its path from the root, and its text.
///
/// # Errors
/// When one can not be read.
pub fn files() -> std::io::Result<Vec<(String, String)>> {
    let mut paths: Vec<PathBuf> =
        ["compose.yaml", "Dockerfile", "docs/operating.md"].iter().map(|name| root().join(name)).collect();
    walk(&root().join("deploy"), &mut paths)?;
    paths.sort();
    let read = |path: PathBuf| {
        let name = path.strip_prefix(root()).unwrap_or(&path).to_string_lossy().into_owned();
        Ok((name, std::fs::read_to_string(&path)?))
    };
    paths.into_iter().map(read).collect()
}

fn walk(folder: &Path, paths: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            walk(&path, paths)?;
        } else {
            paths.push(path);
        }
    }
    Ok(())
}

/// A YAML document as the JSON that it stands for, with its anchors and merges resolved.
///
/// # Errors
/// What is wrong with it, and where.
pub fn yaml(text: &str) -> Result<serde_json::Value, String> {
    serde_saphyr::from_str(text).map_err(|e| e.to_string())
}
