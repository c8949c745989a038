//! The engine of openbell.
pub mod bar;
pub mod error;
pub mod indicator;
pub mod interval;
pub mod symbol;
pub mod time;
