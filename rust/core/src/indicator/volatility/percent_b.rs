use crate::error::Result;
use crate::indicator::parts::Moments;
use crate::indicator::{Family, Field, Indicator, Input, Lookback, ParamSpec, Params, Settled, Spec};

/// Bollinger %b.
#[derive(Debug, Clone)]
pub struct PercentB {
    period: usize,
    width: f64,
}

impl Indicator for PercentB {
    const ALONG: bool = true;
    const ABREAST: bool = true;
    const TAKES_SOURCE: bool = true;
    const SPEC: Spec = Spec {
        name: "percent_b",
        title: "Bollinger %b",
        family: Family::Volatility,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 20, 2), ParamSpec::real("width", 2.0, 0.0, 100.0)],
        outputs: &["percent_b"],
        on_price: false,
        formula: "where x stands between the Bollinger bands: 0 at the lower, 1 at the upper; 0.5 where they are one",
        source: "J. Bollinger, Bollinger on Bollinger Bands (2001); Stock.Indicators GetBollingerBands",
    };

    type State = Moments;

    fn new(params: &Params) -> Result<Self> {
        Ok(Self { period: params.bars("period"), width: params.get("width") })
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
        out[0] = self.place(input.x, mean, variance);
    }

    #[inline(always)]
    fn step(&self, state: &mut Moments, input: &Input<'_>, old: f64, out: &mut [f64]) -> bool {
        let (mean, variance, good) = state.step(self.period, input.x, old);
        out[0] = self.place(input.x, mean, variance);
        good
    }

    #[inline(always)]
    fn along(&self, moments: &mut Moments, given: &Settled<'_>, out: &mut [&mut [f64]]) -> bool {
        moments.along(self.period, given.past(0), |rows, means, variances| {
            let both = means.iter().zip(variances).zip(&given.source[rows.clone()]);
            for (out, ((mean, variance), x)) in out[0][rows].iter_mut().zip(both) {
                *out = self.place(*x, *mean, *variance);
            }
        })
    }
}

impl PercentB {
    #[inline(always)]
    fn place(&self, x: f64, mean: f64, variance: f64) -> f64 {
        let half = self.width * variance.sqrt();
        // Chosen, not branched on: several bars go through one division.
        let place = (x - (mean - half)) / (2.0 * half);
        if half > 0.0 { place } else { half + 0.5 }
    }
}
