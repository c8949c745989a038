use std::cell::Cell;
use std::ops::Range;

use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::parts::{Wilder, strange, true_range};
use crate::indicator::{Family, Field, Indicator, Input, ParamSpec, Params, Settled, Spec};

/// Average true range.
#[derive(Debug, Clone)]
pub struct Atr {
    period: usize,
    factor: f64,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    close: f64,
    range: Wilder,
}

impl Indicator for Atr {
    const ABREAST: bool = true;
    const ALONG: bool = true;
    const LOOKS: &[Field] = &[Field::High, Field::Low, Field::Close];
    const SPEC: Spec = Spec {
        name: "atr",
        title: "Average true range",
        family: Family::Volatility,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 14, 1)],
        outputs: &["atr"],
        on_price: false,
        formula: "Wilder average of the true range, the widest of high − low, |high − previous close| and |low − previous \
                  close|; starts as the mean of the true ranges of bars 2 … n + 1; 0 where nothing has moved",
        source: "J. W. Wilder, New Concepts in Technical Trading Systems (1978); TA-Lib ATR",
    };

    type State = State;

    fn new(params: &Params) -> Result<Self> {
        let period = params.bars("period");
        Ok(Self { period, factor: Wilder::factor(period) })
    }

    fn first(&self) -> usize {
        self.period + 1
    }

    fn warm(&self) -> usize {
        Wilder::warm(self.period).max(self.first())
    }

    #[inline(always)]
    fn update(&self, state: &mut State, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let range = true_range(input.bar.high, input.bar.low, state.close);
        state.close = input.bar.close;
        out[0] = if !input.settled && input.seen == 1 {
            f64::NAN
        } else {
            state.range.next(input.given(1), self.period, self.factor, range)
        };
    }

    #[inline(always)]
    fn along(&self, state: &mut State, bars: &Settled<'_>, out: &mut [&mut [f64]]) -> bool {
        self.along_then(state, bars, out[0], |_, _| {})
    }
}

impl Atr {
    /// Its averages of many bars; `then` makes something of those of some rows.
    #[inline(always)]
    pub(super) fn along_then(
        &self,
        State { close, range }: &mut State,
        Settled { bars, .. }: &Settled<'_>,
        into: &mut [f64],
        then: impl Fn(Range<usize>, &mut [f64]),
    ) -> bool {
        let Some((newest, into)) = into.split_first_mut() else { return true };
        let (high, low, closes) = (&bars.high[1..], &bars.low[1..], &bars.close[1..]);
        let first = true_range(bars.high[0], bars.low[0], *close);
        *newest = range.next(None, self.period, self.factor, first);
        then(0..1, std::slice::from_mut(newest));
        let looked = Cell::new(strange(bars.high[0] - bars.low[0]));
        let look = |x: f64| looked.set(looked.get() | strange(x));
        let make = |rows: Range<usize>| {
            let last = &bars.close[rows.clone()];
            let ranges = high[rows.clone()].iter().zip(&low[rows]).zip(last);
            ranges.map(|((high, low), last)| {
                look(high - low);
                look(*last);
                true_range(*high, *low, *last)
            })
        };
        range.along_made(self.factor, into, make, |rows, block| then(rows.start + 1..rows.end + 1, block));
        *close = closes.last().copied().unwrap_or(bars.close[0]);
        look(*close);
        looked.get() == 0
    }
}
