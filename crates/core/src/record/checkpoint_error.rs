//! What can be wrong with a checkpoint or a verifier key that was read or is to be written.

use alloc::string::String;
use core::fmt;

use super::checkpoint::{LONGEST_NAME, LONGEST_NOTE, MOST_SIGNATURES};
use super::merkle::MAX_LEAVES;

/// Says why a text is not a signed checkpoint, or cannot be made into one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadCheckpoint {
    /// The note is longer than is read.
    TooLong {
        /// Its length in bytes.
        found: usize,
    },
    /// The note is not UTF-8, or has control characters.
    NotText,
    /// The last line has no newline.
    Unended,
    /// The body ends before the size or the root.
    TooFewLines,
    /// The body has a fourth line.
    Extension,
    /// The first line is not an origin.
    Origin,
    /// The second line is not a size; holds the beginning of what stands there.
    Size(String),
    /// The third line is not a root hash; holds the beginning of what stands there.
    Root(String),
    /// There is no signature.
    Unsigned,
    /// There are more signatures than are read.
    TooManySignatures,
    /// A signature line is malformed.
    SignatureLine {
        /// Which one, from 1.
        number: usize,
    },
    /// A signature has no bytes.
    EmptySignature,
    /// A key's name is malformed.
    KeyName,
    /// A verifier key is malformed.
    VerifierKey,
    /// A verifier key is not an Ed25519 key.
    KeyType(u8),
    /// A verifier key's hash is not that of its name and key.
    KeyHashDiffers,
}

impl fmt::Display for BadCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { found } => write!(f, "the checkpoint has {found} bytes; expected at most {LONGEST_NOTE}"),
            Self::NotText => f.write_str("the checkpoint is not text; expected UTF-8 with no control character but newline"),
            Self::Unended => f.write_str("the checkpoint's last line is cut off; expected a newline at its end; fetch it again"),
            Self::TooFewLines => f.write_str("the checkpoint's body is cut off; expected three lines: origin, size, root"),
            Self::Extension => f.write_str("line 4 of the checkpoint is an extension; expected a blank line after origin, size and root"),
            Self::Origin => write!(f, "line 1 of the checkpoint is not an origin; expected 1 to {LONGEST_NAME} bytes without control characters"),
            Self::Size(found) => write!(f, "line 2 of the checkpoint is `{found}`; expected the log's size, a decimal number from 0 to {MAX_LEAVES} without sign or leading zero"),
            Self::Root(found) => write!(f, "line 3 of the checkpoint is `{found}`; expected the root hash, 32 bytes in padded base64"),
            Self::Unsigned => f.write_str("the checkpoint is not signed; expected a blank line and at least one signature line after the root"),
            Self::TooManySignatures => write!(f, "the checkpoint has too many signatures; expected at most {MOST_SIGNATURES}"),
            Self::SignatureLine { number } => write!(f, "signature {number} of the checkpoint is malformed; expected `— NAME BASE64`, with the key's hash (4 bytes) and the signature in padded base64"),
            Self::EmptySignature => f.write_str("the signature is empty; expected the bytes that the key signed with (64 for Ed25519)"),
            Self::KeyName => write!(f, "the key's name is malformed; expected 1 to {LONGEST_NAME} bytes without white space, `+` or control characters"),
            Self::VerifierKey => f.write_str("the verifier key is malformed; expected `NAME+HASH+KEY`, with 8 lower-case hexadecimal digits and 33 bytes in padded base64"),
            Self::KeyType(found) => write!(f, "the verifier key is of type 0x{found:02x}; expected an Ed25519 key, type 0x01"),
            Self::KeyHashDiffers => f.write_str("the verifier key's hash does not belong to its name and key; part of it was changed, copy it again from its source"),
        }
    }
}

impl core::error::Error for BadCheckpoint {}
