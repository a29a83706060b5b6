//! Which addresses are not on the public internet (IANA's special-purpose registries, RFC 6890).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Why an address is not on the public internet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zone {
    /// This machine (RFC 1122 §3.2.1.3, RFC 4291 §2.5.3).
    Loopback,
    /// A private network (RFC 1918, RFC 6598), or its IPv6 kind (RFC 4193).
    Private,
    /// The same wire (RFC 3927, RFC 4291 §2.5.6), where clouds keep their metadata.
    LinkLocal,
    /// A cloud's own service, whatever else its address looks like.
    Metadata,
    /// Many machines at once (RFC 5771, RFC 4291 §2.7), or all of them.
    Multicast,
    /// Nothing in particular: unspecified, reserved, for documentation or for tunnels.
    Reserved,
}

/// The address that is reached in the end: what stands for an IPv4 address inside of an IPv6 one
/// becomes it. Mapped (RFC 4291 §2.5.5.2), translated (NAT64, RFC 6052), and 6to4 (RFC 3056).
pub(super) fn canonical(address: IpAddr) -> IpAddr {
    let IpAddr::V6(address) = address else { return address };
    let [a, b, c, d, e, f, high, low] = address.segments();
    let inner = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        IpAddr::V4(Ipv4Addr::new(a, b, c, d))
    };
    match [a, b, c, d, e, f] {
        [0, 0, 0, 0, 0, 0xffff] | [0x64, 0xff9b, 0, 0, 0, 0] | [0, 0, 0, 0, 0xffff, 0] => inner(high, low),
        // The compatible form is given up, and is none for the loopback and the unspecified address.
        [0, 0, 0, 0, 0, 0] if high != 0 => inner(high, low),
        [0x2002, high, low, ..] => inner(high, low),
        _ => IpAddr::V6(address),
    }
}

/// Why an address is not on the public internet; nothing where it is.
pub fn zone(address: IpAddr) -> Option<Zone> {
    match canonical(address) {
        IpAddr::V4(address) => zone_v4(address),
        IpAddr::V6(address) => zone_v6(address),
    }
}

fn zone_v4(address: Ipv4Addr) -> Option<Zone> {
    Some(match address.octets() {
        [127, ..] => Zone::Loopback,
        [10, ..] | [192, 168, ..] => Zone::Private,
        [172, b, ..] if (16..=31).contains(&b) => Zone::Private,
        // 100.100.100.200 lies in here.
        [100, b, ..] if (64..=127).contains(&b) => Zone::Private,
        [169, 254, 169, 254 | 253 | 123] | [168, 63, 129, 16] => Zone::Metadata,
        [169, 254, ..] => Zone::LinkLocal,
        [224..=239, ..] | [255, 255, 255, 255] => Zone::Multicast,
        [0, ..] | [240..=255, ..] => Zone::Reserved,
        [192, 0, 0 | 2, _] | [192, 88, 99, _] | [198, 18..=19, ..] | [198, 51, 100, _] | [203, 0, 113, _] => {
            Zone::Reserved
        }
        _ => return None,
    })
}

fn zone_v6(address: Ipv6Addr) -> Option<Zone> {
    let [first, second, third, ..] = address.segments();
    Some(match first {
        _ if address == Ipv6Addr::LOCALHOST => Zone::Loopback,
        _ if address == Ipv6Addr::UNSPECIFIED => Zone::Reserved,
        0xfd00 if second == 0x0ec2 => Zone::Metadata,
        0xfc00..=0xfdff | 0xfec0..=0xfeff => Zone::Private,
        0xfe80..=0xfebf => Zone::LinkLocal,
        0xff00.. => Zone::Multicast,
        // NAT64 within a network (RFC 8215).
        0x64 if second == 0xff9b && third == 1 => Zone::Private,
        // Teredo, benchmarks, ORCHID and the rest of 2001::/23; documentation; segment routing.
        0x2001 if second < 0x200 || second == 0xdb8 => Zone::Reserved,
        0x3fff if second < 0x1000 => Zone::Reserved,
        // Only 2000::/3 is given out.
        0x2000..=0x3fff => return None,
        _ => Zone::Reserved,
    })
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Loopback => "this machine",
            Self::Private => "in a private network",
            Self::LinkLocal => "on the same wire",
            Self::Metadata => "a cloud's own service",
            Self::Multicast => "many machines at once",
            Self::Reserved => "reserved",
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn what_is_inside_is_seen_through_every_disguise() {
        for (text, expected) in [
            ("127.0.0.1", Zone::Loopback),
            ("127.255.0.9", Zone::Loopback),
            ("::1", Zone::Loopback),
            ("::ffff:127.0.0.1", Zone::Loopback),
            ("::127.0.0.1", Zone::Loopback),
            ("64:ff9b::7f00:1", Zone::Loopback),
            ("2002:7f00:1::", Zone::Loopback),
            ("::ffff:0:127.0.0.1", Zone::Loopback),
            ("10.1.2.3", Zone::Private),
            ("172.16.0.1", Zone::Private),
            ("172.31.255.255", Zone::Private),
            ("192.168.1.1", Zone::Private),
            ("100.64.0.1", Zone::Private),
            ("100.100.100.200", Zone::Private),
            ("64:ff9b::a00:1", Zone::Private),
            ("64:ff9b:1::1", Zone::Private),
            ("fc00::1", Zone::Private),
            ("fdff:ffff::1", Zone::Private),
            ("fec0::1", Zone::Private),
            ("169.254.169.254", Zone::Metadata),
            ("::ffff:a9fe:a9fe", Zone::Metadata),
            ("168.63.129.16", Zone::Metadata),
            ("fd00:ec2::254", Zone::Metadata),
            ("169.254.1.1", Zone::LinkLocal),
            ("fe80::1", Zone::LinkLocal),
            ("224.0.0.1", Zone::Multicast),
            ("255.255.255.255", Zone::Multicast),
            ("ff02::1", Zone::Multicast),
            ("0.0.0.0", Zone::Reserved),
            ("::", Zone::Reserved),
            ("240.0.0.1", Zone::Reserved),
            ("192.0.2.7", Zone::Reserved),
            ("198.18.0.1", Zone::Reserved),
            ("2001:db8::1", Zone::Reserved),
            ("2001::1", Zone::Reserved),
            ("100::1", Zone::Reserved),
            ("4000::1", Zone::Reserved),
        ] {
            assert_eq!(zone(text.parse().unwrap()), Some(expected), "{text}");
        }
    }

    #[test]
    fn the_public_internet_is_open() {
        for text in [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.0.1",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "169.253.0.1",
            "192.0.1.1",
            "2606:4700::1111",
            "2a00:1450::1",
            "64:ff9b::808:808",
            "::ffff:8.8.8.8",
            "2002:808:808::",
            "2001:4860::8888",
        ] {
            assert_eq!(zone(text.parse().unwrap()), None, "{text}");
        }
    }
}
