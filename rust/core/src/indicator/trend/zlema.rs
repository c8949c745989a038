use crate::error::Result;
use crate::indicator::parts::Ema;
use crate::indicator::{
    Ahead, Family, Field, Indicator, Input, Lookback, Over, ParamSpec, Params, Spec, Term,
};

/// Zero-lag exponential moving average.
#[derive(Debug, Clone)]
pub struct Zlema {
    period: usize,
    lag: usize,
    factor: f64,
}

impl Indicator for Zlema {
    const TAKES_SOURCE: bool = true;
    const SPEC: Spec = Spec {
        name: "zlema",
        title: "Zero-lag exponential moving average",
        family: Family::Trend,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 20, 2)],
        outputs: &["zlema"],
        on_price: true,
        formula: "ema of x + (x − x of (n − 1) / 2 bars back), started as the mean of its first n values",
        source: "J. Ehlers and R. Way, Zero Lag (2010), with their first version of the lag",
    };

    type State = Ema;

    fn new(params: &Params) -> Result<Self> {
        let period = params.bars("period");
        Ok(Self { period, lag: (period - 1) / 2, factor: Ema::factor(period) })
    }

    fn first(&self) -> usize {
        self.period + self.lag
    }

    fn warm(&self) -> usize {
        self.lag + Ema::warm(self.period)
    }

    fn lookbacks(&self) -> Vec<Lookback> {
        vec![Lookback { field: Field::Source, bars: self.lag }]
    }

    fn ahead(&self) -> Vec<Ahead> {
        vec![Ahead::new(Term::Field(Field::Source), Over::Each).ago(self.lag)]
    }

    #[inline(always)]
    fn update(&self, state: &mut Ema, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        out[0] = f64::NAN;
        if input.settled || input.seen > self.lag {
            let x = 2.0 * input.x - input.back(0, 0, self.lag);
            out[0] = state.next(input.given(self.lag), self.period, self.factor, x);
        }
    }
}
