//! Gradient noise in fixed point with 16 fraction bits (rulebook 2.4).

use games_core::dice::{Rng, Secret};

const GRADIENTS: [(i64, i64); 8] = [(1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1)];

/// One fixed-point unit: a lattice cell.
pub(super) const CELL: i64 = 1 << 16;

/// The season's lattice.
pub(super) struct Noise {
    permutation: [u8; 256],
}

impl Noise {
    pub(super) fn new(secret: &Secret) -> Self {
        let mut permutation = [0_u8; 256];
        for (value, slot) in (0..=u8::MAX).zip(&mut permutation) {
            *slot = value;
        }
        Rng::new(secret.seed("terrain", 0)).shuffle(&mut permutation);
        Self { permutation }
    }

    fn lattice(&self, i: i64) -> i64 {
        i64::from(self.permutation[(i & 255) as usize])
    }

    fn gradient(&self, a: i64, b: i64) -> (i64, i64) {
        GRADIENTS[(self.lattice(self.lattice(a) + b) & 7) as usize]
    }

    /// Noise at a fixed-point coordinate.
    pub(super) fn at(&self, x: i64, y: i64) -> i64 {
        let (a, b) = (x >> 16, y >> 16);
        let (fx, fy) = (x & (CELL - 1), y & (CELL - 1));
        let corner = |da: i64, db: i64| {
            let (gx, gy) = self.gradient(a + da, b + db);
            gx * (fx - da * CELL) + gy * (fy - db * CELL)
        };
        let (u, v) = (fade(fx), fade(fy));
        let north = lerp(corner(0, 0), corner(1, 0), u);
        let south = lerp(corner(0, 1), corner(1, 1), u);
        lerp(north, south, v)
    }
}

/// 6t⁵ − 15t⁴ + 10t³ in fixed point.
const fn fade(t: i64) -> i64 {
    let t2 = (t * t) >> 16;
    let t3 = (t2 * t) >> 16;
    let k = 6 * t - 15 * CELL;
    let k = ((t * k) >> 16) + 10 * CELL;
    (t3 * k) >> 16
}

const fn lerp(p: i64, q: i64, u: i64) -> i64 {
    p + (((q - p) * u) >> 16)
}
