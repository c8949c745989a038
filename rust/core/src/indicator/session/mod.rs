//! Where prices stand in the session.

mod session_high;
mod session_low;

pub use session_high::SessionHigh;
pub use session_low::SessionLow;
