use crate::error::Result;
use crate::indicator::parts::Rolling;
use crate::indicator::{Family, Field, Indicator, Input, Lookback, ParamSpec, Params, Spec};

/// Detrended price oscillator.
#[derive(Debug, Clone)]
pub struct Dpo {
    period: usize,
}

impl Indicator for Dpo {
    const TAKES_SOURCE: bool = true;
    const SPEC: Spec = Spec {
        name: "dpo",
        title: "Detrended price oscillator",
        family: Family::Trend,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 20, 2)],
        outputs: &["dpo"],
        on_price: false,
        formula: "x of n / 2 + 1 bars back − sma(n) of now: nothing of the future",
        source: "definition; without the centring that would look ahead",
    };

    type State = Rolling;

    fn new(params: &Params) -> Result<Self> {
        Ok(Self { period: params.bars("period") })
    }

    fn first(&self) -> usize {
        self.period.max(self.period / 2 + 2)
    }

    fn lookbacks(&self) -> Vec<Lookback> {
        vec![Lookback { field: Field::Source, bars: self.period.max(self.period / 2 + 1) }]
    }

    #[inline(always)]
    fn update(&self, state: &mut Rolling, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let past = input.past(0);
        let mean = state.mean(self.period, input.seen, past);
        out[0] = if input.seen < self.first() { f64::NAN } else { past.lag(self.period / 2 + 1) - mean };
    }
}
