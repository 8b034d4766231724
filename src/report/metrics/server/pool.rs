//! The connections of the server. Their number is limited: if there are too many, the one that uses
//! its place least is closed, not the new one.

use std::cmp::Reverse;
use std::net::IpAddr;
use std::time::Instant;

use mio::net::TcpStream;

use crate::report::metrics::http::Connection;

/// The most connections at a time.
pub const MOST: usize = 64;

/// The most responses under way.
const MOST_RESPONSES: usize = 8;

/// The connections, each in a place.
pub struct Pool {
    places: Vec<Option<Place>>,
}

struct Place {
    peer: IpAddr,
    connection: Connection<TcpStream>,
}

impl Pool {
    /// No connections.
    pub fn new() -> Self {
        Pool { places: (0..MOST).map(|_| None).collect() }
    }

    /// A place for a connection. If all are taken, the victim is of the address with the most
    /// connections, which keeps one client from shutting out the others. It does not receive a
    /// response, and its time is over first.
    pub fn free_place(&mut self) -> usize {
        if let Some(free) = self.places.iter().position(Option::is_none) {
            return free;
        }
        let count = |peer: IpAddr| self.iter().filter(|(_, place)| place.peer == peer).count();
        let victim = self.iter().max_by_key(|(_, place)| {
            let connection = &place.connection;
            (count(place.peer), !connection.is_writing(), Reverse(connection.deadline()))
        });
        let victim = victim.map_or(0, |(position, _)| position);
        self.places[victim] = None;
        victim
    }

    /// Puts a connection into a free place.
    pub fn put(&mut self, position: usize, peer: IpAddr, connection: Connection<TcpStream>) {
        self.places[position] = Some(Place { peer, connection });
    }

    /// The connection at a place.
    pub fn get(&mut self, position: usize) -> Option<&mut Connection<TcpStream>> {
        Some(&mut self.places.get_mut(position)?.as_mut()?.connection)
    }

    /// Closes the connection at a place.
    pub fn close(&mut self, position: usize) {
        if let Some(place) = self.places.get_mut(position) {
            *place = None;
        }
    }

    /// Closes the oldest responses under way if there are too many: each keeps its document in memory,
    /// and a client that reads slowly would keep an old one.
    pub fn limit_responses(&mut self) {
        let writes = |place: &&(usize, &Place)| place.1.connection.is_writing();
        while self.iter().filter(|place| writes(&place)).count() > MOST_RESPONSES {
            let oldest = self.iter().filter(|place| writes(&place));
            let oldest = oldest.min_by_key(|(_, place)| place.connection.deadline());
            let Some((position, _)) = oldest else { return };
            self.close(position);
        }
    }

    /// Closes the connections whose time is over.
    pub fn close_expired(&mut self, now: Instant) {
        for place in &mut self.places {
            if place.as_ref().is_some_and(|place| place.connection.deadline() <= now) {
                *place = None;
            }
        }
    }

    /// When the time of a connection is over next.
    pub fn deadline(&self) -> Option<Instant> {
        self.iter().map(|(_, place)| place.connection.deadline()).min()
    }

    fn iter(&self) -> impl Iterator<Item = (usize, &Place)> {
        self.places.iter().enumerate().filter_map(|(at, place)| Some((at, place.as_ref()?)))
    }
}
