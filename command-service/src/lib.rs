//! The tokio shell around the kernel: mailboxes, group commit, HTTP face.
