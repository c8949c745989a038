use crate::error::Result;
use crate::indicator::parts::Days;
use crate::indicator::{Family, Field, Indicator, Input, Params, Spec};

/// Gap in percent.
#[derive(Debug, Clone)]
pub struct GapPct;

impl Indicator for GapPct {
    const WAITS: bool = true;
    const SPEC: Spec = Spec {
        name: "gap_pct",
        title: "Gap in percent",
        family: Family::Session,
        reads: Field::Close,
        params: &[],
        outputs: &["gap_pct"],
        on_price: false,
        formula: "100 (open of the session / close of the one before − 1); 0 where that was 0; no value in the first session, nor before the first regular bar",
        source: "definition",
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
        out[0] = match (state.today(), state.last()) {
            (Some(today), Some(last)) if last.close != 0.0 => 100.0 * (today.open / last.close - 1.0),
            (Some(_), Some(_)) => 0.0,
            _ => f64::NAN,
        };
    }
}
