//! One kind of work on so many symbols, to be timed or counted: `steps CASE SYMBOLS [SHARE]` does it and prints how many
//! bars it was and, of what is timed, the nanoseconds a bar. `benches/counts.py` runs it under callgrind.

#[path = "../tests/common/mod.rs"]
mod common;

use std::time::Instant;

use common::Table;
use openbell_core::bar::Bar;
use openbell_core::calendar::{Calendar, Segment};
use openbell_core::derive::Align;
use openbell_core::indicator::plan::Plan;
use openbell_core::indicator::{Definition, Tick};
use openbell_core::session::{IndicatorRequest, IntervalRequest, Layout, Progress, Row, Session, Settings};

const MINUTE: i64 = 60_000_000_000;
const OPEN: i64 = 86_400_000_000_000;
const MINUTES: i64 = 130;
/// The first so many bars of a symbol find caches, pages and averages cold.
const WARM: f64 = 60.0;
const CORRECTIONS: usize = 20;
const EIGHT: [&str; 8] = ["sma", "ema", "rsi", "macd", "bbands", "atr", "obv", "vwap"];

/// Random enough for prices (xorshift).
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

fn definitions() -> Vec<Definition> {
    EIGHT.iter().map(|name| Definition::new(name, []).expect("defaults")).collect()
}

fn session(symbols: usize, indicators: Vec<Definition>) -> Session {
    let segment = Segment { date: 1, open: OPEN, close: OPEN + 390 * MINUTE, regular: true, utc_offset: 0 };
    let mut session = Session::new(Settings { capacity: 390, align: Align::Session });
    let calendar = session.add_calendar(Calendar::new("BENCH", vec![segment]).expect("in order"));
    let request =
        |text: &str| IntervalRequest { interval: text.parse().expect("an interval"), keep_sessions: 0 };
    let interval = request("1m").interval;
    let indicators: Vec<_> = indicators
        .into_iter()
        .map(|definition| IndicatorRequest { definition, interval, historical: false })
        .collect();
    let layout = Layout::new(request("1m"), &[request("5m")], &indicators, Align::Session).expect("a layout");
    let names: Vec<String> = (0..symbols).map(|i| format!("S{i:05}")).collect();
    session.register(names.iter().map(String::as_str), calendar, &layout).expect("names");
    session
}

/// The bars of each minute, of a share of the symbols.
fn minutes(symbols: usize, share: f64) -> Vec<Vec<Row>> {
    let mut draw = Draw(88_172_645_463_325_252);
    let mut prices = vec![100.0_f64; symbols];
    let minute = |minute: i64| {
        let mut rows = Vec::with_capacity(symbols);
        for (symbol, price) in prices.iter_mut().enumerate() {
            *price = ((*price + (draw.next() - 0.5) * 0.2) * 100.0).round() / 100.0;
            if draw.next() < share {
                let (ohlc, volume) = ([*price, *price + 0.05, *price - 0.05, *price], 100.0 + draw.next());
                let bar = Bar::new(OPEN + minute * MINUTE, ohlc, volume, *price, f64::NAN);
                rows.push(Row { symbol: symbol as u32, bar });
            }
        }
        rows
    };
    // As many bars of each symbol, whatever the share, as long as the session goes on.
    (0..((MINUTES as f64 / share) as i64).min(380)).map(minute).collect()
}

/// The median of what comes after the start.
fn settled(ns: &[f64], share: f64) -> f64 {
    median(ns[(WARM / share) as usize..].to_vec())
}

fn median(mut ns: Vec<f64>) -> f64 {
    ns.sort_by(f64::total_cmp);
    ns[ns.len() / 2]
}

/// Every minute in one call: bars, 5m bars and, if there are, indicators.
fn apply(symbols: usize, share: f64, indicators: Vec<Definition>) -> (usize, f64) {
    let mut session = session(symbols, indicators);
    let mut ns = Vec::new();
    let mut bars = 0;
    for rows in minutes(symbols, share) {
        let started = Instant::now();
        session.apply(&rows);
        ns.push(started.elapsed().as_nanos() as f64 / rows.len().max(1) as f64);
        bars += rows.len();
    }
    (bars, settled(&ns, share))
}

/// The indicators alone, of those symbols that have a bar.
fn indicators(symbols: usize, share: f64) -> (usize, f64) {
    let plan = Plan::new(definitions());
    let mut blocks: Vec<_> = (0..symbols).map(|_| plan.block()).collect();
    let (mut bars, mut ns) = (0, Vec::new());
    for rows in minutes(symbols, share) {
        let tick = |row: &Row| {
            let since_open = row.bar.ts - OPEN;
            Tick { bar: row.bar, session: 1, regular: true, since_open, other: f64::NAN }
        };
        let ticks: Vec<Tick> = rows.iter().map(tick).collect();
        let started = Instant::now();
        let (mut rest, mut next) = (blocks.iter_mut(), 0);
        // As a session finds its symbols.
        let words = rows.iter().map(|row| {
            let block = rest.nth(row.symbol as usize - next).expect("a symbol that is there");
            next = row.symbol as usize + 1;
            block.words_mut()
        });
        let mut words: Vec<&mut [f64]> = words.collect();
        plan.update_across(&mut words, &ticks);
        ns.push(started.elapsed().as_nanos() as f64 / rows.len().max(1) as f64);
        bars += rows.len();
    }
    (bars, settled(&ns, share))
}

/// A feed is made and played without callbacks, as a backtest does.
fn feed(symbols: usize, share: f64) -> (usize, f64) {
    let rows = minutes(symbols, share).concat();
    let table = Table::new(&rows);
    let mut session = session(symbols, definitions());
    let until = rows.last().map_or(OPEN, |row| row.bar.ts) + MINUTE;
    let started = Instant::now();
    let mut feed = session.feed(&table.columns());
    while session.run(&mut feed, until, 32_768).expect("forwards") == Progress::More {}
    (rows.len(), started.elapsed().as_nanos() as f64 / rows.len() as f64)
}

/// Symbols are added with their indicators, and removed, one by one.
fn add(symbols: usize) -> (usize, f64) {
    let started = Instant::now();
    let mut session = session(symbols, definitions());
    for i in 0..symbols {
        session.remove(&format!("S{i:05}")).expect("there");
    }
    (symbols, started.elapsed().as_nanos() as f64 / symbols as f64)
}

/// After the session's bars have come, each symbol's bar of half an hour ago is corrected again and again.
fn late(symbols: usize) -> (usize, f64) {
    let mut session = session(symbols, definitions());
    for rows in minutes(symbols, 1.0) {
        session.apply(&rows);
    }
    let bars = symbols * CORRECTIONS;
    let started = Instant::now();
    for i in 0..bars {
        let price = 100.0 + (i / symbols) as f64;
        let bar = Bar::new(OPEN + (MINUTES - 30) * MINUTE, [price; 4], 1.0, price, f64::NAN);
        session.apply(&[Row { symbol: (i % symbols) as u32, bar }]);
    }
    (bars, started.elapsed().as_nanos() as f64 / bars as f64)
}

fn main() {
    let mut args = std::env::args().skip(1).filter(|arg| arg != "--bench");
    let (Some(case), Some(symbols)) = (args.next(), args.next().and_then(|n| n.parse::<usize>().ok())) else {
        println!("steps CASE SYMBOLS [SHARE]: indicators, bars, minute, feed, add, late");
        return;
    };
    let share = args.next().and_then(|share| share.parse().ok()).unwrap_or(1.0);
    let (bars, ns) = match case.as_str() {
        "indicators" => indicators(symbols, share),
        "bars" => apply(symbols, share, Vec::new()),
        "minute" => apply(symbols, share, definitions()),
        "feed" => feed(symbols, share),
        "add" => add(symbols),
        "late" => late(symbols),
        _ => panic!("{case:?} is no case"),
    };
    println!("{bars} {ns:.1}");
}
