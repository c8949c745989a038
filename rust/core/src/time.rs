//! Points in time: nanoseconds since 1970-01-01 UTC. Time enters the engine only as an input.

/// Nanoseconds since 1970-01-01T00:00:00Z.
pub type Nanos = i64;

/// Days since 1970-01-01.
pub type Day = i32;

pub const SECOND_NS: i64 = 1_000_000_000;
pub const MINUTE_NS: i64 = 60 * SECOND_NS;
pub const DAY_NS: i64 = 86_400 * SECOND_NS;
