//! Planted bugs: each switches one guard of the kernel off, so that the simulator can prove that it would notice.
//!
//! They exist in the kernel's own code because a bug beside it would test only the test. No configuration of the
//! server can reach them: only [`Kernel::plant`](crate::Kernel::plant) sets one.

/// One planted bug.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Plant {
    /// A command whose id is known is decided again.
    NoDedupe,
    /// An answer goes out before the append it depends on is done.
    AnswerBeforeDurable,
    /// After an unknown outcome the commands are decided again without looking at the log.
    RetryBlindly,
    /// After an unknown outcome no ownership commit is written before the answer "not done".
    NoOwnershipAfterUnknown,
    /// A wrong version is answered by raising the expected version instead of reloading.
    IgnoreWrongVersion,
    /// A fenced owner goes on answering from its memory.
    AnswerWhenFenced,
    /// Timers that are due are left out when a command comes.
    SkipDueTimers,
    /// Timers fire a second early.
    TimerEarly,
    /// The world's time follows the node's clock even when that goes back.
    ClockGoesBack,
    /// A rejection is answered, but not put on the record.
    ForgetRejections,
    /// Events reach subscribers whatever their audience.
    ShowEverything,
    /// A command that waits is dropped when its world is reloaded.
    DropWaiting,
    /// State that was not durable survives a failed append.
    KeepSpeculation,
    /// Ids of new things come from the node, not from the world.
    EpochNotRaised,
}

impl Plant {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::NoDedupe,
        Self::AnswerBeforeDurable,
        Self::RetryBlindly,
        Self::NoOwnershipAfterUnknown,
        Self::IgnoreWrongVersion,
        Self::AnswerWhenFenced,
        Self::SkipDueTimers,
        Self::TimerEarly,
        Self::ClockGoesBack,
        Self::ForgetRejections,
        Self::ShowEverything,
        Self::DropWaiting,
        Self::KeepSpeculation,
        Self::EpochNotRaised,
    ];
}
