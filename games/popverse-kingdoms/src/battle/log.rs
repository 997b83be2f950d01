//! Who listens to a battle: nobody, the lines of the record, or a viewer (rulebook 3.6).

use std::fmt;

use games_core::dice::checksum;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::outcome::{SideKey, Step, Unit, UnitKind};

/// Takes the steps of a battle as they happen. The engine is generic over it, so that a battle nobody listens to
/// costs nothing for being heard.
pub trait Sink {
    /// Called once, before everything else.
    fn seed(&mut self, seed: u64);
    /// Called for every step, in order.
    fn step(&mut self, step: Step);
}

/// Nobody listens.
impl Sink for () {
    #[inline(always)]
    fn seed(&mut self, _: u64) {}
    #[inline(always)]
    fn step(&mut self, _: Step) {}
}

/// Gathers the steps for a viewer.
#[derive(Debug, Default)]
pub struct Steps(pub Vec<Step>);

impl Sink for Steps {
    fn seed(&mut self, _: u64) {}
    fn step(&mut self, step: Step) {
        self.0.push(step);
    }
}

/// Writes the ASCII lines of the record into a buffer that is kept between battles.
#[derive(Debug)]
pub struct Lines<'b>(&'b mut Vec<u8>);

impl<'b> Lines<'b> {
    /// Writes into `buffer`, which is emptied first.
    #[must_use]
    pub fn new(buffer: &'b mut Vec<u8>) -> Self {
        buffer.clear();
        Self(buffer)
    }

    /// Checksum of what has been written.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest(checksum(self.0))
    }

    #[inline]
    fn text(&mut self, text: &[u8]) {
        self.0.extend_from_slice(text);
    }

    /// A number after a piece of text, in decimal digits.
    #[inline]
    fn number(&mut self, text: &[u8], n: u64) {
        let mut digits = [0_u8; 20];
        let mut at = digits.len();
        let mut left = n;
        loop {
            at -= 1;
            digits[at] = b'0' + (left % 10) as u8;
            left /= 10;
            if left == 0 {
                break;
            }
        }
        self.text(text);
        self.0.extend_from_slice(&digits[at..]);
    }

    #[inline]
    fn unit(&mut self, unit: Unit) {
        let side = side_letter(unit.side);
        match unit.kind {
            UnitKind::Hero => self.text(&[b' ', side, b'.', b'h', b'e', b'r', b'o']),
            UnitKind::Stack(tier) => self.text(&[b' ', side, b'.', b't', b'1' + tier.index() as u8]),
            UnitKind::Slot(slot) => self.text(&[b' ', side, b'.', b'h', b'0' + slot]),
        }
    }
}

const fn side_letter(side: SideKey) -> u8 {
    match side {
        SideKey::Attacker => b'A',
        SideKey::Defender => b'D',
    }
}

impl Sink for Lines<'_> {
    fn seed(&mut self, seed: u64) {
        self.number(b"seed ", seed);
        self.text(b"\n");
    }

    #[inline]
    fn step(&mut self, step: Step) {
        match step {
            Step::Initiative { unit, initiative } => {
                self.text(b"init");
                self.unit(unit);
                self.number(b" ", initiative.unsigned_abs());
            }
            Step::Hit { round, striker, target, critical, damage, kills, strength: _, living: _ } => {
                self.number(b"r", round.unsigned_abs());
                self.unit(striker);
                self.unit(target);
                self.number(if critical { b" c1 d" } else { b" c0 d" }, damage.unsigned_abs());
                self.number(b" k", kills.unsigned_abs());
            }
            Step::Mend { round, target, restored, strength: _ } => {
                self.number(b"r", round.unsigned_abs());
                self.text(&[b' ', side_letter(target.side)]);
                self.text(b".mend");
                self.unit(target);
                self.number(b" h", restored.unsigned_abs());
            }
            Step::RoundEnd { round, attacker, defender } => {
                self.number(b"r", round.unsigned_abs());
                self.number(b" end A", attacker.unsigned_abs());
                self.number(b" D", defender.unsigned_abs());
            }
        }
        self.text(b"\n");
    }
}

/// Checksum of a battle's lines; written as 16 hex digits (rulebook 2.1, 3.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub u64);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        let plain = text.len() == 16 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let value = if plain { u64::from_str_radix(&text, 16).ok() } else { None };
        value.map(Self).ok_or_else(|| serde::de::Error::custom("a digest is 16 hex digits"))
    }
}
