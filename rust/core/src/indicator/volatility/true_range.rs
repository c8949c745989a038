use crate::error::Result;
use crate::indicator::parts::true_range;
use crate::indicator::{Family, Field, Indicator, Input, Params, Spec};

/// True range.
#[derive(Debug, Clone)]
pub struct TrueRange;

impl Indicator for TrueRange {
    const ABREAST: bool = true;
    const SPEC: Spec = Spec {
        name: "true_range",
        title: "True range",
        family: Family::Volatility,
        reads: Field::Close,
        params: &[],
        outputs: &["true_range"],
        on_price: false,
        formula: "the widest of high − low, |high − previous close| and |low − previous close|",
        source: "J. W. Wilder, New Concepts in Technical Trading Systems (1978); TA-Lib TRANGE",
    };

    type State = [f64; 1];

    fn new(_: &Params) -> Result<Self> {
        Ok(Self)
    }

    fn first(&self) -> usize {
        2
    }

    #[inline(always)]
    fn update(&self, state: &mut [f64; 1], _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        out[0] = if !input.settled && input.seen == 1 {
            f64::NAN
        } else {
            true_range(input.bar.high, input.bar.low, state[0])
        };
        state[0] = input.bar.close;
    }
}
