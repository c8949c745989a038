use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::parts::Ema;
use crate::indicator::{Family, Field, Indicator, Input, ParamSpec, Params, Spec};

/// Percentage volume oscillator.
#[derive(Debug, Clone)]
pub struct Pvo {
    periods: [usize; 3],
    factors: [f64; 3],
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    fast: Ema,
    slow: Ema,
    signal: Ema,
}

impl Indicator for Pvo {
    const TAKES_SOURCE: bool = true;
    const SPEC: Spec = Spec {
        name: "pvo",
        title: "Percentage volume oscillator",
        family: Family::Volume,
        reads: Field::Volume,
        params: &[
            ParamSpec::bars("fast", 12, 2),
            ParamSpec::bars("slow", 26, 2),
            ParamSpec::bars("signal", 9, 1),
        ],
        outputs: &["pvo", "signal", "histogram"],
        on_price: false,
        formula: "100 (ema(fast) − ema(slow)) / ema(slow) of the volume, each started as the mean of its own first values, 0 where the base is 0; signal = ema(pvo); histogram = pvo − signal",
        source: "Stock.Indicators GetPvo",
    };

    type State = State;

    fn new(params: &Params) -> Result<Self> {
        let periods = ["fast", "slow", "signal"].map(|name| params.bars(name));
        params.check_less("fast", "slow")?;
        Ok(Self { periods, factors: periods.map(Ema::factor) })
    }

    fn first(&self) -> usize {
        self.periods[1]
    }

    fn warm(&self) -> usize {
        Ema::warm(self.periods[1]) + Ema::warm(self.periods[2])
    }

    #[inline(always)]
    fn update(&self, state: &mut State, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let fast = state.fast.next(input.given(0), self.periods[0], self.factors[0], input.x);
        let slow = state.slow.next(input.given(0), self.periods[1], self.factors[1], input.x);
        out.fill(f64::NAN);
        if input.settled || !slow.is_nan() {
            let pvo = if slow == 0.0 { 0.0 } else { 100.0 * ((fast - slow) / slow) };
            let signal =
                state.signal.next(input.given(self.periods[1] - 1), self.periods[2], self.factors[2], pvo);
            crate::indicator::put(out, [pvo, signal, pvo - signal]);
        }
    }
}
