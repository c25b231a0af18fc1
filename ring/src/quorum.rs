//! How many voters are enough, and how many are enough to say that the others are not.

/// Fewest that are more than half.
pub fn majority(voters: usize) -> usize {
    voters / 2 + 1
}

/// Fewest that leave no majority among the rest. In an even ring that is one less than a majority:
/// of two nodes, the one that stayed is enough to know that the other cannot serve.
pub(crate) fn blocking(voters: usize) -> usize {
    voters - majority(voters) + 1
}
