use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::parts::{Compared, Pairs, change};
use crate::indicator::{Ahead, Family, Field, Indicator, Input, Over, ParamSpec, Params, Past, Spec, Term};

/// Beta against another series.
#[derive(Debug, Clone)]
pub struct Beta {
    period: usize,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    close: f64,
    other: f64,
    pairs: Pairs,
}

impl Indicator for Beta {
    const PAIR: bool = true;
    const WINDOW: bool = true;
    const SPEC: Spec = Spec {
        name: "beta",
        title: "Beta against another symbol",
        family: Family::Statistics,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 5, 2)],
        outputs: &["beta"],
        on_price: false,
        formula: "slope by least squares of the last n returns on those of the other symbol over the same bars; 0 where the \
                  other does not change, and a return from 0 is 0. In a session, bars without one of the other are passed \
                  over, and the window is taken anew each time",
        source: "TA-Lib BETA, whose first series is the other, the market",
    };

    type State = State;

    fn new(params: &Params) -> Result<Self> {
        Ok(Self { period: params.bars("period") })
    }

    fn first(&self) -> usize {
        self.period + 1
    }

    fn ahead(&self) -> Vec<Ahead> {
        vec![Ahead::new(Term::Return, Over::Slope(self.period))]
    }

    fn own_words(&self) -> usize {
        2 * Past::words(self.period)
    }

    #[inline(always)]
    fn update(&self, state: &mut State, own: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let (ours, theirs) = own.split_at_mut(Past::words(self.period));
        let (close, other) = (input.x, input.tick.other);
        let returns = (change(close, state.close), change(other, state.other));
        (state.close, state.other) = (close, other);
        out[0] = f64::NAN;
        if input.seen > 1 {
            let count = input.seen - 1;
            let (ours, theirs) = (Past::put(ours, count, returns.0), Past::put(theirs, count, returns.1));
            let compared = state.pairs.next(self.period, count, |k| (theirs.lag(k), ours.lag(k)));
            out[0] = compared.map_or(f64::NAN, Compared::slope);
        }
    }
}
