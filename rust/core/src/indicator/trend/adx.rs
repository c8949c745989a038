use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::parts::{Directional, NO_MOVEMENT, Wilder};
use crate::indicator::{Family, Field, Indicator, Input, ParamSpec, Params, Spec};

/// Average directional index.
#[derive(Debug, Clone)]
pub struct Adx {
    period: usize,
    factor: f64,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    moves: Directional,
    adx: Wilder,
    /// The average after the last bar whose direction was defined.
    last: f64,
}

impl Indicator for Adx {
    const SPEC: Spec = Spec {
        name: "adx",
        title: "Average directional index",
        family: Family::Trend,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 14, 2)],
        outputs: &["adx", "plus_di", "minus_di"],
        on_price: false,
        formula: "DI± = 100 · Wilder sum of ±DM / Wilder sum of the true range, DX = 100 |DI+ − DI−| / (DI+ + DI−), adx = \
                  mean of the first n DX, then Wilder; the sums start with n − 1 bars and one decay step; the three are \
                  hidden until adx exists; without any movement DX is 0 at the start and adx stands still later",
        source: "J. W. Wilder, New Concepts in Technical Trading Systems (1978); TA-Lib ADX, PLUS_DI, MINUS_DI",
    };

    type State = State;

    fn new(params: &Params) -> Result<Self> {
        let period = params.bars("period");
        Ok(Self { period, factor: Wilder::factor(period) })
    }

    fn first(&self) -> usize {
        2 * self.period
    }

    fn warm(&self) -> usize {
        2 * Wilder::warm(self.period)
    }

    #[inline(always)]
    fn update(&self, state: &mut State, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        out.fill(f64::NAN);
        let Some((plus_di, minus_di)) = state.moves.next(self.period, input.seen, input.bar) else { return };
        let both = plus_di + minus_di;
        if both >= NO_MOVEMENT {
            state.last = state.adx.next(
                input.given(self.period),
                self.period,
                self.factor,
                100.0 * (plus_di - minus_di).abs() / both,
            );
        } else if !input.settled && input.seen <= self.first() {
            state.last = state.adx.next(input.given(self.period), self.period, self.factor, 0.0);
        }
        if input.settled || input.seen >= self.first() {
            crate::indicator::put(out, [state.last, plus_di, minus_di]);
        }
    }
}
