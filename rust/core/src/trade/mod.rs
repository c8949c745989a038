//! Trades and quotes as the tape reports them.

mod conditions;

pub use conditions::{Effects, SaleConditions};

use crate::symbol::SymbolId;
use crate::time::Nanos;

/// One print.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trade {
    pub ts: Nanos,
    pub price: f64,
    pub size: f64,
    /// The tape's number of it, 0 if it has none.
    pub id: u64,
    /// A bit for each sale condition, as the table of its tape has them.
    pub conditions: u64,
}

/// What a row of trades says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// A trade.
    New,
    /// A trade was not one. It is named by its id or, without one, by time, price and size.
    Cancel,
    /// The trade of that id (without one, of that time) has this price, size and conditions.
    Correct,
}

/// A row of trades.
#[derive(Debug, Clone, Copy)]
pub struct TradeRow {
    pub symbol: SymbolId,
    /// Which table its conditions are read by.
    pub tape: u8,
    pub action: Action,
    pub trade: Trade,
}

/// How trades are read.
#[derive(Debug, Clone)]
pub struct Tape {
    /// By tape; trades of a tape that has no table are read by the first.
    pub tables: Vec<SaleConditions>,
    /// For how long a trade can be cancelled, corrected or come late, in nanoseconds of market time.
    pub window: i64,
}

impl Default for Tape {
    fn default() -> Self {
        Self { tables: vec![SaleConditions::default()], window: 900_000_000_000 }
    }
}

impl Tape {
    #[inline]
    pub fn effects(&self, row: &TradeRow) -> Effects {
        let table = self.tables.get(row.tape as usize).or(self.tables.first());
        table.copied().unwrap_or_default().effects(row.trade.conditions)
    }
}

/// Best bid and offer. NaN for a side that nobody quotes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quote {
    pub ts: Nanos,
    pub bid: f64,
    pub ask: f64,
    pub bid_size: f64,
    pub ask_size: f64,
}

impl Quote {
    /// This quote with what it leaves open, a side of which the price is 0 or NaN, as it was before.
    #[must_use]
    pub fn over(mut self, before: Option<&Self>) -> Self {
        let said = |price: f64| price > 0.0;
        let nothing = Self { ts: 0, bid: f64::NAN, ask: f64::NAN, bid_size: 0.0, ask_size: 0.0 };
        let before = before.unwrap_or(&nothing);
        if !said(self.bid) {
            (self.bid, self.bid_size) = (before.bid, before.bid_size);
        }
        if !said(self.ask) {
            (self.ask, self.ask_size) = (before.ask, before.ask_size);
        }
        self
    }
}
