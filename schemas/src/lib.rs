//! The contracts: ids, versions, envelope, commit.
