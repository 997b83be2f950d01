//! PopVerse Kingdoms.
use serde_json::Value;

use super::{Scene, generic};
use crate::host::{Occurred, Receipt};
use crate::reply::Reply;

pub(super) fn receipt(scene: &Scene<'_>, receipt: &Receipt) -> Reply {
    generic::receipt(scene, receipt)
}
pub(super) fn view(scene: &Scene<'_>, view: &Value) -> Reply {
    generic::view(scene, view)
}
pub(super) fn tell(scene: &Scene<'_>, event: &Occurred) -> Option<String> {
    Some(generic::tell(scene, event))
}
