//! What goes wrong with an append or a read, on a test's order.

use std::time::Duration;

/// What goes wrong with one append.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AppendFault {
    /// Written; answered that the time was up.
    CommitThenTimeout,
    /// Not written, and never will be; answered that the time was up.
    TimeoutThenNothing,
    /// Answered that the time was up; written only when the test lets it land, and checked then.
    LandLate,
    /// Written; the connection breaks instead of an answer.
    CommitThenCut,
    /// Not written; the connection breaks instead of an answer.
    CutThenNothing,
    /// Written; never answered.
    CommitThenSilence,
    /// Not written: this node is no leader, and tells who is.
    NotLeader {
        /// The leader's port on 127.0.0.1.
        port: u16,
    },
    /// Not written: answered that the stream stands at another revision, which it does not.
    WrongVersion,
    /// Not written: the server is too busy to take it.
    TooBusy,
    /// Carried out as usual, after a while.
    Slow(Duration),
}

/// What goes wrong with one read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadFault {
    /// The connection breaks after so many records.
    CutAfter(usize),
    /// Answered with an error of the server's.
    Fails,
    /// Never answered.
    Silence,
    /// Carried out as usual, after a while.
    Slow(Duration),
}

/// Faults that wait for a stream whose name holds a certain text.
#[derive(Debug)]
pub(crate) struct Plan<F>(Vec<(String, u64, F)>);

impl<F> Default for Plan<F> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<F> Plan<F> {
    /// Orders a fault for the `nth` call from now on such a stream; 1 is the next one.
    pub(crate) fn order(&mut self, part: &str, nth: u64, fault: F) {
        self.0.push((part.to_owned(), nth.max(1), fault));
    }

    /// Counts a call on a stream; its fault, if one is due.
    pub(crate) fn next(&mut self, stream: &str) -> Option<F> {
        for (part, left, _) in &mut self.0 {
            if stream.contains(part.as_str()) {
                // One that was due together with another comes with the next call.
                *left = left.saturating_sub(1);
            }
        }
        let due = self.0.iter().position(|(_, left, _)| *left == 0)?;
        Some(self.0.remove(due).2)
    }

    /// How many faults have not come yet.
    pub(crate) fn left(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_comes_with_the_call_that_it_was_ordered_for_and_once() {
        let mut plan = Plan::default();
        plan.order("a", 2, "second");
        plan.order("b", 1, "first");
        assert_eq!(plan.next("xay"), None);
        assert_eq!(plan.next("c"), None);
        assert_eq!(plan.next("b"), Some("first"));
        assert_eq!(plan.next("a"), Some("second"));
        assert_eq!(plan.next("a"), None);
        assert_eq!(plan.left(), 0);
    }
}
