//! Printing: data to stdout in the format asked for, talk to stderr.

use std::io::{IsTerminal, Write};
use std::sync::LazyLock;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use serde::Serialize;
use serde_json::Value;

use crate::context::{Failure, Output};

/// All bars of this process, one line each: work that goes on at once shows as much, and talk goes above them.
static BARS: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

/// Where and how a command prints.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Printer {
    output: Output,
    quiet: bool,
}

impl Printer {
    pub(crate) fn new(output: Option<Output>, quiet: bool) -> Self {
        let default = if std::io::stdout().is_terminal() { Output::Table } else { Output::Tsv };
        Self { output: output.unwrap_or(default), quiet }
    }

    pub(crate) const fn output(&self) -> Output {
        self.output
    }

    /// A sentence for the person, on stderr.
    pub(crate) fn talk(&self, text: &str) {
        if !self.quiet {
            BARS.suspend(|| {
                let _ = writeln!(std::io::stderr(), "{text}");
            });
        }
    }

    /// A line of data.
    pub(crate) fn line(&self, text: &str) -> Result<(), Failure> {
        match writeln!(std::io::stdout(), "{text}") {
            Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => std::process::exit(0),
            other => Ok(other?),
        }
    }

    /// Rows with a heading; in JSON one object a row.
    pub(crate) fn rows(&self, heading: &[&str], rows: &[Vec<Value>]) -> Result<(), Failure> {
        let object = |row: &Vec<Value>| -> Value {
            heading
                .iter()
                .map(|h| h.to_lowercase().replace([' ', '-'], "_"))
                .zip(row.iter().cloned())
                .collect::<serde_json::Map<_, _>>()
                .into()
        };
        match self.output {
            Output::Json => {
                let all: Vec<Value> = rows.iter().map(object).collect();
                self.line(&serde_json::to_string_pretty(&all)?)
            }
            Output::Ndjson => rows.iter().try_for_each(|row| self.line(&object(row).to_string())),
            Output::Tsv => {
                self.line(&heading.join("\t"))?;
                rows.iter()
                    .try_for_each(|row| self.line(&row.iter().map(text).collect::<Vec<_>>().join("\t")))
            }
            Output::Table => self.table(heading, rows),
        }
    }

    fn table(&self, heading: &[&str], rows: &[Vec<Value>]) -> Result<(), Failure> {
        let mut table = comfy_table::Table::new();
        table.load_style(comfy_table::presets::NOTHING);
        table.set_header(heading.iter().map(|h| h.to_uppercase()));
        for row in rows {
            table.add_row(row.iter().map(|cell| {
                let mut shown = comfy_table::Cell::new(text(cell));
                if cell.is_number() {
                    shown = shown.set_alignment(comfy_table::CellAlignment::Right);
                }
                shown
            }));
        }
        let text = table.to_string();
        text.lines().try_for_each(|line| self.line(line.trim_end()))
    }

    /// One document; for people, its fields one a line.
    pub(crate) fn document<T: Serialize>(&self, value: &T) -> Result<(), Failure> {
        let value = serde_json::to_value(value)?;
        match self.output {
            Output::Json => self.line(&serde_json::to_string_pretty(&value)?),
            Output::Ndjson => self.line(&value.to_string()),
            Output::Table | Output::Tsv => {
                let Some(fields) = value.as_object() else { return self.line(&text(&value)) };
                let separator = if self.output == Output::Tsv { "\t" } else { "  " };
                let width = fields.keys().map(|k| k.chars().count()).max().unwrap_or(0);
                fields.iter().try_for_each(|(name, value)| {
                    let pad = if self.output == Output::Tsv { 0 } else { width };
                    self.line(&format!("{name:<pad$}{separator}{}", text(value)))
                })
            }
        }
    }
}

/// A value as people read it.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => text.replace(['\t', '\n'], " "),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

/// A number with thin groups of three: 212,480.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Says on stderr how much memory this process has held at most, where the system tells (Linux).
pub(crate) fn tell_memory(printer: &Printer) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kib = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse::<u64>().ok());
    if let Some(kib) = kib {
        printer.talk(&format!("most memory: {} MiB", kib.div_ceil(1024)));
    }
}

/// A bar on stderr that shows how far long work is; silent without a terminal.
pub(crate) fn bar(what: &'static str, total: u64, quiet: bool) -> ProgressBar {
    if quiet || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = BARS.add(ProgressBar::new(total));
    if let Ok(style) =
        ProgressStyle::with_template("{prefix:<10} {bar:24} {human_pos}/{human_len}  {elapsed}")
    {
        bar.set_style(style);
    }
    bar.set_prefix(what);
    bar
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn numbers_are_grouped_by_three() {
        assert_eq!(
            [0, 999, 1000, 391_006, 1_234_567].map(grouped),
            ["0", "999", "1,000", "391,006", "1,234,567"]
        );
    }
}
