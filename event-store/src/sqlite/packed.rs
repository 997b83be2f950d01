//! Many commits as one row.
//!
//! A row that sqlx hands over costs several microseconds: each value is copied and each row goes through a channel to
//! another thread. A commit of a game is two events, so replay would wait for rows, not for disk or decoding. So a span
//! of commits is read as one row of joined values, and taken apart here: four times as fast.
//!
//! The joined form is only believed when everything in it adds up: count, numbers, lengths. Where anything does not
//! (a damaged or altered file), the span is read again row by row, which says which commit is wrong and how. The
//! hashes, which whoever folds checks in any case, cover every byte of it.

use schemas::{CommandId, CommitNo, Epoch, Hash, Position, StoredCommit, WorldId};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

/// Commits of one span: enough to make a row cheap, few enough to lie in the cache.
pub(super) const SPAN: u32 = 256;

/// Below so many commits rows are as cheap.
pub(super) const WORTH_IT: u32 = 8;

/// The commits after one id up to another as one row. Rows are taken in the order of the key, and every column in the
/// same order. An absent value is a dash.
pub(super) const READ: &str = "SELECT count(*), min(id), max(id), \
     group_concat(first_position, ' '), \
     group_concat(events, ' '), \
     group_concat(epoch, ' '), \
     group_concat(ifnull(rewinds_to, '-'), ' '), \
     group_concat(ifnull(length(command), '-'), ' '), \
     group_concat(length(header), ' '), \
     group_concat(length(body), ' '), \
     CAST(group_concat(command, '') AS BLOB), \
     CAST(group_concat(prev, '') AS BLOB), \
     CAST(group_concat(hash, '') AS BLOB), \
     CAST(group_concat(header, '') AS BLOB), \
     CAST(group_concat(body, '') AS BLOB) \
     FROM commits WHERE id > ? AND id <= ?";

const HASH_BYTES: usize = 32;

/// The joined values of one span.
pub(super) struct Packed {
    count: usize,
    first_id: i64,
    numbers: [Vec<u8>; 7],
    bytes: [Vec<u8>; 5],
}

impl Packed {
    /// Takes the row; none where it holds nothing or is not what it should be.
    pub(super) fn of(row: &SqliteRow) -> Option<Self> {
        let count: i64 = row.try_get(0).ok()?;
        let (first_id, last_id): (i64, i64) = (row.try_get(1).ok()?, row.try_get(2).ok()?);
        // The key is unique: as many ids as the span is long are all of them.
        if count != last_id.checked_sub(first_id)?.checked_add(1)? {
            return None;
        }
        let text = |column: usize| row.try_get::<&str, _>(column).map(|text| text.as_bytes().to_vec()).ok();
        let blob =
            |column: usize| row.try_get::<Option<Vec<u8>>, _>(column).ok().map(Option::unwrap_or_default);
        Some(Self {
            count: usize::try_from(count).ok()?,
            first_id,
            numbers: [text(3)?, text(4)?, text(5)?, text(6)?, text(7)?, text(8)?, text(9)?],
            bytes: [blob(10)?, blob(11)?, blob(12)?, blob(13)?, blob(14)?],
        })
    }

    /// Takes the commits apart; none where anything does not add up.
    pub(super) fn open(&self, world: &WorldId, commit_of: fn(i64) -> CommitNo) -> Option<Vec<StoredCommit>> {
        let mut numbers = self.numbers.each_ref().map(|text| Numbers(text));
        let [first, events, epoch, rewinds_to, command_len, header_len, body_len] = &mut numbers;
        let mut bytes = self.bytes.each_ref().map(|bytes| Bytes(bytes));
        let [commands, prevs, hashes, headers, bodies] = &mut bytes;
        let mut commits = Vec::with_capacity(self.count);
        for id in (self.first_id..).take(self.count) {
            let command = match command_len.optional()? {
                Some(len) => {
                    let text = std::str::from_utf8(commands.take(usize::try_from(len).ok()?)?).ok()?;
                    Some(CommandId::new(text).ok()?)
                }
                None => None,
            };
            commits.push(StoredCommit {
                world: world.clone(),
                commit: commit_of(id),
                first: Position::new(first.next()?),
                events: u32::try_from(events.next()?).ok()?,
                epoch: Epoch::new(epoch.next()?),
                command,
                rewinds_to: rewinds_to.optional()?.map(CommitNo::new),
                prev: hash(prevs.take(HASH_BYTES)?)?,
                hash: hash(hashes.take(HASH_BYTES)?)?,
                header: headers.take(usize::try_from(header_len.next()?).ok()?)?.into(),
                body: bodies.take(usize::try_from(body_len.next()?).ok()?)?.into(),
            });
        }
        let over = numbers.iter().any(|n| !n.0.is_empty()) || bytes.iter().any(|b| !b.0.is_empty());
        (!over).then_some(commits)
    }
}

fn hash(bytes: &[u8]) -> Option<Hash> {
    bytes.try_into().ok().map(Hash)
}

/// Numbers with one space between two.
struct Numbers<'a>(&'a [u8]);

impl Numbers<'_> {
    fn word(&mut self) -> &[u8] {
        let end = self.0.iter().position(|&b| b == b' ').unwrap_or(self.0.len());
        let (word, rest) = self.0.split_at(end);
        self.0 = rest.get(1..).unwrap_or_default();
        word
    }

    fn next(&mut self) -> Option<u64> {
        digits(self.word())
    }

    /// The number, or that there is none; nothing where it is neither.
    #[allow(clippy::option_option)] // the outer one is "not what it should be", as in every method here
    fn optional(&mut self) -> Option<Option<u64>> {
        match self.word() {
            b"-" => Some(None),
            word => digits(word).map(Some),
        }
    }
}

/// A number in plain digits, as SQLite writes one that is not negative.
fn digits(word: &[u8]) -> Option<u64> {
    if word.is_empty() || (word.len() > 1 && word[0] == b'0') {
        return None;
    }
    word.iter().try_fold(0_u64, |sum, &b| {
        let digit = b.is_ascii_digit().then(|| u64::from(b - b'0'))?;
        sum.checked_mul(10)?.checked_add(digit)
    })
}

/// Byte strings one after the other.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_numbers_are_taken() {
        let read = |text: &str| Numbers(text.as_bytes()).next();
        assert_eq!(read("0"), Some(0));
        assert_eq!(read("18446744073709551615"), Some(u64::MAX));
        for odd in ["", "-1", "1.0", "007", "2abc", "18446744073709551616", "+1"] {
            assert_eq!(read(odd), None, "{odd:?} was taken");
        }
    }

    #[test]
    fn a_span_is_taken_whole_or_not_at_all() {
        let good = || Packed {
            count: 2,
            first_id: 7,
            numbers: ["5 6", "1 0", "1 1", "- 3", "3 -", "2 1", "0 2"].map(|text| text.as_bytes().to_vec()),
            bytes: [b"a:b".to_vec(), vec![1; 64], vec![2; 64], b"{}x".to_vec(), b"yz".to_vec()],
        };
        let world = WorldId::new("w").unwrap();
        let number: fn(i64) -> CommitNo = |id| CommitNo::new(id.cast_unsigned());
        let commits = good().open(&world, number).unwrap();
        assert_eq!(commits[0].command.as_ref().map(CommandId::as_str), Some("a:b"));
        assert_eq!((&*commits[0].header, &*commits[0].body), (&b"{}"[..], &b""[..]));
        assert_eq!((commits[1].commit, commits[1].rewinds_to), (CommitNo::new(8), Some(CommitNo::new(3))));
        for part in 0..7 {
            let mut short = good();
            short.numbers[part].pop();
            assert_eq!(short.open(&world, number), None, "numbers {part}");
        }
        for part in 0..5 {
            let mut short = good();
            short.bytes[part].pop();
            assert_eq!(short.open(&world, number), None, "a byte less in {part}");
            let mut long = good();
            long.bytes[part].push(b'!');
            assert_eq!(long.open(&world, number), None, "a byte more in {part}");
        }
    }
}
