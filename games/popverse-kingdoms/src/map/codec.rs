//! Packing ground into text for an event: biomes as run lengths, elevation as steps from tile to tile.
//!
//! Neighbouring tiles differ little, so nearly every elevation fits one letter; a large step is `~` and two hex
//! digits of the byte itself.

use crate::keys::Biome;
use crate::tile::TILES;

const BIOMES: [(Biome, u8); Biome::ALL.len()] = [
    (Biome::Grassland, b'g'),
    (Biome::Woodland, b'w'),
    (Biome::Wetland, b'm'),
    (Biome::Tundra, b't'),
    (Biome::Desert, b'd'),
    (Biome::Lakeland, b'l'),
    (Biome::Highland, b'h'),
];

/// Letters for steps of −31 to 31.
const STEPS: &[u8; 63] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-";
const MIDDLE: i16 = 31;

fn letter(biome: Biome) -> char {
    BIOMES.iter().find(|(b, _)| *b == biome).map_or('?', |(_, letter)| char::from(*letter))
}

/// `g12w3…`: a letter and how often it stands, the 1 left out.
pub(super) fn pack_biomes(biomes: &[Biome]) -> String {
    let mut packed = String::new();
    for run in biomes.chunk_by(|a, b| a == b) {
        let Some(biome) = run.first() else { continue };
        packed.push(letter(*biome));
        if run.len() > 1 {
            packed.push_str(&run.len().to_string());
        }
    }
    packed
}

pub(super) fn unpack_biomes(packed: &str) -> Option<Vec<Biome>> {
    let mut biomes = Vec::with_capacity(TILES);
    let mut rest = packed.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let (biome, _) = BIOMES.iter().find(|(_, letter)| letter == first)?;
        let digits = after.iter().take_while(|b| b.is_ascii_digit()).count();
        let (number, after) = after.split_at(digits);
        let count = if digits == 0 { 1 } else { std::str::from_utf8(number).ok()?.parse().ok()? };
        if count == 0 || biomes.len() + count > TILES {
            return None;
        }
        biomes.resize(biomes.len() + count, *biome);
        rest = after;
    }
    (biomes.len() == TILES).then_some(biomes)
}

pub(super) fn pack_elevation(bytes: &[u8]) -> String {
    let mut packed = String::with_capacity(TILES);
    let mut last = 0_i16;
    for byte in bytes {
        let now = i16::from(*byte);
        let step = usize::try_from(now - last + MIDDLE).ok().and_then(|i| STEPS.get(i));
        match step {
            Some(letter) => packed.push(char::from(*letter)),
            None => packed.push_str(&format!("~{byte:02x}")),
        }
        last = now;
    }
    packed
}

pub(super) fn unpack_elevation(packed: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(TILES);
    let mut last = 0_i16;
    let mut rest = packed.as_bytes();
    while let Some((first, mut after)) = rest.split_first() {
        if *first == b'~' {
            let (digits, tail) = after.split_at_checked(2)?;
            if !digits.iter().all(u8::is_ascii_hexdigit) {
                return None;
            }
            last = i16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
            after = tail;
        } else {
            let index = STEPS.iter().position(|letter| letter == first)?;
            last += i16::try_from(index).ok()? - MIDDLE;
        }
        bytes.push(u8::try_from(last).ok()?);
        if bytes.len() > TILES {
            return None;
        }
        rest = after;
    }
    (bytes.len() == TILES).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn ground_survives_packing(
            runs in prop::collection::vec((0..7_usize, 1..400_usize), 1..200),
            steps in prop::collection::vec(any::<u8>(), TILES),
        ) {
            let mut biomes: Vec<Biome> = runs
                .into_iter()
                .flat_map(|(biome, count)| std::iter::repeat_n(Biome::ALL[biome], count))
                .collect();
            biomes.resize(TILES, Biome::Tundra);
            prop_assert_eq!(unpack_biomes(&pack_biomes(&biomes)), Some(biomes));
            prop_assert_eq!(unpack_elevation(&pack_elevation(&steps)), Some(steps));
        }

        #[test]
        fn damaged_text_is_refused_not_trusted(text in "[gwmtdlh0-9~A-Za-z-]{0,40}") {
            prop_assert_eq!(unpack_elevation(&text), None);
            let _ = unpack_biomes(&text);
        }
    }
}
