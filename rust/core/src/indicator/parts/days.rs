//! This session and the one before.

use bytemuck::{Pod, Zeroable};

use crate::indicator::Input;

/// Open, high, low and close of regular hours.
#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct Day {
    pub open: f64,
    pub high: f64,
    pub low: f64,
    pub close: f64,
}

/// The running session's figures so far, and those of the last before it that had any.
#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct Days {
    /// The session's date plus one, so that zero is none.
    session: i64,
    /// Regular bars of this session.
    bars: u64,
    today: Day,
    /// Whether there is a session before.
    known: u64,
    last: Day,
}

impl Days {
    /// Takes a bar.
    #[inline]
    pub fn next(&mut self, input: &Input<'_>) {
        let session = i64::from(input.tick.session) + 1;
        if self.session != session {
            if self.bars > 0 {
                (self.last, self.known) = (self.today, 1);
            }
            (self.session, self.bars) = (session, 0);
        }
        if !input.tick.regular {
            return;
        }
        let bar = input.bar;
        self.bars += 1;
        if self.bars == 1 {
            self.today = Day { open: bar.open, high: bar.high, low: bar.low, close: bar.close };
            return;
        }
        let Day { open, high, low, .. } = self.today;
        self.today = Day { open, high: high.max(bar.high), low: low.min(bar.low), close: bar.close };
    }

    /// The session before; none before the second.
    pub fn last(&self) -> Option<Day> {
        (self.known != 0).then_some(self.last)
    }

    /// This session; none before its first regular bar.
    pub fn today(&self) -> Option<Day> {
        (self.bars != 0).then_some(self.today)
    }
}
