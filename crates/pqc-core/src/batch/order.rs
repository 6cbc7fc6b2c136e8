//! The order in which a batch processes its items.

/// The items of a batch, sorted by group: otherwise, alternating items that may not share the lanes of vectors would
/// leave lanes free.
///
/// Invariant: the numbers, if there are any, are a permutation.
pub struct Order(Option<Vec<usize>>);

impl Order {
    /// Sorts the items by their groups, and keeps the order within each. Without memory for that, the order is the caller's.
    pub fn by_group<G: Ord>(count: usize, group: impl Fn(usize) -> G) -> Self {
        let mut numbers = Vec::new();
        if (0..count).is_sorted_by_key(&group) || numbers.try_reserve_exact(count).is_err() {
            return Self(None);
        }
        numbers.extend(0..count);
        numbers.sort_unstable_by_key(|number| (group(*number), *number));
        Self(Some(numbers))
    }

    /// The number of the item that comes at a place. Different places have different items.
    pub fn item(&self, place: usize) -> usize {
        self.0.as_ref().map_or(place, |numbers| numbers[place])
    }

    /// Moves the value at each place to the number of its item.
    pub fn restore<T>(self, values: &mut [T]) {
        let Some(mut numbers) = self.0 else { return };
        for place in 0..numbers.len() {
            while numbers[place] != place {
                let number = numbers[place];
                values.swap(place, number);
                numbers.swap(place, number);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_of_a_group_follow_each_other_in_their_order() {
        let order = Order::by_group(8, |number| number % 3);
        assert_eq!([0, 1, 2, 3, 4, 5, 6, 7].map(|place| order.item(place)), [0, 3, 6, 1, 4, 7, 2, 5]);
    }

    #[test]
    fn values_return_to_their_items() {
        for count in [0, 1, 2, 64, 1000] {
            let order = Order::by_group(count, |number| number * 7 % 5);
            let mut values: Vec<_> = (0..count).map(|place| order.item(place)).collect();
            order.restore(&mut values);
            assert!(values.into_iter().eq(0..count));
        }
    }
}
