use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::parts::{Wilder, true_range};
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
    high: f64,
    low: f64,
    close: f64,
    /// Wilder sums: up moves, down moves, true ranges.
    plus: f64,
    minus: f64,
    range: f64,
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

    #[inline]
    fn update(&self, state: &mut State, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let bar = input.bar;
        let (up, down) = (bar.high - state.high, state.low - bar.low);
        let range = true_range(bar, state.close);
        (state.high, state.low, state.close) = (bar.high, bar.low, bar.close);
        out.fill(f64::NAN);
        if input.seen == 1 {
            return;
        }
        if input.seen > self.period {
            state.plus -= state.plus * self.factor;
            state.minus -= state.minus * self.factor;
            state.range -= state.range * self.factor;
        }
        state.plus += if up > 0.0 && up > down { up } else { 0.0 };
        state.minus += if down > 0.0 && down > up { down } else { 0.0 };
        state.range += range;
        if input.seen <= self.period {
            return;
        }
        let (mut plus_di, mut minus_di) = (0.0, 0.0);
        if state.range >= NOTHING {
            plus_di = 100.0 * state.plus / state.range;
            minus_di = 100.0 * state.minus / state.range;
        }
        let both = plus_di + minus_di;
        if both >= NOTHING {
            state.last = state.adx.next(self.period, self.factor, 100.0 * (plus_di - minus_di).abs() / both);
        } else if input.seen <= self.first() {
            state.last = state.adx.next(self.period, self.factor, 0.0);
        }
        if input.seen >= self.first() {
            out.copy_from_slice(&[state.last, plus_di, minus_di]);
        }
    }
}

/// TA-Lib's bound for "no movement".
const NOTHING: f64 = 1e-14;
