//! Which rows of current state are to be written anew.

use foldhash::HashMap;
use games_core::view::{Cell, RowKey};
use schemas::{GameTime, Position};

/// The last commit that touched a row: its last event, and the game time at which it was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Last {
    pub(crate) position: Position,
    pub(crate) game: GameTime,
}

/// Rows of current state by key, each with the last commit that touched it.
///
/// A fold touches the same few thousand rows a million times, so a row is found by the hash of its key's bytes; the
/// order is made once, when the rows are asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Touched {
    rows: HashMap<Box<[u8]>, (RowKey, Last)>,
    scratch: Vec<u8>,
}

impl Touched {
    /// Notes that a row was touched by a commit.
    pub(crate) fn note(&mut self, key: RowKey, by: Last) {
        self.scratch.clear();
        encode(&key, &mut self.scratch);
        match self.rows.get_mut(self.scratch.as_slice()) {
            Some((_, last)) => *last = by,
            None => {
                self.rows.insert(self.scratch.as_slice().into(), (key, by));
            }
        }
    }

    /// Hands the rows out in the order of their keys, and is empty then.
    pub(crate) fn take(&mut self) -> Vec<(RowKey, Last)> {
        let mut rows: Vec<(RowKey, Last)> = self.rows.drain().map(|(_, row)| row).collect();
        rows.sort_unstable();
        rows
    }
}

/// Different keys give different bytes.
fn encode(key: &RowKey, out: &mut Vec<u8>) {
    out.extend_from_slice(&(key.table as u64).to_le_bytes());
    encode_cells(&key.key, out);
}

/// Different cells give different bytes: each says its kind, each text its length.
pub(crate) fn encode_cells(cells: &[Cell], out: &mut Vec<u8>) {
    for cell in cells {
        match cell {
            Cell::Null => out.push(0),
            Cell::Int(number) => {
                out.push(1);
                out.extend_from_slice(&number.to_le_bytes());
            }
            Cell::Text(text) => {
                out.push(2);
                out.extend_from_slice(&(text.len() as u64).to_le_bytes());
                out.extend_from_slice(text.as_bytes());
            }
            Cell::Bool(truth) => out.extend_from_slice(&[3, u8::from(*truth)]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_once_in_order_with_their_last_event() {
        let mut touched = Touched::default();
        let key = |table, texts: &[&str]| RowKey::new(table, texts.iter().map(|&text| Cell::from(text)));
        let keys = [key(1, &["b"]), key(0, &["a", "bc"]), key(0, &["ab", "c"]), key(1, &["b"])];
        for (position, key) in (1_u64..).zip(keys) {
            let game = GameTime::from_ms(position.cast_signed() * 1000);
            touched.note(key, Last { position: Position::new(position), game });
        }
        let found = touched.take().into_iter();
        let found: Vec<_> = found.map(|(key, by)| (key, by.position.get(), by.game.ms())).collect();
        let expected =
            [(key(0, &["a", "bc"]), 2, 2000), (key(0, &["ab", "c"]), 3, 3000), (key(1, &["b"]), 4, 4000)];
        assert_eq!(found, expected);
        assert!(touched.take().is_empty());
    }
}
