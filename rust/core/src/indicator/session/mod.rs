//! Where prices stand in the session.

mod bars_since_high;
mod day_change_pct;
mod gap_pct;
mod opening_range;
mod pivots;
mod pivots_camarilla;
mod pivots_fibonacci;
mod pivots_woodie;
mod premarket_high;
mod premarket_low;
mod prev_close;
mod prev_high;
mod prev_low;
mod session_high;
mod session_low;

pub use bars_since_high::BarsSinceHigh;
pub use day_change_pct::DayChangePct;
pub use gap_pct::GapPct;
pub use opening_range::OpeningRange;
pub use pivots::Pivots;
pub use pivots_camarilla::PivotsCamarilla;
pub use pivots_fibonacci::PivotsFibonacci;
pub use pivots_woodie::PivotsWoodie;
pub use premarket_high::PremarketHigh;
pub use premarket_low::PremarketLow;
pub use prev_close::PrevClose;
pub use prev_high::PrevHigh;
pub use prev_low::PrevLow;
pub use session_high::SessionHigh;
pub use session_low::SessionLow;
