//! The engine of openbell.
pub mod error;
pub mod interval;
pub mod symbol;
pub mod time;
