use crate::error::Result;
use crate::indicator::parts::Mean;
use crate::indicator::{Family, Field, Indicator, Input, ParamSpec, Params, Spec};

/// Historical volatility (Rogers and Satchell).
#[derive(Debug, Clone)]
pub struct HvRogersSatchell {
    period: usize,
    per_year: f64,
}

impl Indicator for HvRogersSatchell {
    const SPEC: Spec = Spec {
        name: "hv_rogers_satchell",
        title: "Historical volatility (Rogers and Satchell)",
        family: Family::Volatility,
        reads: Field::Close,
        params: &[ParamSpec::bars("period", 20, 1), ParamSpec::real("per_year", 252.0, 1.0, 10_000_000.0)],
        outputs: &["hv_rogers_satchell"],
        on_price: false,
        formula: "100 sqrt(per_year · v), v = mean of ln(high / close) ln(high / open) + ln(low / close) ln(low / open) over n bars; a bar with a price that is not positive counts 0",
        source: "L. Rogers and S. Satchell, Annals of Applied Probability 1 (1991)",
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
        let term = if bar.low > 0.0 {
            (bar.high / bar.close).ln() * (bar.high / bar.open).ln()
                + (bar.low / bar.close).ln() * (bar.low / bar.open).ln()
        } else {
            0.0
        };
        let variance = state.next(own, self.period, term);
        out[0] = 100.0 * (variance.max(0.0) * self.per_year).sqrt();
        if variance.is_nan() {
            out[0] = f64::NAN;
        }
    }
}
