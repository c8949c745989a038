use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::parts::Ema;
use crate::indicator::{Family, Field, Indicator, Input, ParamSpec, Params, Spec};

/// True strength index.
#[derive(Debug, Clone)]
pub struct Tsi {
    long: usize,
    short: usize,
    signal: usize,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    previous: f64,
    emas: [[Ema; 2]; 2],
    signal: Ema,
}

impl Indicator for Tsi {
    const TAKES_SOURCE: bool = true;
    const SPEC: Spec = Spec {
        name: "tsi",
        title: "True strength index",
        family: Family::Momentum,
        reads: Field::Close,
        params: &[
            ParamSpec::bars("long", 25, 1),
            ParamSpec::bars("short", 13, 1),
            ParamSpec::bars("signal", 7, 1),
        ],
        outputs: &["tsi", "signal"],
        on_price: false,
        formula: "100 ema(ema(change, long), short) / ema(ema(|change|, long), short), each started as the mean of its own first values; 0 where nothing has moved; signal = ema(tsi, signal)",
        source: "W. Blau, Stocks & Commodities 9:11 (1991); Stock.Indicators GetTsi",
    };

    type State = State;

    fn new(params: &Params) -> Result<Self> {
        let [long, short, signal] = ["long", "short", "signal"].map(|name| params.bars(name));
        Ok(Self { long, short, signal })
    }

    fn first(&self) -> usize {
        self.long + self.short
    }

    fn warm(&self) -> usize {
        [self.long, self.short, self.signal].map(Ema::warm).iter().sum::<usize>() + 1
    }

    #[inline(always)]
    fn update(&self, state: &mut State, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let change = input.x - state.previous;
        state.previous = input.x;
        out.fill(f64::NAN);
        if !input.settled && input.seen == 1 {
            return;
        }
        let mut smooth = [change, change.abs()];
        for (x, [long, short]) in smooth.iter_mut().zip(&mut state.emas) {
            *x = long.next(input.given(1), self.long, Ema::factor(self.long), *x);
            if input.settled || !x.is_nan() {
                *x = short.next(input.given(self.long), self.short, Ema::factor(self.short), *x);
            }
        }
        if input.settled || !smooth[1].is_nan() {
            out[0] = if smooth[1] == 0.0 { 0.0 } else { 100.0 * (smooth[0] / smooth[1]) };
            out[1] = state.signal.next(
                input.given(self.long + self.short - 1),
                self.signal,
                Ema::factor(self.signal),
                out[0],
            );
        }
    }
}
