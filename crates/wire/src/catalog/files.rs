//! The files of a load, and where in them a place is.

use wheelhouse_core::catalog::Place;

/// Files by index, in order of path.
#[derive(Clone, Debug, Default)]
pub struct Files {
    files: Vec<File>,
}

#[derive(Clone, Debug)]
struct File {
    path: String,
    text: String,
    /// The offset of the first byte of every line.
    lines: Vec<usize>,
}

/// A place as people and tools write it. Lines and columns count from 1; a column is a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position<'f> {
    /// The path of the file.
    pub path: &'f str,
    /// The line of the first character.
    pub line: usize,
    /// The column of the first character.
    pub column: usize,
    /// The line of the end.
    pub end_line: usize,
    /// The column after the last character.
    pub end_column: usize,
}

impl Files {
    /// Takes files: path and content of each.
    pub fn new(mut files: Vec<(String, String)>) -> Self {
        files.sort();
        let file = |(path, text): (String, String)| {
            let starts = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(offset, _)| offset + 1);
            let lines = std::iter::once(0).chain(starts).collect();
            File { path, text, lines }
        };
        Self { files: files.into_iter().map(file).collect() }
    }

    /// Path and content of each file, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|file| (file.path.as_str(), file.text.as_str()))
    }

    /// Path and content of the file of a place.
    pub fn get(&self, file: u32) -> Option<(&str, &str)> {
        let file = self.files.get(usize::try_from(file).ok()?)?;
        Some((&file.path, &file.text))
    }

    /// Where a place is.
    pub fn position(&self, place: Place) -> Option<Position<'_>> {
        let file = self.files.get(usize::try_from(place.file).ok()?)?;
        let (line, column) = file.at(place.start);
        let (end_line, end_column) = file.at(place.end.max(place.start));
        Some(Position { path: &file.path, line, column, end_line, end_column })
    }
}

impl File {
    fn at(&self, offset: u32) -> (usize, usize) {
        let offset = usize::try_from(offset).unwrap_or(usize::MAX).min(self.text.len());
        let line = self.lines.partition_point(|start| *start <= offset);
        let start = self.lines.get(line.saturating_sub(1)).copied().unwrap_or(0);
        let before = self.text.as_bytes().get(start..offset).unwrap_or_default();
        // Every character has one byte that is no continuation.
        let column = before.iter().filter(|byte| (**byte & 0xC0) != 0x80).count();
        (line, column + 1)
    }
}
