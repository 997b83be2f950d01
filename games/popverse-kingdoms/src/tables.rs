//! Read models (rulebook 6).
use crate::event::Event;
use crate::rules::Rules;
use crate::state::State;
use games_core::Moment;
use games_core::view::{Cell, HistoryRow, RowKey, Table};
pub(crate) const TABLES: &[Table] = &[];
pub(crate) fn touched(_: &State, _: &Event, _: &mut Vec<RowKey>) {}
pub(crate) fn row(_: &Rules, _: &State, _: &RowKey) -> Option<Vec<Cell>> {
    None
}
pub(crate) fn history(_: &Rules, _: &State, _: &Event, _: Moment<'_>, _: &mut Vec<HistoryRow>) {}
