//! A receive slot: a datagram, or a train of datagrams.

/// A datagram, or several of one length in one buffer.
pub struct Train<'a> {
    /// The payloads, one after another.
    pub payload: &'a [u8],
    /// The length of all but the last, which may be shorter; `None` for a single datagram.
    pub segment: Option<usize>,
    /// The metadata are those of the slot that was read before, except for the time.
    pub repeated: bool,
}

impl<'a> Train<'a> {
    /// The datagrams as they were sent.
    pub fn datagrams(&self) -> impl ExactSizeIterator<Item = &'a [u8]> + use<'a> {
        let payload = self.payload;
        let len = self.segment.filter(|len| *len > 0).unwrap_or(payload.len()).max(1);
        // A datagram may be empty.
        let count = payload.len().div_ceil(len).max(1);
        (0..count)
            .map(move |datagram| &payload[datagram * len..payload.len().min((datagram + 1) * len)])
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lengths(len: usize, segment: Option<usize>) -> Vec<usize> {
        let payload = vec![0; len];
        Train { payload: &payload, segment, repeated: false }.datagrams().map(<[u8]>::len).collect()
    }

    #[test]
    fn a_train_is_split_into_its_datagrams() {
        assert_eq!(lengths(1050, Some(500)), [500, 500, 50]);
        assert_eq!(lengths(1000, Some(500)), [500, 500]);
        assert_eq!(lengths(0, None), [0], "a datagram without payload is one");
        for alone in [None, Some(0), Some(70), Some(71)] {
            assert_eq!(lengths(70, alone), [70]);
        }
    }

    proptest! {
        #[test]
        fn the_datagrams_of_a_train_are_complete_and_in_order(
            payload in proptest::collection::vec(any::<u8>(), 0..3000),
            segment in 0_usize..1600,
        ) {
            let train = Train { payload: &payload, segment: Some(segment), repeated: false };
            let datagrams: Vec<&[u8]> = train.datagrams().collect();
            prop_assert_eq!(datagrams.concat(), payload.clone());
            let (last, whole) = datagrams.split_last().unwrap();
            prop_assert!(whole.iter().all(|datagram| datagram.len() == segment));
            prop_assert!(segment == 0 || last.len() <= segment);
            prop_assert!(!last.is_empty() || payload.is_empty());
        }
    }
}
