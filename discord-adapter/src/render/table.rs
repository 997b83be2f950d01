//! Aligned tables of plain text, for code blocks and terminals.

use std::fmt;

/// A table under construction. Columns of figures stand to the right.
#[derive(Debug, Clone, Default)]
pub struct Table {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these column heads.
    #[must_use]
    pub fn new<const N: usize>(head: [&str; N]) -> Self {
        Self { head: head.iter().map(|&h| crate::lang::text(h.to_owned())).collect(), rows: Vec::new() }
    }

    /// Adds a row.
    pub fn push<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.into());
    }

    /// Whether no row stands in it.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The table in a code block.
    #[must_use]
    pub fn block(&self) -> String {
        format!("```\n{self}```")
    }
}

fn figure(cell: &str) -> bool {
    cell.is_empty()
        || cell == "–"
        || (cell.starts_with(|c: char| c.is_ascii_digit() || c == '+' || c == '-')
            && cell.chars().all(|c| c.is_ascii_digit() || "+-,./%h".contains(c)))
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |i: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(i)).chain(self.head.get(i));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.head.len()).map(width).collect();
        let right: Vec<bool> = (0..self.head.len())
            .map(|i| self.rows.iter().filter_map(|row| row.get(i)).all(|cell| figure(cell)))
            .collect();
        let has_head = self.head.iter().any(|head| !head.is_empty());
        for row in has_head.then_some(&self.head).into_iter().chain(&self.rows) {
            let mut line = String::new();
            for (i, cell) in row.iter().enumerate() {
                let (width, right) = (widths[i], right[i]);
                let gap = if i == 0 { "" } else { "  " };
                line.push_str(gap);
                line.push_str(&if right { format!("{cell:>width$}") } else { format!("{cell:<width$}") });
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_stand_to_the_right_and_words_to_the_left() {
        let mut table = Table::new(["", "level", "cost"]);
        table.push(["farm".to_owned(), "9".to_owned(), "1,200".to_owned()]);
        table.push(["iron mine".to_owned(), "10".to_owned(), "–".to_owned()]);
        assert_eq!(
            table.to_string(),
            "           level   cost\nfarm           9  1,200\niron mine     10      –\n"
        );
    }
}
