//! A cut across many symbols: one value a symbol and column.

use std::sync::{Arc, Mutex};

use crate::symbol::SymbolId;

use super::column::Column;
use super::sheet::{Sheet, lock};
use super::store::Session;

/// Columns that are cut again and again.
#[derive(Debug)]
pub struct Gather(Arc<Mutex<Sheet>>);

impl Gather {
    pub fn new(columns: Vec<Column>) -> Self {
        Self(Arc::new(Mutex::new(Sheet::new(columns))))
    }

    /// One vector a column, one value a symbol, NaN where there is none. From now on, the session reads symbols into it that change.
    pub fn take(&mut self, session: &Session, symbols: &[SymbolId]) -> Vec<Vec<f64>> {
        session.sheets.add(&self.0);
        let mut sheet = lock(&self.0);
        sheet.cut(symbols, &session.versions, |symbol| session.track(symbol), session.clock);
        if !sheet.timed().is_empty() {
            let timed = sheet.timed().to_vec();
            for view in symbols.iter().filter_map(|&symbol| session.view(symbol)) {
                let values = sheet.values_mut(view.id());
                timed.iter().for_each(|&(column, figure)| values[column] = view.figure(figure));
            }
        }
        sheet.columns(symbols)
    }
}

#[cfg(test)]
mod tests {
    use super::super::column::Figure;
    use super::super::layout::{IntervalRequest, Layout};
    use super::super::store::{Row, Settings};
    use super::*;
    use crate::bar::Bar;
    use crate::calendar::{Calendar, Segment};
    use crate::derive::Align;

    const MINUTE: i64 = 60_000_000_000;

    #[test]
    fn what_changes_once_after_a_cut_is_there_before_the_next() {
        let mut session = Session::new(Settings { capacity: 100, align: Align::Session });
        let segment = Segment { date: 1, open: 0, close: 60 * MINUTE, regular: true, utc_offset: 0 };
        let calendar = session.add_calendar(Calendar::new("TEST", vec![segment]).expect("in order"));
        let base = IntervalRequest { interval: "1m".parse().expect("an interval"), keep_sessions: 0 };
        let layout = Layout::new(base, &[], &[], Align::Session).expect("a layout");
        session.register(["A", "B"], calendar, &layout).expect("names");
        let mut gather = Gather::new(vec![Column::Figure(Figure::Last)]);
        let both = |minute: i64| {
            [0, 1].map(|symbol| Row {
                symbol,
                bar: Bar::new(minute * MINUTE, [minute as f64; 4], 1.0, 1.0, 1.0),
            })
        };
        let last = |gather: &Gather| lock(&gather.0).columns(&[0, 1]).concat();
        gather.take(&session, &[0, 1]);
        session.apply(&both(1));
        assert_eq!(last(&gather), [1.0, 1.0]);
        session.apply(&both(2));
        assert_eq!(last(&gather), [1.0, 1.0]);
        assert_eq!(gather.take(&session, &[0, 1]), [[2.0, 2.0]]);
        session.apply(&both(3)[..1]);
        session.apply(&both(3)[1..]);
        assert_eq!(last(&gather), [3.0, 3.0]);
        assert!(session.sheets.waiting().is_empty());
        gather.take(&session, &[0, 1]);
        assert_eq!(session.sheets.waiting().len(), 1);
        drop(gather);
        assert!(session.sheets.waiting().is_empty());
    }
}
