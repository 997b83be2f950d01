//! The copy of the checkpoints outside the database: one line each, only ever added to.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::checkpoint::{CheckpointError, SignedCheckpoint};

/// A file of signed checkpoints, best kept where whoever can write the database can not: another disk, another
/// machine, a channel that players read.
///
/// Every call opens the file anew and blocks on the disk: call it off the append path.
#[derive(Debug, Clone)]
pub struct CheckpointFile {
    path: PathBuf,
}

/// What a file of checkpoints holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckpointLines {
    /// The checkpoints of all worlds, in the order in which they were added.
    pub checkpoints: Vec<SignedCheckpoint>,
    /// Lines that are no checkpoint, by number from 1. A crash may leave one at the end; anything else was edited.
    pub damaged: Vec<usize>,
}

impl CheckpointFile {
    /// Names the file; it is made when the first checkpoint is added.
    #[must_use]
    pub fn new(path: impl AsRef<Path>) -> Self {
        Self { path: path.as_ref().to_owned() }
    }

    fn failed(&self, error: &std::io::Error) -> CheckpointError {
        CheckpointError::File { path: self.path.display().to_string(), problem: error.to_string() }
    }

    /// Adds a checkpoint; on disk after this.
    ///
    /// # Errors
    /// [`CheckpointError::File`] when it can not be written.
    pub fn append(&self, checkpoint: &SignedCheckpoint) -> Result<(), CheckpointError> {
        self.write(checkpoint).map_err(|e| self.failed(&e))
    }

    fn write(&self, checkpoint: &SignedCheckpoint) -> std::io::Result<()> {
        let fresh = !self.path.exists();
        let mut file = OpenOptions::new().create(true).read(true).append(true).open(&self.path)?;
        let mut line = String::new();
        if file.seek(SeekFrom::End(0))? > 0 {
            // A line that a crash cut short must not swallow this one.
            file.seek(SeekFrom::End(-1))?;
            let mut last = [0_u8; 1];
            file.read_exact(&mut last)?;
            if last != *b"\n" {
                line.push('\n');
            }
        }
        line.push_str(&checkpoint.to_string());
        line.push('\n');
        file.write_all(line.as_bytes())?;
        file.sync_all()?;
        if fresh {
            let directory = self.path.parent().filter(|parent| !parent.as_os_str().is_empty());
            File::open(directory.unwrap_or(Path::new(".")))?.sync_all()?;
        }
        Ok(())
    }

    /// Reads all checkpoints; none where there is no file.
    ///
    /// # Errors
    /// [`CheckpointError::File`] when it can not be read.
    pub fn read(&self) -> Result<CheckpointLines, CheckpointError> {
        let bytes = match std::fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(CheckpointLines::default()),
            Err(e) => return Err(self.failed(&e)),
        };
        let mut lines = CheckpointLines::default();
        for (number, line) in (1..).zip(String::from_utf8_lossy(&bytes).lines()) {
            match line.parse() {
                Ok(checkpoint) => lines.checkpoints.push(checkpoint),
                Err(_) => lines.damaged.push(number),
            }
        }
        Ok(lines)
    }
}
