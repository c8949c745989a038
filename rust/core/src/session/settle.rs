//! Indicators that compare two symbols are worked out at the end of each change: no symbol's state depends on another's,
//! and what comes late or is corrected on either side needs no repair.

use std::sync::Arc;

use crate::indicator::plan::Plan;
use crate::symbol::SymbolId;

use super::event::EventKind;
use super::pairs::{Pair, newest, values};
use super::store::Session;
use super::track::Track;

impl Session {
    /// As [`Self::find_pairs`] of one symbol, if there were any of any.
    pub(super) fn pairs_changed(&mut self, symbol: SymbolId) {
        if !self.pairs.is_empty() {
            self.find_pairs([symbol]);
        }
    }

    /// Looks which some symbols have, after these or indicators of theirs came or went.
    pub(super) fn find_pairs(&mut self, symbols: impl IntoIterator<Item = SymbolId>) {
        for symbol in symbols {
            let mut known = self.pairs.remove(&symbol).unwrap_or_default();
            let mut found = Vec::new();
            for series in self.track(symbol).into_iter().flat_map(Track::series) {
                for (key, definition) in series.pairs() {
                    let Some(against) = definition.other() else { continue };
                    let there = known.iter().position(|pair| pair.key == key);
                    found.push(there.map_or_else(
                        || Pair {
                            symbol,
                            interval: series.interval(),
                            key: key.to_owned(),
                            against: Arc::clone(against),
                            other: None,
                            plan: Plan::new(vec![definition.clone()]),
                            need: definition.first(),
                            seen: None,
                        },
                        |place| known.swap_remove(place),
                    ));
                }
            }
            if !found.is_empty() {
                self.pairs.insert(symbol, found);
            }
        }
        self.settle_pairs();
    }

    /// Works out those of which either symbol has changed.
    pub(super) fn settle_pairs(&mut self) {
        if self.pairs.is_empty() {
            return;
        }
        let mut pairs = std::mem::take(&mut self.pairs);
        for pair in pairs.values_mut().flatten() {
            // Names keep their numbers, whether they are there or not.
            pair.other = pair.other.or_else(|| self.symbols.get(&pair.against));
            let other = pair.other;
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
            let mut is_new = false;
            for series in track.series_mut().filter(|series| series.interval() == pair.interval) {
                let Some(put) = series.put(&pair.key, &values) else { continue };
                is_new |= put.is_new;
                if let Some(bar) = series.newest().filter(|_| wants && put.is_first) {
                    self.events.indicator_valid(pair.symbol, pair.interval, bar, &pair.key);
                }
            }
            // Snapshots look for changes: what comes of the other's is one of this symbol too, and what takes the place of an older
            // value to which a late bar went back.
            self.versions[pair.symbol as usize] += u64::from(is_new);
            let version = |id: SymbolId| self.versions[id as usize];
            pair.seen = Some((version(pair.symbol), other.map_or(0, version)));
        }
        self.pairs = pairs;
    }
}
