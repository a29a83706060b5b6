//! The schema on PostgreSQL, made of the one for SQLite.
//!
//! Tables lie in the schema `wheelhouse`, each with the organisation (`org`) as the first column of its keys and indexes. A
//! connection says whose rows it means (`wheelhouse.org`, a setting) and sees them through views of the same names in
//! `wheelhouse_org`, so that no statement can touch another organisation's. References between tables are checked by SQLite
//! alone, for the same statements: here each would cost a look for every signal, and keep old partitions from being dropped.

use std::fmt::Write as _;

use super::{Definitions, Session};
use crate::StoreError;
use crate::sql::{Param, Result};
use crate::sqlite::connect::{MIGRATIONS, latest};

/// The lock that only one migration at a time has: the bytes `WHLS`.
const LOCK: i64 = 0x5748_4c53;
/// The table that all organisations share.
const SHARED: &str = "migrations";

/// What PostgreSQL has beside the tables of the schema.
const FIRST: &str = "\
CREATE SCHEMA wheelhouse;
CREATE SCHEMA wheelhouse_org;
CREATE FUNCTION wheelhouse.instr(text, text) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN strpos($1, $2)::bigint;
CREATE FUNCTION wheelhouse.instr(bytea, bytea) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN position($2 IN $1)::bigint;
CREATE FUNCTION wheelhouse.now_micros() RETURNS bigint LANGUAGE sql VOLATILE
    RETURN (extract(epoch FROM clock_timestamp()) * 1000000)::bigint;
-- Which hub leads an organisation: every commit locks the row and looks at its epoch.
CREATE TABLE wheelhouse.leases (
    org     TEXT COLLATE \"C\" PRIMARY KEY,
    epoch   BIGINT NOT NULL,
    holder  TEXT NOT NULL,
    address TEXT NOT NULL,
    ends_at BIGINT NOT NULL
);
";

/// Brings the schema to the latest version, one process at a time, each step in a transaction of its own.
///
/// # Errors
/// When the database refuses, or a later release made it.
pub(super) fn migrate(session: &Session, shown: &str) -> Result<(), StoreError> {
    loop {
        let transaction = Step::begin(session)?;
        session.ask("SELECT pg_advisory_xact_lock($1)", &[Param::Int(LOCK)])?;
        let found = version(session)?;
        if found > latest() {
            return Err(StoreError::Newer { path: shown.into(), found, known: latest() });
        }
        let next = usize::try_from(found).ok().and_then(|next| MIGRATIONS.get(next));
        let Some((name, sql)) = next else {
            return Ok(());
        };
        if found == 0 {
            session.batch(FIRST)?;
        }
        session.batch(&translated(sql))?;
        let version = found + 1;
        let row = [Param::Int(version.into()), Param::Text(name)];
        session.ask("INSERT INTO wheelhouse.migrations (version, name) VALUES ($1, $2)", &row)?;
        transaction.commit()?;
        tracing::info!(database = shown, version, name, "brought the schema up to date");
    }
}

/// The version of the schema that is there; 0 where there is none.
pub(super) fn version(session: &Session) -> Result<u32> {
    let there = session.ask("SELECT to_regclass('wheelhouse.migrations')::text", &[])?;
    if there.first().is_none_or(|row| row.get::<_, Option<&str>>(0).is_none()) {
        return Ok(0);
    }
    let rows = session.ask("SELECT coalesce(max(version), 0)::bigint FROM wheelhouse.migrations", &[])?;
    Ok(rows.first().and_then(|row| u32::try_from(row.get::<_, i64>(0)).ok()).unwrap_or(u32::MAX))
}

/// The columns and keys that a table of this release has, and its indexes.
pub(super) fn expected() -> Definitions {
    let mut made = Definitions::new();
    for statement in
        MIGRATIONS.iter().flat_map(|(_, sql)| translated(sql).split(";\n").map(str::to_owned).collect::<Vec<_>>())
    {
        if let Some((table, body)) =
            statement.trim().strip_prefix("CREATE TABLE wheelhouse.").and_then(|rest| rest.split_once(" ("))
        {
            for part in
                parts(body.trim_end().trim_end_matches(')').trim_end()).iter().filter_map(|part| part.split_once(' '))
            {
                if let (column, ty) = part
                    && !["PRIMARY", "UNIQUE", "CHECK"].contains(&column)
                {
                    let kind = if ty.starts_with("TEXT") {
                        "text"
                    } else if ty.starts_with("BYTEA") {
                        "bytea"
                    } else {
                        "bigint"
                    };
                    let must = if ty.contains("NOT NULL") { "never empty" } else { "may be empty" };
                    made.insert(format!("column {column} of {table}"), format!("{kind}, {must}"));
                }
            }
        } else if let Some((name, rest)) =
            statement.trim().strip_prefix("CREATE INDEX ").and_then(|rest| rest.split_once(" ON wheelhouse."))
        {
            let table = rest.split(' ').next().unwrap_or_default();
            made.insert(format!("index {name} of {table}"), "valid".into());
        }
    }
    made
}

/// What the schema has of that.
pub(super) fn found(session: &Session) -> Result<Definitions> {
    const COLUMNS: &str = "SELECT column_name::text, table_name::text, data_type::text, is_nullable::text \
         FROM information_schema.columns WHERE table_schema = 'wheelhouse' AND table_name <> 'leases' AND table_name IN \
         (SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'wheelhouse'::regnamespace AND NOT c.relispartition)";
    const INDEXES: &str = "SELECT i.relname::text, t.relname::text, x.indisvalid FROM pg_index x \
         JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid \
         WHERE t.relnamespace = 'wheelhouse'::regnamespace AND NOT t.relispartition AND NOT EXISTS \
         (SELECT 1 FROM pg_constraint k WHERE k.conindid = x.indexrelid)";
    let mut there = Definitions::new();
    for row in session.ask(COLUMNS, &[])? {
        let (column, table, ty, null): (String, String, String, String) =
            (row.get(0), row.get(1), row.get(2), row.get(3));
        let must = if null == "NO" { "never empty" } else { "may be empty" };
        there.insert(format!("column {column} of {table}"), format!("{ty}, {must}"));
    }
    for row in session.ask(INDEXES, &[])? {
        let (index, table, valid): (String, String, bool) = (row.get(0), row.get(1), row.get(2));
        let state = if valid { "valid" } else { "not valid" };
        there.insert(format!("index {index} of {table}"), state.into());
    }
    Ok(there)
}

/// A transaction of the session, rolled back when dropped.
struct Step<'a>(Option<&'a Session>);

impl<'a> Step<'a> {
    fn begin(session: &'a Session) -> Result<Self> {
        session.batch("BEGIN")?;
        Ok(Self(Some(session)))
    }

    fn commit(mut self) -> Result<()> {
        self.0.take().map_or(Ok(()), |session| session.batch("COMMIT"))
    }
}

impl Drop for Step<'_> {
    fn drop(&mut self) {
        if let Some(session) = self.0.take() {
            let _over = session.batch("ROLLBACK");
        }
    }
}

/// A schema for SQLite, as PostgreSQL has it.
pub(crate) fn translated(schema: &str) -> String {
    let plain: String =
        schema.lines().map(|line| line.split("--").next().unwrap_or_default()).collect::<Vec<_>>().join("\n");
    let mut out = String::new();
    for statement in plain.split(';').map(str::trim).filter(|statement| !statement.is_empty()) {
        let made = table(statement).or_else(|| index(statement));
        out += &made.unwrap_or_else(|| format!("{statement};\n"));
    }
    out
}

fn table(statement: &str) -> Option<String> {
    let (name, body) = statement.strip_prefix("CREATE TABLE ")?.split_once(" (")?;
    let body = body.strip_suffix(')')?;
    let shared = name == SHARED;
    let mut lines = Vec::new();
    let mut keys = Vec::new();
    if !shared {
        lines.push("org TEXT COLLATE \"C\" NOT NULL DEFAULT current_setting('wheelhouse.org')".to_owned());
    }
    let org = if shared { "" } else { "org, " };
    for part in parts(body) {
        if let Some(columns) = part.strip_prefix("PRIMARY KEY (") {
            keys.push(format!("PRIMARY KEY ({org}{columns}"));
        } else if let Some(columns) = part.strip_prefix("UNIQUE (") {
            keys.push(format!("UNIQUE ({org}{columns}"));
        } else if part.starts_with("CHECK (") {
            keys.push(part);
        } else {
            let (column, rest) = part.split_once(char::is_whitespace)?;
            let rest = rest.split(" REFERENCES ").next().unwrap_or_default().trim();
            if rest.contains("PRIMARY KEY") {
                keys.push(format!("PRIMARY KEY ({org}{column})"));
            }
            if rest.contains("UNIQUE") {
                keys.push(format!("UNIQUE ({org}{column})"));
            }
            let ty = match rest.split_whitespace().next()? {
                "INTEGER" => "BIGINT",
                "BLOB" => "BYTEA",
                "TEXT" => "TEXT COLLATE \"C\"",
                other => other,
            };
            let must = if rest.contains("NOT NULL") || rest.contains("PRIMARY KEY") { " NOT NULL" } else { "" };
            lines.push(format!("{column} {ty}{must}"));
        }
    }
    lines.extend(keys);
    let mut out = String::new();
    let _ = writeln!(out, "CREATE TABLE wheelhouse.{name} (\n    {}\n);", lines.join(",\n    "));
    let whose = if shared { "" } else { " WHERE org = current_setting('wheelhouse.org')" };
    let _ = writeln!(out, "CREATE VIEW wheelhouse_org.{name} AS SELECT * FROM wheelhouse.{name}{whose};");
    Some(out)
}

fn index(statement: &str) -> Option<String> {
    let (name, rest) = statement.strip_prefix("CREATE INDEX ")?.split_once(" ON ")?;
    let (table, rest) = rest.split_once(" (")?;
    Some(format!("CREATE INDEX {name} ON wheelhouse.{table} (org, {rest};\n"))
}

/// The parts of a table's body, at the commas that are in no brackets.
fn parts(body: &str) -> Vec<String> {
    let (mut depth, mut part, mut found) = (0_u32, String::new(), Vec::new());
    for letter in body.chars() {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                found.push(std::mem::take(&mut part));
                continue;
            }
            _ => {}
        }
        part.push(letter);
    }
    found.push(part);
    let words = |part: String| part.split_whitespace().collect::<Vec<_>>().join(" ");
    found.into_iter().map(words).filter(|part| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_and_index_begins_with_the_organisation() {
        let made = translated(
            "-- A table.\nCREATE TABLE t (\n  a INTEGER PRIMARY KEY, -- one\n  b BLOB REFERENCES s (b),\n  c TEXT NOT NULL UNIQUE,\n  \
             UNIQUE (b, c)\n);\nCREATE INDEX t_by_c ON t (c, a) WHERE b IS NULL;\nCREATE TABLE migrations (version INTEGER PRIMARY KEY);",
        );
        for wanted in [
            "org TEXT COLLATE \"C\" NOT NULL DEFAULT current_setting('wheelhouse.org'),\n    a BIGINT NOT NULL,\n    b BYTEA,\n    \
             c TEXT COLLATE \"C\" NOT NULL,\n    PRIMARY KEY (org, a),\n    UNIQUE (org, c),\n    UNIQUE (org, b, c)",
            "CREATE INDEX t_by_c ON wheelhouse.t (org, c, a) WHERE b IS NULL;",
            "CREATE VIEW wheelhouse_org.t AS SELECT * FROM wheelhouse.t WHERE org = current_setting('wheelhouse.org');",
            "CREATE TABLE wheelhouse.migrations (\n    version BIGINT NOT NULL,\n    PRIMARY KEY (version)\n);",
        ] {
            assert!(made.contains(wanted), "{made}");
        }
        assert!(!made.contains("REFERENCES"));
    }
}
