//! Paints the drawings of replies as PNG files, in process and with a font of its own: the same everywhere, whatever is
//! installed.
//!
//! Painting a map takes some tens of milliseconds: call it where nothing waits for the thread.

use std::sync::{Arc, LazyLock};

use discord_adapter::picture::Drawing;
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};

/// Why a drawing can not be painted.
#[derive(Debug, thiserror::Error)]
pub enum PaintError {
    /// It is no drawing.
    #[error("UNPAINTABLE: the drawing can not be read ({0})")]
    Unreadable(String),
    /// It has no size, or one beyond all memory.
    #[error("UNPAINTABLE: a drawing of {width} × {height} points has no picture")]
    Size {
        /// Points across.
        width: u32,
        /// Points down.
        height: u32,
    },
    /// The file can not be written.
    #[error("UNPAINTABLE: the file can not be written ({0})")]
    File(String),
}

static FONTS: LazyLock<Arc<fontdb::Database>> = LazyLock::new(|| {
    let mut fonts = fontdb::Database::new();
    fonts.load_font_data(dejavu::sans::regular().to_vec());
    Arc::new(fonts)
});

/// The drawing as a PNG file, a pixel a point.
///
/// # Errors
/// [`PaintError`]; not for what [`discord_adapter::picture`] draws.
pub fn png(drawing: &Drawing) -> Result<Vec<u8>, PaintError> {
    let options =
        Options { fontdb: Arc::clone(&FONTS), font_family: "DejaVu Sans".to_owned(), ..Options::default() };
    let tree =
        Tree::from_str(drawing.svg(), &options).map_err(|error| PaintError::Unreadable(error.to_string()))?;
    let size = tree.size().to_int_size();
    let (width, height) = (size.width(), size.height());
    let mut pixels = Pixmap::new(width, height).ok_or(PaintError::Size { width, height })?;
    resvg::render(&tree, Transform::identity(), &mut pixels.as_mut());
    pixels.encode_png().map_err(|error| PaintError::File(error.to_string()))
}
