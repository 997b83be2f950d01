//! Pictures of replies, as drawings: text that says what stands where (SVG), made without a font and without a pixel.
//!
//! A drawing is painted only where somebody sees it; a terminal never does. Colours are told apart by everybody: those of
//! Okabe and Ito (*Color Universal Design*, 2008), each with a shape, a letter or a dash of its own beside it.

pub mod curve;
pub mod map;
pub mod strength;

use std::fmt::Write;

/// A drawing: SVG 1.1 with rectangles, circles, paths and text in one family, in whole points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawing {
    svg: String,
}

impl Drawing {
    /// The document.
    #[must_use]
    pub fn svg(&self) -> &str {
        &self.svg
    }
}

/// A colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ink(pub u32);

impl Ink {
    /// Behind everything.
    pub const PAPER: Self = Self(0x1F_24_2D);
    /// Text and lines on it.
    pub const CHALK: Self = Self(0xE8_EA_ED);
    /// Lines that matter less.
    pub const DUST: Self = Self(0x8B_93_A0);
    /// The outline of signs on a bright ground.
    pub const COAL: Self = Self(0x10_13_18);
    /// Okabe and Ito's vermillion.
    pub const VERMILLION: Self = Self(0xD5_5E_00);
    /// Their bluish green.
    pub const GREEN: Self = Self(0x00_9E_73);
    /// Their blue.
    pub const BLUE: Self = Self(0x00_72_B2);
    /// Their sky blue.
    pub const SKY: Self = Self(0x56_B4_E9);
    /// Their orange.
    pub const ORANGE: Self = Self(0xE6_9F_00);
    /// Their yellow.
    pub const YELLOW: Self = Self(0xF0_E4_42);
    /// Their reddish purple.
    pub const PURPLE: Self = Self(0xCC_79_A7);
}

impl std::fmt::Display for Ink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "#{:06x}", self.0)
    }
}

/// Where a text stands from its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// Right of it.
    Start,
    /// Around it.
    Middle,
    /// Left of it.
    End,
}

/// How a shape is filled and outlined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Brush {
    fill: Option<Ink>,
    line: Option<(Ink, i64)>,
    dash: Option<i64>,
    opaque_pct: i64,
}

impl Brush {
    /// A filled shape.
    #[must_use]
    pub const fn fill(ink: Ink) -> Self {
        Self { fill: Some(ink), line: None, dash: None, opaque_pct: 100 }
    }

    /// An outline of so many points.
    #[must_use]
    pub const fn line(ink: Ink, width: i64) -> Self {
        Self { fill: None, line: Some((ink, width)), dash: None, opaque_pct: 100 }
    }

    /// With an outline of so many points.
    #[must_use]
    pub const fn edged(self, ink: Ink, width: i64) -> Self {
        Self { line: Some((ink, width)), ..self }
    }

    /// With dashes of so many points.
    #[must_use]
    pub const fn dashed(self, points: i64) -> Self {
        Self { dash: Some(points), ..self }
    }

    /// Through which so many parts of 100 of what is behind are covered.
    #[must_use]
    pub const fn opaque(self, pct: i64) -> Self {
        Self { opaque_pct: pct, ..self }
    }
}

impl std::fmt::Display for Brush {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.fill {
            Some(ink) => write!(f, " fill=\"{ink}\"")?,
            None => f.write_str(" fill=\"none\"")?,
        }
        if let Some((ink, width)) = self.line {
            write!(f, " stroke=\"{ink}\" stroke-width=\"{width}\"")?;
        }
        if let Some(dash) = self.dash {
            write!(f, " stroke-dasharray=\"{dash}\"")?;
        }
        if self.opaque_pct < 100 {
            write!(f, " opacity=\"0.{:02}\"", self.opaque_pct.max(0))?;
        }
        Ok(())
    }
}

/// A sheet that is drawn on. Places are whole points from its upper left corner.
#[derive(Debug)]
pub struct Sheet {
    body: String,
    width: i64,
    height: i64,
}

impl Sheet {
    /// An empty sheet of so many points.
    #[must_use]
    pub fn new(width: i64, height: i64) -> Self {
        let mut sheet = Self { body: String::new(), width, height };
        sheet.rect((0, 0), (width, height), Brush::fill(Ink::PAPER));
        sheet
    }

    /// A rectangle by its corner and its size.
    pub fn rect(&mut self, (x, y): (i64, i64), (width, height): (i64, i64), brush: Brush) {
        self.put(&format!("<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"{brush}/>"));
    }

    /// A circle.
    pub fn circle(&mut self, (x, y): (i64, i64), radius: i64, brush: Brush) {
        self.put(&format!("<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\"{brush}/>"));
    }

    /// A line through some places.
    pub fn line(&mut self, places: &[(i64, i64)], brush: Brush) {
        let path = path(places);
        self.put(&format!("<path d=\"{path}\" stroke-linejoin=\"round\"{brush}/>"));
    }

    /// A closed shape.
    pub fn shape(&mut self, places: &[(i64, i64)], brush: Brush) {
        let path = path(places);
        self.put(&format!("<path d=\"{path}z\" stroke-linejoin=\"round\"{brush}/>"));
    }

    /// A text on its base line. Whatever it holds is text.
    pub fn text(&mut self, (x, y): (i64, i64), size: i64, anchor: Anchor, ink: Ink, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let text = escaped(text);
        self.put(&format!(
            "<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\" text-anchor=\"{anchor}\" fill=\"{ink}\">{text}</text>"
        ));
    }

    fn put(&mut self, element: &str) {
        self.body.push_str(element);
        self.body.push('\n');
    }

    /// The drawing.
    #[must_use]
    pub fn finish(self) -> Drawing {
        let Self { body, width, height } = self;
        let svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" font-family=\"DejaVu Sans\">\n{body}</svg>\n"
        );
        Drawing { svg }
    }
}

fn path(places: &[(i64, i64)]) -> String {
    let mut path = String::new();
    for (number, (x, y)) in places.iter().enumerate() {
        // Writing to a string does not fail.
        let _ = write!(path, "{}{x} {y}", if number == 0 { 'M' } else { 'L' });
    }
    path
}

/// Text that can not end an element, with the characters that XML has no room for left out.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}') => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_text_holds_is_text() {
        let mut sheet = Sheet::new(10, 10);
        sheet.text((1, 2), 3, Anchor::Middle, Ink::CHALK, "<a href=\"x\">&\u{0}\u{202E}");
        let svg = sheet.finish().svg;
        assert!(svg.contains(">&lt;a href=&quot;x&quot;&gt;&amp; \u{202E}</text>"), "{svg}");
    }

    #[test]
    fn a_brush_says_what_it_does() {
        let brush = Brush::fill(Ink::GREEN).edged(Ink::COAL, 2).dashed(4).opaque(7);
        assert_eq!(
            brush.to_string(),
            " fill=\"#009e73\" stroke=\"#101318\" stroke-width=\"2\" stroke-dasharray=\"4\" opacity=\"0.07\""
        );
    }
}
