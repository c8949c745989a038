//! Indicators with windows of very unlike lengths: what has begun last is not what begins last by default.

use super::tests::{definitions, ticks};
use super::*;
use crate::bar::Bar;
use crate::indicator::registry::SPECS;
use crate::indicator::spec::ParamSpec;

/// All indicators whose one window is far longer than their others, which are as they are or as short as can be: each of them in
/// turn. What must be less than another is refused, and left out.
pub(super) fn lopsided(long: f64) -> Vec<Definition> {
    // Sessions and minutes are no windows.
    let is_window = |param: &&ParamSpec| param.integer && !["sessions", "minutes"].contains(&param.name);
    let mut found = Vec::new();
    for (spec, shortest) in SPECS.iter().flat_map(|spec| [(spec, false), (spec, true)]) {
        for longest in spec.params.iter().filter(is_window) {
            let value = |param: &ParamSpec| match param.name {
                name if name == longest.name => Some((name, long)),
                "sessions" => Some(("sessions", 1.0)),
                name => (shortest && param.integer).then_some((name, param.min.max(2.0))),
            };
            found.extend(Definition::new(spec.name, spec.params.iter().filter_map(value)));
        }
    }
    found
}

#[test]
fn all_outputs_are_there_when_the_indicator_is_warm() {
    let ticks = ticks(8_000);
    for definition in definitions().into_iter().chain(lopsided(60.0)).filter(|d| !d.kernel().waits()) {
        let (name, warm) = (definition.text(), definition.kernel().warm());
        let plan = Plan::new(vec![definition]);
        let mut block = plan.block();
        for tick in ticks.iter().take(warm) {
            let bar = Bar { volume: 100.0, ..tick.bar };
            let tick = Tick { bar, regular: true, since_open: tick.since_open.max(0), ..*tick };
            plan.update(&mut block, &tick);
        }
        let missing = warm <= ticks.len() && plan.outputs(&block).iter().any(|value| value.is_nan());
        assert!(!missing, "{name} after {warm} bars: {:?}", plan.outputs(&block));
    }
}
