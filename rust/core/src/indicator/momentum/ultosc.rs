use bytemuck::{Pod, Zeroable};

use crate::bar::Bar;
use crate::error::Result;
use crate::indicator::parts::{Total, pressure, true_range};
use crate::indicator::{Ahead, Family, Field, Indicator, Input, Over, ParamSpec, Params, Past, Spec, Term};

/// Ultimate oscillator.
#[derive(Debug, Clone)]
pub struct Ultosc {
    periods: [usize; 3],
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    close: f64,
    pressure: [Total; 3],
    range: [Total; 3],
}

impl Indicator for Ultosc {
    const SPEC: Spec = Spec {
        name: "ultosc",
        title: "Ultimate oscillator",
        family: Family::Momentum,
        reads: Field::Close,
        params: &[
            ParamSpec::bars("short", 7, 1),
            ParamSpec::bars("middle", 14, 1),
            ParamSpec::bars("long", 28, 1),
        ],
        outputs: &["ultosc"],
        on_price: false,
        formula: "100 (4 a + 2 b + c) / 7, a, b and c the sums of buying pressure (close − true low) over those of the true range, of three lengths; 0 where nothing has moved",
        source: "L. Williams, Stocks & Commodities 3:4 (1985); TA-Lib ULTOSC",
    };

    type State = State;

    fn new(params: &Params) -> Result<Self> {
        let mut periods = ["short", "middle", "long"].map(|name| params.bars(name));
        periods.sort_unstable();
        Ok(Self { periods })
    }

    fn first(&self) -> usize {
        self.periods[2] + 1
    }

    fn ahead(&self) -> Vec<Ahead> {
        let total = |of: Term| self.periods.map(|n| Ahead::new(of, Over::Total(n)));
        [total(Term::Pressure), total(Term::TrueRange)].concat()
    }

    fn own_words(&self) -> usize {
        2 * Past::words(self.periods[2])
    }

    #[inline(always)]
    fn update(&self, state: &mut State, own: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let Bar { high, low, close, .. } = *input.bar;
        let last = state.close;
        state.close = close;
        let mut sums = [[f64::NAN; 2]; 3];
        if let Some(first) = input.ahead(0) {
            for (i, sums) in sums.iter_mut().enumerate() {
                *sums = [input.ahead(i).unwrap_or(first), input.ahead(3 + i).unwrap_or(first)];
            }
        } else if input.seen > 1 {
            let (pressures, ranges) = own.split_at_mut(Past::words(self.periods[2]));
            let seen = input.seen - 1;
            let pressures = Past::put(pressures, seen, pressure(low, close, last));
            let ranges = Past::put(ranges, seen, true_range(high, low, last));
            for (i, (sums, &n)) in sums.iter_mut().zip(&self.periods).enumerate() {
                sums[0] = state.pressure[i].next(n, seen, |k| pressures.lag(k));
                sums[1] = state.range[i].next(n, seen, |k| ranges.lag(k));
            }
        }
        let mut total = 0.0;
        for ([pressure, range], weight) in sums.into_iter().zip(WEIGHTS) {
            total += if range == 0.0 { 0.0 } else { weight * pressure / range };
        }
        out[0] = total * (100.0 / 7.0);
    }
}

const WEIGHTS: [f64; 3] = [4.0, 2.0, 1.0];
