//! Reading the house as it stands: crates from cargo, files from the disk.

use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, MetadataCommand};

use crate::arrows::Crate;
use crate::text::File;

/// Folders that are not the project's text.
const SKIPPED: &[&str] = &["target", ".git", ".annals", "node_modules"];

/// Most bytes of a text file that is read: longer ones are data.
const BYTES_MAX: u64 = 1 << 20;

/// The root of the workspace.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The crates of the workspace with their arrows, and dependencies that come from a git repository.
///
/// # Errors
/// When cargo can not tell.
pub fn crates() -> Result<(Vec<Crate>, Vec<String>), cargo_metadata::Error> {
    let metadata = MetadataCommand::new().manifest_path(root().join("Cargo.toml")).no_deps().exec()?;
    let mut from_git = Vec::new();
    let mut crates = Vec::new();
    for package in metadata.workspace_packages() {
        let folder =
            package.manifest_path.parent().and_then(|f| f.strip_prefix(&metadata.workspace_root).ok());
        let mut found = Crate {
            name: package.name.to_string(),
            folder: folder.map(ToString::to_string).unwrap_or_default(),
            ..Crate::default()
        };
        for dependency in &package.dependencies {
            if dependency.source.as_ref().is_some_and(|source| source.to_string().starts_with("git+")) {
                from_git.push(format!("{} → {}: from a git repository", package.name, dependency.name));
            }
            match dependency.kind {
                DependencyKind::Development => found.dev.insert(dependency.name.clone()),
                DependencyKind::Normal | DependencyKind::Build | DependencyKind::Unknown => {
                    found.normal.insert(dependency.name.clone())
                }
            };
        }
        crates.push(found);
    }
    Ok((crates, from_git))
}

/// Every text file of the project.
///
/// # Errors
/// When a folder can not be read.
pub fn files() -> std::io::Result<Vec<File>> {
    let mut files = Vec::new();
    let root = root();
    walk(&root, &root, &mut files)?;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn walk(root: &Path, folder: &Path, files: &mut Vec<File>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let kind = entry.file_type()?;
        if kind.is_dir() && !SKIPPED.contains(&name.as_str()) {
            walk(root, &entry.path(), files)?;
        } else if kind.is_file() && name != ".git" && entry.metadata()?.len() <= BYTES_MAX {
            let Ok(text) = std::fs::read_to_string(entry.path()) else { continue };
            let path = entry.path();
            let path = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            files.push(File { path, text });
        }
    }
    Ok(())
}
