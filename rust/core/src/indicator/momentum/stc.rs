use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::Past;
use crate::indicator::parts::{Ema, Highest, Lowest, Window, blend};
use crate::indicator::{Family, Field, Indicator, Input, ParamSpec, Params, Spec};

/// Schaff trend cycle.
#[derive(Debug, Clone)]
pub struct Stc {
    fast: usize,
    slow: usize,
    cycle: usize,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    fast: Ema,
    slow: Ema,
    stages: [Stage; 2],
}

impl Indicator for Stc {
    const TAKES_SOURCE: bool = true;
    const SPEC: Spec = Spec {
        name: "stc",
        title: "Schaff trend cycle",
        family: Family::Momentum,
        reads: Field::Close,
        params: &[
            ParamSpec::bars("fast", 23, 2),
            ParamSpec::bars("slow", 50, 2),
            ParamSpec::bars("cycle", 10, 1),
        ],
        outputs: &["stc"],
        on_price: false,
        formula: "macd = ema(fast) − ema(slow), each with its own start; where it stands between its lowest and highest of `cycle` bars, in percent (as before where they are equal), moved half-way from the value before; the same of that once more",
        source: "D. Schaff (1999)",
    };

    type State = State;

    fn new(params: &Params) -> Result<Self> {
        let [fast, slow, cycle] = ["fast", "slow", "cycle"].map(|name| params.bars(name));
        params.check_less("fast", "slow")?;
        Ok(Self { fast, slow, cycle })
    }

    fn first(&self) -> usize {
        self.slow + 2 * self.cycle - 2
    }

    fn warm(&self) -> usize {
        Ema::warm(self.slow) + 2 * self.cycle + 60
    }

    fn own_words(&self) -> usize {
        2 * (Past::words(self.cycle) + 2 * Window::<Highest>::words(self.cycle))
    }

    #[inline(always)]
    fn update(&self, state: &mut State, own: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let fast = state.fast.next(input.given(0), self.fast, Ema::factor(self.fast), input.x);
        let slow = state.slow.next(input.given(0), self.slow, Ema::factor(self.slow), input.x);
        out[0] = f64::NAN;
        if slow.is_nan() {
            return;
        }
        let half = own.len() / 2;
        let (one, two) = own.split_at_mut(half);
        let seen = input.seen + 1 - self.slow;
        if !state.stages[0].next(one, self.cycle, seen, fast - slow) {
            return;
        }
        let first = state.stages[0].smooth;
        if state.stages[1].next(two, self.cycle, seen + 1 - self.cycle, first) {
            out[0] = state.stages[1].smooth;
        }
    }
}

/// One stochastic and its smoothing.
#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
struct Stage {
    raw: f64,
    smooth: f64,
}

impl Stage {
    /// Takes a value; whether there is one to show.
    fn next(&mut self, own: &mut [f64], cycle: usize, seen: usize, x: f64) -> bool {
        let (values, rest) = own.split_at_mut(Past::words(cycle));
        let (highs, lows) = rest.split_at_mut(Window::<Highest>::words(cycle));
        let values = Past::put(values, seen, x);
        let high = Window::<Highest>::over(highs).next(seen, values);
        let low = Window::<Lowest>::over(lows).next(seen, values);
        if seen < cycle {
            return false;
        }
        if high > low {
            self.raw = 100.0 * (x - low) / (high - low);
        }
        self.smooth = if seen == cycle { self.raw } else { blend(self.smooth, 0.5, self.raw) };
        true
    }
}
