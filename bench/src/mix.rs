//! The closed loop of session pages: each connection serves pages of its own share of a population,
//! without think time.

use anyhow::{Result, ensure};

use crate::{
    closed::Source,
    distribution::{Draws, Page},
    population::Population,
    request::{Operation, Reply, Request},
};

/// Pages on existing sessions, without end. A session is only ever used on one connection, so no
/// request meets a lock and every read has exactly one right answer.
#[derive(Debug)]
pub(crate) struct Mix<'a> {
    population: &'a mut Population,
    draws: &'a mut Draws,
    /// Per connection the second half of its page, once the lock is granted.
    halves: Vec<Option<Half>>,
}

#[derive(Clone, Copy, Debug)]
struct Half {
    page: Page,
    session: u64,
    lock: u32,
}

impl<'a> Mix<'a> {
    /// Pages over `connections` connections.
    ///
    /// # Errors
    /// Fewer sessions than connections.
    pub(crate) fn new(
        connections: usize,
        population: &'a mut Population,
        draws: &'a mut Draws,
    ) -> Result<Self> {
        let sessions = population.len();
        ensure!(
            sessions >= connections,
            "--sessions must be at least the {connections} connections, not {sessions}"
        );
        Ok(Self { population, draws, halves: vec![None; connections] })
    }

    fn begin(&mut self, connection: usize) -> Request {
        let connections = self.halves.len();
        let share = (self.population.len() - connection).div_ceil(connections);
        let session = (self.draws.below(share) * connections + connection) as u64;
        match self.draws.page() {
            Page::Read => self.population.ask(Operation::Get, session),
            Page::Touch => self.population.ask(Operation::Touch, session),
            page @ (Page::Modify | Page::Inspect) => {
                // Any number but 0 will do where the client names its lock: nobody else wants it.
                let lock = 1;
                self.halves[connection] = Some(Half { page, session, lock });
                self.population.ask(Operation::GetExclusive, session).locked(lock)
            }
        }
    }

    fn finish(&mut self, half: Half) -> Request {
        let Half { page, session, lock } = half;
        let draws = &mut *self.draws;
        if page == Page::Modify {
            let resize = |length| draws.grown(length);
            self.population.change(Operation::SetAndRelease, session, resize).locked(lock)
        } else {
            self.population.ask(Operation::Release, session).locked(lock)
        }
    }
}

impl Source for Mix<'_> {
    fn next(&mut self, connection: usize, closing: bool) -> Option<Request> {
        match self.halves[connection].take() {
            Some(half) => Some(self.finish(half)),
            None if closing => None,
            None => Some(self.begin(connection)),
        }
    }

    fn settle(&mut self, connection: usize, request: &Request, reply: Reply<'_>) -> Result<()> {
        ensure!(reply != Reply::Locked, "session {} is locked by nobody", request.session);
        if let (Some(half), Reply::Body { lock: Some(lock), .. }) = (&mut self.halves[connection], reply) {
            half.lock = lock;
        }
        self.population.check(request, reply)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::distribution::Lengths;

    /// Serves `pages` pages on two connections and closes; returns the operations in their order.
    fn served(pages: usize) -> Vec<(usize, Operation, u64, u32)> {
        let mut population = Population::new(false);
        let mut draws = Draws::new(1, Lengths::Fixed, 1).unwrap();
        for _ in 0..10 {
            population.create(4096);
        }
        let mut mix = Mix::new(2, &mut population, &mut draws).unwrap();
        let mut sent = Vec::new();
        let mut open = [true; 2];
        while open.contains(&true) {
            for (connection, open) in open.iter_mut().enumerate() {
                let Some(request) = mix.next(connection, sent.len() >= pages) else {
                    *open = false;
                    continue;
                };
                let Request { operation, session, lock, .. } = request;
                sent.push((connection, operation, session, lock));
                let reply = Reply::Body { bytes: b"", lock: Some(77) };
                mix.settle(connection, &request, reply).unwrap();
            }
        }
        sent
    }

    #[test]
    fn every_lock_is_given_back_with_its_cookie_even_when_closing() {
        for pages in 1..60 {
            let sent = served(pages);
            for connection in 0..2 {
                let own: Vec<_> = sent.iter().filter(|sent| sent.0 == connection).collect();
                for (at, (_, operation, session, _)) in own.iter().enumerate() {
                    if *operation == Operation::GetExclusive {
                        let (_, next, same, lock) = own[at + 1];
                        assert!(matches!(next, Operation::SetAndRelease | Operation::Release));
                        assert_eq!((same, lock), (session, &77));
                    }
                }
            }
        }
    }

    #[test]
    fn connections_share_no_session() {
        assert!(served(200).iter().all(|(connection, _, session, _)| { session % 2 == *connection as u64 }));
    }
}
