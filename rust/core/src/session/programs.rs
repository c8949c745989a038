//! Indicators of an interval as programs. Symbols that are given the same share theirs, whenever they come.

use std::sync::{Arc, Weak};

use rustc_hash::FxHashMap;

use crate::indicator::Definition;
use crate::indicator::plan::Plan;
use crate::interval::Interval;
use crate::series::{Kind, Program};

/// An indicator over the bars of an interval.
#[derive(Debug, Clone)]
pub struct IndicatorRequest {
    pub definition: Definition,
    pub interval: Interval,
    /// Whether it is computed from completed earlier sessions and fixed during a session.
    pub historical: bool,
}

/// The programs that were made, by what was asked for.
#[derive(Debug, Default)]
pub(super) struct Programs {
    made: FxHashMap<Asked, Weak<Program>>,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Asked {
    keys: Vec<String>,
    historical: bool,
}

impl Programs {
    /// The programs of an interval: each kind apart, and what is fixed during a session from what is not.
    pub(super) fn of(&mut self, indicators: &[IndicatorRequest], interval: Interval) -> Vec<Arc<Program>> {
        let kinds = [Kind::Plan, Kind::Custom, Kind::Pair];
        let all = kinds.into_iter().flat_map(|kind| [(kind, false), (kind, true)]);
        all.filter_map(|(kind, historical)| self.program(indicators, interval, historical, kind)).collect()
    }

    fn program(
        &mut self,
        indicators: &[IndicatorRequest],
        interval: Interval,
        historical: bool,
        wanted: Kind,
    ) -> Option<Arc<Program>> {
        let asked = indicators.iter().filter(|r| {
            r.interval == interval && r.historical == historical && kind(&r.definition) == wanted
        });
        let definitions: Vec<Definition> = asked.map(|request| request.definition.clone()).collect();
        if definitions.is_empty() {
            return None;
        }
        let mut keys: Vec<String> = Vec::new();
        for key in definitions.iter().map(|d| d.key(interval)) {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        // One's own may be replaced under its name, and of what is compared with a key names BRK.B and BRK-B alike.
        let shared = wanted == Kind::Plan && definitions.iter().all(Definition::is_of_catalogue);
        let asked = Asked { keys, historical };
        if shared && let Some(program) = self.made.get(&asked).and_then(Weak::upgrade) {
            return Some(program);
        }
        let plan = Plan::new(definitions);
        let keys: Vec<String> = plan.definitions().iter().map(|d| d.key(interval)).collect();
        let shown = asked.keys.iter().filter_map(|key| keys.iter().position(|k| k == key)).collect();
        let program = Arc::new(Program { plan, keys, shown, historical, kind: wanted });
        if shared {
            if self.made.len().is_power_of_two() {
                self.made.retain(|_, program| program.strong_count() > 0);
            }
            self.made.insert(asked, Arc::downgrade(&program));
        }
        Some(program)
    }
}

fn kind(definition: &Definition) -> Kind {
    if definition.is_custom() {
        Kind::Custom
    } else if definition.kernel().is_pair() {
        Kind::Pair
    } else {
        Kind::Plan
    }
}
