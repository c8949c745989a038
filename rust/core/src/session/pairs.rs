//! Indicators that compare two symbols. They are worked out at the end of each change, from the newest bars that both
//! have: no symbol's state depends on another's, and what comes late or is corrected on either side needs no repair.

use std::sync::Arc;

use crate::bar::Bar;
use crate::indicator::plan::Plan;
use crate::indicator::{Definition, Tick};
use crate::interval::Interval;
use crate::symbol::SymbolId;

use super::event::EventKind;
use super::store::Session;
use super::track::Track;

/// One of them.
#[derive(Debug)]
pub(super) struct Pair {
    symbol: SymbolId,
    interval: Interval,
    key: String,
    against: Arc<str>,
    plan: Plan,
    need: usize,
    /// The versions of both when it was worked out last.
    seen: Option<(u64, u64)>,
    told: bool,
}

impl Session {
    /// As [`Self::find_pairs`], if there were any.
    pub(super) fn pairs_changed(&mut self) {
        if !self.pairs.is_empty() {
            self.find_pairs();
        }
    }

    /// Looks which there are, after symbols or indicators came or went.
    pub(super) fn find_pairs(&mut self) {
        let mut known = std::mem::take(&mut self.pairs);
        let mut found = Vec::new();
        for track in self.tracks.iter().flatten() {
            for series in track.series() {
                for (key, definition) in series.pairs() {
                    let Some(against) = definition.other() else { continue };
                    let there = known.iter().position(|p| p.symbol == track.id && p.key == key);
                    found.push(there.map_or_else(
                        || Pair {
                            symbol: track.id,
                            interval: series.interval(),
                            key: key.to_owned(),
                            against: Arc::clone(against),
                            plan: Plan::new(vec![definition.clone()]),
                            need: definition.first(),
                            seen: None,
                            told: false,
                        },
                        |place| known.swap_remove(place),
                    ));
                }
            }
        }
        self.pairs = found;
        self.settle_pairs();
    }

    /// Works out those of which either symbol has changed.
    pub(super) fn settle_pairs(&mut self) {
        if self.pairs.is_empty() {
            return;
        }
        let mut pairs = std::mem::take(&mut self.pairs);
        for pair in &mut pairs {
            let other = self.symbols.get(&pair.against);
            let version = |id: SymbolId| self.versions[id as usize];
            let seen = (version(pair.symbol), other.map_or(0, version));
            if pair.seen == Some(seen) {
                continue;
            }
            let values = match (self.track(pair.symbol), other.and_then(|id| self.track(id))) {
                (Some(track), Some(other)) => {
                    let both = newest(track, other, pair.interval, pair.need, None);
                    values(&pair.plan, &both)
                }
                _ => vec![f64::NAN; pair.plan.definitions()[0].spec().outputs.len()],
            };
            let wants =
                !self.is_loading() && self.events.mask.wants(EventKind::IndicatorValid, pair.interval);
            let Some(Some(track)) = self.tracks.get_mut(pair.symbol as usize) else { continue };
            for series in track.series_mut().filter(|series| series.interval() == pair.interval) {
                series.put(&pair.key, &values);
                if !pair.told && !values[0].is_nan() {
                    pair.told = true;
                    if let Some(bar) = series.newest().filter(|_| wants) {
                        self.events.indicator_valid(pair.symbol, pair.interval, bar, &pair.key);
                    }
                }
            }
            pair.seen = Some(seen);
        }
        self.pairs = pairs;
    }
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
