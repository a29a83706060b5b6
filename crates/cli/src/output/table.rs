//! Tables: aligned columns without borders, at most as wide as the terminal.

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, presets};

use super::{Look, clean};

/// What a cell's text means; shown as a colour where there are colours, and never only so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// Nothing special.
    #[default]
    Plain,
    /// Somebody must act.
    Alarm,
    /// Somebody should look.
    Warning,
    /// All is well.
    Good,
    /// Less important.
    Faint,
}

/// One cell of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    text: String,
    tone: Tone,
}

/// A cell of foreign text.
pub fn cell(text: impl AsRef<str>) -> Cell {
    toned(text, Tone::Plain)
}

/// A cell of foreign text with a tone.
pub fn toned(text: impl AsRef<str>, tone: Tone) -> Cell {
    Cell { text: clean(text.as_ref()), tone }
}

/// Rows under headings. Columns without any text are left out.
#[derive(Clone, Debug, Default)]
pub struct Table {
    headings: Vec<&'static str>,
    right: Vec<usize>,
    whole: Vec<usize>,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// Starts a table; empty headings make one without a heading line.
    pub fn new(headings: &[&'static str]) -> Self {
        Self { headings: headings.to_vec(), ..Self::default() }
    }

    /// Aligns a column to the right, as numbers and lengths of time want it.
    #[must_use]
    pub fn right(mut self, column: usize) -> Self {
        self.right.push(column);
        self
    }

    /// Keeps the cells of a column on one line each, however narrow the terminal is.
    #[must_use]
    pub fn whole(mut self, column: usize) -> Self {
        self.whole.push(column);
        self
    }

    /// Adds a row; one cell a heading.
    pub fn row(&mut self, cells: impl Into<Vec<Cell>>) {
        self.rows.push(cells.into());
    }

    /// The table as lines.
    pub fn render(&self, look: &Look) -> String {
        let shown: Vec<usize> = (0..self.headings.len())
            .filter(|column| self.rows.iter().any(|row| row.get(*column).is_some_and(|cell| !cell.text.is_empty())))
            .collect();
        if shown.is_empty() {
            return String::new();
        }
        let mut table = comfy_table::Table::new();
        table.load_preset(presets::NOTHING);
        match look.width {
            // The last column's padding may stand outside: it is trimmed.
            Some(width) => {
                table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width.saturating_add(PADDING))
            }
            None => table.set_content_arrangement(ContentArrangement::Disabled),
        };
        if self.headings.iter().any(|heading| !heading.is_empty()) {
            let headings = shown
                .iter()
                .filter_map(|column| self.headings.get(*column))
                .map(|heading| marked(heading, Tone::Faint, look.colour));
            table.set_header(headings);
        }
        for row in &self.rows {
            let cells = shown.iter().map(|column| {
                row.get(*column).map_or_else(String::new, |cell| marked(&cell.text, cell.tone, look.colour))
            });
            table.add_row(cells);
        }
        for (place, column) in shown.iter().enumerate() {
            let Some(shape) = table.column_mut(place) else {
                continue;
            };
            shape.set_padding((0, PADDING));
            if self.right.contains(column) {
                shape.set_cell_alignment(CellAlignment::Right);
            }
            if self.is_whole(*column) {
                shape.set_constraint(ColumnConstraint::ContentWidth);
            }
        }
        let mut text = String::new();
        for line in table.lines() {
            text.push_str(&coloured(line.trim_end()));
            text.push('\n');
        }
        text
    }

    /// Toned cells stay whole as well: a colour that spans lines would spill over its neighbours.
    fn is_whole(&self, column: usize) -> bool {
        let toned = |row: &Vec<Cell>| row.get(column).is_some_and(|cell| cell.tone != Tone::Plain);
        self.whole.contains(&column) || self.rows.iter().any(toned)
    }
}

const PADDING: u16 = 2;

/// Invisible characters without width that stand for colours until the table is laid out. Foreign
/// text holds none of them: [`clean`] spells them out.
const MARKS: [(Tone, char, &str); 4] = [
    (Tone::Alarm, '\u{2061}', "\x1b[1;31m"),
    (Tone::Warning, '\u{2062}', "\x1b[33m"),
    (Tone::Good, '\u{2063}', "\x1b[32m"),
    (Tone::Faint, '\u{2064}', "\x1b[2m"),
];
const END: char = '\u{2060}';

fn marked(text: &str, tone: Tone, colour: bool) -> String {
    let mark = MARKS.iter().find(|(known, ..)| *known == tone);
    match mark {
        Some((_, mark, _)) if colour && !text.is_empty() => format!("{mark}{text}{END}"),
        _ => text.to_owned(),
    }
}

fn coloured(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    for c in line.chars() {
        let mark = MARKS.iter().find(|(_, mark, _)| *mark == c);
        match mark {
            Some((_, _, escape)) => text.push_str(escape),
            None if c == END => text.push_str("\x1b[0m"),
            None => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use wheelhouse_core::time::Timestamp;

    use super::super::Format;
    use super::*;

    fn look(width: Option<u16>, colour: bool) -> Look {
        Look { format: Format::Table, colour, width, now: Timestamp::EPOCH, zone: TimeZone::UTC }
    }

    fn example() -> Table {
        let mut table = Table::new(&["CASE", "SEVERITY", "WHY NOT", "FIRING", "TITLE"]).right(3);
        table.row([
            cell("INC-1"),
            toned("sev1", Tone::Alarm),
            cell(""),
            cell("12"),
            cell("Ledger is down for every online form"),
        ]);
        table.row([cell("INC-12"), toned("sev3", Tone::Plain), cell(""), cell("3"), cell("Größe → ok")]);
        table
    }

    #[test]
    fn columns_align_and_empty_ones_are_left_out() {
        assert_eq!(
            example().render(&look(None, false)),
            "CASE    SEVERITY  FIRING  TITLE\n\
             INC-1   sev1          12  Ledger is down for every online form\n\
             INC-12  sev3           3  Größe → ok\n"
        );
    }

    #[test]
    fn nothing_is_wider_than_the_terminal() {
        let text = example().render(&look(Some(48), false));
        assert!(text.lines().all(|line| line.chars().count() <= 48), "{text}");
        assert!(text.lines().count() > 3, "the title is wrapped: {text}");
        assert!(text.contains("sev1"), "{text}");
    }

    #[test]
    fn colours_do_not_move_columns() {
        let plain = example().render(&look(None, false));
        let coloured = example().render(&look(None, true));
        assert!(coloured.contains("\x1b[1;31msev1\x1b[0m"), "{coloured:?}");
        let mut stripped = coloured.replace("\x1b[0m", "");
        for (.., escape) in MARKS {
            stripped = stripped.replace(escape, "");
        }
        assert_eq!(stripped, plain);
    }

    #[test]
    fn a_table_without_rows_is_nothing() {
        assert_eq!(Table::new(&["A"]).render(&look(None, false)), "");
    }
}
