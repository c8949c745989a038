//! Indicators that compare two symbols: what one is, and its values from the newest bars that both have.

use std::sync::Arc;

use crate::bar::Bar;
use crate::indicator::plan::Plan;
use crate::indicator::{Definition, Tick};
use crate::interval::Interval;
use crate::symbol::SymbolId;

use super::track::Track;

/// One of them.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) symbol: SymbolId,
    pub(super) interval: Interval,
    pub(super) key: String,
    pub(super) against: Arc<str>,
    /// Whose name that is, once it has been there.
    pub(super) other: Option<SymbolId>,
    pub(super) plan: Plan,
    pub(super) need: usize,
    /// The versions of both when it was worked out last.
    pub(super) seen: Option<(u64, u64)>,
}

/// The newest bars that both have at the same time, oldest first, with the other's close; those in progress behind them.
pub(super) fn newest(
    track: &Track,
    other: &Track,
    interval: Interval,
    count: usize,
    forming: Option<(Bar, Bar)>,
) -> Vec<(Bar, f64)> {
    let series = |track: &'_ Track| track.series().position(|series| series.interval() == interval);
    let mut both: Vec<(Bar, f64)> = forming.map(|(bar, other)| (bar, other.close)).into_iter().collect();
    let (Some(ours), Some(theirs)) = (series(track), series(other)) else { return both };
    let (ours, theirs) = (track.series().nth(ours), other.series().nth(theirs));
    let (Some(ours), Some(theirs)) = (ours, theirs) else { return both };
    let mut theirs =
        theirs.held().rev().chain(theirs.past().rev().flat_map(|p| p.bars.iter().rev())).peekable();
    for bar in ours.held().rev().chain(ours.past().rev().flat_map(|p| p.bars.iter().rev())) {
        if both.len() >= count {
            break;
        }
        while theirs.next_if(|theirs| theirs.ts > bar.ts).is_some() {}
        if let Some(theirs) = theirs.next_if(|theirs| theirs.ts == bar.ts) {
            both.push((*bar, theirs.close));
        }
    }
    both.reverse();
    both
}

/// The values of a plan of one indicator after these bars.
pub(super) fn values(plan: &Plan, both: &[(Bar, f64)]) -> Vec<f64> {
    let mut block = plan.block();
    for &(bar, other) in both {
        plan.update(&mut block, &Tick { bar, session: 0, regular: true, since_open: 0, other });
    }
    plan.outputs(&block).to_vec()
}

/// The values of one indicator after each of these bars.
pub(super) fn values_of(definition: &Definition, both: &[(Bar, f64)]) -> Vec<f64> {
    values(&Plan::new(vec![definition.clone()]), both)
}
