//! Wilder's directional movement.

use bytemuck::{Pod, Zeroable};

use super::range::true_range;
use crate::bar::Bar;

/// TA-Lib's bound for "no movement".
pub const NO_MOVEMENT: f64 = 1e-14;

/// Wilder sums of up moves, down moves and true ranges, started with `n` − 1 bars and one decay step, as in TA-Lib.
#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct Directional {
    high: f64,
    low: f64,
    close: f64,
    plus: f64,
    minus: f64,
    range: f64,
}

impl Directional {
    /// Takes a bar, the `seen`-th. Gives DI+ and DI− in percent; none before bar n + 1.
    #[inline]
    pub fn next(&mut self, n: usize, seen: usize, bar: &Bar) -> Option<(f64, f64)> {
        let (up, down) = (bar.high - self.high, self.low - bar.low);
        let range = true_range(bar.high, bar.low, self.close);
        (self.high, self.low, self.close) = (bar.high, bar.low, bar.close);
        if seen == 1 {
            return None;
        }
        let plus = if up > 0.0 && up > down { up } else { 0.0 };
        let minus = if down > 0.0 && down > up { down } else { 0.0 };
        if seen > n {
            let kept = 1.0 - 1.0 / n as f64;
            self.plus = kept.mul_add(self.plus, plus);
            self.minus = kept.mul_add(self.minus, minus);
            self.range = kept.mul_add(self.range, range);
        } else {
            self.plus += plus;
            self.minus += minus;
            self.range += range;
        }
        if seen <= n {
            return None;
        }
        let share = |moved: f64| if self.range >= NO_MOVEMENT { 100.0 * moved / self.range } else { 0.0 };
        Some((share(self.plus), share(self.minus)))
    }
}
