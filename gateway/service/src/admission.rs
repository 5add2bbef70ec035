//! Who may connect to a listener: so many at once, and of them so many from one address.
//!
//! Where all places are taken, a newcomer gets the place of whoever has been silent longest: who says what it wants at
//! once is served, however many others hold connections open and say nothing.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

/// Sockets that may be open beside those who have a place: of whoever has lost it, and of whoever asks for one.
const LEAVING_MAX: usize = 4;
/// Places that are given up where the machine has no more sockets, for links and stores to find theirs, ...
const GIVEN_UP: usize = 8;
/// ... and those that are kept.
const KEPT_MIN: usize = 4;

/// Bounds on the connections of one listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdmissionLimits {
    /// Connections at once.
    pub total: usize,
    /// Connections at once from one address.
    pub per_address: usize,
}

/// Counts the connections of one listener.
#[derive(Debug)]
pub struct Admission {
    limits: AdmissionLimits,
    held: Mutex<Held>,
    /// For the sockets of everybody, of those too who have lost their place and are not gone yet.
    sockets: Arc<Semaphore>,
}

#[derive(Debug)]
struct Held {
    /// Places that there are at this moment.
    total: usize,
    /// Sockets of given up places that are open still: so many permits are not given back.
    owed: usize,
    next: u64,
    /// In the order in which they came.
    places: BTreeMap<u64, Place>,
}

#[derive(Debug)]
struct Place {
    address: IpAddr,
    manners: Arc<Manners>,
}

#[derive(Debug, Default)]
struct Manners {
    /// Whether something is being done for it, so that it keeps its place.
    busy: AtomicBool,
    /// Cancelled when somebody else has its place.
    replaced: CancellationToken,
}

/// The right to have one more socket open; dropping it gives the right back.
#[derive(Debug)]
pub struct Room {
    admission: Arc<Admission>,
    permit: Option<OwnedSemaphorePermit>,
}

/// The right to be connected; dropping it gives the place back.
#[derive(Debug)]
pub struct Pass {
    admission: Arc<Admission>,
    number: u64,
    manners: Arc<Manners>,
}

impl Admission {
    /// Begins with nobody connected.
    pub fn new(limits: AdmissionLimits) -> Arc<Self> {
        let sockets = Arc::new(Semaphore::new(limits.total + LEAVING_MAX));
        let held = Held { total: limits.total, owed: 0, next: 0, places: BTreeMap::new() };
        Arc::new(Self { limits, held: Mutex::new(held), sockets })
    }

    /// Waits until one more socket may be open; what it gives is kept as long as the socket. However fast callers come,
    /// whoever has to go is gone before the next is taken.
    pub async fn room(self: &Arc<Self>) -> Room {
        // Nobody ever closes it.
        let permit = Arc::clone(&self.sockets).acquire_owned().await.ok();
        Room { admission: Arc::clone(self), permit }
    }

    /// The machine has no more sockets to give: there are fewer places until [`Admission::recover`], and whoever is silent
    /// in those that are given up has to go.
    pub fn give_up(&self) {
        let mut held = self.held();
        let kept = held.places.len().saturating_sub(GIVEN_UP).max(KEPT_MIN).min(held.total);
        held.owed += held.total - kept;
        held.total = kept;
        // The one that asked for this is open as well.
        held.owed -= self.sockets.forget_permits(held.owed);
        while held.places.len() > held.total
            && let Some(most) = held.address_with_most()
            && held.replace_silent_of(most).is_some()
        {}
    }

    /// There are all places again.
    pub fn recover(&self) {
        let mut held = self.held();
        let again = self.limits.total - held.total;
        // What is owed still has not been taken away.
        self.sockets.add_permits(again - held.owed.min(again));
        (held.total, held.owed) = (self.limits.total, 0);
    }

    /// Admits one more connection from that address; `None` where something is being done for everybody who is connected.
    pub fn admit(self: &Arc<Self>, address: IpAddr) -> Option<Pass> {
        // A v4 address is the same caller however the listener's socket writes it.
        let address = address.to_canonical();
        let mut held = self.held();
        let own = held.places.values().filter(|place| place.address == address).count();
        if own >= self.limits.per_address {
            held.replace_silent_of(address)?;
        } else if held.places.len() >= held.total {
            let most = held.address_with_most()?;
            held.replace_silent_of(most)?;
        }
        let (number, manners) = (held.next, Arc::new(Manners::default()));
        held.next += 1;
        held.places.insert(number, Place { address, manners: Arc::clone(&manners) });
        drop(held);
        Some(Pass { admission: Arc::clone(self), number, manners })
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(|e| e.into_inner())
    }
}

impl Held {
    /// Takes the place of the first that is silent at that address.
    fn replace_silent_of(&mut self, address: IpAddr) -> Option<()> {
        let silent = |place: &Place| place.address == address && !place.manners.busy.load(Ordering::Acquire);
        let number = self.places.iter().find(|(_, place)| silent(place)).map(|(number, _)| *number)?;
        self.places.remove(&number)?.manners.replaced.cancel();
        Some(())
    }

    /// The address with the most silent connections.
    fn address_with_most(&self) -> Option<IpAddr> {
        let mut silent: BTreeMap<IpAddr, usize> = BTreeMap::new();
        for place in self.places.values().filter(|place| !place.manners.busy.load(Ordering::Acquire)) {
            *silent.entry(place.address).or_default() += 1;
        }
        silent.into_iter().max_by_key(|(_, count)| *count).map(|(address, _)| address)
    }
}

impl Pass {
    /// Says whether something is being done for the connection from now on.
    pub fn set_busy(&self, busy: bool) {
        self.manners.busy.store(busy, Ordering::Release);
    }

    /// Completes once somebody else has the place.
    pub async fn replaced(&self) {
        self.manners.replaced.cancelled().await;
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let mut held = self.admission.held();
        if held.owed > 0
            && let Some(permit) = self.permit.take()
        {
            permit.forget();
            held.owed -= 1;
        }
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.admission.held().places.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn address(last: u8) -> IpAddr {
        IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, last))
    }

    fn is_replaced(pass: &Pass) -> bool {
        pass.manners.replaced.is_cancelled()
    }

    #[test]
    fn who_is_silent_longest_gives_way_and_who_is_served_does_not() {
        let admission = Admission::new(AdmissionLimits { total: 3, per_address: 2 });
        let first = admission.admit(address(1)).unwrap();
        let second = admission.admit(address(1)).unwrap();
        first.set_busy(true);
        let mapped = admission.admit("::ffff:192.0.2.1".parse().unwrap()).expect("in the place of its own second");
        assert_eq!((is_replaced(&first), is_replaced(&second), is_replaced(&mapped)), (false, true, false));
        let other = admission.admit(address(2)).unwrap();
        let third = admission.admit(address(3)).expect("in the place of a silent one of whoever has most");
        assert!(!is_replaced(&first) && is_replaced(&mapped) ^ is_replaced(&other));
        for pass in [&first, &mapped, &other, &third] {
            pass.set_busy(true);
        }
        assert!(admission.admit(address(4)).is_none(), "everybody is being served");
        drop((second, mapped, other));
        drop(first);
        assert!(admission.admit(address(4)).is_some(), "a place that was given back is free");
        drop(third);
        assert!(admission.held().places.is_empty(), "who is gone leaves nothing behind");
    }

    #[tokio::test]
    async fn where_there_are_no_more_sockets_places_are_given_up_until_there_are() {
        let admission = Admission::new(AdmissionLimits { total: 32, per_address: 32 });
        let mut connected = Vec::new();
        for caller in 0..20u8 {
            let room = admission.room().await;
            connected.push((admission.admit(address(caller)).unwrap(), room));
        }
        connected[0].0.set_busy(true);
        admission.give_up();
        let gone = |connected: &[(Pass, Room)]| connected.iter().filter(|(pass, _)| is_replaced(pass)).count();
        assert_eq!((gone(&connected), is_replaced(&connected[0].0)), (8, false), "the silent ones go");
        connected.retain(|(pass, _)| !is_replaced(pass));
        assert_eq!(admission.sockets.available_permits(), LEAVING_MAX, "twelve are left, and no more come");
        let room = admission.room().await;
        let pass = admission.admit(address(40)).expect("in the place of a silent one");
        assert_eq!(gone(&connected), 1);
        drop((pass, room));
        for _ in 0..10 {
            admission.give_up();
            connected.retain(|(pass, _)| !is_replaced(pass));
        }
        assert_eq!(connected.len(), KEPT_MIN, "it listens still");
        assert_eq!(admission.sockets.available_permits(), LEAVING_MAX);
        admission.recover();
        assert_eq!(admission.sockets.available_permits(), 32 + LEAVING_MAX - KEPT_MIN);
        // Nothing had gone yet when all was given back.
        connected.clear();
        assert_eq!(admission.sockets.available_permits(), 32 + LEAVING_MAX);
    }

    #[test]
    fn a_thousand_silent_callers_leave_room_for_each_that_speaks() {
        let admission = Admission::new(AdmissionLimits { total: 16, per_address: 8 });
        let mut silent = Vec::new();
        for caller in 0..1000u16 {
            silent.extend(admission.admit(address((caller % 200) as u8)));
            let speaks = admission.admit(address(250)).expect("served");
            speaks.set_busy(true);
            assert!(admission.held().places.len() <= 16);
        }
    }
}
