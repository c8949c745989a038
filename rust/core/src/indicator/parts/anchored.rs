//! Extremes since the session's open.

use bytemuck::{Pod, Zeroable};

use super::extreme::Extreme;
use crate::indicator::Input;

/// The extreme of the source over the regular bars of the session so far.
#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct Anchored {
    /// The session's date plus one, so that zero is none.
    session: i64,
    extreme: f64,
}

impl Anchored {
    /// The extreme after this bar, NaN before the session's first regular bar.
    #[inline]
    pub fn next<E: Extreme>(&mut self, input: &Input<'_>) -> f64 {
        let session = i64::from(input.tick.session) + 1;
        if self.session != session {
            *self = Self { session, extreme: E::WORST };
        }
        if input.tick.regular {
            self.extreme = E::pick(input.x, self.extreme);
        }
        if self.extreme == E::WORST { f64::NAN } else { self.extreme }
    }
}
