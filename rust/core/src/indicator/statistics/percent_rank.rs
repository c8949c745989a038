use crate::error::Result;
use crate::indicator::parts::Sorted;
use crate::indicator::{Family, Field, Indicator, Input, Lookback, ParamSpec, Params, Spec};

/// Percent rank.
#[derive(Debug, Clone)]
pub struct PercentRank {
    period: usize,
}

impl Indicator for PercentRank {
    const TAKES_SOURCE: bool = true;
    const SPEC: Spec = Spec {
        name: "percent_rank",
        title: "Percent rank",
        family: Family::Statistics,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 100, 1)],
        outputs: &["percent_rank"],
        on_price: false,
        formula: "how many of the n values before are less than x, in percent of n; counted, and found by bisection where n is over 128",
        source: "TA-Lib PERCENTRANK",
    };

    type State = [f64; 0];

    fn new(params: &Params) -> Result<Self> {
        Ok(Self { period: params.bars("period") })
    }

    fn first(&self) -> usize {
        self.period + 1
    }

    fn lookbacks(&self) -> Vec<Lookback> {
        vec![Lookback { field: Field::Source, bars: self.period }]
    }

    fn own_words(&self) -> usize {
        if self.period > COUNTED { self.period } else { 0 }
    }

    #[inline(always)]
    fn update(&self, _: &mut [f64; 0], own: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let (x, past, has) = (input.x, input.past(0), input.seen > self.period);
        // The window is that of the values before: x itself is not among them.
        let below = if own.is_empty() {
            let count = |part: &[f64]| part.iter().map(|&v| u64::from(v < x)).sum::<u64>();
            if has { past.before(self.period).map(count).iter().sum() } else { 0 }
        } else {
            let mut sorted = Sorted::over(own);
            let below = if has { sorted.below(x) as u64 } else { 0 };
            sorted.next(input.seen, past);
            below
        };
        out[0] = if has { 100.0 * below as f64 / self.period as f64 } else { f64::NAN };
    }
}

/// Up to so many values are counted, several in one step: less work than to keep them in order.
const COUNTED: usize = 128;
