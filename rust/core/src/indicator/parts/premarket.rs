//! Extremes before the session's open.

use bytemuck::{Pod, Zeroable};

use super::extreme::Extreme;
use crate::indicator::Input;

/// The extreme of the source over the bars of the session before its first regular one.
#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct Premarket {
    /// The session's date plus one, so that zero is none.
    session: i64,
    opened: u64,
    extreme: f64,
}

impl Premarket {
    /// The extreme after this bar, NaN without a bar before the open.
    #[inline]
    pub fn next<E: Extreme>(&mut self, input: &Input<'_>) -> f64 {
        let session = i64::from(input.tick.session) + 1;
        if self.session != session {
            *self = Self { session, opened: 0, extreme: E::WORST };
        }
        if input.tick.regular {
            self.opened = 1;
        } else if self.opened == 0 {
            self.extreme = E::pick(input.x, self.extreme);
        }
        if self.extreme == E::WORST { f64::NAN } else { self.extreme }
    }
}
