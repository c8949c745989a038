use crate::error::Result;
use crate::indicator::parts::Moments;
use crate::indicator::{Family, Field, Indicator, Input, Lookback, ParamSpec, Params, Settled, Spec};

/// Bollinger bandwidth.
#[derive(Debug, Clone)]
pub struct Bandwidth {
    period: usize,
    width: f64,
}

impl Indicator for Bandwidth {
    const ALONG: bool = true;
    const ABREAST: bool = true;
    const TAKES_SOURCE: bool = true;
    const SPEC: Spec = Spec {
        name: "bandwidth",
        title: "Bollinger bandwidth",
        family: Family::Volatility,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 20, 2), ParamSpec::real("width", 2.0, 0.0, 100.0)],
        outputs: &["bandwidth"],
        on_price: false,
        formula: "(upper − lower band) / middle; 0 where that is 0",
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
        out[0] = self.share(mean, variance);
    }

    #[inline(always)]
    fn step(&self, state: &mut Moments, input: &Input<'_>, old: f64, out: &mut [f64]) -> bool {
        let (mean, variance, good) = state.step(self.period, input.x, old);
        out[0] = self.share(mean, variance);
        good
    }

    #[inline(always)]
    fn along(&self, moments: &mut Moments, given: &Settled<'_>, out: &mut [&mut [f64]]) -> bool {
        moments.along(self.period, given.past(0), |rows, means, variances| {
            for (out, (mean, variance)) in out[0][rows].iter_mut().zip(means.iter().zip(variances)) {
                *out = self.share(*mean, *variance);
            }
        })
    }
}

impl Bandwidth {
    #[inline(always)]
    fn share(&self, mean: f64, variance: f64) -> f64 {
        // Chosen, not branched on: several bars go through one division.
        let share = 2.0 * self.width * variance.sqrt() / mean;
        if mean == 0.0 { 0.0 } else { share }
    }
}
