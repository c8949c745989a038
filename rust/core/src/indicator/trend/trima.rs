use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::parts::{Mean, Rolling};
use crate::indicator::{
    Ahead, Family, Field, Indicator, Input, Lookback, Over, ParamSpec, Params, Spec, Term,
};

/// Triangular moving average.
#[derive(Debug, Clone)]
pub struct Trima {
    inner: usize,
    outer: usize,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    inner: Rolling,
    outer: Mean,
}

impl Indicator for Trima {
    const TAKES_SOURCE: bool = true;
    const WINDOW: bool = true;
    const SPEC: Spec = Spec {
        name: "trima",
        title: "Triangular moving average",
        family: Family::Trend,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 20, 2)],
        outputs: &["trima"],
        on_price: true,
        formula: "sma of the sma: both of (n + 1) / 2 for odd n, of n / 2 and n / 2 + 1 for even n",
        source: "TA-Lib TRIMA",
    };

    type State = State;

    fn new(params: &Params) -> Result<Self> {
        let period = params.bars("period");
        let (inner, outer) = if period % 2 == 1 {
            (period.div_ceil(2), period.div_ceil(2))
        } else {
            (period / 2, period / 2 + 1)
        };
        Ok(Self { inner, outer })
    }

    fn first(&self) -> usize {
        self.inner + self.outer - 1
    }

    fn lookbacks(&self) -> Vec<Lookback> {
        vec![Lookback { field: Field::Source, bars: self.inner }]
    }

    fn ahead(&self) -> Vec<Ahead> {
        vec![
            Ahead::new(Term::Field(Field::Source), Over::Mean(self.inner)),
            Ahead::new(Term::Ahead(0), Over::Total(self.outer)),
        ]
    }

    #[inline(always)]
    fn of_window(&self, total: f64) -> f64 {
        total * (1.0 / self.outer as f64)
    }

    fn own_words(&self) -> usize {
        Mean::words(self.outer)
    }

    #[inline(always)]
    fn update(&self, state: &mut State, own: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let mean = state.inner.mean(self.inner, input.seen, input.past(0));
        let total = if mean.is_nan() { f64::NAN } else { state.outer.sum(own, self.outer, mean) };
        out[0] = self.of_window(total);
    }
}
