use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::Past;
use crate::indicator::parts::{Wilder, middle};
use crate::indicator::{Family, Field, Indicator, Input, ParamSpec, Params, Spec};

/// Williams alligator.
#[derive(Debug, Clone)]
pub struct Alligator {
    periods: [usize; 3],
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    lines: [Wilder; 3],
}

impl Indicator for Alligator {
    const SPEC: Spec = Spec {
        name: "alligator",
        title: "Williams alligator",
        family: Family::Trend,
        reads: Field::Close,
        params: &[
            ParamSpec::bars("jaw", 13, 1),
            ParamSpec::bars("teeth", 8, 1),
            ParamSpec::bars("lips", 5, 1),
        ],
        outputs: &["jaw", "teeth", "lips"],
        on_price: true,
        formula: "smoothed averages of the median price, of 13, 8 and 5 bars, as they were 8, 5 and 3 bars ago",
        source: "B. Williams, Trading Chaos (1995); Stock.Indicators GetAlligator",
    };

    type State = State;

    fn new(params: &Params) -> Result<Self> {
        Ok(Self { periods: ["jaw", "teeth", "lips"].map(|name| params.bars(name)) })
    }

    fn first(&self) -> usize {
        self.periods[0] + SHIFTS[0]
    }

    fn warm(&self) -> usize {
        self.periods.iter().zip(SHIFTS).map(|(&n, shift)| shift + Wilder::warm(n)).fold(0, usize::max)
    }

    fn own_words(&self) -> usize {
        SHIFTS.iter().map(|&shift| Past::words(shift)).sum()
    }

    #[inline(always)]
    fn update(&self, state: &mut State, own: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let x = middle(input.bar.high, input.bar.low);
        let mut own = own;
        for i in 0..3 {
            let (window, rest) = own.split_at_mut(Past::words(SHIFTS[i]));
            let line =
                state.lines[i].next(input.given(0), self.periods[i], Wilder::factor(self.periods[i]), x);
            let past = Past::put(window, input.seen, line);
            out[i] = if input.seen > SHIFTS[i] { past.lag(SHIFTS[i]) } else { f64::NAN };
            own = rest;
        }
    }
}

/// How many bars each line is shifted.
const SHIFTS: [usize; 3] = [8, 5, 3];
