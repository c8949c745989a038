use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::parts::Ema;
use crate::indicator::{Family, Field, Indicator, Input, ParamSpec, Params, Spec};

/// Absolute price oscillator.
#[derive(Debug, Clone)]
pub struct Apo {
    fast: usize,
    slow: usize,
    factors: [f64; 2],
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    fast: Ema,
    slow: Ema,
}

impl Indicator for Apo {
    const ABREAST: bool = true;
    const TAKES_SOURCE: bool = true;
    const SPEC: Spec = Spec {
        name: "apo",
        title: "Absolute price oscillator",
        family: Family::Trend,
        reads: Field::Close,
        params: &[ParamSpec::bars("fast", 12, 2), ParamSpec::bars("slow", 26, 2)],
        outputs: &["apo"],
        on_price: false,
        formula: "ema(fast) − ema(slow); each average has its own start, unlike macd",
        source: "TA-Lib APO with EMA",
    };

    type State = State;

    fn new(params: &Params) -> Result<Self> {
        let [fast, slow] = ["fast", "slow"].map(|name| params.bars(name));
        params.check_less("fast", "slow")?;
        Ok(Self { fast, slow, factors: [fast, slow].map(Ema::factor) })
    }

    fn first(&self) -> usize {
        self.slow
    }

    fn warm(&self) -> usize {
        Ema::warm(self.slow)
    }

    #[inline(always)]
    fn update(&self, state: &mut State, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let fast = state.fast.next(input.given(0), self.fast, self.factors[0], input.x);
        let slow = state.slow.next(input.given(0), self.slow, self.factors[1], input.x);
        out[0] = f64::NAN;
        if input.settled || !slow.is_nan() {
            out[0] = fast - slow;
        }
    }
}
