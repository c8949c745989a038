use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::indicator::Past;
use crate::indicator::parts::Moments;
use crate::indicator::{Family, Field, Indicator, Input, ParamSpec, Params, Spec};

/// Historical volatility (close to close).
#[derive(Debug, Clone)]
pub struct HvClose {
    period: usize,
    per_year: f64,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct State {
    close: f64,
    moments: Moments,
}

impl Indicator for HvClose {
    const TAKES_SOURCE: bool = true;
    const SPEC: Spec = Spec {
        name: "hv_close",
        title: "Historical volatility (close to close)",
        family: Family::Volatility,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 20, 2), ParamSpec::real("per_year", 252.0, 1.0, 10_000_000.0)],
        outputs: &["hv_close"],
        on_price: false,
        formula: "100 sqrt(per_year · v), v = sample variance (ddof 1) of ln(close / previous close) over n bars; a price that is not positive counts as no change",
        source: "J. Hull, Options, Futures and Other Derivatives",
    };

    type State = State;

    fn new(params: &Params) -> Result<Self> {
        Ok(Self { period: params.bars("period"), per_year: params.get("per_year") })
    }

    fn first(&self) -> usize {
        self.period + 1
    }

    fn own_words(&self) -> usize {
        Past::words(self.period)
    }

    #[inline(always)]
    fn update(&self, state: &mut State, own: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let last = state.close;
        state.close = input.x;
        out[0] = f64::NAN;
        if input.seen > 1 {
            let (count, change) = (input.seen - 1, input.x / last);
            let change = if last > 0.0 && input.x > 0.0 { change.ln() } else { 0.0 };
            let (_, variance) = state.moments.next(self.period, count, Past::put(own, count, change));
            let n = self.period as f64;
            out[0] = 100.0 * (variance * n / (n - 1.0) * self.per_year).sqrt();
        }
    }
}
