//! The log: append-only commits per world, and the engines that keep them.
