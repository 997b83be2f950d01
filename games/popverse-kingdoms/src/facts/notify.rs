//! Which notifications a player gets (rulebook 7).

use crate::keys::NoticeKind;
use crate::state::Player;

/// Whether a player gets direct messages of a kind: as they have set it, else as this occasion does by default.
#[must_use]
pub fn wants(player: &Player, kind: NoticeKind, by_default: bool) -> bool {
    player.notify.get(&kind).copied().unwrap_or(by_default)
}

/// The name under which the host carries a switch from season to season.
#[must_use]
pub fn carried_name(kind: NoticeKind) -> String {
    format!("notify_{kind}")
}
