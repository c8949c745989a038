//! How fast prices move.

mod rsi;

pub use rsi::Rsi;
