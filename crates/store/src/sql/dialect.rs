//! What PostgreSQL says otherwise than SQLite. The only place.
//!
//! | in the texts | on PostgreSQL |
//! |---|---|
//! | `?1` | `$1` |
//! | `a IS ?1` | `a IS NOT DISTINCT FROM $1` |
//! | `ON CONFLICT (a)` | `ON CONFLICT (org, a)`: every key begins with the organisation |
//! | `INDEXED BY i` | nothing: its planner takes no orders |
//!
//! `instr`, which PostgreSQL does not have, is a function of the schema. Texts compare byte by byte on both (`COLLATE "C"`).

/// A text of ours, as PostgreSQL reads it.
pub(crate) fn postgres(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len() + 64);
    let mut rest = sql;
    while let Some(at) = rest.find(['?', 'I', 'O']) {
        let (before, here) = rest.split_at(at);
        out.push_str(before);
        let begins_a_word = !out.ends_with(|last: char| last.is_ascii_alphanumeric() || last == '_');
        rest = if let Some(after) = here.strip_prefix('?') {
            out.push('$');
            after
        } else if begins_a_word && here.starts_with("IS ?") {
            out.push_str("IS NOT DISTINCT FROM ");
            here.get(3..).unwrap_or_default()
        } else if begins_a_word && let Some(after) = here.strip_prefix("ON CONFLICT (") {
            out.push_str("ON CONFLICT (org, ");
            after
        } else if begins_a_word && let Some(after) = here.strip_prefix("INDEXED BY ") {
            let end =
                after.find(|letter: char| letter != '_' && !letter.is_ascii_alphanumeric()).unwrap_or(after.len());
            after.get(end..).unwrap_or_default().trim_start()
        } else {
            let (letter, after) = here.split_at(1);
            out.push_str(letter);
            after
        };
    }
    out.push_str(rest);
    out
}

/// The table, with its columns, of an `INSERT` that has a value for each of them.
pub(crate) fn target(sql: &str) -> Option<(&str, &str)> {
    let rest = sql.strip_prefix("INSERT INTO ")?;
    let (table, rest) = rest.split_once(" (")?;
    let (columns, rest) = rest.split_once(')')?;
    let values = rest.trim_start().strip_prefix("VALUES (")?.strip_suffix(')')?;
    let all = values.split(',').all(|value| value.trim().starts_with('?'));
    (all && values.split(',').count() == columns.split(',').count()).then_some((table, columns))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_said_as_postgresql_says_them() {
        for (ours, theirs) in [
            ("SELECT a FROM t WHERE b = ?1 AND c < ?12", "SELECT a FROM t WHERE b = $1 AND c < $12"),
            (
                "UPDATE t SET a = ?2 WHERE b IS ?1 AND c IS NULL",
                "UPDATE t SET a = $2 WHERE b IS NOT DISTINCT FROM $1 AND c IS NULL",
            ),
            (
                "INSERT INTO t (a) VALUES (?1) ON CONFLICT (a) DO NOTHING",
                "INSERT INTO t (a) VALUES ($1) ON CONFLICT (org, a) DO NOTHING",
            ),
            ("SELECT a FROM t INDEXED BY t_by_a WHERE a = ?1", "SELECT a FROM t WHERE a = $1"),
            ("SELECT THIS FROM RATIO", "SELECT THIS FROM RATIO"),
        ] {
            assert_eq!(postgres(ours), theirs);
        }
    }

    #[test]
    fn an_insert_names_its_table_and_columns() {
        assert_eq!(target("INSERT INTO t (a, b) VALUES (?1, ?2)"), Some(("t", "a, b")));
        assert_eq!(target("INSERT INTO t (a, b) VALUES (?1, 0)"), None);
        assert_eq!(target("INSERT INTO t (a, b) VALUES (?1, ?2) ON CONFLICT (a) DO NOTHING"), None);
    }
}
