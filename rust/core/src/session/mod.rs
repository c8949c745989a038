//! The store: every symbol's bars, derived bars, indicators and metrics, changed by one ordered stream of inputs.

mod apply;
mod behind;
mod book;
mod change;
mod coverage;
mod custom;
mod derived;
mod event;
mod feed;
mod gather;
mod layout;
mod metrics;
mod names;
mod pairs;
mod play;
mod programs;
mod read;
mod report;
mod settle;
mod shared;
mod store;
mod threads;
mod ticks;
mod track;

pub use coverage::{Coverage, Gap};
pub use custom::CustomLog;
pub use event::{Event, EventKind, EventMask, Events};
pub use feed::{Feed, FeedRow};
pub use gather::{Column, Field, Figure, Gather};
pub use layout::{IntervalRequest, Layout};
pub use metrics::{Metrics, Total};
pub use play::Progress;
pub use programs::IndicatorRequest;
pub use read::{IndicatorView, SymbolView};
pub use report::{Counts, Outcome, RefusedRow, Report, TradeCounts, TradeOutcome, TradeReport};
pub use store::{Row, Session, Settings};
