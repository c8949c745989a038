//! The engine of openbell: a trading session as one ordered stream of inputs applied by one writer.
//!
//! No Python, no clock, no global state, no I/O. Floors, from the ground up: `error`, `digest`, `fetch`, `time`, `interval`, `symbol`,
//! `bar`, `trade`, `calendar`, `derive`, `indicator`, `series`, `session`; a module uses only those before it.

pub mod bar;
pub mod calendar;
pub mod derive;
mod digest;
pub mod error;
mod fetch;
pub mod indicator;
pub mod interval;
pub mod series;
pub mod session;
pub mod symbol;
pub mod time;
pub mod trade;
