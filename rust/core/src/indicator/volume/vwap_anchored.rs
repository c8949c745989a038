use crate::error::Result;
use crate::indicator::parts::Traded;
use crate::indicator::{Family, Field, Indicator, Input, ParamSpec, Params, Spec};
use crate::time::{Nanos, SECOND_NS};

/// Volume-weighted average price since a point in time.
#[derive(Debug, Clone)]
pub struct VwapAnchored {
    from: Nanos,
}

impl Indicator for VwapAnchored {
    const WAITS: bool = true;
    const SPEC: Spec = Spec {
        name: "vwap_anchored",
        title: "Volume-weighted average price, anchored at a point in time",
        family: Family::Volume,
        reads: Field::Close,
        // To the end of 2199.
        params: &[ParamSpec { name: "since", default: 0.0, min: 0.0, max: 7_258_118_400.0, integer: true }],
        outputs: &["vwap_anchored"],
        on_price: true,
        formula: "sum of (high + low + close) / 3 · volume / sum of volume, of the regular bars that begin at or after \
                  `since` (seconds since 1970 UTC; 0 is the first bar there is); no value until something was traded",
        source: "definition; B. Shannon, Maximum Trading Gains with Anchored VWAP (2023)",
    };

    type State = Traded;

    fn new(params: &Params) -> Result<Self> {
        Ok(Self { from: params.get("since") as Nanos * SECOND_NS })
    }

    fn first(&self) -> usize {
        1
    }

    #[inline(always)]
    fn update(&self, state: &mut Traded, _: &mut [f64], input: &Input<'_>, out: &mut [f64]) {
        if input.tick.regular && input.bar.ts >= self.from {
            state.add(input.bar);
        }
        out[0] = state.price();
    }
}
