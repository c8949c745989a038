use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::parts::Mean;
use crate::indicator::{Family, Field, Indicator, Input, ParamSpec, Params, Spec};

/// Awesome oscillator.
#[derive(Debug, Clone)]
pub struct Awesome {
    fast: usize,
    slow: usize,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    fast: Mean,
    slow: Mean,
}

impl Indicator for Awesome {
    const SPEC: Spec = Spec {
        name: "awesome",
        title: "Awesome oscillator",
        family: Family::Momentum,
        reads: Field::Close,
        params: &[ParamSpec::bars("fast", 5, 1), ParamSpec::bars("slow", 34, 2)],
        outputs: &["awesome"],
        on_price: false,
        formula: "sma(fast) − sma(slow) of the median price (h + l) / 2",
        source: "B. Williams, Trading Chaos (1995); Stock.Indicators GetAwesome",
    };

    type State = State;

    fn new(params: &Params) -> Result<Self> {
        let (fast, slow) = (params.bars("fast"), params.bars("slow"));
        params.check_less("fast", "slow")?;
        Ok(Self { fast, slow })
    }

    fn first(&self) -> usize {
        self.slow
    }

    fn own_words(&self) -> usize {
        Mean::words(self.fast) + Mean::words(self.slow)
    }

    #[inline(always)]
    fn update(&self, state: &mut State, own: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let x = f64::midpoint(input.bar.high, input.bar.low);
        let (fasts, slows) = own.split_at_mut(Mean::words(self.fast));
        out[0] = state.fast.next(fasts, self.fast, x) - state.slow.next(slows, self.slow, x);
    }
}
