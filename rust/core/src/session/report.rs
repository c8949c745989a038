//! What became of the bars that were applied.

use crate::bar::Refusal;
use crate::symbol::SymbolId;
use crate::time::Nanos;

/// What became of one bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Newer than all: stored.
    Appended,
    /// Stored already, bit for bit: ignored.
    Identical,
    /// Stored with other values: replaced.
    Corrected,
    /// Older than the newest but missing: put in its place.
    Inserted,
    /// Older than what the ring holds, or of an earlier session: dropped.
    TooOld,
    /// In no session segment of the symbol's calendar: dropped.
    OutsideSession,
    /// Not a bar: refused.
    Refused(Refusal),
}

/// How often each outcome occurred.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(C)]
pub struct Counts {
    pub appended: u64,
    pub identical: u64,
    pub corrected: u64,
    pub inserted: u64,
    pub too_old: u64,
    pub outside_session: u64,
    pub refused: u64,
}

impl Counts {
    #[inline]
    pub fn count(&mut self, outcome: Outcome) {
        *match outcome {
            Outcome::Appended => &mut self.appended,
            Outcome::Identical => &mut self.identical,
            Outcome::Corrected => &mut self.corrected,
            Outcome::Inserted => &mut self.inserted,
            Outcome::TooOld => &mut self.too_old,
            Outcome::OutsideSession => &mut self.outside_session,
            Outcome::Refused(_) => &mut self.refused,
        } += 1;
    }

    /// Adds the numbers of another.
    pub fn add(&mut self, other: &Self) {
        self.appended += other.appended;
        self.identical += other.identical;
        self.corrected += other.corrected;
        self.inserted += other.inserted;
        self.too_old += other.too_old;
        self.outside_session += other.outside_session;
        self.refused += other.refused;
    }

    /// Name and number of each outcome.
    pub fn entries(&self) -> [(&'static str, u64); 7] {
        [
            ("appended", self.appended),
            ("identical", self.identical),
            ("corrected", self.corrected),
            ("inserted", self.inserted),
            ("too_old", self.too_old),
            ("outside_session", self.outside_session),
            ("refused", self.refused),
        ]
    }
}

/// A refused row of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefusedRow {
    pub row: usize,
    pub symbol: SymbolId,
    pub ts: Nanos,
    pub refusal: Refusal,
}

/// What became of a batch: numbers, and every refused row.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    pub counts: Counts,
    pub refused: Vec<RefusedRow>,
}

/// What became of a row of trades.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TradeOutcome {
    /// A trade was stored.
    Added,
    /// It is there already, by its id: ignored.
    Identical,
    Cancelled,
    Corrected,
    /// The trade that it cancels or corrects is not among those that are kept.
    Unknown,
    /// Its bar cannot be made again any more: dropped.
    TooOld,
    /// In no session segment of the symbol's calendar: dropped.
    OutsideSession,
    /// Not a trade: refused.
    Refused(Refusal),
}

/// How often each outcome occurred.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TradeCounts([u64; 8]);

impl TradeCounts {
    const NAMES: [&'static str; 8] =
        ["added", "identical", "cancelled", "corrected", "unknown", "too_old", "outside_session", "refused"];

    #[inline]
    pub(super) fn count(&mut self, outcome: TradeOutcome) {
        self.0[match outcome {
            TradeOutcome::Added => 0,
            TradeOutcome::Identical => 1,
            TradeOutcome::Cancelled => 2,
            TradeOutcome::Corrected => 3,
            TradeOutcome::Unknown => 4,
            TradeOutcome::TooOld => 5,
            TradeOutcome::OutsideSession => 6,
            TradeOutcome::Refused(_) => 7,
        }] += 1;
    }

    /// Adds the numbers of another.
    pub fn add(&mut self, other: &Self) {
        self.0.iter_mut().zip(other.0).for_each(|(sum, count)| *sum += count);
    }

    /// Name and number of each outcome.
    pub fn entries(&self) -> impl Iterator<Item = (&'static str, u64)> {
        Self::NAMES.into_iter().zip(self.0)
    }
}

/// What became of a batch of trades: numbers, and every refused row.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TradeReport {
    pub counts: TradeCounts,
    pub refused: Vec<RefusedRow>,
}
