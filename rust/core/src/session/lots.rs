//! Blocks of many symbols that go through the same indicators.

use std::sync::Arc;

use crate::indicator::Tick;
use crate::indicator::plan::Block;
use crate::series::{Place, Program, Series};
use crate::symbol::SymbolId;

/// Programs whose blocks are put together.
const MOST_LOTS: usize = 16;

/// Where a block belongs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Owner {
    pub(super) symbol: SymbolId,
    pub(super) series: usize,
    pub(super) stack: usize,
}

/// Blocks of one program, each with its new bar.
#[derive(Debug)]
pub(super) struct Lot {
    program: Arc<Program>,
    blocks: Vec<Block>,
    ticks: Vec<Tick>,
    owners: Vec<Owner>,
}

/// Room for the blocks of a change.
#[derive(Debug, Default)]
pub(super) struct Lots(Vec<Lot>);

impl Lots {
    /// Takes the blocks out of a series that has one new bar; whether it has, and they could be had.
    pub(super) fn borrow(
        &mut self,
        symbol: SymbolId,
        index: usize,
        series: &mut Series,
        place: Place<'_>,
    ) -> bool {
        // Where each has its own program, nothing is to be gained.
        let Some(tick) = series.next_tick(place).filter(|_| self.0.len() < MOST_LOTS) else { return false };
        for (stack, (program, block)) in series.lend().enumerate() {
            let found = self.0.iter().position(|lot| Arc::ptr_eq(&lot.program, program));
            let lot = found.unwrap_or_else(|| {
                let program = Arc::clone(program);
                self.0.push(Lot { program, blocks: Vec::new(), ticks: Vec::new(), owners: Vec::new() });
                self.0.len() - 1
            });
            self.0[lot].blocks.push(block);
            self.0[lot].ticks.push(tick);
            self.0[lot].owners.push(Owner { symbol, series: index, stack });
        }
        true
    }

    /// Lets the new bars through, and gives each block to its owner.
    pub(super) fn step(&mut self, mut give: impl FnMut(Owner, Block)) {
        for Lot { program, blocks, ticks, owners } in &mut self.0 {
            program.plan.update_across(blocks, ticks);
            ticks.clear();
            blocks.drain(..).zip(owners.drain(..)).for_each(|(block, owner)| give(owner, block));
        }
    }
}
