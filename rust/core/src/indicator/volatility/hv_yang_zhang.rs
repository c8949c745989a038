use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::Past;
use crate::indicator::parts::{Mean, Moments};
use crate::indicator::{Family, Field, Indicator, Input, ParamSpec, Params, Spec};

/// Historical volatility (Yang and Zhang).
#[derive(Debug, Clone)]
pub struct HvYangZhang {
    period: usize,
    per_year: f64,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    close: f64,
    open: Moments,
    day: Moments,
    within: Mean,
}

impl Indicator for HvYangZhang {
    const SPEC: Spec = Spec {
        name: "hv_yang_zhang",
        title: "Historical volatility (Yang and Zhang)",
        family: Family::Volatility,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 20, 2), ParamSpec::real("per_year", 252.0, 1.0, 10_000_000.0)],
        outputs: &["hv_yang_zhang"],
        on_price: false,
        formula: "100 sqrt(per_year (o + k c + (1 − k) r)): o and c the sample variances (ddof 1) of ln(open / previous close) and ln(close / open) over n bars, r the mean of Rogers and Satchell, k = 0.34 / (1.34 + (n + 1) / (n − 1)); a price that is not positive counts as no change",
        source: "D. Yang and Q. Zhang, Journal of Business 73 (2000)",
    };

    type State = State;

    fn new(params: &Params) -> Result<Self> {
        Ok(Self { period: params.bars("period"), per_year: params.get("per_year") })
    }

    fn first(&self) -> usize {
        self.period + 1
    }

    fn own_words(&self) -> usize {
        2 * Past::words(self.period) + Mean::words(self.period)
    }

    #[inline(always)]
    fn update(&self, state: &mut State, own: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let bar = input.bar;
        let last = state.close;
        state.close = bar.close;
        out[0] = f64::NAN;
        if !input.settled && input.seen == 1 {
            return;
        }
        let ln = |a: f64, b: f64| if a > 0.0 && b > 0.0 { (a / b).ln() } else { 0.0 };
        let (n, words) = (self.period, Past::words(self.period));
        let (opens, rest) = own.split_at_mut(words);
        let (closes, inner) = rest.split_at_mut(words);
        let count = input.seen - 1;
        let opens = Past::put(opens, count, ln(bar.open, last));
        let closes = Past::put(closes, count, ln(bar.close, bar.open));
        let overnight = state.open.next(n, count, opens).1;
        let day = state.day.next(n, count, closes).1;
        let within =
            ln(bar.high, bar.close) * ln(bar.high, bar.open) + ln(bar.low, bar.close) * ln(bar.low, bar.open);
        let within = state.within.next(inner, n, within);
        let n = n as f64;
        let k = 0.34 / (1.34 + (n + 1.0) / (n - 1.0));
        let sample = n / (n - 1.0);
        let variance = overnight * sample + k * day * sample + (1.0 - k) * within;
        if !variance.is_nan() {
            out[0] = 100.0 * (variance.max(0.0) * self.per_year).sqrt();
        }
    }
}
