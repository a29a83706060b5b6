//! Asking a PostgreSQL server.

use std::error::Error as StdError;
use std::time::Duration;

use serde_json::Value;
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{Format, IsNull, ToSql, Type};
use tokio_postgres::{Client, Config, Error, NoTls, Statement};

use super::{Problem, Table};
use crate::drive::{drive, with_causes};
use crate::runner::Execution;
use crate::step::{SqlEngine, SqlStep};

/// How long it may take to be connected.
const CONNECT: Duration = Duration::from_secs(10);

/// Asks the server, in one transaction that is read-only unless the step may write.
pub(super) fn ask(execution: &Execution<'_>, sql: &SqlStep) -> Result<Table, Problem> {
    let config = config(execution, sql)?;
    match drive(execution, connect_and_ask(&config, sql)) {
        Ok(answered) => answered,
        Err(end) => Err(Problem::Ended(end)),
    }
}

fn config(execution: &Execution<'_>, sql: &SqlStep) -> Result<Config, Problem> {
    let SqlEngine::Postgres { host, port, database, user, password } = &sql.engine else {
        return Err(Problem::NotSent("the step names no PostgreSQL server".to_owned()));
    };
    if !is_local(host) {
        return Err(Problem::NotSent(format!(
            "`{host}` is not on this machine, and the connection would not be encrypted\n  = help: run a runner beside the database, or tunnel to it"
        )));
    }
    let mut config = Config::new();
    config.host(host).port(*port).dbname(database).user(user).connect_timeout(CONNECT).application_name("wheelhouse");
    if let Some(name) = password {
        let known = execution.given.secrets.iter().find(|(known, _)| known == name);
        let (_, secret) = known.ok_or_else(|| {
            Problem::NotSent(format!(
                "engine.password: the step has no secret `{name}`\n  = help: name it among the step's secrets"
            ))
        })?;
        config.password(secret.expose().trim_ascii_end());
    }
    // The server itself gives up what takes too long, even if it does not notice that nobody waits.
    let limit = execution.deadline().as_millis();
    config.options(format!("-c statement_timeout={}", limit.min(i32::MAX.unsigned_abs().into())));
    Ok(config)
}

fn is_local(host: &str) -> bool {
    host.starts_with('/')
        || host == "localhost"
        || host.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}

async fn connect_and_ask(config: &Config, sql: &SqlStep) -> Result<Table, Problem> {
    let (mut client, connection) =
        config.connect(NoTls).await.map_err(|error| Problem::NotSent(with_causes(&error)))?;
    let connection = tokio::spawn(connection);
    let table = ask_in_transaction(&mut client, sql).await;
    drop(client);
    // Whatever it has to say, the answer is there already.
    let _closed = connection.await;
    table
}

async fn ask_in_transaction(client: &mut Client, sql: &SqlStep) -> Result<Table, Problem> {
    let transaction = client.build_transaction().read_only(!sql.may_write).start().await;
    let transaction = transaction.map_err(|error| Problem::NotSent(with_causes(&error)))?;
    let statement = transaction.prepare(&sql.query).await.map_err(refused)?;
    if statement.params().len() != sql.parameters.len() {
        let (wants, has) = (statement.params().len(), sql.parameters.len());
        return Err(Problem::Refused(format!("the query wants {wants} parameters and the step has {has}")));
    }
    let mut table = Table {
        columns: statement.columns().iter().map(|column| column.name().to_owned()).collect(),
        ..Table::default()
    };
    let parameters: Vec<Text<'_>> = sql.parameters.iter().map(|text| Text(text)).collect();
    let parameters: Vec<&(dyn ToSql + Sync)> = parameters.iter().map(|text| text as &(dyn ToSql + Sync)).collect();
    if table.columns.is_empty() {
        table.changed = Some(transaction.execute(&statement, &parameters).await.map_err(refused)?);
    } else {
        let as_text = match text_query(&sql.query, &statement) {
            Some(query) => transaction.prepare(&query).await.map_err(refused)?,
            None => statement,
        };
        let rows = transaction.query_raw(&as_text, parameters).await.map_err(refused)?;
        let mut rows = std::pin::pin!(rows);
        while let Some(row) = next(rows.as_mut()).await {
            let row = row.map_err(refused)?;
            let values = (0..row.len())
                .map(|at| row.try_get::<_, Option<String>>(at).map(|text| text.map_or(Value::Null, Value::String)));
            table.push(values.collect::<Result<_, Error>>().map_err(refused)?, sql.max_rows)?;
        }
    }
    transaction.commit().await.map_err(|error| match error.as_db_error() {
        Some(_) => refused(error),
        None => Problem::Broken(format!("whether the change holds is not known: {}", with_causes(&error))),
    })?;
    Ok(table)
}

/// The same query with every column as text, where not all are; a server knows best how to write its values.
fn text_query(query: &str, statement: &Statement) -> Option<String> {
    let is_text = |kind: &Type| [Type::TEXT, Type::VARCHAR, Type::NAME, Type::BPCHAR, Type::UNKNOWN].contains(kind);
    if statement.columns().iter().all(|column| is_text(column.type_())) {
        return None;
    }
    let names: Vec<String> = (0..statement.columns().len()).map(|at| format!("c{at}")).collect();
    let texts: Vec<String> = names.iter().map(|name| format!("{name}::text")).collect();
    let query = query.trim().trim_end_matches(';');
    // On a line of its own, so that a comment at its end ends there.
    Some(format!("WITH answer ({}) AS (\n{query}\n) SELECT {} FROM answer", names.join(", "), texts.join(", ")))
}

async fn next(mut rows: std::pin::Pin<&mut tokio_postgres::RowStream>) -> Option<Result<tokio_postgres::Row, Error>> {
    std::future::poll_fn(|context| futures_util::Stream::poll_next(rows.as_mut(), context)).await
}

fn refused(error: Error) -> Problem {
    match error.as_db_error() {
        Some(said) => {
            let hint = said.hint().map_or_else(String::new, |hint| format!("\n  = help: {hint}"));
            Problem::Refused(format!("the database says: {}{hint}", said.message()))
        }
        None => Problem::Broken(format!("the connection broke: {}", with_causes(&error))),
    }
}

/// A value that the server reads as what it needs.
#[derive(Debug)]
struct Text<'a>(&'a str);

impl ToSql for Text<'_> {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        out.extend_from_slice(self.0.as_bytes());
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn to_sql_checked(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        self.to_sql(kind, out)
    }

    fn encode_format(&self, _: &Type) -> Format {
        Format::Text
    }
}
