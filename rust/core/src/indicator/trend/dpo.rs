use crate::error::Result;
use crate::indicator::parts::Rolling;
use crate::indicator::{
    Ahead, Family, Field, Indicator, Input, Lookback, Over, ParamSpec, Params, Spec, Term,
};

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

    fn ahead(&self) -> Vec<Ahead> {
        let source = Term::Field(Field::Source);
        vec![
            Ahead::new(source, Over::Mean(self.period)),
            Ahead::new(source, Over::Each).ago(self.period / 2 + 1),
        ]
    }

    #[inline(always)]
    fn update(&self, state: &mut Rolling, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let mean = input.ahead(0).unwrap_or_else(|| state.mean(self.period, input.seen, input.past(0)));
        let started = input.settled || input.seen >= self.first();
        out[0] = if started { input.back(1, 0, self.period / 2 + 1) - mean } else { f64::NAN };
    }
}
