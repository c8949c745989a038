use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::parts::Ema;
use crate::indicator::{Family, Field, Indicator, Input, ParamSpec, Params, Spec};

/// Moving average convergence and divergence.
#[derive(Debug, Clone)]
pub struct Macd {
    fast: usize,
    slow: usize,
    signal: usize,
    factors: [f64; 3],
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    fast: Ema,
    slow: Ema,
    signal: Ema,
}

impl Indicator for Macd {
    const ABREAST: bool = true;
    const TAKES_SOURCE: bool = true;
    const SPEC: Spec = Spec {
        name: "macd",
        title: "Moving average convergence/divergence",
        family: Family::Momentum,
        reads: Field::Close,
        params: &[
            ParamSpec::bars("fast", 12, 2),
            ParamSpec::bars("slow", 26, 2),
            ParamSpec::bars("signal", 9, 1),
        ],
        outputs: &["macd", "signal", "histogram"],
        on_price: false,
        formula: "macd = ema(fast) - ema(slow), signal = ema(macd), histogram = macd - signal; the fast average starts \
                  late, as the mean of the values that end on bar `slow`; all three are hidden until the signal exists",
        source: "TA-Lib MACD",
    };

    type State = State;

    fn new(params: &Params) -> Result<Self> {
        let [fast, slow, signal] = ["fast", "slow", "signal"].map(|name| params.bars(name));
        params.check_less("fast", "slow")?;
        Ok(Self { fast, slow, signal, factors: [fast, slow, signal].map(Ema::factor) })
    }

    fn first(&self) -> usize {
        self.slow + self.signal - 1
    }

    fn warm(&self) -> usize {
        Ema::warm(self.slow) + Ema::warm(self.signal)
    }

    #[inline(always)]
    fn update(&self, state: &mut State, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        out.fill(f64::NAN);
        let slow = state.slow.next(input.given(0), self.slow, self.factors[1], input.x);
        if !input.settled && input.seen <= self.slow - self.fast {
            return;
        }
        let fast = state.fast.next(input.given(self.slow - self.fast), self.fast, self.factors[0], input.x);
        if !input.settled && input.seen < self.slow {
            return;
        }
        let macd = fast - slow;
        let signal = state.signal.next(input.given(self.slow - 1), self.signal, self.factors[2], macd);
        if input.settled || !signal.is_nan() {
            crate::indicator::put(out, [macd, signal, macd - signal]);
        }
    }
}
