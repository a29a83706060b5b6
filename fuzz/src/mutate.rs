//! Variations of kept inputs, drawn from a seed: the same on every machine and in every run.

/// Numbers from a seed (SplitMix64: Steele, Lea and Flood, OOPSLA 2014).
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// Starts from a seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    const fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to `end`, without `end`; 0 where that is.
    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.number() % (end.max(1) as u64)).unwrap_or(0)
    }
}

/// A variation of one of the `inputs`, at most `longest` bytes: one to eight changes, among them
/// words put in, stretches doubled until the input is long, and pieces of other inputs.
pub fn variation(inputs: &[(String, Vec<u8>)], words: &[Vec<u8>], longest: usize, chance: &mut Chance) -> Vec<u8> {
    let mut input = inputs[chance.below(inputs.len())].1.clone();
    for _ in 0..=chance.below(8) {
        let at = chance.below(input.len() + 1);
        let length = 1 << chance.below(8);
        let end = (at + 1 + chance.below(length)).min(input.len());
        match chance.below(12) {
            0 | 1 if at < input.len() => input[at] ^= 1 << chance.below(8),
            2 if at < input.len() => input[at] = [0, 0x0a, 0x0d, 0x22, 0x5c, 0x7f, 0x80, 0xc3, 0xff][chance.below(9)],
            3 => drop(input.drain(at.min(end)..end)),
            4 => input.truncate(at),
            5 | 6 => put(&mut input, at, &words[chance.below(words.len())].clone()),
            7 => {
                let stretch = input[at.min(end)..end].to_vec();
                put(&mut input, at, &stretch);
            }
            8 => {
                let other = &inputs[chance.below(inputs.len())].1;
                let from = chance.below(other.len() + 1);
                let to = (from + chance.below(200)).min(other.len());
                put(&mut input, at, &other[from..to]);
            }
            9 => put(&mut input, at, number(chance).as_bytes()),
            10 if chance.below(8) == 0 => swell(&mut input, at, end, longest),
            _ => put(&mut input, at, &[u8::try_from(chance.below(256)).unwrap_or(0)]),
        }
    }
    input.truncate(longest);
    input
}

fn put(input: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    input.splice(at..at, bytes.iter().copied());
}

/// Repeats a stretch until the input is as long as it may be: depth, width, and whatever costs more
/// than its length.
fn swell(input: &mut Vec<u8>, at: usize, end: usize, longest: usize) {
    let stretch = input[at.min(end)..end].to_vec();
    if stretch.is_empty() || input.len() >= longest {
        return;
    }
    let times = (longest - input.len()) / stretch.len();
    put(input, at, &stretch.repeat(times));
}

/// A number at an edge.
fn number(chance: &mut Chance) -> String {
    let edges = [0, 1, -1, 127, 255, 65_536, 1 << 31, (1 << 32) - 1, 1 << 53, i64::MAX, i64::MIN];
    match chance.below(3) {
        0 => edges[chance.below(edges.len())].to_string(),
        1 => format!("{}e{}", chance.below(10), chance.below(400)),
        _ => "9".repeat(1 + chance.below(40)),
    }
}
