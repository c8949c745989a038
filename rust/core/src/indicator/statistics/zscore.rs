use crate::error::Result;
use crate::indicator::parts::Moments;
use crate::indicator::{Family, Field, Indicator, Input, Lookback, ParamSpec, Params, Settled, Spec};

/// Z-score.
#[derive(Debug, Clone)]
pub struct Zscore {
    period: usize,
}

impl Indicator for Zscore {
    const ALONG: bool = true;
    const TAKES_SOURCE: bool = true;
    const SPEC: Spec = Spec {
        name: "zscore",
        title: "Z-score",
        family: Family::Statistics,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 20, 2)],
        outputs: &["zscore"],
        on_price: false,
        formula: "distance of x from the mean of the last n values in their population standard deviations; 0 for equal values",
        source: "definition",
    };

    type State = Moments;

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
    fn update(&self, state: &mut Moments, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let (mean, variance) = state.next(self.period, input.seen, input.past(0));
        out[0] = score(input.x, mean, variance);
    }

    #[inline(always)]
    fn along(&self, moments: &mut Moments, given: &Settled<'_>, out: &mut [&mut [f64]]) -> bool {
        moments.along(self.period, given.past(0), |rows, means, variances| {
            let both = means.iter().zip(variances).zip(&given.source[rows.clone()]);
            for (out, ((mean, variance), x)) in out[0][rows].iter_mut().zip(both) {
                *out = score(*x, *mean, *variance);
            }
        })
    }
}

#[inline(always)]
fn score(x: f64, mean: f64, variance: f64) -> f64 {
    // Chosen, not branched on: several bars go through one division.
    let deviation = variance.sqrt();
    let score = (x - mean) / deviation;
    if deviation > 0.0 { score } else { deviation }
}
