use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::parts::Rolling;
use crate::indicator::{
    Ahead, Family, Field, Indicator, Input, Lookback, Over, ParamSpec, Params, Spec, Term,
};

/// Awesome oscillator.
#[derive(Debug, Clone)]
pub struct Awesome {
    fast: usize,
    slow: usize,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    fast: Rolling,
    slow: Rolling,
}

impl Indicator for Awesome {
    const SPEC: Spec = Spec {
        name: "awesome",
        title: "Awesome oscillator",
        family: Family::Momentum,
        reads: Field::Hl2,
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

    fn lookbacks(&self) -> Vec<Lookback> {
        vec![Lookback { field: Field::Source, bars: self.slow }]
    }

    fn ahead(&self) -> Vec<Ahead> {
        [self.fast, self.slow].map(|n| Ahead::new(Term::Field(Field::Source), Over::Mean(n))).to_vec()
    }

    #[inline(always)]
    fn update(&self, state: &mut State, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let past = input.past(0);
        let fast = input.ahead(0).unwrap_or_else(|| state.fast.mean(self.fast, input.seen, past));
        let slow = input.ahead(1).unwrap_or_else(|| state.slow.mean(self.slow, input.seen, past));
        out[0] = fast - slow;
    }
}
