//! The engines that the tests run on.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use wheelhouse_core::case::{Case, CaseId};
use wheelhouse_core::notify::Message;
use wheelhouse_core::time::Duration as Span;
use wheelhouse_store::{Address, Batch, Candidate, Lease, Loaded, Postgres, Readers, Sqlite, Store, StoreError};

use crate::rig::erasing::Committed;
use crate::server::{Server, shared};

/// How long a lease lasts in tests that do not wait for its end.
pub const LEASE: Duration = Duration::from_secs(60);

/// A store that can be made for a test.
pub trait Engine: Committed + Sized {
    /// How many histories are tried.
    const HISTORIES: u32;
    /// How many lists are tried.
    const LISTS: u32;
    /// How many steps a long history has, and how many entries at least.
    const LONG: (usize, u64);

    /// An empty store.
    fn fresh() -> Self;

    /// What other stores of the test need as well.
    fn keep() -> Option<Arc<Server>>;
}

impl Engine for Sqlite {
    const HISTORIES: u32 = 64;
    const LISTS: u32 = 400;
    const LONG: (usize, u64) = (450, 10_000);

    fn fresh() -> Self {
        Self::open_in_memory().unwrap()
    }

    fn keep() -> Option<Arc<Server>> {
        None
    }
}

/// An organisation of its own in a server that ends with the last store.
pub struct OnServer {
    store: Postgres,
    server: Arc<Server>,
}

/// A name that no other organisation has.
pub fn org() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    format!("org-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A way to take a lease.
pub fn lease(address: &Address, holder: &str, lasts: Duration) -> Lease {
    let candidate = Candidate { holder: holder.into(), address: "http://127.0.0.1:1".into(), lease: lasts };
    Lease::new(address.clone(), candidate)
}

impl Engine for OnServer {
    const HISTORIES: u32 = 4;
    const LISTS: u32 = 100;
    const LONG: (usize, u64) = (60, 1_000);

    fn fresh() -> Self {
        let server = shared();
        let address = Address::parse(&server.url(), &org()).unwrap();
        let mut lease = lease(&address, "test", LEASE);
        lease.prepare().unwrap();
        let epoch = lease.take().unwrap().unwrap();
        Self { store: Postgres::open(address, epoch, LEASE).unwrap(), server }
    }

    fn keep() -> Option<Arc<Server>> {
        Some(shared())
    }
}

impl Committed for OnServer {
    fn readers(&self, connections: usize) -> Result<Readers, StoreError> {
        self.store.readers(connections)
    }
}

impl Store for OnServer {
    fn load(&mut self, keep: Span) -> Result<Loaded, StoreError> {
        self.store.load(keep)
    }

    fn load_case(&mut self, id: CaseId) -> Result<Option<(Case, Vec<Message>)>, StoreError> {
        self.store.load_case(id)
    }

    fn commit(&mut self, batch: &Batch) -> Result<(), StoreError> {
        self.store.commit(batch)
    }
}
