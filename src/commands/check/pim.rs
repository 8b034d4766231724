//! The routers that send PIM hellos on the interfaces of this host.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::diagnosis::PimRouter;
use crate::net::wire::PimHello;

/// The most routers that are remembered: an attacker can forge any number.
const MAX_ROUTERS: usize = 1000;

/// The routers, by interface and address.
#[derive(Default)]
pub struct PimRouters {
    known: BTreeMap<(String, IpAddr), PimRouter>,
}

impl PimRouters {
    /// Notes a hello of a router on an interface.
    pub fn note(&mut self, iface: &str, router: IpAddr, hello: &PimHello) {
        let key = (iface.to_owned(), router);
        if self.known.len() >= MAX_ROUTERS && !self.known.contains_key(&key) {
            return;
        }
        let fresh = || PimRouter { iface: iface.to_owned(), router, ..PimRouter::default() };
        let known = self.known.entry(key).or_insert_with(fresh);
        let has_restarted = known.generation.is_some() && known.generation != hello.generation;
        *known = PimRouter {
            hold_time: hello.hold_time,
            dr_priority: hello.dr_priority,
            generation: hello.generation,
            addresses: hello.addresses.clone(),
            hellos: known.hellos + 1,
            restarts: known.restarts + u64::from(has_restarted),
            iface: std::mem::take(&mut known.iface),
            router,
        };
    }

    /// All routers.
    pub fn list(&self) -> Vec<PimRouter> {
        self.known.values().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello(generation: u32) -> PimHello {
        PimHello {
            hold_time: Some(105),
            dr_priority: Some(1),
            generation: Some(generation),
            addresses: Vec::new(),
        }
    }

    #[test]
    fn the_newest_hello_counts() {
        let mut routers = PimRouters::default();
        let [router, other] = ["10.1.0.1", "10.1.0.2"].map(|address| address.parse().unwrap());
        for generation in [7, 7, 8] {
            routers.note("e0", router, &hello(generation));
        }
        routers.note("e0", other, &PimHello::default());
        routers.note("e0", router, &PimHello { hold_time: Some(0), ..hello(8) });
        let all = routers.list();
        assert_eq!((all.len(), all[0].hellos, all[0].restarts), (2, 4, 1));
        assert_eq!((all[0].generation, all[0].has_left()), (Some(8), true));
        assert_eq!((all[1].hellos, all[1].restarts, all[1].has_left()), (1, 0, false));
    }

    #[test]
    fn forged_hellos_use_bounded_memory() {
        let mut routers = PimRouters::default();
        for number in 0..2000_u32 {
            routers.note("e0", IpAddr::V4(number.into()), &hello(number));
        }
        routers.note("e0", IpAddr::V4(0.into()), &hello(0));
        assert_eq!(routers.list().len(), MAX_ROUTERS);
        assert_eq!(routers.list()[0].hellos, 2);
    }
}
