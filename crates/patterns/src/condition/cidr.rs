//! Ranges of internet addresses (RFC 4632, RFC 4291 §2.3).

use alloc::format;
use alloc::string::String;
use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// All addresses that begin with the same bits. An IPv4 address is in no range of IPv6, nor the reverse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Cidr {
    /// The first address: all bits after the prefix are zero.
    first: IpAddr,
    bits: u8,
}

impl Cidr {
    /// Reads `10.0.0.0/8` or `2001:db8::/32`. Bits after the prefix may be set, and mean nothing.
    ///
    /// # Errors
    /// Says what is wrong, and what is expected.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let shown = || text.chars().take(60).collect::<String>().escape_debug().collect::<String>();
        let Some((address, bits)) = text.split_once('/') else {
            return Err(format!("`{}` has no `/`; expected such as 10.0.0.0/8 or 2001:db8::/32", shown()));
        };
        let Ok(address) = address.parse::<IpAddr>() else {
            return Err(format!("`{}` does not begin with an IPv4 or IPv6 address", shown()));
        };
        let most = if address.is_ipv4() { 32 } else { 128 };
        let is_number = !bits.is_empty() && bits.len() <= 3 && bits.bytes().all(|byte| byte.is_ascii_digit());
        let bits = bits.parse::<u8>().ok().filter(|bits| is_number && *bits <= most);
        let Some(bits) = bits else {
            return Err(format!("`{}` does not end in a number of bits from 0 to {most}", shown()));
        };
        Ok(Self { first: masked(address, bits), bits })
    }

    /// Whether a text is an address of the range.
    pub(crate) fn accepts(self, text: &str) -> bool {
        address(text).is_some_and(|address| {
            address.is_ipv4() == self.first.is_ipv4() && masked(address, self.bits) == self.first
        })
    }

    /// The first and the last address as numbers, and whether they are of IPv4.
    pub(crate) fn bounds(self) -> (u128, u128, bool) {
        match self.first {
            IpAddr::V4(first) => {
                let first = u32::from(first);
                let last = first | u32::MAX.checked_shr(self.bits.into()).unwrap_or(0);
                (first.into(), last.into(), true)
            }
            IpAddr::V6(first) => {
                let first = u128::from(first);
                (first, first | u128::MAX.checked_shr(self.bits.into()).unwrap_or(0), false)
            }
        }
    }
}

/// The address that a text is.
pub(crate) fn address(text: &str) -> Option<IpAddr> {
    // The longest is an IPv6 address with an IPv4 one at its end.
    if text.len() > 45 { None } else { text.parse().ok() }
}

/// An address as a number, and whether it is of IPv4.
pub(crate) fn as_number(address: IpAddr) -> (u128, bool) {
    match address {
        IpAddr::V4(address) => (u32::from(address).into(), true),
        IpAddr::V6(address) => (address.into(), false),
    }
}

fn masked(address: IpAddr, bits: u8) -> IpAddr {
    match address {
        IpAddr::V4(address) => {
            let rest = u32::MAX.checked_shr(bits.into()).unwrap_or(0);
            Ipv4Addr::from(u32::from(address) & !rest).into()
        }
        IpAddr::V6(address) => {
            let rest = u128::MAX.checked_shr(bits.into()).unwrap_or(0);
            Ipv6Addr::from(u128::from(address) & !rest).into()
        }
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.bits)
    }
}
