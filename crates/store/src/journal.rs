//! The journal's own form: frames one after the other, compressed as one.
//!
//! Each frame is a line of JSON that says what it is and how many bytes follow, and then those
//! bytes. A program of a few lines in any language reads it.

use std::cell::RefCell;
use std::io::{self, BufRead, BufReader, Read};

use serde::{Deserialize, Serialize};
use wheelhouse_core::name::SourceName;
use wheelhouse_core::signal::Adapter;
use wheelhouse_core::time::Timestamp;
use zstd::bulk::Compressor;

use crate::{Frame, StoreError};

/// zstd's fastest: the journal is on the path of every signal.
const LEVEL: i32 = 1;
/// The most bytes that one commit's frames may have unpacked: twice what the writer lets wait. A
/// guard against a hostile file.
const MOST_BYTES: u64 = 128 << 20;
/// What a frame counts beside its bytes, so that empty ones come to an end too.
const COST_OF_A_FRAME: u64 = 128;
/// The longest head of a frame, with its end.
const LONGEST_HEAD: u64 = 1_024;
/// The largest window that decompressing may take, as a power of two; packing takes far less.
const LARGEST_WINDOW: u32 = 23;

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
    compress(&bytes).map_err(StoreError::Compression)
}

/// Compresses with what this thread compressed with before: making it anew would cost a small commit
/// more than its few kilobytes do.
fn compress(bytes: &[u8]) -> io::Result<Vec<u8>> {
    thread_local! {
        static KEPT: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
    }
    KEPT.with_borrow_mut(|kept| {
        let mut compressor = kept.take().map_or_else(|| Compressor::new(LEVEL), Ok)?;
        let packed = compressor.compress(bytes)?;
        *kept = Some(compressor);
        Ok(packed)
    })
}

/// Unpacks what [`pack`] made, or says what is wrong with it. What a hostile file costs is bounded:
/// it is read as it unfolds, and only as far as it makes sense.
pub(crate) fn unpack(packed: &[u8]) -> Result<Vec<Frame>, String> {
    let mut decoder = zstd::stream::read::Decoder::new(packed).map_err(|error| error.to_string())?;
    decoder.window_log_max(LARGEST_WINDOW).map_err(|error| error.to_string())?;
    let mut rest = BufReader::new(decoder);
    let (mut frames, mut left) = (Vec::new(), MOST_BYTES);
    while let Some(head) = head(&mut rest)? {
        let Head { source, adapter, received_at, bytes } = head;
        left = u64::try_from(bytes)
            .ok()
            .and_then(|bytes| left.checked_sub(bytes + COST_OF_A_FRAME))
            .ok_or_else(|| format!("more than {MOST_BYTES} bytes unpacked"))?;
        let mut raw = Vec::new();
        rest.by_ref().take(bytes as u64).read_to_end(&mut raw).map_err(|error| error.to_string())?;
        if raw.len() != bytes {
            return Err("a frame is cut off".to_owned());
        }
        frames.push(Frame { source, adapter, received_at, raw });
    }
    Ok(frames)
}

/// The head of the next frame, or nothing at the end.
fn head(rest: &mut impl BufRead) -> Result<Option<Head>, String> {
    let mut line = Vec::new();
    rest.take(LONGEST_HEAD).read_until(b'\n', &mut line).map_err(|error| error.to_string())?;
    match line.split_last() {
        None => Ok(None),
        Some((b'\n', line)) => {
            serde_json::from_slice(line).map(Some).map_err(|error| format!("a frame's head: {error}"))
        }
        Some(_) => Err("a frame's head has no end".to_owned()),
    }
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
        let head =
            |bytes: u64| format!("{{\"source\":\"p\",\"adapter\":\"report\",\"received_at\":1,\"bytes\":{bytes}}}\n");
        let huge = zstd::bulk::compress(head(1 << 40).as_bytes(), 1).unwrap();
        assert!(unpack(&huge).unwrap_err().contains("bytes unpacked"));
        let empty = zstd::bulk::compress(head(0).repeat(1_100_000).as_bytes(), 1).unwrap();
        assert!(unpack(&empty).unwrap_err().contains("bytes unpacked"), "frames without bytes have no end");
        let endless = zstd::bulk::compress(&vec![b'{'; 1 << 20], 1).unwrap();
        assert_eq!(unpack(&endless).unwrap_err(), "a frame's head has no end");
    }
}
