//! The files of the web app: built into the program, or read from a folder by those who work on it.
//!
//! The app is built before the program (`make web`); a program that was built without it has no files,
//! and whoever serves it says how to get them.

mod assets;
mod folder;
mod kind;

pub use assets::{Asset, Assets, Encoding};
pub use folder::FolderError;
