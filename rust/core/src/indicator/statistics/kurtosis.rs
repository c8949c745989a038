use crate::error::Result;
use crate::indicator::parts::Powers;
use crate::indicator::{Family, Field, Indicator, Input, Lookback, ParamSpec, Params, Spec};

/// Excess kurtosis.
#[derive(Debug, Clone)]
pub struct Kurtosis {
    period: usize,
}

impl Indicator for Kurtosis {
    const TAKES_SOURCE: bool = true;
    const SPEC: Spec = Spec {
        name: "kurtosis",
        title: "Excess kurtosis",
        family: Family::Statistics,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 30, 3)],
        outputs: &["kurtosis"],
        on_price: false,
        formula: "fourth central moment of the last n values / the square of the second − 3 (population); 0 for equal values",
        source: "definition; scipy.stats.kurtosis",
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
        if let Some([m2, _, m4]) = state.next(self.period, input.seen, input.past(0)) {
            out[0] = if m2 > 0.0 { m4 / (m2 * m2) - 3.0 } else { 0.0 };
        }
    }
}
