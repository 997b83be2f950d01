//! The only erasable data: identities, names and the keys of sealed text.
