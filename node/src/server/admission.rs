//! Who may connect: so many connections altogether, and so many from one address.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::IpAddr;
use std::sync::Arc;

use parking_lot::Mutex;

/// Why a connection was turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Full {
    /// The node serves as many connections as it may.
    Node,
    /// This address has as many connections as one may have.
    Source,
}

/// Counts open connections against the limits.
#[derive(Debug)]
pub(crate) struct Admission {
    connections: u32,
    connections_per_source: u32,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    total: u32,
    by_source: HashMap<IpAddr, u32>,
}

impl Admission {
    pub(crate) fn new(connections: u32, connections_per_source: u32) -> Self {
        Self { connections, connections_per_source, open: Mutex::default() }
    }

    /// Lets a connection from `source` in, until the ticket is dropped.
    ///
    /// # Errors
    /// Which limit is reached.
    pub(crate) fn admit(self: &Arc<Self>, source: IpAddr) -> Result<Ticket, Full> {
        // One machine is one source, whether it comes by IPv4 or by IPv4 inside IPv6.
        let source = source.to_canonical();
        let mut open = self.open.lock();
        if open.total >= self.connections {
            return Err(Full::Node);
        }
        let from_source = open.by_source.entry(source).or_insert(0);
        if *from_source >= self.connections_per_source {
            return Err(Full::Source);
        }
        *from_source += 1;
        open.total += 1;
        Ok(Ticket { source, admission: Arc::clone(self) })
    }
}

/// The place of one admitted connection; dropping it frees the place.
#[derive(Debug)]
pub(crate) struct Ticket {
    source: IpAddr,
    admission: Arc<Admission>,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut open = self.admission.open.lock();
        open.total -= 1;
        if let Entry::Occupied(mut from_source) = open.by_source.entry(self.source) {
            *from_source.get_mut() -= 1;
            if *from_source.get() == 0 {
                from_source.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> IpAddr {
        IpAddr::from([127, 0, 0, last])
    }

    #[test]
    fn a_source_and_the_node_are_limited_and_places_come_back() {
        let admission = Arc::new(Admission::new(3, 2));
        let first = admission.admit(address(1)).expect("the first");
        let _second = admission.admit(address(1)).expect("the second");
        assert_eq!(admission.admit(address(1)).err(), Some(Full::Source));
        let _third = admission.admit(address(2)).expect("another source");
        assert_eq!(admission.admit(address(3)).err(), Some(Full::Node));
        drop(first);
        assert!(admission.admit(address(1)).is_ok());
    }

    #[test]
    fn the_ipv6_form_of_an_address_is_the_same_source() {
        let admission = Arc::new(Admission::new(9, 1));
        let _ticket = admission.admit(address(1)).expect("the first");
        let mapped = "::ffff:127.0.0.1".parse().expect("an address");
        assert_eq!(admission.admit(mapped).err(), Some(Full::Source));
    }

    #[test]
    fn a_source_that_left_is_forgotten() {
        let admission = Arc::new(Admission::new(9, 1));
        drop(admission.admit(address(1)).expect("the first"));
        assert!(admission.open.lock().by_source.is_empty());
    }
}
