//! What happened in a step, for those who subscribed.

use crate::bar::Bar;
use crate::interval::Interval;
use crate::symbol::SymbolId;

/// The kinds of event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum EventKind {
    /// A base or derived bar closed.
    BarClosed,
    /// A closed bar was corrected or inserted late.
    BarRevised,
    /// An indicator had its first value.
    IndicatorValid,
    /// A closed bar went away: all its trades were cancelled.
    BarWithdrawn,
}

impl EventKind {
    pub const ALL: [Self; 4] = [Self::BarClosed, Self::BarRevised, Self::IndicatorValid, Self::BarWithdrawn];

    pub const fn name(self) -> &'static str {
        match self {
            Self::BarClosed => "bar_closed",
            Self::BarRevised => "bar_revised",
            Self::IndicatorValid => "indicator_valid",
            Self::BarWithdrawn => "bar_withdrawn",
        }
    }
}

/// Which kinds of event are wanted, and bars of which intervals (empty: all).
#[derive(Debug, Clone, Default)]
pub struct EventMask {
    kinds: u8,
    intervals: Vec<Interval>,
}

impl EventMask {
    pub fn new(kinds: &[EventKind], intervals: Vec<Interval>) -> Self {
        Self { kinds: kinds.iter().fold(0, |mask, &kind| mask | 1 << kind as u8), intervals }
    }

    /// Whether nothing is wanted.
    pub fn is_empty(&self) -> bool {
        self.kinds == 0
    }

    /// Whether nothing but closed bars is wanted.
    pub fn has_only_closed(&self) -> bool {
        self.kinds == 1 << EventKind::BarClosed as u8
    }

    /// Whether events of a kind are wanted at all.
    pub fn has(&self, kind: EventKind) -> bool {
        self.kinds & (1 << kind as u8) != 0
    }

    #[inline]
    pub fn wants(&self, kind: EventKind, interval: Interval) -> bool {
        // The intervals narrow bars; an indicator is named by its key.
        let any = kind == EventKind::IndicatorValid || self.intervals.is_empty();
        self.has(kind) && (any || self.intervals.contains(&interval))
    }
}

/// One event.
#[derive(Debug, Clone)]
pub struct Event {
    pub kind: EventKind,
    pub symbol: SymbolId,
    pub interval: Interval,
    /// The bar as it is now.
    pub bar: Bar,
    /// The bar as it was before a revision; none if it was missing.
    pub old: Option<Bar>,
    /// The key, for indicator events.
    pub key: Option<String>,
}

/// The events since they were last taken.
#[derive(Debug, Default)]
pub struct Events {
    pub mask: EventMask,
    list: Vec<Event>,
}

impl Events {
    #[inline]
    pub(super) fn bar_closed(&mut self, symbol: SymbolId, interval: Interval, bar: &Bar) {
        if self.mask.wants(EventKind::BarClosed, interval) {
            self.list.push(Event {
                kind: EventKind::BarClosed,
                symbol,
                interval,
                bar: *bar,
                old: None,
                key: None,
            });
        }
    }

    pub(super) fn bar_revised(&mut self, symbol: SymbolId, interval: Interval, old: Option<Bar>, bar: &Bar) {
        if self.mask.wants(EventKind::BarRevised, interval) {
            self.list.push(Event {
                kind: EventKind::BarRevised,
                symbol,
                interval,
                bar: *bar,
                old,
                key: None,
            });
        }
    }

    pub(super) fn bar_withdrawn(&mut self, symbol: SymbolId, interval: Interval, old: &Bar) {
        let kind = EventKind::BarWithdrawn;
        if self.mask.wants(kind, interval) {
            self.list.push(Event { kind, symbol, interval, bar: *old, old: Some(*old), key: None });
        }
    }

    pub(super) fn indicator_valid(&mut self, symbol: SymbolId, interval: Interval, bar: &Bar, key: &str) {
        let key = Some(key.to_owned());
        self.list.push(Event {
            kind: EventKind::IndicatorValid,
            symbol,
            interval,
            bar: *bar,
            old: None,
            key,
        });
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// None yet, of these kinds.
    pub(super) fn new(mask: EventMask) -> Self {
        Self { mask, list: Vec::new() }
    }

    /// Those of other symbols, after these.
    pub(super) fn append(&mut self, mut other: Self) {
        self.list.append(&mut other.list);
    }

    /// Drops the events of a symbol that was removed.
    pub(super) fn forget(&mut self, symbol: SymbolId) {
        self.list.retain(|event| event.symbol != symbol);
    }

    /// Takes the events in the order in which callbacks run: bars of shorter intervals first, then by symbol rank (`rank` by id)
    /// and by time, and those of one bar as they came about: it may close again after it was withdrawn.
    pub fn take(&mut self, rank: &[u32]) -> Vec<Event> {
        let mut list = std::mem::take(&mut self.list);
        list.sort_by_key(|e| (e.interval, rank[e.symbol as usize], e.bar.ts));
        list
    }
}
