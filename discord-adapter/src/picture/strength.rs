//! The course of a battle: how much of each side is left after every round.

use super::{Anchor, Brush, Drawing, Ink, Sheet};

/// A point of the course.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// After which round; 0 is before the first.
    pub round: i64,
    /// Parts of 1,000 that are left of the attacker and of the defender.
    pub left: [i64; 2],
}

const WIDTH: i64 = 720;
const HEIGHT: i64 = 400;
/// Where the field of the curves begins and ends.
const LEFT: i64 = 64;
const RIGHT: i64 = WIDTH - 24;
const TOP: i64 = 56;
const BOTTOM: i64 = HEIGHT - 48;

/// The curve of each side, named; the attacker's is whole, the defender's dashed. Nothing of a battle without rounds.
#[must_use]
pub fn draw(course: &[Moment], names: [&str; 2]) -> Option<Drawing> {
    let rounds = course.last()?.round.max(1);
    if course.len() < 2 {
        return None;
    }
    let x = |round: i64| LEFT + (RIGHT - LEFT) * round / rounds;
    let y = |left: i64| BOTTOM - (BOTTOM - TOP) * left.clamp(0, 1000) / 1000;
    let mut sheet = Sheet::new(WIDTH, HEIGHT);
    for quarter in 0..=4 {
        let at = y(quarter * 250);
        sheet.line(&[(LEFT, at), (RIGHT, at)], Brush::line(Ink::DUST, 1).opaque(40));
        sheet.text((LEFT - 10, at + 5), 14, Anchor::End, Ink::DUST, &format!("{} %", quarter * 25));
    }
    // At most ten figures under the field: every second or fifth round where there are more.
    let step = if rounds <= 10 { 1 } else { 2 };
    for round in (0..=rounds).filter(|round| round % step == 0) {
        sheet.line(&[(x(round), BOTTOM), (x(round), BOTTOM + 6)], Brush::line(Ink::DUST, 1));
        sheet.text((x(round), BOTTOM + 22), 14, Anchor::Middle, Ink::DUST, &round.to_string());
    }
    sheet.text((RIGHT, HEIGHT - 8), 14, Anchor::End, Ink::DUST, "rounds");
    for (side, ink) in [(0_usize, Ink::ORANGE), (1, Ink::SKY)] {
        let places: Vec<(i64, i64)> =
            course.iter().map(|moment| (x(moment.round), y(moment.left[side]))).collect();
        let mut area = places.clone();
        area.push((places.last()?.0, BOTTOM));
        area.push((LEFT, BOTTOM));
        sheet.shape(&area, Brush::fill(ink).opaque(14));
        let line = Brush::line(ink, 4);
        sheet.line(&places, if side == 0 { line } else { line.dashed(10) });
        for place in places {
            if side == 0 {
                sheet.circle(place, 5, Brush::fill(ink));
            } else {
                sheet.rect((place.0 - 5, place.1 - 5), (10, 10), Brush::fill(ink));
            }
        }
        let from = if side == 0 { LEFT } else { (LEFT + RIGHT) / 2 };
        let key = Brush::line(ink, 4);
        sheet.line(&[(from, 28), (from + 36, 28)], if side == 0 { key } else { key.dashed(10) });
        let left = course.last()?.left[side];
        let says = say!("{}: {}.{} % left", shortened(names[side]), left / 10, left % 10);
        sheet.text((from + 46, 33), 15, Anchor::Start, Ink::CHALK, &says);
    }
    Some(sheet.finish())
}

/// What the curves show, for those who do not see them.
#[must_use]
pub fn alt(course: &[Moment], names: [&str; 2]) -> String {
    let Some(last) = course.last() else { return String::new() };
    let tell = |side: usize| {
        let half = course.iter().find(|moment| moment.left[side] < 500);
        let half = half.map_or_else(String::new, |moment| say!(", below half from round {}", moment.round));
        let (whole, tenths) = (last.left[side] / 10, last.left[side] % 10);
        if names[side] == crate::lang::part("you") {
            say!("You end with {whole}.{tenths} %{half}")
        } else {
            say!("{} ends with {whole}.{tenths} %{half}", names[side])
        }
    };
    say!("Strength left over {} rounds. {}. {}.", last.round, tell(0), tell(1))
}

fn shortened(name: &str) -> String {
    if name.chars().count() <= 18 {
        return name.to_owned();
    }
    name.chars().take(17).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn course() -> Vec<Moment> {
        [[1000, 1000], [930, 700], [880, 420], [850, 0]]
            .into_iter()
            .zip(0..)
            .map(|(left, round)| Moment { round, left })
            .collect()
    }

    #[test]
    fn the_words_say_what_the_curves_show() {
        assert_eq!(
            alt(&course(), ["you", "camp 3"]),
            "Strength left over 3 rounds. You end with 85.0 %. camp 3 ends with 0.0 %, below half from round 2."
        );
    }

    #[test]
    fn a_battle_of_no_round_has_no_curve() {
        assert_eq!(draw(&[], ["a", "b"]), None);
        assert_eq!(draw(&course()[..1], ["a", "b"]), None);
        assert!(draw(&course(), ["a", "b"]).is_some());
    }
}
