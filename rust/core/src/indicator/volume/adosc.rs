use std::ops::Range;

use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::parts::{Ema, Sum, blend, money_flow, money_flows};
use crate::indicator::{Family, Field, Indicator, Input, ParamSpec, Params, Settled, Spec};

/// Chaikin oscillator.
#[derive(Debug, Clone)]
pub struct Adosc {
    factors: [f64; 2],
    slow: usize,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    line: Sum,
    emas: [f64; 2],
}

impl Indicator for Adosc {
    const ALONG: bool = true;
    const LOOKS: &[Field] = &[Field::High, Field::Low, Field::Close, Field::Volume];
    const SPEC: Spec = Spec {
        name: "adosc",
        title: "Chaikin oscillator",
        family: Family::Volume,
        reads: Field::Close,
        params: &[ParamSpec::bars("fast", 3, 2), ParamSpec::bars("slow", 10, 2)],
        outputs: &["adosc"],
        on_price: false,
        formula: "ema(fast) − ema(slow) of the accumulation/distribution line, both started at its first value",
        source: "M. Chaikin; TA-Lib ADOSC",
    };

    type State = State;

    fn new(params: &Params) -> Result<Self> {
        let (fast, slow) = (params.bars("fast"), params.bars("slow"));
        Ok(Self { factors: [fast, slow].map(Ema::factor), slow: slow.max(fast) })
    }

    fn first(&self) -> usize {
        self.slow
    }

    fn warm(&self) -> usize {
        Ema::warm(self.slow)
    }

    #[inline(always)]
    fn update(&self, state: &mut State, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let bar = input.bar;
        state.line.add(money_flow(bar.high, bar.low, bar.close, bar.volume));
        let line = state.line.value();
        for (ema, factor) in state.emas.iter_mut().zip(self.factors) {
            *ema = if !input.settled && input.seen == 1 { line } else { blend(*ema, factor, line) };
        }
        out[0] =
            if !input.settled && input.seen < self.slow { f64::NAN } else { state.emas[0] - state.emas[1] };
    }

    #[inline(always)]
    fn along(&self, state: &mut State, Settled { bars, .. }: &Settled<'_>, out: &mut [&mut [f64]]) -> bool {
        let State { line, emas } = state;
        let [mut fast, mut slow] = *emas;
        let mut finite = true;
        let flows = |rows: Range<usize>, terms: &mut [f64]| {
            finite &= money_flows(bars, rows, terms);
        };
        line.along(out[0], flows, |line| {
            fast = blend(fast, self.factors[0], line);
            slow = blend(slow, self.factors[1], line);
            fast - slow
        });
        *emas = [fast, slow];
        finite
    }
}
