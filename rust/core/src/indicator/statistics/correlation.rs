use crate::error::Result;
use crate::indicator::parts::{Compared, Pairs};
use crate::indicator::{
    Ahead, Family, Field, Indicator, Input, Lookback, Over, ParamSpec, Params, Past, Spec, Term,
};

/// Correlation with another series.
#[derive(Debug, Clone)]
pub struct Correlation {
    period: usize,
}

impl Indicator for Correlation {
    const PAIR: bool = true;
    const WINDOW: bool = true;
    const SPEC: Spec = Spec {
        name: "correlation",
        title: "Correlation with another symbol",
        family: Family::Statistics,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 30, 2)],
        outputs: &["correlation"],
        on_price: false,
        formula: "Pearson's correlation of the last n closes with those of the other symbol's bars of the same time; 0 where \
                  either does not change. In a session, bars without one of the other are passed over, and the window is \
                  taken anew each time",
        source: "TA-Lib CORREL",
    };

    type State = Pairs;

    fn new(params: &Params) -> Result<Self> {
        Ok(Self { period: params.bars("period") })
    }

    fn first(&self) -> usize {
        self.period
    }

    fn lookbacks(&self) -> Vec<Lookback> {
        vec![Lookback { field: Field::Source, bars: self.period }]
    }

    fn ahead(&self) -> Vec<Ahead> {
        vec![Ahead::new(Term::Field(Field::Source), Over::Correlation(self.period))]
    }

    fn own_words(&self) -> usize {
        Past::words(self.period)
    }

    #[inline(always)]
    fn update(&self, state: &mut Pairs, own: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let (past, other) = (input.past(0), Past::put(own, input.seen, input.tick.other));
        let compared = state.next(self.period, input.seen, |k| (past.lag(k), other.lag(k)));
        out[0] = compared.map_or(f64::NAN, Compared::correlation);
    }
}
