//! All observers of a run.

use std::time::SystemTime;

use super::{Observer, ObserverError};
use crate::event::Event;

/// The observers of a run. One that fails gets no more events.
#[derive(Default)]
pub struct Observers {
    observers: Vec<Box<dyn Observer>>,
    failed: Option<ObserverError>,
}

impl Observers {
    /// These observers.
    pub fn new(observers: Vec<Box<dyn Observer>>) -> Self {
        Observers { observers, failed: None }
    }

    /// Adds one more.
    pub fn add(&mut self, observer: Box<dyn Observer>) {
        self.observers.push(observer);
    }

    /// Passes an event on.
    pub fn event(&mut self, event: &Event) {
        self.each(|observer| observer.event(event));
    }

    /// Passes the clock of a capture on.
    pub fn date(&mut self, time: Option<SystemTime>) {
        self.observers.iter_mut().for_each(|observer| observer.date(time));
    }

    /// Completes the files and closes the endpoints.
    ///
    /// # Errors
    /// The first error of an observer in the whole run.
    pub fn finish(&mut self) -> Result<(), ObserverError> {
        self.each(|observer| observer.finish());
        self.observers.clear();
        self.failed.take().map_or(Ok(()), Err)
    }

    fn each(&mut self, act: impl Fn(&mut dyn Observer) -> Result<(), ObserverError>) {
        let failed = &mut self.failed;
        self.observers.retain_mut(|observer| match act(observer.as_mut()) {
            Ok(()) => true,
            Err(error) => {
                failed.get_or_insert(error);
                false
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::io;
    use std::path::Path;
    use std::rc::Rc;

    use super::*;
    use crate::event::Failure;
    use crate::verdict::Verdict;

    /// Fails at the event with this number.
    struct Failing {
        at: u32,
        seen: Rc<Cell<u32>>,
    }

    impl Observer for Failing {
        fn event(&mut self, _event: &Event) -> Result<(), ObserverError> {
            self.seen.set(self.seen.get() + 1);
            if self.seen.get() < self.at {
                return Ok(());
            }
            let full = io::Error::from(io::ErrorKind::StorageFull);
            Err(ObserverError::file(Path::new("out.csv"), full))
        }
    }

    #[test]
    fn an_observer_that_fails_does_not_disturb_the_others() {
        let seen = [(); 2].map(|()| Rc::new(Cell::new(0)));
        let failing = |at, of: &Rc<Cell<u32>>| -> Box<dyn Observer> {
            Box::new(Failing { at, seen: of.clone() })
        };
        let mut observers = Observers::new(vec![failing(2, &seen[0]), failing(9, &seen[1])]);
        let failure = Failure { error: String::new(), verdict: Verdict::default() };
        let event = Event::Failure(failure);
        (0..4).for_each(|_| observers.event(&event));
        assert_eq!(seen.map(|seen| seen.get()), [2, 4]);
        let error = observers.finish().unwrap_err().to_string();
        assert!(error.starts_with("cannot write 'out.csv': "), "{error}");
    }
}
