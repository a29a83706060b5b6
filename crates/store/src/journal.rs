//! The journal's own form: frames one after the other, compressed as one.
//!
//! Each frame is a line of JSON that says what it is and how many bytes follow, and then those
//! bytes. A program of a few lines in any language reads it.

use std::io::Read;

use serde::{Deserialize, Serialize};
use wheelhouse_core::name::SourceName;
use wheelhouse_core::signal::Adapter;
use wheelhouse_core::time::Timestamp;

use crate::{Frame, StoreError};

/// zstd's fastest: the journal is on the path of every signal.
const LEVEL: i32 = 1;
/// The most bytes that one commit's frames may have unpacked; a guard against a hostile file.
const MOST_BYTES: u64 = 1 << 30;

#[derive(Serialize, Deserialize)]
struct Head {
    source: SourceName,
    adapter: Adapter,
    received_at: Timestamp,
    bytes: usize,
}

/// Packs frames.
pub(crate) fn pack(frames: &[Frame]) -> Result<Vec<u8>, StoreError> {
    let length: usize = frames.iter().map(|frame| frame.raw.len() + 128).sum();
    let mut bytes = Vec::with_capacity(length);
    for Frame { source, adapter, received_at, raw } in frames {
        let head = Head { source: source.clone(), adapter: *adapter, received_at: *received_at, bytes: raw.len() };
        serde_json::to_writer(&mut bytes, &head).expect("a line of plain values always serialises");
        bytes.push(b'\n');
        bytes.extend_from_slice(raw);
    }
    zstd::bulk::compress(&bytes, LEVEL).map_err(StoreError::Compression)
}

/// Unpacks what [`pack`] made, or says what is wrong with it.
pub(crate) fn unpack(packed: &[u8]) -> Result<Vec<Frame>, String> {
    let mut bytes = Vec::new();
    let decoder = zstd::stream::read::Decoder::new(packed).map_err(|error| error.to_string())?;
    decoder.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(format!("more than {MOST_BYTES} bytes unpacked"));
    }
    let mut frames = Vec::new();
    let mut rest = bytes.as_slice();
    while !rest.is_empty() {
        let end = rest.iter().position(|byte| *byte == b'\n').ok_or("a frame's head has no end")?;
        let (line, after) = rest.split_at(end);
        let head: Head = serde_json::from_slice(line).map_err(|error| format!("a frame's head: {error}"))?;
        let body = after.split_first().map_or(&[][..], |(_, body)| body);
        let (raw, after) = body.split_at_checked(head.bytes).ok_or("a frame is cut off")?;
        let Head { source, adapter, received_at, .. } = head;
        frames.push(Frame { source, adapter, received_at, raw: raw.to_vec() });
        rest = after;
    }
    Ok(frames)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
    use super::*;

    fn frame(raw: &[u8]) -> Frame {
        Frame {
            source: SourceName::new("prometheus").unwrap(),
            adapter: Adapter::Alertmanager,
            received_at: Timestamp::from_seconds(7),
            raw: raw.to_vec(),
        }
    }

    #[test]
    fn what_is_packed_comes_out_again_whatever_its_bytes() {
        for frames in [vec![], vec![frame(b"")], vec![frame(b"[]\n\n{"), frame(&[0, 255, 10]), frame(&[b'x'; 70_000])]]
        {
            assert_eq!(unpack(&pack(&frames).unwrap()).unwrap(), frames);
        }
    }

    #[test]
    fn what_is_not_a_journal_is_refused() {
        let packed = pack(&[frame(b"[1, 2]")]).unwrap();
        assert!(unpack(&packed[..packed.len() - 1]).is_err());
        assert!(unpack(b"no zstd").is_err());
        let cut =
            zstd::bulk::compress(b"{\"source\":\"p\",\"adapter\":\"report\",\"received_at\":1,\"bytes\":9}\nfew", 1)
                .unwrap();
        assert_eq!(unpack(&cut).unwrap_err(), "a frame is cut off");
    }
}
