//! What developers run: ci, sim, schemas.

fn main() {}
