use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::parts::{Wilder, true_range};
use crate::indicator::{Family, Field, Indicator, Input, ParamSpec, Params, Spec};

/// ATR trailing stop.
#[derive(Debug, Clone)]
pub struct AtrTrailingStop {
    period: usize,
    factor: f64,
    width: f64,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    close: f64,
    range: Wilder,
    stop: f64,
    direction: f64,
}

impl Indicator for AtrTrailingStop {
    const SPEC: Spec = Spec {
        name: "atr_trailing_stop",
        title: "ATR trailing stop",
        family: Family::Trend,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 21, 1), ParamSpec::real("width", 3.0, 0.0, 100.0)],
        outputs: &["stop", "direction"],
        on_price: true,
        formula: "close ∓ width · atr(n), which only moves with the trend; starts long (direction 1); crossed by a close, the other side begins",
        source: "S. Vervoort, Stocks & Commodities 27:6 (2009), with the close",
    };

    type State = State;

    fn new(params: &Params) -> Result<Self> {
        let period = params.bars("period");
        Ok(Self { period, factor: Wilder::factor(period), width: params.get("width") })
    }

    fn first(&self) -> usize {
        self.period + 1
    }

    fn warm(&self) -> usize {
        Wilder::warm(self.period) + self.period
    }

    #[inline(always)]
    fn update(&self, state: &mut State, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let (x, last) = (input.bar.close, state.close);
        let range = true_range(input.bar.high, input.bar.low, last);
        state.close = x;
        out.fill(f64::NAN);
        let atr = if !input.settled && input.seen == 1 {
            f64::NAN
        } else {
            state.range.next(input.given(1), self.period, self.factor, range)
        };
        if !input.settled && atr.is_nan() {
            return;
        }
        let (below, above) = (x - self.width * atr, x + self.width * atr);
        if state.direction == 0.0 {
            (state.stop, state.direction) = (below, 1.0);
        } else if state.direction > 0.0 && x < state.stop {
            (state.stop, state.direction) = (above, -1.0);
        } else if state.direction < 0.0 && x > state.stop {
            (state.stop, state.direction) = (below, 1.0);
        } else if state.direction > 0.0 {
            state.stop = state.stop.max(below);
        } else {
            state.stop = state.stop.min(above);
        }
        crate::indicator::put(out, [state.stop, state.direction]);
    }
}
