//! Ticker names and the dense ids that stand for them inside the engine.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::error::{Error, Result, nearest};

/// The slot of a symbol: its index in every table of the engine.
pub type SymbolId = u32;

const EXPECTED: &str = "1 to 32 characters of A-Z 0-9 . - / _ ^ =";
const MAX_LENGTH: usize = 32;

/// The ticker in upper case, or an error that says what a ticker looks like.
pub fn parse_symbol(text: &str) -> Result<String> {
    let known = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'/' | b'_' | b'^' | b'=');
    if text.is_empty() || text.len() > MAX_LENGTH || !text.bytes().all(known) {
        return Err(Error::Symbol { got: text.to_owned(), expected: EXPECTED });
    }
    Ok(text.to_ascii_uppercase())
}

/// Names and their ids, both ways. Ids are given in order of registration, and a name keeps its own: what still speaks of a
/// symbol that was removed cannot mean another, and those that come and go day by day do not add up.
#[derive(Debug, Default, Clone)]
pub struct SymbolTable {
    ids: FxHashMap<Arc<str>, SymbolId>,
    /// By id; also of those that were removed.
    names: Vec<Arc<str>>,
    there: Vec<bool>,
}

impl SymbolTable {
    /// The id of `name`, which must already be in upper case, and is there from now on.
    pub fn intern(&mut self, name: &str) -> SymbolId {
        if let Some(&id) = self.ids.get(name) {
            self.there[id as usize] = true;
            return id;
        }
        let id = self.names.len() as SymbolId;
        let name: Arc<str> = name.into();
        self.ids.insert(Arc::clone(&name), id);
        self.names.push(name);
        self.there.push(true);
        id
    }

    /// The symbol is not there any more; its id keeps naming it.
    pub fn remove(&mut self, id: SymbolId) {
        self.there[id as usize] = false;
    }

    /// The id of a ticker in any case, if it is known.
    pub fn get(&self, text: &str) -> Option<SymbolId> {
        // Upper-case names, the usual spelling, are found without a copy.
        let id = self.ids.get(text).or_else(|| self.ids.get(text.to_ascii_uppercase().as_str())).copied();
        id.filter(|&id| self.there[id as usize])
    }

    /// The id of a ticker, or an error that names the nearest known one.
    pub fn require(&self, text: &str) -> Result<SymbolId> {
        if let Some(id) = self.get(text) {
            return Ok(id);
        }
        let name = parse_symbol(text)?;
        let known = self.known().map(|(name, _)| name.as_ref());
        let nearest = nearest(&name, known).map(str::to_owned);
        Err(Error::UnknownSymbol { got: name, nearest })
    }

    pub fn name(&self, id: SymbolId) -> &Arc<str> {
        &self.names[id as usize]
    }

    /// Names and ids of those that are there, in order of registration.
    pub fn known(&self) -> impl Iterator<Item = (&Arc<str>, SymbolId)> {
        self.names.iter().zip(0..).filter(|&(_, id)| self.there[id as usize])
    }

    /// How many ids were ever given: as many as there were different names.
    pub fn ids_given(&self) -> usize {
        self.names.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_are_upper_cased_and_checked() {
        assert_eq!(parse_symbol("brk.b").expect("a ticker"), "BRK.B");
        assert_eq!(parse_symbol("^GSPC").expect("a ticker"), "^GSPC");
        for bad in ["", " ", "A B", "ÄPFEL", "A*", &"A".repeat(33)] {
            assert!(matches!(parse_symbol(bad), Err(Error::Symbol { .. })), "{bad:?} was taken");
        }
    }

    #[test]
    fn the_table_gives_each_name_one_id_and_the_nearest_for_a_slip() {
        let mut table = SymbolTable::default();
        assert_eq!(table.intern("AAPL"), 0);
        assert_eq!(table.intern("MSFT"), 1);
        assert_eq!(table.intern("AAPL"), 0);
        assert_eq!(table.get("aapl"), Some(0));
        table.remove(0);
        assert_eq!((table.get("aapl"), table.known().count(), table.ids_given()), (None, 1, 2));
        assert_eq!(table.intern("AAPL"), 0);
        assert_eq!((table.get("aapl"), table.known().count(), table.ids_given()), (Some(0), 2, 2));
        let error = table.require("APL").expect_err("unknown");
        assert_eq!(error.to_string(), "unknown symbol \"APL\"; did you mean \"AAPL\"?");
    }
}
