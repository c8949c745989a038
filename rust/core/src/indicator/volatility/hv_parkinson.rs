use crate::error::Result;
use crate::indicator::parts::Mean;
use crate::indicator::{Family, Field, Indicator, Input, ParamSpec, Params, Spec};
use std::f64::consts::LN_2;

/// Historical volatility (Parkinson).
#[derive(Debug, Clone)]
pub struct HvParkinson {
    period: usize,
    per_year: f64,
}

impl Indicator for HvParkinson {
    const SPEC: Spec = Spec {
        name: "hv_parkinson",
        title: "Historical volatility (Parkinson)",
        family: Family::Volatility,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 20, 1), ParamSpec::real("per_year", 252.0, 1.0, 10_000_000.0)],
        outputs: &["hv_parkinson"],
        on_price: false,
        formula: "100 sqrt(per_year · v), v = mean of ln(high / low)² / (4 ln 2) over n bars; a bar with a price that is not positive counts 0",
        source: "M. Parkinson, Journal of Business 53 (1980)",
    };

    type State = Mean;

    fn new(params: &Params) -> Result<Self> {
        Ok(Self { period: params.bars("period"), per_year: params.get("per_year") })
    }

    fn first(&self) -> usize {
        self.period
    }

    fn own_words(&self) -> usize {
        Mean::words(self.period)
    }

    #[inline(always)]
    fn update(&self, state: &mut Mean, own: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        let bar = input.bar;
        let term = if bar.low > 0.0 { (bar.high / bar.low).ln().powi(2) / (4.0 * LN_2) } else { 0.0 };
        let variance = state.next(own, self.period, term);
        out[0] = 100.0 * (variance.max(0.0) * self.per_year).sqrt();
        if variance.is_nan() {
            out[0] = f64::NAN;
        }
    }
}
