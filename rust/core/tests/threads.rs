//! However rows are ordered, batched, and shared out among threads, the session is the same.

mod common;

use common::Table;
use openbell_core::bar::Bar;
use openbell_core::calendar::{Calendar, Segment};
use openbell_core::derive::Align;
use openbell_core::indicator::Definition;
use openbell_core::interval::Interval;
use openbell_core::session::{
    Column, Counts, EventKind, EventMask, Field, Figure, Gather, IndicatorRequest, IntervalRequest, Layout,
    Progress, Report, Row, Session, Settings,
};

const MINUTE: i64 = 60_000_000_000;
const OPEN: i64 = 86_400_000_000_000;
const SYMBOLS: u32 = 150;
const MINUTES: i64 = 90;

fn interval(text: &str) -> Interval {
    text.parse().expect(text)
}

fn session(threads: usize) -> Session {
    let mut session = Session::new(Settings { capacity: 40, align: Align::Session });
    session.set_threads(threads);
    let segment =
        Segment { date: 1, open: OPEN, close: OPEN + MINUTES * MINUTE, regular: true, utc_offset: 0 };
    let calendar = session.add_calendar(Calendar::new("TEST", vec![segment]).expect("in order"));
    let request = |text: &str| IntervalRequest { interval: interval(text), keep_sessions: 0 };
    let indicator = |(name, text): (&str, &str)| IndicatorRequest {
        definition: Definition::new(name, []).expect(name),
        interval: interval(text),
        historical: false,
    };
    let all = [("sma", "1m"), ("rsi", "1m"), ("bbands", "1m"), ("obv", "5m"), ("vwap", "1m")].map(indicator);
    let names: Vec<String> = (0..SYMBOLS).map(|i| format!("S{i:03}")).collect();
    // Neighbours do not have the same indicators.
    for (kind, count) in [(0, 5), (1, 2), (2, 0)] {
        let layout = Layout::new(request("1m"), &[request("5m")], &all[..count], Align::Session);
        let some = names.iter().enumerate().filter(|(i, _)| i % 3 == kind).map(|(_, name)| name.as_str());
        session.register(some, calendar, &layout.expect("a layout")).expect("registered");
    }
    session.remove("S077").expect("there");
    let kinds = [EventKind::BarClosed, EventKind::BarRevised, EventKind::IndicatorValid];
    session.subscribe(EventMask::new(&kinds, Vec::new()));
    session
}

/// Rows of all symbols and of some that are not there; some come late, twice, corrected, or are no bars.
fn rows() -> Vec<Row> {
    let mut state = 7_u64;
    let mut draw = |bound: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) % bound
    };
    let mut rows = Vec::new();
    for minute in 0..MINUTES {
        for symbol in 0..SYMBOLS + 2 {
            let late = if draw(20) == 0 { draw(30) as i64 } else { 0 };
            let price = 100.0 + draw(1000) as f64 / 100.0;
            let high = if draw(200) == 0 { price - 1.0 } else { price + 0.5 };
            let ts = OPEN + (minute - late) * MINUTE;
            let bar = Bar::new(ts, [price, high, price - 0.5, price], draw(50) as f64, price, 1.0);
            rows.push(Row { symbol, bar });
        }
    }
    // So that neither the symbols nor the minutes are in order.
    for i in (1..rows.len()).rev() {
        let near = i.saturating_sub(draw(400) as usize);
        rows.swap(i, near);
    }
    rows
}

/// What can be seen of a session, and what it told.
fn seen(session: &mut Session) -> (Vec<u64>, Vec<String>, Vec<u64>) {
    let digests = session.in_order().collect::<Vec<_>>().into_iter().map(|id| {
        let name = session.symbols().name(id).to_string();
        session.symbol(&name).expect("there").digest()
    });
    let digests = digests.collect();
    let events = session.take_events().iter().map(|event| format!("{event:?}")).collect();
    (digests, events, session.refusals().map(|(_, count)| count).collect())
}

fn columns() -> Vec<Column> {
    let bar = |text: &str| Column::Bar { field: Field::Volume, interval: Some(interval(text)) };
    let forming = Column::Forming { field: Field::High, interval: Some(interval("5m")) };
    let indicator = |key: &str| Column::Indicator { key: key.to_owned(), output: 0 };
    let figures = [Figure::Last, Figure::Quality].map(Column::Figure);
    [bar("1m"), bar("5m"), forming, indicator("rsi_14_1m"), indicator("obv_5m")]
        .into_iter()
        .chain(figures)
        .collect()
}

/// A cut across all symbols, as bits.
fn cut(gather: &mut Gather, session: &Session) -> Vec<Vec<u64>> {
    let symbols: Vec<_> = session.in_order().collect();
    let columns = gather.take(session, &symbols);
    columns.into_iter().map(|column| column.into_iter().map(f64::to_bits).collect()).collect()
}

#[test]
fn batches_and_threads_change_nothing() {
    let rows = rows();
    let lots: Vec<&[Row]> = rows.chunks(5_000).collect();
    let mut one_by_one = session(1);
    let mut wanted: Vec<(Report, _)> = Vec::new();
    for lot in &lots {
        let mut report = Report::default();
        for (place, row) in lot.iter().enumerate() {
            let one = one_by_one.apply(std::slice::from_ref(row));
            report.counts.add(&one.counts);
            let placed = one.refused.into_iter().map(|mut refused| {
                refused.row = place;
                refused
            });
            report.refused.extend(placed);
        }
        wanted.push((report, seen(&mut one_by_one)));
    }
    assert!(wanted[0].0.counts.corrected > 0 && wanted[0].0.counts.inserted > 0);
    assert!(wanted[0].0.refused.len() > 50);
    for threads in [1, 2, 3, 8] {
        let mut session = session(threads);
        let mut kept = Gather::new(columns());
        for (lot, (report, told)) in lots.iter().zip(&wanted) {
            // Some symbols change twice before the next cut: the first time they are read by the thread that changes them.
            let got = session.apply(lot);
            assert_eq!(
                cut(&mut kept, &session),
                cut(&mut Gather::new(columns()), &session),
                "{threads} threads"
            );
            assert_eq!((&got.counts, &got.refused), (&report.counts, &report.refused), "{threads} threads");
            assert_eq!(seen(&mut session), *told, "{threads} threads");
        }
    }
}

/// Plays the rows, of which those from a place on are put into the feed when the others are there.
fn played(threads: usize, watched: bool, later: usize) -> (Vec<u64>, Vec<u64>, Counts) {
    let rows = rows();
    let mut session = session(threads);
    if !watched {
        session.subscribe(EventMask::default());
    }
    let (now, more) = (Table::new(&rows[..later]), Table::new(&rows[later..]));
    let mut feed = session.feed(&now.columns());
    session.extend(&mut feed, &more.columns());
    let until = OPEN + MINUTES * MINUTE;
    while session.run(&mut feed, until, 100_000).expect("forwards") != Progress::Until {
        session.take_events();
    }
    let (digests, _, refusals) = seen(&mut session);
    (digests, refusals, session.counts())
}

#[test]
fn a_feed_is_played_alike_by_any_number_of_threads() {
    let count = rows().len();
    for later in [count, count / 2] {
        let wanted = played(1, true, later);
        assert!(wanted.0.len() > 100);
        for threads in [1, 2, 3, 8] {
            let mut got = played(threads, false, later);
            if later < count {
                // In a stretch, the bars that came later come after the others: late, not new.
                let sum = |counts: &Counts| counts.appended + counts.inserted;
                assert_eq!(sum(&got.2), sum(&wanted.2));
                (got.2.appended, got.2.inserted) = (wanted.2.appended, wanted.2.inserted);
            }
            assert_eq!(got, wanted, "{threads} threads, {later} rows first");
        }
    }
}
