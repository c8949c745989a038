use crate::error::Result;
use crate::indicator::parts::Days;
use crate::indicator::{Family, Field, Indicator, Input, Params, Spec};

/// Pivot points (Fibonacci).
#[derive(Debug, Clone)]
pub struct PivotsFibonacci;

impl Indicator for PivotsFibonacci {
    const WAITS: bool = true;
    const SPEC: Spec = Spec {
        name: "pivots_fibonacci",
        title: "Pivot points (Fibonacci)",
        family: Family::Session,
        reads: Field::Close,
        params: &[],
        outputs: &["pp", "r1", "r2", "r3", "s1", "s2", "s3"],
        on_price: true,
        formula: "of the high, low and close of the session before, in regular hours: pp = (h + l + c) / 3; r and s = pp ± 0.382, 0.618 and 1 times (h − l); no value in the first session, nor before the first regular bar",
        source: "Stock.Indicators GetPivotPoints",
    };

    type State = Days;

    fn new(_: &Params) -> Result<Self> {
        Ok(Self)
    }

    fn first(&self) -> usize {
        1
    }

    fn sessions(&self) -> usize {
        1
    }

    #[inline(always)]
    fn update(&self, state: &mut Days, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        state.next(input);
        out.fill(f64::NAN);
        if let (Some(_), Some(day)) = (state.today(), state.last()) {
            let pp = (day.high + day.low + day.close) / 3.0;
            let range = day.high - day.low;
            out[0] = pp;
            for (i, step) in [0.382, 0.618, 1.0].into_iter().enumerate() {
                (out[1 + i], out[4 + i]) = (pp + step * range, pp - step * range);
            }
        }
    }
}
