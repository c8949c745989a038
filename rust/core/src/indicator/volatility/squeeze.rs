use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::Past;
use crate::indicator::parts::{Channel, Highest, Line, Lowest, Mean, Moments, Window, middle, true_range};
use crate::indicator::{Ahead, Family, Field, Indicator, Input, Lookback, ParamSpec, Params, Spec};

/// Squeeze.
#[derive(Debug, Clone)]
pub struct Squeeze {
    period: usize,
    band: f64,
    channel: f64,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    close: f64,
    moments: Moments,
    range: Mean,
    line: Line,
}

impl Indicator for Squeeze {
    const SPEC: Spec = Spec {
        name: "squeeze",
        title: "Squeeze",
        family: Family::Volatility,
        reads: Field::Close,
        params: &[
            ParamSpec::bars("period", 20, 2),
            ParamSpec::real("band_width", 2.0, 0.0, 100.0),
            ParamSpec::real("channel_width", 1.5, 0.0, 100.0),
        ],
        outputs: &["squeeze", "momentum"],
        on_price: false,
        formula: "1 while the Bollinger bands lie within sma(n) ± channel_width · sma of the true range, else 0; momentum = end of the regression line over n bars of close − the mean of the middle of the n-bar range and sma(n)",
        source: "J. Carter, Mastering the Trade (2005), with the momentum as it is commonly drawn",
    };

    type State = State;

    fn new(params: &Params) -> Result<Self> {
        Ok(Self {
            period: params.bars("period"),
            band: params.get("band_width"),
            channel: params.get("channel_width"),
        })
    }

    fn first(&self) -> usize {
        self.period + 1
    }

    fn warm(&self) -> usize {
        self.first().max(2 * self.period - 1)
    }

    fn lookbacks(&self) -> Vec<Lookback> {
        vec![
            Lookback { field: Field::Source, bars: self.period },
            Lookback { field: Field::High, bars: self.period },
            Lookback { field: Field::Low, bars: self.period },
        ]
    }

    fn ahead(&self) -> Vec<Ahead> {
        Channel::ahead(self.period)
    }

    fn own_words(&self) -> usize {
        Mean::words(self.period) + Past::words(self.period) + 2 * Window::<Highest>::words(self.period)
    }

    #[inline(always)]
    fn update(&self, state: &mut State, own: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let n = self.period;
        let (ranges, rest) = own.split_at_mut(Mean::words(n));
        let (values, rest) = rest.split_at_mut(Past::words(n));
        let (highs, lows) = rest.split_at_mut(Window::<Highest>::words(n));
        let high = input.extreme::<Highest>(0, 1, highs);
        let low = input.extreme::<Lowest>(1, 2, lows);
        let (mean, variance) = state.moments.next(n, input.seen, input.past(0));
        let range = true_range(input.bar.high, input.bar.low, state.close);
        state.close = input.bar.close;
        out.fill(f64::NAN);
        let range =
            if !input.settled && input.seen == 1 { f64::NAN } else { state.range.next(ranges, n, range) };
        if !range.is_nan() {
            out[0] = f64::from(u8::from(self.band * variance.sqrt() < self.channel * range));
        }
        if input.seen >= n {
            let count = input.seen + 1 - n;
            let values = Past::put(values, count, input.x - middle(middle(high, low), mean));
            if let Some(fit) = state.line.fit(n, count, values) {
                out[1] = fit.intercept + fit.slope * (n - 1) as f64;
            }
        }
    }
}
