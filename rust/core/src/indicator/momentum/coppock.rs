use crate::error::Result;
use crate::indicator::Past;
use crate::indicator::parts::Weighted;
use crate::indicator::{
    Ahead, Family, Field, Indicator, Input, Lookback, Over, ParamSpec, Params, Spec, Term,
};

/// Coppock curve.
#[derive(Debug, Clone)]
pub struct Coppock {
    period: usize,
    short: usize,
    long: usize,
}

impl Indicator for Coppock {
    const TAKES_SOURCE: bool = true;
    const SPEC: Spec = Spec {
        name: "coppock",
        title: "Coppock curve",
        family: Family::Momentum,
        reads: Field::Close,
        params: &[
            ParamSpec::bars("period", 10, 1),
            ParamSpec::bars("short", 11, 1),
            ParamSpec::bars("long", 14, 1),
        ],
        outputs: &["coppock"],
        on_price: false,
        formula: "wma(n) of roc(short) + roc(long), in percent; a base of 0 counts as no change",
        source: "E. S. C. Coppock, Barron’s (1962)",
    };

    type State = Weighted;

    fn new(params: &Params) -> Result<Self> {
        let [period, short, long] = ["period", "short", "long"].map(|name| params.bars(name));
        Ok(Self { period, short, long })
    }

    fn first(&self) -> usize {
        self.short.max(self.long) + self.period
    }

    fn lookbacks(&self) -> Vec<Lookback> {
        vec![Lookback { field: Field::Source, bars: self.short.max(self.long) }]
    }

    fn ahead(&self) -> Vec<Ahead> {
        [self.short, self.long].map(|n| Ahead::new(Term::Field(Field::Source), Over::Each).ago(n)).to_vec()
    }

    fn own_words(&self) -> usize {
        Past::words(self.period)
    }

    #[inline(always)]
    fn update(&self, state: &mut Weighted, own: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        out[0] = f64::NAN;
        let longest = self.short.max(self.long);
        if input.seen > longest {
            let change = |index: usize, n: usize| {
                let base = input.back(index, 0, n);
                if base == 0.0 { 0.0 } else { (input.x / base - 1.0) * 100.0 }
            };
            let count = input.seen - longest;
            let both = Past::put(own, count, change(0, self.short) + change(1, self.long));
            out[0] = state.mean(self.period, count, both);
        }
    }
}
