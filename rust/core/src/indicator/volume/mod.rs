//! What volume says.

mod vwap;

pub use vwap::Vwap;
