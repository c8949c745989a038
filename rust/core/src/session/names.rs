//! Symbols in order of name, put in order when somebody asks: those that come one after the other are sorted in together.

use std::sync::OnceLock;

use crate::symbol::{SymbolId, SymbolTable};

/// The order of names.
#[derive(Debug, Clone, Default)]
struct Order {
    /// Ids in order of name.
    ids: Vec<SymbolId>,
    /// Place of each in that order, by id.
    rank: Vec<u32>,
}

/// The order of names, as it was last asked for and as it is now.
#[derive(Debug, Default)]
pub(super) struct Names {
    before: Order,
    now: OnceLock<Order>,
}

impl Names {
    /// There are more symbols.
    pub(super) fn grew(&mut self) {
        if let Some(order) = self.now.take() {
            self.before = order;
        }
    }

    fn now(&self, symbols: &SymbolTable) -> &Order {
        self.now.get_or_init(|| {
            let mut ids = self.before.ids.clone();
            ids.extend(ids.len() as SymbolId..symbols.ids_given() as SymbolId);
            // Those that were there stand in order already, and the sort takes such runs as they are.
            ids.sort_by_key(|&id| symbols.name(id));
            let mut rank = vec![0; ids.len()];
            for (place, &id) in ids.iter().enumerate() {
                rank[id as usize] = place as u32;
            }
            Order { ids, rank }
        })
    }

    /// Ids in order of name, those that are gone included.
    pub(super) fn ids(&self, symbols: &SymbolTable) -> &[SymbolId] {
        &self.now(symbols).ids
    }

    /// Place of each symbol in order of name, by id.
    pub(super) fn rank(&self, symbols: &SymbolTable) -> &[u32] {
        &self.now(symbols).rank
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_that_of_the_names_whenever_it_is_asked_for() {
        let (mut symbols, mut names) = (SymbolTable::default(), Names::default());
        for step in 0..60_u32 {
            symbols.intern(&format!("S{}", step * 37 % 61));
            names.grew();
            if step % 7 == 0 {
                let mut expected: Vec<SymbolId> = (0..=step).collect();
                expected.sort_by_key(|&id| symbols.name(id).to_string());
                assert_eq!(names.ids(&symbols), expected);
                let rank = names.rank(&symbols);
                assert!(expected.iter().enumerate().all(|(place, &id)| rank[id as usize] == place as u32));
            }
        }
    }
}
