use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::Past;
use crate::indicator::parts::{Highest, Lowest, Mean, Strength, Wilder, Window};
use crate::indicator::{Ahead, Family, Field, Indicator, Input, Over, ParamSpec, Params, Spec, Term};

/// Stochastic RSI.
#[derive(Debug, Clone)]
pub struct Stochrsi {
    period: usize,
    factor: f64,
    stoch_period: usize,
    smooth_d: usize,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    rsi: Strength,
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
        let period = params.bars("period");
        Ok(Self {
            period,
            factor: Wilder::factor(period),
            stoch_period: params.bars("stoch_period"),
            smooth_d: params.bars("smooth_d"),
        })
    }

    fn first(&self) -> usize {
        self.period + self.stoch_period + self.smooth_d - 1
    }

    fn warm(&self) -> usize {
        Wilder::warm(self.period) + self.stoch_period + self.smooth_d
    }

    fn ahead(&self) -> Vec<Ahead> {
        let (strength, n) = (Term::Ahead(0), self.stoch_period);
        vec![
            Ahead::new(Term::Field(Field::Source), Over::Strength(self.period)),
            Ahead::new(strength, Over::Highest(n)),
            Ahead::new(strength, Over::Lowest(n)),
        ]
    }

    fn own_words(&self) -> usize {
        Past::words(self.stoch_period)
            + 2 * Window::<Highest>::words(self.stoch_period)
            + Mean::words(self.smooth_d)
    }

    #[inline(always)]
    fn update(&self, state: &mut State, own: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        out.fill(f64::NAN);
        let (values, ds) = own.split_at_mut(own.len() - Mean::words(self.smooth_d));
        let step = || self.extremes(&mut state.rsi, values, input);
        let worked = || Some([input.ahead(0)?, input.ahead(1)?, input.ahead(2)?]);
        let [rsi, high, low] = worked().unwrap_or_else(step);
        if high.is_nan() {
            return;
        }
        let range = high - low;
        let k = if range < NOTHING { 0.0 } else { 100.0 * ((rsi - low) / range) };
        let d = state.d.next(ds, self.smooth_d, k);
        if !d.is_nan() {
            crate::indicator::put(out, [k, d]);
        }
    }
}

impl Stochrsi {
    /// The rsi after a bar, and the highest and lowest of its window; NaN before there are.
    #[inline(always)]
    fn extremes(&self, strength: &mut Strength, own: &mut [f64], input: &Input<'_>) -> [f64; 3] {
        let rsi = strength.next(input.given(0), self.period, self.factor, input.x);
        if rsi.is_nan() {
            return [rsi; 3];
        }
        let (values, rest) = own.split_at_mut(Past::words(self.stoch_period));
        let (highs, lows) = rest.split_at_mut(Window::<Highest>::words(self.stoch_period));
        let seen = input.seen - self.period;
        let values = Past::put(values, seen, rsi);
        let high = Window::<Highest>::over(highs).next(seen, values);
        let low = Window::<Lowest>::over(lows).next(seen, values);
        [rsi, high, low]
    }
}

/// An rsi that stands still moves by rounding alone.
const NOTHING: f64 = 1e-10;
