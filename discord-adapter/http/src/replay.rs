//! What came before: the same request is refused, the same interaction in a new request gets its first answer again.
//!
//! Only requests with a good signature, and what came through a gateway, are remembered, and only as long as a timestamp
//! would be taken. Another node
//! or a restart does not know them; there the record keeps a command from being decided twice, since its id is made of
//! the interaction's.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use schemas::WallTime;
use tokio::sync::OnceCell;

use crate::verify::{NEWEST_MS, OLDEST_MS};

/// Most requests that are remembered. At a thousand a second this is more than fit into the window.
const MOST: usize = 200_000;

/// The first answer to an interaction, once there is one: the body to answer with again; none when it went out as a
/// callback.
pub type Answered = Arc<OnceCell<Option<Bytes>>>;

/// The requests and interactions of the last minutes.
#[derive(Debug, Default)]
pub struct Seen {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    signatures: HashSet<[u8; 64]>,
    answers: HashMap<String, Answered>,
    /// Oldest first: when it came, its signature, its interaction.
    order: VecDeque<(i64, [u8; 64], Option<String>)>,
}

impl Seen {
    /// Remembers a request with this signature; false if it came before.
    pub fn first(&self, signature: [u8; 64], now: WallTime) -> bool {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.forget(now.ms());
        let first = inner.signatures.insert(signature);
        if first {
            inner.order.push_back((now.ms(), signature, None));
        }
        first
    }

    /// The place of an interaction's first answer; the same for every delivery of it.
    pub fn answer(&self, interaction: &str, now: WallTime) -> Answered {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = inner.answers.get(interaction) {
            return Arc::clone(known);
        }
        inner.forget(now.ms());
        let fresh = Answered::default();
        inner.answers.insert(interaction.to_owned(), Arc::clone(&fresh));
        inner.order.push_back((now.ms(), [0; 64], Some(interaction.to_owned())));
        fresh
    }
}

impl Inner {
    fn forget(&mut self, now: i64) {
        let over = |at: i64| now.saturating_sub(at) > OLDEST_MS + NEWEST_MS;
        while let Some((at, signature, interaction)) = self.order.front() {
            if !over(*at) && self.order.len() < MOST {
                return;
            }
            match interaction {
                Some(interaction) => drop(self.answers.remove(interaction)),
                None => drop(self.signatures.remove(signature)),
            }
            self.order.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_known_as_long_as_it_would_be_taken() {
        let seen = Seen::default();
        let at = WallTime::from_ms;
        assert!(seen.first([1; 64], at(0)));
        assert!(!seen.first([1; 64], at(OLDEST_MS + NEWEST_MS)));
        assert!(seen.first([2; 64], at(5)));
        assert!(seen.first([1; 64], at(OLDEST_MS + NEWEST_MS + 1)), "it is stale by now, and forgotten");
        assert!(Arc::ptr_eq(&seen.answer("7", at(0)), &seen.answer("7", at(1))));
        assert!(!Arc::ptr_eq(&seen.answer("7", at(0)), &seen.answer("8", at(1))));
    }
}
