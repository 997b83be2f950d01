//! A figure over time: an arena rating from fight to fight.

use super::{Anchor, Brush, Drawing, Ink, Sheet};

const WIDTH: i64 = 720;
const HEIGHT: i64 = 320;
const LEFT: i64 = 72;
const RIGHT: i64 = WIDTH - 24;
const TOP: i64 = 44;
const BOTTOM: i64 = HEIGHT - 44;

/// Steps that an axis is divided by.
const STEPS: [i64; 10] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];

/// The curve of some values in order, with the highest and the last one named. Nothing of fewer than two.
#[must_use]
pub fn draw(title: &str, below: &str, values: &[i64]) -> Option<Drawing> {
    if values.len() < 2 {
        return None;
    }
    let (least, most) = (*values.iter().min()?, *values.iter().max()?);
    let step = STEPS.into_iter().find(|step| (most - least) / step < 6).unwrap_or(2000);
    let from = least.div_euclid(step) * step;
    let to = ((most.div_euclid(step) + 1) * step).max(from + step);
    let last = i64::try_from(values.len() - 1).ok()?;
    let x = |index: i64| LEFT + (RIGHT - LEFT) * index / last;
    let y = |value: i64| BOTTOM - (BOTTOM - TOP) * (value - from) / (to - from);
    let mut sheet = Sheet::new(WIDTH, HEIGHT);
    sheet.text((LEFT, 26), 16, Anchor::Start, Ink::CHALK, title);
    let mut mark = from;
    while mark <= to {
        sheet.line(&[(LEFT, y(mark)), (RIGHT, y(mark))], Brush::line(Ink::DUST, 1).opaque(40));
        sheet.text((LEFT - 10, y(mark) + 5), 14, Anchor::End, Ink::DUST, &mark.to_string());
        mark += step;
    }
    let places: Vec<(i64, i64)> = (0..).zip(values).map(|(index, value)| (x(index), y(*value))).collect();
    let mut area = places.clone();
    area.extend([(RIGHT, BOTTOM), (LEFT, BOTTOM)]);
    sheet.shape(&area, Brush::fill(Ink::SKY).opaque(14));
    sheet.line(&places, Brush::line(Ink::SKY, 3));
    let peak = values.iter().position(|value| *value == most)?;
    let named = [
        (peak, Ink::YELLOW, say!("highest {most}")),
        (values.len() - 1, Ink::CHALK, values[values.len() - 1].to_string()),
    ];
    for (index, ink, says) in named {
        let place = places[index];
        sheet.circle(place, 6, Brush::fill(ink).edged(Ink::COAL, 2));
        let anchor = if place.0 > (LEFT + RIGHT) / 2 { Anchor::End } else { Anchor::Start };
        let aside = if anchor == Anchor::End { -10 } else { 10 };
        // The last value stands below its point where the highest is the last one, too.
        let above = if index == peak && ink == Ink::YELLOW { -10 } else { 20 };
        sheet.text((place.0 + aside, place.1 + above), 14, anchor, ink, &says);
    }
    sheet.text((RIGHT, HEIGHT - 12), 14, Anchor::End, Ink::DUST, below);
    Some(sheet.finish())
}

/// What the curve shows, for those who do not see it.
#[must_use]
pub fn alt(what: &str, values: &[i64]) -> String {
    let (Some(first), Some(last)) = (values.first(), values.last()) else { return String::new() };
    let (least, most) = (values.iter().min().unwrap_or(first), values.iter().max().unwrap_or(first));
    say!("{what}: {} values, from {first} to {last}; lowest {least}, highest {most}.", values.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_is_no_curve_and_equal_ones_are_a_line() {
        assert_eq!(draw("t", "b", &[1000]), None);
        assert!(draw("t", "b", &[1000, 1000]).is_some());
        assert!(draw("t", "b", &[i64::from(i32::MIN), i64::from(i32::MAX)]).is_some());
    }

    #[test]
    fn the_words_say_what_the_curve_shows() {
        assert_eq!(
            alt("Rating", &[1000, 1020, 990]),
            "Rating: 3 values, from 1000 to 990; lowest 990, highest 1020."
        );
    }
}
