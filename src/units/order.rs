//! Sorted lists and maps with one copy of the standard library's sort.
//!
//! That sort is generic: each use adds 4 kB of code to the program, and so does a map that is
//! collected, which sorts first. Here each use adds the comparison alone. The order of equal
//! elements is kept.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// Sorts by a key.
pub fn sort_by_key<T, K: Ord>(items: &mut [T], key: impl Fn(&T) -> K) {
    sort_by(items, |one, other| key(one).cmp(&key(other)));
}

/// Sorts by a comparison.
pub fn sort_by<T>(items: &mut [T], compare: impl Fn(&T, &T) -> Ordering) {
    let mut places = places(items.len(), &|one, other| compare(&items[one], &items[other]));
    for at in 0..items.len() {
        // Each swap brings one element to its place.
        while places[at] != at {
            let place = places[at];
            items.swap(at, place);
            places.swap(at, place);
        }
    }
}

/// A map of the pairs. Of those with one key, the last stays.
pub fn map<K: Ord, V>(pairs: impl IntoIterator<Item = (K, V)>) -> BTreeMap<K, V> {
    let mut map = BTreeMap::new();
    map.extend(pairs);
    map
}

/// A set of the elements.
pub fn set<T: Ord>(elements: impl IntoIterator<Item = T>) -> BTreeSet<T> {
    let mut set = BTreeSet::new();
    set.extend(elements);
    set
}

/// The place of each of `count` elements in the sorted list.
fn places(count: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut sorted: Vec<usize> = (0..count).collect();
    sorted.sort_by(|one, other| compare(*one, *other));
    let mut places = vec![0; count];
    for (place, element) in sorted.into_iter().enumerate() {
        places[element] = place;
    }
    places
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_order_is_that_of_the_standard_library(
            keys in proptest::collection::vec(0_u8..20, 0..100),
        ) {
            let mut items: Vec<_> = keys.into_iter().enumerate().collect();
            let mut expected = items.clone();
            expected.sort_by_key(|(_, key)| *key);
            sort_by_key(&mut items, |(_, key)| *key);
            prop_assert_eq!(&items, &expected);
            expected.sort_by_key(|(_, key)| std::cmp::Reverse(*key));
            sort_by(&mut items, |one, other| other.1.cmp(&one.1));
            prop_assert_eq!(&items, &expected);
            prop_assert_eq!(set(items.clone()), items.iter().copied().collect());
            prop_assert_eq!(map(items.clone()), items.into_iter().collect());
        }
    }
}
