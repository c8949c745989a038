//! Trades and quotes into a session.

use numpy::PyReadonlyArray1;
use openbell_core::error::Error;
use openbell_core::session::{RefusedRow, TradeReport};
use openbell_core::trade::{Action, Quote, SaleConditions, Tape, Trade, TradeRow};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use super::SessionCore;
use super::write::{LOT, stranger};
use crate::error::to_py;
use crate::tick::{PyQuote, PyTrade, PyTradeReport};

/// Borrowed NumPy columns of trades.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct TradesArg<'py> {
    symbol: PyReadonlyArray1<'py, u32>,
    ts: PyReadonlyArray1<'py, i64>,
    price: PyReadonlyArray1<'py, f64>,
    size: PyReadonlyArray1<'py, f64>,
    conditions: Option<PyReadonlyArray1<'py, u64>>,
    tape: Option<PyReadonlyArray1<'py, u8>>,
    id: Option<PyReadonlyArray1<'py, u64>>,
    action: Option<PyReadonlyArray1<'py, u8>>,
}

/// Borrowed NumPy columns of quotes.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct QuotesArg<'py> {
    symbol: PyReadonlyArray1<'py, u32>,
    ts: PyReadonlyArray1<'py, i64>,
    bid: PyReadonlyArray1<'py, f64>,
    ask: PyReadonlyArray1<'py, f64>,
    bid_size: PyReadonlyArray1<'py, f64>,
    ask_size: PyReadonlyArray1<'py, f64>,
}

fn same_length(rows: usize, columns: &[(&'static str, usize)]) -> PyResult<()> {
    match columns.iter().find(|(_, len)| *len != rows) {
        Some((name, length)) => {
            Err(to_py(Error::Columns { reason: format!("{name} has {length} rows, symbol has {rows}") }))
        }
        None => Ok(()),
    }
}

#[pymethods]
impl SessionCore {
    /// Sets how trades are read: a table a tape, each ``(no_price, no_range, price_anyway, no_volume, opening, closing)``
    /// as bit masks, and for how many seconds of market time a trade can be changed.
    fn set_tape(
        &self,
        py: Python<'_>,
        tables: Vec<(u64, u64, u64, u64, u64, u64)>,
        window_seconds: f64,
    ) -> PyResult<()> {
        if window_seconds.is_nan() || window_seconds < 0.0 {
            let message = format!("window_seconds = {window_seconds}: it must be 0 or more");
            return Err(PyValueError::new_err(message));
        }
        let tables = tables
            .into_iter()
            .map(|(no_price, no_range, price_anyway, no_volume, opening, closing)| SaleConditions {
                no_price,
                no_range,
                price_anyway,
                no_volume,
                opening,
                closing,
            })
            .collect();
        let tape = Tape { tables, window: (window_seconds * 1e9) as i64 };
        self.write(py, |session| session.set_tape(tape));
        Ok(())
    }

    /// Applies columns of trades in the order given. ``action`` is 0 for a trade, 1 to cancel one, 2 to correct one.
    /// Without ``make_bars`` only the newest trade of each symbol is kept, since bars come by themselves.
    #[pyo3(signature = (columns, strangers=vec![], *, make_bars=true))]
    fn apply_trade_columns(
        &self,
        py: Python<'_>,
        columns: TradesArg<'_>,
        strangers: Vec<String>,
        make_bars: bool,
    ) -> PyResult<PyTradeReport> {
        let (symbol, ts) = (columns.symbol.as_slice()?, columns.ts.as_slice()?);
        let (price, size) = (columns.price.as_slice()?, columns.size.as_slice()?);
        let conditions = columns.conditions.as_ref().map(|c| c.as_slice()).transpose()?;
        let tape = columns.tape.as_ref().map(|c| c.as_slice()).transpose()?;
        let id = columns.id.as_ref().map(|c| c.as_slice()).transpose()?;
        let action = columns.action.as_ref().map(|c| c.as_slice()).transpose()?;
        let rows = symbol.len();
        same_length(
            rows,
            &[
                ("ts", ts.len()),
                ("price", price.len()),
                ("size", size.len()),
                ("conditions", conditions.map_or(rows, <[u64]>::len)),
                ("tape", tape.map_or(rows, <[u8]>::len)),
                ("id", id.map_or(rows, <[u64]>::len)),
                ("action", action.map_or(rows, <[u8]>::len)),
            ],
        )?;
        let row = |i: usize| TradeRow {
            symbol: symbol[i],
            tape: tape.map_or(0, |c| c[i]),
            action: match action.map_or(0, |c| c[i]) {
                0 => Action::New,
                1 => Action::Cancel,
                _ => Action::Correct,
            },
            trade: Trade {
                ts: ts[i],
                price: price[i],
                size: size[i],
                id: id.map_or(0, |c| c[i]),
                conditions: conditions.map_or(0, |c| c[i]),
            },
        };
        let mut report = TradeReport::default();
        py.detach(|| {
            let mut start = 0;
            while start < rows {
                let end = (start + LOT).min(rows);
                let lot: Vec<TradeRow> = (start..end).map(row).collect();
                let mut session = self.0.write();
                let part = if make_bars { session.apply_trades(&lot) } else { session.note_trades(&lot) };
                drop(session);
                report.counts.add(&part.counts);
                report.refused.extend(part.refused.iter().map(|r| RefusedRow { row: start + r.row, ..*r }));
                start = end;
            }
        });
        let known = self.read(py, |session| session.symbols().ids_given());
        let refused = self.read(py, |session| {
            let name = |id: u32| {
                if (id as usize) < known {
                    session.symbols().name(id).to_string()
                } else {
                    stranger(id, &strangers)
                }
            };
            let refused = report.refused.iter();
            refused.map(|r| (r.row, name(r.symbol), r.ts, r.refusal.reason())).collect()
        });
        Ok(PyTradeReport { counts: report.counts, refused })
    }

    /// Applies columns of quotes; gives how many were taken, how many were older than the symbol's last, and how many
    /// were of symbols that are not registered.
    fn apply_quote_columns(&self, py: Python<'_>, columns: QuotesArg<'_>) -> PyResult<(usize, usize, usize)> {
        let (symbol, ts) = (columns.symbol.as_slice()?, columns.ts.as_slice()?);
        let (bid, ask) = (columns.bid.as_slice()?, columns.ask.as_slice()?);
        let (bid_size, ask_size) = (columns.bid_size.as_slice()?, columns.ask_size.as_slice()?);
        let rows = symbol.len();
        let lengths = [
            ("ts", ts.len()),
            ("bid", bid.len()),
            ("ask", ask.len()),
            ("bid_size", bid_size.len()),
            ("ask_size", ask_size.len()),
        ];
        same_length(rows, &lengths)?;
        let (mut taken, mut late, mut unknown) = (0, 0, 0);
        py.detach(|| {
            for start in (0..rows).step_by(LOT) {
                let mut session = self.0.write();
                for i in start..(start + LOT).min(rows) {
                    let (bid_size, ask_size) = (bid_size[i], ask_size[i]);
                    let quote = Quote { ts: ts[i], bid: bid[i], ask: ask[i], bid_size, ask_size };
                    *match session.apply_quote(symbol[i], quote) {
                        Some(true) => &mut taken,
                        Some(false) => &mut late,
                        None => &mut unknown,
                    } += 1;
                }
            }
        });
        Ok((taken, late, unknown))
    }

    /// The newest trade of a symbol that sets a price, ``None`` if there was none or the symbol is not registered.
    fn get_last_trade(&self, py: Python<'_>, symbol: &str) -> Option<PyTrade> {
        self.read(py, |session| session.last_trade(symbol).ok().flatten().map(PyTrade))
    }

    /// What was traded of a symbol and is in no bar: no trade of its bucket sets a price. 0 if it is not registered.
    fn get_unpriced_volume(&self, py: Python<'_>, symbol: &str) -> f64 {
        self.read(py, |session| session.unpriced_volume(symbol).unwrap_or(0.0))
    }

    /// The last quote of a symbol, ``None`` if there was none or the symbol is not registered.
    fn get_quote(&self, py: Python<'_>, symbol: &str) -> Option<PyQuote> {
        self.read(py, |session| session.quote(symbol).ok().flatten().map(PyQuote))
    }
}
