//! Where the hub may call.
//!
//! The catalog names addresses, and whoever writes to the catalog is not whoever runs the hub. So
//! every call to an address that the catalog names goes through a [`Guard`]: what is private,
//! loopback, link-local, a cloud's metadata service or otherwise not on the public internet is
//! refused unless the operator allows it. A name is looked up once, its addresses are checked, and
//! the connection goes to those very addresses: a name that means something else a moment later
//! gains nothing. No proxy is asked and no redirect is followed, for both would call again.

mod address;
mod allowed;

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{ClientBuilder, Url};

pub use address::{Zone, zone};
pub use allowed::{Allowed, BadAllowed};

/// The most addresses of one name that are tried.
const MOST_ADDRESSES: usize = 16;

/// Decides where the hub may call. Cloning shares it.
#[derive(Clone)]
pub struct Guard(Arc<Inner>);

struct Inner {
    allowed: Vec<Allowed>,
    lookup: Box<dyn Lookup>,
}

/// Finds the addresses of a name.
pub trait Lookup: Send + Sync {
    /// The addresses of `host`, at present.
    fn addresses(&self, host: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>>;
}

/// The system's way to look names up.
#[derive(Clone, Copy, Debug)]
pub struct SystemLookup;

/// Why an address is not called.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is no address that can be called.
    #[error("{0}; write `https://…`")]
    NotAnAddress(String),
    /// It is another protocol's.
    #[error("the hub does not call `{0}:` addresses; write `https://…`")]
    Scheme(String),
    /// It leads inside.
    #[error(
        "the hub does not call {address}, which is {zone}{}; allow it with `--allow-outgoing {address}`",
        named(host)
    )]
    Inside {
        /// The host as it was named.
        host: String,
        /// The address.
        address: IpAddr,
        /// What kind of address it is.
        zone: Zone,
    },
    /// The name has no address.
    #[error("{0} has no address")]
    NoAddress(String),
}

impl Guard {
    /// Calls the public internet, and what is `allowed` beside it.
    pub fn new(allowed: Vec<Allowed>) -> Self {
        Self::with_lookup(allowed, SystemLookup)
    }

    /// The same with another way to look names up.
    pub fn with_lookup(allowed: Vec<Allowed>, lookup: impl Lookup + 'static) -> Self {
        Self(Arc::new(Inner { allowed, lookup: Box::new(lookup) }))
    }

    /// Whether one address may be called, where `host` is the name that led to it.
    ///
    /// # Errors
    /// Says what kind of address it is.
    pub fn check(&self, host: &str, address: IpAddr) -> Result<(), Refused> {
        let address = address::canonical(address);
        let Some(zone) = zone(address) else { return Ok(()) };
        if self.0.allowed.iter().any(|allowed| allowed.covers(host, address)) {
            return Ok(());
        }
        Err(Refused::Inside { host: host.to_owned(), address, zone })
    }

    /// Reads a URL and checks what can be known without looking its host up: the scheme, and a host
    /// that is an address, however it is spelt (`127.1`, `0x7f000001`, `[::ffff:7f00:1]`).
    ///
    /// # Errors
    /// Says why it is not called.
    pub fn url(&self, text: &str) -> Result<Url, Refused> {
        let url =
            Url::parse(text).map_err(|error| Refused::NotAnAddress(format!("the address is not a URL ({error})")))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Refused::Scheme(url.scheme().to_owned()));
        }
        let host = url.host_str().ok_or_else(|| Refused::NotAnAddress("the address has no host".to_owned()))?;
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        // reqwest looks only names up, so an address in the URL is checked here or nowhere.
        if let Ok(address) = bare.parse::<IpAddr>() {
            self.check(bare, address)?;
        }
        Ok(url)
    }

    /// Looks a host up and gives those of its addresses that may be called. Whoever connects to them,
    /// and to nothing else, is safe from a name that changes its meaning.
    ///
    /// # Errors
    /// Fails where the name cannot be looked up, and says which address is refused where none is left.
    pub async fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let found = match bare.parse() {
            Ok(address) => vec![address],
            Err(_) => self.0.lookup.addresses(bare.to_owned()).await?,
        };
        let mut refused = Refused::NoAddress(host.to_owned());
        let mut open = Vec::new();
        for address in found.into_iter().take(MOST_ADDRESSES) {
            match self.check(bare, address) {
                Ok(()) => open.push(SocketAddr::new(address, port)),
                Err(why) => refused = why,
            }
        }
        if open.is_empty() { Err(io::Error::other(refused)) } else { Ok(open) }
    }

    /// A client whose every connection goes through this guard.
    pub fn client(&self) -> ClientBuilder {
        reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .dns_resolver(Arc::new(self.clone()))
    }
}

/// Whether an error is, or comes from, a refusal to call.
pub fn refusal<'e>(error: &'e (dyn std::error::Error + 'static)) -> Option<&'e Refused> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(refused) = error.downcast_ref::<Refused>() {
            return Some(refused);
        }
        // An io::Error shows what it wraps as itself, not as its source.
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if let Some(refused) = wrapped.and_then(|inner| inner.downcast_ref::<Refused>()) {
            return Some(refused);
        }
        next = error.source();
    }
    None
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let addresses = guard.resolve(name.as_str(), 0).await?;
            let addresses: Addrs = Box::new(addresses.into_iter());
            Ok(addresses)
        })
    }
}

impl Lookup for SystemLookup {
    fn addresses(&self, host: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        async move { Ok(tokio::net::lookup_host((host, 0)).await?.map(|address| address.ip()).collect()) }.boxed()
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard").field("allowed", &self.0.allowed).finish_non_exhaustive()
    }
}

/// How a host was named, where that is not its address.
fn named(host: &str) -> String {
    if host.parse::<IpAddr>().is_ok() { String::new() } else { format!(" (as `{}`)", host.escape_debug()) }
}
