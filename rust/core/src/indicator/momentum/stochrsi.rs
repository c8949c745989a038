use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::Past;
use crate::indicator::momentum::Rsi;
use crate::indicator::parts::{Highest, Lowest, Mean, Window};
use crate::indicator::{Family, Field, Indicator, Input, ParamSpec, Params, Spec};

/// Stochastic RSI.
#[derive(Debug, Clone)]
pub struct Stochrsi {
    rsi: Rsi,
    stoch_period: usize,
    smooth_d: usize,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    rsi: super::rsi::State,
    d: Mean,
}

impl Indicator for Stochrsi {
    const TAKES_SOURCE: bool = true;
    const SPEC: Spec = Spec {
        name: "stochrsi",
        title: "Stochastic RSI",
        family: Family::Momentum,
        reads: Field::Close,
        params: &[
            ParamSpec::bars("period", 14, 2),
            ParamSpec::bars("stoch_period", 5, 1),
            ParamSpec::bars("smooth_d", 3, 1),
        ],
        outputs: &["k", "d"],
        on_price: false,
        formula: "where rsi(n) stands between its lowest and highest of stoch_period bars, in percent, 0 where they are equal; d = sma(k, smooth_d); both are hidden until d exists",
        source: "T. Chande and S. Kroll, The New Technical Trader (1994); TA-Lib STOCHRSI",
    };

    type State = State;

    fn new(params: &Params) -> Result<Self> {
        Ok(Self {
            rsi: Rsi::new(params)?,
            stoch_period: params.bars("stoch_period"),
            smooth_d: params.bars("smooth_d"),
        })
    }

    fn first(&self) -> usize {
        self.rsi.first() + self.stoch_period + self.smooth_d - 2
    }

    fn warm(&self) -> usize {
        self.rsi.warm() + self.stoch_period + self.smooth_d
    }

    fn own_words(&self) -> usize {
        Past::own_words(self.stoch_period)
            + 2 * Window::<Highest>::words(self.stoch_period)
            + Mean::words(self.smooth_d)
    }

    #[inline(always)]
    fn update(&self, state: &mut State, own: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let mut rsi = [f64::NAN];
        self.rsi.update(&mut state.rsi, &mut [], input, &mut rsi);
        out.fill(f64::NAN);
        if rsi[0].is_nan() {
            return;
        }
        let (values, rest) = own.split_at_mut(Past::own_words(self.stoch_period));
        let (highs, rest) = rest.split_at_mut(Window::<Highest>::words(self.stoch_period));
        let (lows, ds) = rest.split_at_mut(Window::<Lowest>::words(self.stoch_period));
        let seen = input.seen + 1 - self.rsi.first();
        let values = Past::put(values, seen, rsi[0]);
        let high = Window::<Highest>::over(highs).next(seen, values);
        let low = Window::<Lowest>::over(lows).next(seen, values);
        if seen < self.stoch_period {
            return;
        }
        let range = high - low;
        let k = if range < NOTHING { 0.0 } else { 100.0 * ((rsi[0] - low) / range) };
        let d = state.d.next(ds, self.smooth_d, k);
        if !d.is_nan() {
            crate::indicator::put(out, [k, d]);
        }
    }
}

/// An rsi that stands still moves by rounding alone.
const NOTHING: f64 = 1e-10;
