//! Whether numbers are finite.

use wide::f64x4;

/// Zero, but for what is no finite number: put together by bits, many say whether all are.
#[inline(always)]
#[expect(clippy::eq_op, reason = "what is no finite number has no difference from itself that is one")]
pub fn strange(x: f64) -> u64 {
    (x - x).to_bits()
}

/// Whether all of many numbers are finite, looked at while they are at hand.
#[derive(Debug, Clone, Copy)]
pub struct Finite {
    /// Zero times what is no finite number is none. Several are looked at in one step; in one sum each would wait for the one before.
    zeros: [f64x4; 8],
    last: f64,
}

impl Default for Finite {
    fn default() -> Self {
        Self { zeros: [f64x4::ZERO; 8], last: 0.0 }
    }
}

impl Finite {
    #[inline(always)]
    pub fn look(&mut self, values: &[f64]) {
        let (fours, last) = values.as_chunks::<4>();
        let (blocks, few) = fours.as_chunks::<8>();
        for block in blocks {
            self.look_at(block);
        }
        self.look_at(few);
        self.last = last.iter().fold(self.last, |zero, x| x.mul_add(0.0, zero));
    }

    #[inline(always)]
    fn look_at(&mut self, fours: &[[f64; 4]]) {
        for (zero, four) in self.zeros.iter_mut().zip(fours) {
            *zero = f64x4::new(*four).mul_add(f64x4::ZERO, *zero);
        }
    }

    pub fn is_all(&self) -> bool {
        let zero = self.zeros.into_iter().fold(f64x4::splat(self.last), |all, zero| all + zero);
        zero.to_array() == [0.0; 4]
    }
}
