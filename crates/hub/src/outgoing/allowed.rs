//! What the operator allows beside the public internet: addresses, networks and hosts.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use super::address::canonical;

/// One thing that may be called although it is not on the public internet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// A network: its address, and how many bits of it count.
    Network(IpAddr, u8),
    /// A host, whatever its addresses are.
    Host(String),
    /// Every host below a domain.
    Below(String),
}

/// Why a text allows nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is neither an address, a network nor a host; expected `10.1.0.0/16`, `127.0.0.1`, `sms.example.org` or `*.example.org`"
)]
pub struct BadAllowed(String);

impl Allowed {
    /// Whether it covers an address that a host's name led to.
    pub fn covers(&self, host: &str, address: IpAddr) -> bool {
        let host = host.trim_end_matches('.');
        match self {
            Self::Network(network, bits) => within(canonical(address), *network, *bits),
            Self::Host(name) => host.eq_ignore_ascii_case(name),
            Self::Below(domain) => {
                let cut = host.len().checked_sub(domain.len() + 1);
                cut.and_then(|cut| host.split_at_checked(cut)).is_some_and(|(name, rest)| {
                    !name.is_empty() && rest.strip_prefix('.').is_some_and(|rest| rest.eq_ignore_ascii_case(domain))
                })
            }
        }
    }
}

impl FromStr for Allowed {
    type Err = BadAllowed;

    fn from_str(text: &str) -> Result<Self, BadAllowed> {
        let bad = || BadAllowed(text.chars().take(80).flat_map(char::escape_debug).collect());
        let bare = text.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(text);
        if let Ok(address) = bare.parse::<IpAddr>() {
            let address = canonical(address);
            return Ok(Self::Network(address, width(address)));
        }
        if let Some((network, bits)) = text.split_once('/') {
            let network: IpAddr = network.parse().map_err(|_| bad())?;
            let bits: u8 = bits.parse().map_err(|_| bad())?;
            return if bits <= width(network) { Ok(Self::Network(network, bits)) } else { Err(bad()) };
        }
        let is_host = |name: &str| {
            let label = |label: &str| {
                (1..=63).contains(&label.len())
                    && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            };
            name.len() <= 253 && name.split('.').all(label) && name.contains(|c: char| c.is_ascii_alphabetic())
        };
        match text.strip_prefix("*.") {
            Some(domain) if is_host(domain) => Ok(Self::Below(domain.to_owned())),
            None if is_host(text) => Ok(Self::Host(text.to_owned())),
            _ => Err(bad()),
        }
    }
}

impl fmt::Display for Allowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network(network, bits) if *bits == width(*network) => write!(f, "{network}"),
            Self::Network(network, bits) => write!(f, "{network}/{bits}"),
            Self::Host(name) => f.write_str(name),
            Self::Below(domain) => write!(f, "*.{domain}"),
        }
    }
}

const fn width(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

fn within(address: IpAddr, network: IpAddr, bits: u8) -> bool {
    let same = |address: u128, network: u128, width: u8| {
        let shift = u32::from(width - bits.min(width));
        address.checked_shr(shift).unwrap_or(0) == network.checked_shr(shift).unwrap_or(0)
    };
    match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) => {
            same(u128::from(u32::from(address)), u128::from(u32::from(network)), 32)
        }
        (IpAddr::V6(address), IpAddr::V6(network)) => same(address.into(), network.into(), 128),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn networks_hosts_and_domains_are_told_apart_and_cover_what_they_say() {
        let covers = |allowed: &str, host: &str, address: &str| {
            allowed.parse::<Allowed>().unwrap().covers(host, address.parse().unwrap())
        };
        assert!(covers("127.0.0.0/8", "x", "127.9.9.9") && !covers("127.0.0.0/8", "x", "128.0.0.1"));
        assert!(covers("10.0.0.1", "x", "10.0.0.1") && !covers("10.0.0.1", "x", "10.0.0.2"));
        assert!(covers("10.0.0.0/8", "x", "::ffff:10.1.1.1"), "a disguise changes nothing");
        assert!(covers("fd00::/8", "x", "fd12::1") && !covers("fd00::/8", "x", "fc00::1"));
        assert!(covers("0.0.0.0/0", "x", "10.0.0.1") && !covers("0.0.0.0/0", "x", "::1"));
        assert!(covers("[::1]", "x", "::1"));
        assert!(
            covers("sms.internal", "SMS.internal.", "10.0.0.1") && !covers("sms.internal", "a.sms.internal", "::1")
        );
        assert!(covers("*.internal", "a.b.internal", "::1"));
        assert!(!covers("*.internal", "internal", "::1") && !covers("*.internal", "evilinternal", "::1"));
        for bad in ["", "*", "*.", "10.0.0.0/33", "::/129", "a b", "http://x", "-/-", "1.2.3", "10.0.0.0/x"] {
            assert!(bad.parse::<Allowed>().is_err(), "{bad}");
        }
        for text in ["127.0.0.0/8", "10.0.0.1", "sms.internal", "*.internal"] {
            assert_eq!(text.parse::<Allowed>().unwrap().to_string(), text);
        }
    }
}
