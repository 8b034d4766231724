//! The thread of the server.

use std::io;
use std::net::{Shutdown, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token, Waker};

use super::pages::Pages;
use super::pool::{MOST, Pool};
use crate::report::metrics::http::{Connection, Progress};
use crate::report::metrics::shared::Shared;

const LISTENER: Token = Token(MOST);
const WAKER: Token = Token(MOST + 1);

/// How many connections the server accepts before it serves those that it has.
const ACCEPTS_A_TURN: usize = 16;

/// The pause after an accept that failed, for example because the process has no more file
/// descriptors.
const PAUSE: Duration = Duration::from_millis(200);

/// The server. It ends when it is dropped.
pub struct Server {
    waker: Waker,
    ends: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Binds an address and starts to serve.
    ///
    /// # Errors
    /// The address cannot be bound, or the system refuses a thread.
    pub fn start(address: SocketAddr, shared: Arc<Shared>) -> io::Result<Self> {
        let mut listener = TcpListener::bind(address)?;
        let poll = Poll::new()?;
        poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
        let waker = Waker::new(poll.registry(), WAKER)?;
        let ends = Arc::new(AtomicBool::new(false));
        let serving = Serving {
            poll,
            listener,
            ends: Arc::clone(&ends),
            pages: Pages::new(shared),
            pool: Pool::new(),
            unfinished: Vec::new(),
            accept_at: None,
        };
        // A thread of its own, because the loop of a receiver must not wait for clients.
        let thread = Builder::new().name("metrics".to_owned()).spawn(move || serving.run())?;
        Ok(Server { waker, ends, thread: Some(thread) })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        if self.waker.wake().is_ok() {
            let _ = self.thread.take().map(JoinHandle::join);
        }
    }
}

/// The state of the thread.
struct Serving {
    poll: Poll,
    listener: TcpListener,
    ends: Arc<AtomicBool>,
    pages: Pages,
    pool: Pool,
    /// The connections that have more to do.
    unfinished: Vec<usize>,
    /// When to accept again, if connections may wait.
    accept_at: Option<Instant>,
}

impl Serving {
    fn run(mut self) {
        let mut events = Events::with_capacity(2 * MOST);
        while !self.ends.load(Ordering::Relaxed) {
            let until = if self.unfinished.is_empty() {
                [self.pool.deadline(), self.accept_at].into_iter().flatten().min()
            } else {
                Some(Instant::now())
            };
            // A millisecond more, because epoll rounds down.
            let timeout = until.map(|until| match until.checked_duration_since(Instant::now()) {
                None => Duration::ZERO,
                Some(left) => left + Duration::from_millis(1),
            });
            match self.poll.poll(&mut events, timeout) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => return,
                _ => self.turn(&events),
            }
        }
    }

    fn turn(&mut self, events: &Events) {
        let mut due = std::mem::take(&mut self.unfinished);
        for token in events.iter().map(mio::event::Event::token) {
            match token {
                LISTENER => self.accept_at = Some(Instant::now()),
                WAKER => {}
                Token(position) => due.push(position),
            }
        }
        due.into_iter().for_each(|position| self.serve(position));
        let now = Instant::now();
        self.pool.close_expired(now);
        if self.accept_at.is_some_and(|at| at <= now) {
            self.accept_at = self.accept();
        }
    }

    /// Accepts some connections. Returns when to continue, if more may wait.
    fn accept(&mut self) -> Option<Instant> {
        for _ in 0..ACCEPTS_A_TURN {
            match self.listener.accept() {
                Ok((stream, peer)) => self.add(stream, peer),
                Err(error) => match error.kind() {
                    io::ErrorKind::WouldBlock => return None,
                    io::ErrorKind::Interrupted | io::ErrorKind::ConnectionAborted => {}
                    _ => return Some(Instant::now() + PAUSE),
                },
            }
        }
        Some(Instant::now())
    }

    fn add(&mut self, mut stream: TcpStream, peer: SocketAddr) {
        let position = self.pool.free_place();
        // A response leaves in two writes, which must not wait for each other.
        let _ = stream.set_nodelay(true);
        let both = Interest::READABLE | Interest::WRITABLE;
        if self.poll.registry().register(&mut stream, Token(position), both).is_ok() {
            self.pool.put(position, peer.ip(), Connection::new(stream, Instant::now()));
            // The request has often arrived already.
            self.serve(position);
        }
    }

    fn serve(&mut self, position: usize) {
        let Serving { pool, pages, .. } = self;
        let Some(connection) = pool.get(position) else { return };
        let mut respond = |request: &_| pages.respond(request);
        let shut = |stream: &TcpStream| stream.shutdown(Shutdown::Write);
        match connection.turn(Instant::now(), &mut respond, &shut) {
            Progress::Waits => pool.limit_responses(),
            Progress::Continues => self.unfinished.push(position),
            Progress::Closed => pool.close(position),
        }
    }
}
