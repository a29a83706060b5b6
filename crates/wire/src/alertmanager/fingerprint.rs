//! The short name of a label set.

use wheelhouse_core::signal::Pairs;

/// A label set's fingerprint as Prometheus computes it: FNV-1a, 64 bits, over each name, 0xFF, its
/// value and 0xFF, in order of name; written as 16 hexadecimal digits.
///
/// It is for show: two label sets may share one.
pub fn fingerprint(labels: &Pairs) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    let mut add = |bytes: &[u8]| {
        for byte in bytes.iter().chain(&[0xff]) {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    };
    for (name, value) in labels.iter() {
        add(name.as_bytes());
        add(value.as_bytes());
    }
    hash
}
