//! Read models, leaderboards, queries and the outbox, derived from the log.
