use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::Past;
use crate::indicator::parts::Weighted;
use crate::indicator::{
    Ahead, Family, Field, Indicator, Input, Lookback, Over, ParamSpec, Params, Spec, Term,
};

/// Hull moving average.
#[derive(Debug, Clone)]
pub struct Hma {
    period: usize,
    half: usize,
    root: usize,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    half: Weighted,
    whole: Weighted,
    last: Weighted,
}

impl Indicator for Hma {
    const TAKES_SOURCE: bool = true;
    const WINDOW: bool = true;
    const SPEC: Spec = Spec {
        name: "hma",
        title: "Hull moving average",
        family: Family::Trend,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 20, 2)],
        outputs: &["hma"],
        on_price: true,
        formula: "wma over floor(sqrt n) of 2 wma(n / 2) − wma(n)",
        source: "A. Hull (2005); INDICATORS",
    };

    type State = State;

    fn new(params: &Params) -> Result<Self> {
        let period = params.bars("period");
        Ok(Self { period, half: period / 2, root: period.isqrt() })
    }

    fn first(&self) -> usize {
        self.period + self.root - 1
    }

    fn lookbacks(&self) -> Vec<Lookback> {
        vec![Lookback { field: Field::Source, bars: self.period }]
    }

    fn ahead(&self) -> Vec<Ahead> {
        let source = Term::Field(Field::Source);
        vec![
            Ahead::new(source, Over::Weighted(self.half)),
            Ahead::new(source, Over::Weighted(self.period)),
            Ahead::new(Term::Lead(0, 1), Over::Weighted(self.root)),
        ]
    }

    fn own_words(&self) -> usize {
        Past::words(self.root)
    }

    #[inline(always)]
    fn update(&self, state: &mut State, own: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        out[0] = f64::NAN;
        let past = input.past(0);
        let half = state.half.mean(self.half, input.seen, past);
        let whole = state.whole.mean(self.period, input.seen, past);
        if !whole.is_nan() {
            let count = input.seen + 1 - self.period;
            out[0] = state.last.mean(self.root, count, Past::put(own, count, 2.0 * half - whole));
        }
    }
}
