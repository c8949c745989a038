use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::parts::Mean;
use crate::indicator::{Family, Field, Indicator, Input, Lookback, ParamSpec, Params, Spec};

/// Know sure thing.
#[derive(Debug, Clone)]
pub struct Kst {
    signal: usize,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    means: [Mean; 4],
    signal: Mean,
}

impl Indicator for Kst {
    const TAKES_SOURCE: bool = true;
    const SPEC: Spec = Spec {
        name: "kst",
        title: "Know sure thing",
        family: Family::Momentum,
        reads: Field::Close,
        params: &[ParamSpec::bars("signal", 9, 1)],
        outputs: &["kst", "signal"],
        on_price: false,
        formula: "roc 10, 15, 20 and 30, each averaged over 10, 10, 10 and 15 bars, weighted 1, 2, 3 and 4; signal = sma(kst); a base of 0 counts as no change",
        source: "M. Pring, Stocks & Commodities 10:9 (1992)",
    };

    type State = State;

    fn new(params: &Params) -> Result<Self> {
        Ok(Self { signal: params.bars("signal") })
    }

    fn first(&self) -> usize {
        45
    }

    fn warm(&self) -> usize {
        self.first() + self.signal - 1
    }

    fn lookbacks(&self) -> Vec<Lookback> {
        vec![Lookback { field: Field::Source, bars: 30 }]
    }

    fn own_words(&self) -> usize {
        STEPS.iter().map(|&(_, n)| Mean::words(n)).sum::<usize>() + Mean::words(self.signal)
    }

    #[inline(always)]
    fn update(&self, state: &mut State, own: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let past = input.past(0);
        out.fill(f64::NAN);
        let (mut total, mut own) = (0.0, own);
        for (i, (n, smooth)) in STEPS.into_iter().enumerate() {
            let (window, rest) = own.split_at_mut(Mean::words(smooth));
            own = rest;
            if input.seen > n {
                let change = if past.lag(n) == 0.0 { 0.0 } else { (input.x / past.lag(n) - 1.0) * 100.0 };
                total += (i + 1) as f64 * state.means[i].next(window, smooth, change);
            } else {
                total = f64::NAN;
            }
        }
        if !total.is_nan() {
            crate::indicator::put(out, [total, state.signal.next(own, self.signal, total)]);
        }
    }
}

/// How far back each rate of change looks, and over how many bars it is averaged.
const STEPS: [(usize, usize); 4] = [(10, 10), (15, 10), (20, 10), (30, 15)];
