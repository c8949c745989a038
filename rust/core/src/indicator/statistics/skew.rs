use crate::error::Result;
use crate::indicator::parts::Powers;
use crate::indicator::{Family, Field, Indicator, Input, Lookback, ParamSpec, Params, Spec};

/// Skewness.
#[derive(Debug, Clone)]
pub struct Skew {
    period: usize,
}

impl Indicator for Skew {
    const TAKES_SOURCE: bool = true;
    const SPEC: Spec = Spec {
        name: "skew",
        title: "Skewness",
        family: Family::Statistics,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 30, 3)],
        outputs: &["skew"],
        on_price: false,
        formula: "third central moment of the last n values / the second to the power of 1.5 (population); 0 for equal values",
        source: "definition; scipy.stats.skew",
    };

    type State = Powers;

    fn new(params: &Params) -> Result<Self> {
        Ok(Self { period: params.bars("period") })
    }

    fn first(&self) -> usize {
        self.period
    }

    fn lookbacks(&self) -> Vec<Lookback> {
        vec![Lookback { field: Field::Source, bars: self.period }]
    }

    #[inline(always)]
    fn update(&self, state: &mut Powers, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        out[0] = f64::NAN;
        if let Some([m2, m3, _]) = state.next(self.period, input.seen, input.past(0)) {
            out[0] = if m2 > 0.0 { m3 / m2.powf(1.5) } else { 0.0 };
        }
    }
}
