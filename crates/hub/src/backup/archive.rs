//! Writing a backup's archive: tar, compressed by zstd, with a list of what is in it at its end.

use std::fs::File;
use std::io::{self, Read};

use sha2::{Digest, Sha256};
use tar::{Builder, EntryType, Header};
use zstd::stream::write::Encoder;

use super::about::{About, Contents, Stored};

/// The first file: what the backup is about.
pub(super) const ABOUT: &str = "about.json";
/// The last file: all others with their digests.
pub(super) const CONTENTS: &str = "contents.json";
/// How hard zstd tries.
const LEVEL: i32 = 3;

/// An archive in the making.
pub(super) struct Packing {
    tar: Builder<Encoder<'static, File>>,
    about: About,
    files: Vec<Stored>,
}

impl Packing {
    /// Begins an archive in an empty file.
    pub(super) fn begin(file: File, about: About) -> io::Result<Self> {
        let mut encoder = Encoder::new(file, LEVEL)?;
        encoder.include_checksum(true)?;
        let mut packing = Self { tar: Builder::new(encoder), about, files: Vec::new() };
        let words = json(&packing.about)?;
        packing.add(ABOUT, length(&words), &*words)?;
        Ok(packing)
    }

    /// Adds a file of `size` bytes, which `bytes` must have.
    pub(super) fn add(&mut self, path: &str, size: u64, bytes: impl Read) -> io::Result<()> {
        let mut digesting = Digesting { bytes: bytes.take(size), sha256: Sha256::new(), read: 0 };
        self.append(path, size, &mut digesting)?;
        if digesting.read != size {
            return Err(io::Error::other(format!("{path} became shorter while it was read")));
        }
        let sha256 = hex(&digesting.sha256.finalize());
        self.files.push(Stored { path: path.to_owned(), size, sha256 });
        Ok(())
    }

    /// Ends the archive with the list of what is in it, and hands over that list.
    pub(super) fn end(mut self) -> io::Result<(File, Vec<Stored>)> {
        let contents = Contents { about: self.about.clone(), files: std::mem::take(&mut self.files) };
        let words = json(&contents)?;
        self.append(CONTENTS, length(&words), &*words)?;
        let file = self.tar.into_inner()?.finish()?;
        Ok((file, contents.files))
    }

    fn append(&mut self, path: &str, size: u64, bytes: impl Read) -> io::Result<()> {
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Regular);
        header.set_size(size);
        header.set_mode(0o600);
        header.set_mtime(u64::try_from(self.about.made_at.0.as_micros() / 1_000_000).unwrap_or_default());
        self.tar.append_data(&mut header, path, bytes)
    }
}

/// Digests what passes.
pub(super) struct Digesting<R> {
    bytes: R,
    sha256: Sha256,
    read: u64,
}

impl<R: Read> Digesting<R> {
    /// Digests what is read of `bytes`.
    pub(super) fn new(bytes: R) -> Self {
        Self { bytes, sha256: Sha256::new(), read: 0 }
    }

    /// The path's file as it was read.
    pub(super) fn stored(self, path: String) -> Stored {
        Stored { path, size: self.read, sha256: hex(&self.sha256.finalize()) }
    }
}

impl<R: Read> Read for Digesting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.bytes.read(buffer)?;
        self.sha256.update(buffer.get(..count).unwrap_or_default());
        self.read += length(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}

fn json(value: &impl serde::Serialize) -> io::Result<Vec<u8>> {
    let mut words = serde_json::to_vec_pretty(value)?;
    words.push(b'\n');
    Ok(words)
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
