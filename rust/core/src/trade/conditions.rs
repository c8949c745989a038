//! Sale conditions: what a print may change. The conditions themselves are data, a bit each, given by the caller.

/// What a trade changes: flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effects(u8);

impl Effects {
    /// It may be the open and the last of a bar.
    pub const PRICE: Self = Self(1);
    /// It may be the high and the low of a bar.
    pub const RANGE: Self = Self(2);
    /// Its size counts.
    pub const VOLUME: Self = Self(4);
    /// It is the opening auction: the open of its bar, whatever was printed before.
    pub const OPENING: Self = Self(8);
    /// It is the closing auction: the end of the regular session's last bar, however late it is printed.
    pub const CLOSING: Self = Self(16);

    #[inline]
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// Which conditions keep a trade from what, a bit each. A condition that stands nowhere changes nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SaleConditions {
    /// Keep it from open and last.
    pub no_price: u64,
    /// Keep it from high and low.
    pub no_range: u64,
    /// Let it set open, high, low and last whatever else it has.
    pub price_anyway: u64,
    pub no_volume: u64,
    pub opening: u64,
    pub closing: u64,
}

impl SaleConditions {
    #[inline]
    pub fn effects(&self, conditions: u64) -> Effects {
        let has = |mask: u64| conditions & mask != 0;
        let anyway = has(self.price_anyway);
        let flag = |yes: bool, effect: Effects| if yes { effect.0 } else { 0 };
        Effects(
            flag(anyway || !has(self.no_price), Effects::PRICE)
                | flag(anyway || !has(self.no_range), Effects::RANGE)
                | flag(!has(self.no_volume), Effects::VOLUME)
                | flag(has(self.opening), Effects::OPENING)
                | flag(has(self.closing), Effects::CLOSING),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_keep_a_trade_from_price_or_volume() {
        let table = SaleConditions {
            no_price: 0b0001,
            no_range: 0b0011,
            price_anyway: 0b0100,
            no_volume: 0b1000,
            opening: 0b1_0000,
            closing: 0b10_0000,
        };
        let flags = |conditions| {
            let effects = table.effects(conditions);
            [Effects::PRICE, Effects::RANGE, Effects::VOLUME, Effects::OPENING, Effects::CLOSING]
                .map(|e| u8::from(effects.has(e)))
        };
        assert_eq!(flags(0), [1, 1, 1, 0, 0]);
        assert_eq!(flags(0b0001), [0, 0, 1, 0, 0]);
        assert_eq!(flags(0b0010), [1, 0, 1, 0, 0]);
        assert_eq!(flags(0b0111), [1, 1, 1, 0, 0], "extended hours");
        assert_eq!(flags(0b1000), [1, 1, 0, 0, 0]);
        assert_eq!(flags(0b11_0000), [1, 1, 1, 1, 1]);
        assert_eq!(flags(1 << 40), [1, 1, 1, 0, 0], "unknown");
    }
}
