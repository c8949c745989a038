use bytemuck::{Pod, Zeroable};

use crate::bar::Bar;
use crate::error::Result;
use crate::indicator::parts::Mean;
use crate::indicator::{Family, Field, Indicator, Input, ParamSpec, Params, Spec};

/// Money flow index.
#[derive(Debug, Clone)]
pub struct Mfi {
    period: usize,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    typical: f64,
    up: Mean,
    down: Mean,
}

impl Indicator for Mfi {
    const SPEC: Spec = Spec {
        name: "mfi",
        title: "Money flow index",
        family: Family::Volume,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 14, 2)],
        outputs: &["mfi"],
        on_price: false,
        formula: "100 p / (p + m), p and m the sums over n of typical price · volume of bars whose typical price rose and fell; 0 where less than 1 was traded",
        source: "G. Quong and A. Soudack, Stocks & Commodities 7:3 (1989); TA-Lib MFI",
    };

    type State = State;

    fn new(params: &Params) -> Result<Self> {
        Ok(Self { period: params.bars("period") })
    }

    fn first(&self) -> usize {
        self.period + 1
    }

    fn own_words(&self) -> usize {
        2 * Mean::words(self.period)
    }

    #[inline(always)]
    fn update(&self, state: &mut State, own: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let Bar { high, low, close, volume, .. } = *input.bar;
        let typical = (high + low + close) / 3.0;
        let last = state.typical;
        state.typical = typical;
        out[0] = f64::NAN;
        if !input.settled && input.seen == 1 {
            return;
        }
        // What rounding alone has moved is no move, as in TA-Lib. Chosen, not branched on: it cannot be guessed.
        let (change, least) = (typical - last, 1e-14 * (typical.abs() + last.abs()));
        let flow = typical * volume;
        let up = if change > least { flow } else { 0.0 };
        let down = if -change > least { flow } else { 0.0 };
        let (ups, downs) = own.split_at_mut(Mean::words(self.period));
        let up = state.up.sum(ups, self.period, up);
        let total = up + state.down.sum(downs, self.period, down);
        out[0] = if total < 1.0 { 0.0 } else { 100.0 * (up / total) };
    }
}
