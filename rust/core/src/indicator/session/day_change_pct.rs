use crate::error::Result;
use crate::indicator::parts::Days;
use crate::indicator::{Family, Field, Indicator, Input, Params, Spec};

/// Change of the day in percent.
#[derive(Debug, Clone)]
pub struct DayChangePct;

impl Indicator for DayChangePct {
    const WAITS: bool = true;
    const SPEC: Spec = Spec {
        name: "day_change_pct",
        title: "Change of the day in percent",
        family: Family::Session,
        reads: Field::Close,
        params: &[],
        outputs: &["day_change_pct"],
        on_price: false,
        formula: "100 (last regular close / close of the session before − 1); 0 where that was 0; no value in the first session, nor before the first regular bar",
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
            (Some(today), Some(last)) if last.close != 0.0 => 100.0 * (today.close / last.close - 1.0),
            (Some(_), Some(_)) => 0.0,
            _ => f64::NAN,
        };
    }
}
