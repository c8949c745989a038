//! Where prices stand in the session.

mod session_high;

pub use session_high::SessionHigh;
