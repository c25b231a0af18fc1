//! What there is, and what somebody took.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Something to buy.
pub(crate) struct Good {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    /// In cents.
    pub(crate) price: u32,
}

/// All there is; a good's number is its place.
pub(crate) const GOODS: &[Good] = &[
    Good { name: "Umbrella", about: "Black, long, forgotten by everybody once", price: 2490 },
    Good { name: "Felt hat", about: "Keeps its shape on any shelf", price: 3950 },
    Good { name: "Scarf", about: "Wool, two metres", price: 1875 },
    Good { name: "Gloves", about: "Sold in pairs, lost one by one", price: 2200 },
    Good { name: "Overcoat", about: "With a loop to hang it by", price: 18900 },
    Good { name: "Brass token", about: "Number 42", price: 350 },
];

/// Of one good.
const COUNT_MAX: u16 = 99;

/// How many of which good. It has at most as many entries as there are goods.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cart(BTreeMap<usize, u16>);

impl Cart {
    /// One more of `good`, unless there is no such good or enough of it.
    pub(crate) fn add(&mut self, good: usize) {
        if good < GOODS.len() {
            let count = self.0.entry(good).or_default();
            *count = COUNT_MAX.min(*count + 1);
        }
    }

    /// One fewer of `good`.
    pub(crate) fn remove(&mut self, good: usize) {
        if let Some(count) = self.0.get_mut(&good) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.0.remove(&good);
            }
        }
    }

    /// What is in it: numbers, goods and how many.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &'static Good, u16)> {
        // A good that was sold in an earlier release of the shop is not shown.
        self.0.iter().filter_map(|(number, count)| Some((*number, GOODS.get(*number)?, *count)))
    }

    /// In cents.
    pub(crate) fn total(&self) -> u32 {
        self.lines().map(|(_, good, count)| good.price * u32::from(count)).sum()
    }
}

#[cfg(test)]
mod tests {
    //! Carts stay small and sums right.

    use super::{COUNT_MAX, Cart, GOODS};

    #[test]
    fn a_cart_holds_what_there_is_and_no_more() {
        let mut cart = Cart::default();
        for _ in 0..200 {
            (0..10).for_each(|good| cart.add(good));
        }
        assert_eq!(cart.lines().count(), GOODS.len());
        assert!(cart.lines().all(|(_, _, count)| count == COUNT_MAX));
        assert_eq!(cart.total(), 99 * GOODS.iter().map(|good| good.price).sum::<u32>());
    }

    #[test]
    fn what_is_taken_out_is_out() {
        let mut cart = Cart::default();
        cart.add(2);
        cart.add(2);
        cart.remove(2);
        cart.remove(5);
        assert_eq!(cart.lines().map(|(number, _, count)| (number, count)).collect::<Vec<_>>(), [(2, 1)]);
        cart.remove(2);
        assert_eq!(cart, Cart::default());
    }
}
