//! Whether the log can be read and written, as its last uses have shown.

use std::sync::{Mutex, PoisonError};

use kernel::breaker::{Use, code_of};

const fn done(used: Use) -> &'static str {
    match used {
        Use::Read => "read",
        Use::Write => "written",
    }
}

/// What has gone wrong with the log since it last went well.
#[derive(Debug, Default)]
pub struct LogHealth {
    reading: Mutex<Option<String>>,
    writing: Mutex<Option<String>>,
}

impl LogHealth {
    /// Takes note of how a use of the log ended. Operators are told when that changes, and not each time.
    pub(crate) fn note(&self, used: Use, ended: Result<(), &str>) {
        let mut known = self.known(used).lock().unwrap_or_else(PoisonError::into_inner);
        match (ended, known.is_some()) {
            (Ok(()), false) => {}
            (Ok(()), true) => {
                tracing::info!("the log can be {} again", done(used));
                *known = None;
            }
            (Err(problem), told) => {
                if !told {
                    tracing::error!(%problem, "the log can not be {}", done(used));
                }
                *known = Some(problem.to_owned());
            }
        }
    }

    const fn known(&self, used: Use) -> &Mutex<Option<String>> {
        match used {
            Use::Read => &self.reading,
            Use::Write => &self.writing,
        }
    }

    fn is_well(&self, used: Use) -> bool {
        self.known(used).lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }

    /// Whether the last reading of the log went well.
    #[must_use]
    pub fn is_readable(&self) -> bool {
        self.is_well(Use::Read)
    }

    /// Whether the last append did.
    #[must_use]
    pub fn is_writable(&self) -> bool {
        self.is_well(Use::Write)
    }

    /// What is wrong, in a sentence with the stable code and without names of servers; none where nothing is.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        [Use::Read, Use::Write].into_iter().find_map(|used| {
            let known = self.known(used).lock().unwrap_or_else(PoisonError::into_inner);
            let code = code_of(known.as_deref()?);
            Some(format!("the log can not be {} ({code}): annals explain {code}", done(used)))
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_told_by_its_code_until_it_is_well_again() {
        let health = LogHealth::default();
        assert_eq!(health.trouble(), None);
        health.note(Use::Write, Err("DISK_FULL: no room on db:5432/annals"));
        assert_eq!(
            health.trouble().unwrap(),
            "the log can not be written (DISK_FULL): annals explain DISK_FULL"
        );
        assert!(health.is_readable() && !health.is_writable());
        health.note(Use::Read, Err("gone: db"));
        assert!(health.trouble().unwrap().contains("read (STORE_UNAVAILABLE)"));
        health.note(Use::Read, Ok(()));
        assert!(!health.is_writable(), "that it can be read does not say that it can be written");
        health.note(Use::Write, Ok(()));
        assert_eq!(health.trouble(), None);
    }
}
