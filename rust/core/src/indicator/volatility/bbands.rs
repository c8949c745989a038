use crate::error::Result;
use crate::indicator::parts::Moments;
use crate::indicator::{Family, Field, Indicator, Input, Lookback, ParamSpec, Params, Settled, Spec};

/// Bollinger bands.
#[derive(Debug, Clone)]
pub struct Bbands {
    period: usize,
    width: f64,
}

impl Indicator for Bbands {
    const ALONG: bool = true;
    const ABREAST: bool = true;
    const TAKES_SOURCE: bool = true;
    const SPEC: Spec = Spec {
        name: "bbands",
        title: "Bollinger bands",
        family: Family::Volatility,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 20, 2), ParamSpec::real("width", 2.0, 0.0, 100.0)],
        outputs: &["middle", "upper", "lower"],
        on_price: true,
        formula: "middle = sma(n), upper and lower = middle ± width · population standard deviation of the last n",
        source: "TA-Lib BBANDS with SMA",
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
    fn update(&self, moments: &mut Moments, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let (mean, variance) = moments.next(self.period, input.seen, input.past(0));
        crate::indicator::put(out, self.bands(mean, variance));
    }

    #[inline(always)]
    fn step(&self, moments: &mut Moments, input: &Input<'_>, old: f64, out: &mut [f64]) -> bool {
        let (mean, variance, good) = moments.step(self.period, input.x, old);
        crate::indicator::put(out, self.bands(mean, variance));
        good
    }

    #[inline(always)]
    fn along(&self, moments: &mut Moments, given: &Settled<'_>, out: &mut [&mut [f64]]) -> bool {
        let [middles, uppers, lowers] = out else { return true };
        moments.along(self.period, given.past(0), |rows, means, variances| {
            let bands =
                middles[rows.clone()].iter_mut().zip(&mut uppers[rows.clone()]).zip(&mut lowers[rows]);
            for (((middle, upper), lower), (mean, variance)) in bands.zip(means.iter().zip(variances)) {
                [*middle, *upper, *lower] = self.bands(*mean, *variance);
            }
        })
    }
}

impl Bbands {
    #[inline(always)]
    fn bands(&self, mean: f64, variance: f64) -> [f64; 3] {
        let half = self.width * variance.sqrt();
        [mean, mean + half, mean - half]
    }
}
