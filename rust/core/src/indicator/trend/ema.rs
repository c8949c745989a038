use crate::error::Result;
use crate::indicator::{Family, Field, Indicator, Input, ParamSpec, Params, Settled, Spec, parts};

/// Exponential moving average.
#[derive(Debug, Clone)]
pub struct Ema {
    period: usize,
    factor: f64,
}

impl Indicator for Ema {
    const ABREAST: bool = true;
    const ALONG: bool = true;
    const TAKES_SOURCE: bool = true;
    const SPEC: Spec = Spec {
        name: "ema",
        title: "Exponential moving average",
        family: Family::Trend,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 20, 1)],
        outputs: &["ema"],
        on_price: true,
        formula: "e += k (x - e), k = 2 / (n + 1); starts as the mean of the first n values",
        source: "TA-Lib EMA",
    };

    type State = parts::Ema;

    fn new(params: &Params) -> Result<Self> {
        let period = params.bars("period");
        Ok(Self { period, factor: parts::Ema::factor(period) })
    }

    fn first(&self) -> usize {
        self.period
    }

    fn warm(&self) -> usize {
        parts::Ema::warm(self.period)
    }

    #[inline(always)]
    fn update(&self, ema: &mut parts::Ema, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        out[0] = ema.next(input.given(0), self.period, self.factor, input.x);
    }

    #[inline(always)]
    fn along(
        &self,
        ema: &mut parts::Ema,
        Settled { source, .. }: &Settled<'_>,
        out: &mut [&mut [f64]],
    ) -> bool {
        ema.along(self.factor, out[0], source)
    }
}
