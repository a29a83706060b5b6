//! A step as a runner is given it.

use wheelhouse_core::kernel::Lease;
use wheelhouse_core::runbook::{Does, Step as Planned, StepId};
use wheelhouse_core::time::Duration;
use wheelhouse_runner::Step;
use wheelhouse_runner::step::{Action, Expected, HttpStep, ProcessStep, Program, SecretUse, SqlEngine, SqlStep};
use wheelhouse_wire::runbook::{HttpTask, Rows, SqlTask, Task, task};

use super::function::document;
use super::given::StepInput;
use super::ready::{Known, checked_input};
use super::report::Judgement;

/// A step that a runner was given.
pub(crate) struct Job {
    /// What it is carried out under.
    pub lease: Lease,
    /// What is carried out.
    pub step: Step,
    /// What its outcome is held to.
    pub judgement: Judgement,
}

/// Makes a job of a lease.
///
/// # Errors
/// For people: why it cannot be carried out as it stands.
pub(crate) fn job(known: &Known, lease: Lease) -> Result<Job, String> {
    let input = checked_input(known, &lease.step)?;
    let planned = known.runbook.step(&lease.step).ok_or("the pinned version has no such step")?;
    let block = planned.block().ok_or("the step is for people")?;
    let values = |name: &str| input.environment.get(name).cloned();
    let action = match task(block, &input.secrets, known.run.drill, &values)? {
        Task::Process => Action::Process(Box::new(process(planned, &input)?)),
        Task::Function => {
            let item = input.environment.get("WH_ITEM_INDEX").and_then(|index| index.parse::<usize>().ok());
            let item = item.and_then(|index| input.items.as_ref()?.get(index));
            let stdin = document(known, planned, item).to_string();
            Action::Function(Box::new(ProcessStep { stdin, ..process(planned, &input)? }))
        }
        Task::Http(http) => Action::Http(Box::new(request(http))),
        Task::Sql(sql) => Action::Sql(Box::new(query(sql, &input)?)),
        Task::Hub(_) => return Err("the hub carries this out itself".into()),
    };
    let run_step = known.run.step(&lease.step);
    let work = run_step.and_then(|step| step.work.as_ref());
    let timeout = run_step.and_then(|step| step.planned.automated.as_ref()).map_or(Duration::ZERO, |how| how.timeout);
    let digest = input.digest();
    let token = format!("{}:{}:{}:{}", lease.run, lease.step, work.map_or(0, |work| work.item), digest.short());
    let step = Step {
        token,
        attempt: work.map_or(1, |work| work.attempt.max(1)),
        action,
        deadline_ms: u64::try_from(timeout.as_seconds()).unwrap_or(0).saturating_mul(1_000),
        grace_ms: Step::usual_grace_ms(),
        output: wheelhouse_runner::step::OutputLimits::default(),
        secrets: input.secrets.iter().map(|secret| secret_use(secret)).collect(),
    };
    let judgement = judgement(known, &lease.step)?;
    Ok(Job { lease, step, judgement })
}

/// What the outcome of a step is held to.
///
/// # Errors
/// For people: the pinned version has no such step.
pub(crate) fn judgement(known: &Known, step: &StepId) -> Result<Judgement, String> {
    let planned = known.runbook.step(step).ok_or("the pinned version has no such step")?;
    Ok(Judgement {
        outputs: planned.attributes.outputs.clone(),
        expect: planned.attributes.expect.clone(),
        variables: known.given.variables(&known.run),
        is_function: planned.block().is_some_and(|block| block.does == Does::Function),
    })
}

/// A script, with the interpreter that its fence names; shells stop at the first command that fails, and at names that
/// stand for nothing.
fn process(planned: &Planned, input: &StepInput) -> Result<ProcessStep, String> {
    let block = planned.block().ok_or("the step is for people")?;
    let program = block.program().ok_or_else(|| {
        format!("no program is known that reads `{}`; say `interpreter=PROGRAM`", block.language.escape_debug())
    })?;
    let interpreter: Vec<String> = match (&block.interpreter, program) {
        (None, "sh") => vec!["sh".into(), "-eu".into()],
        (None, "bash" | "zsh") => vec![program.into(), "-eu".into(), "-o".into(), "pipefail".into()],
        _ => program.split_whitespace().map(str::to_owned).collect(),
    };
    let mut process = ProcessStep::of(Program::Script { interpreter, text: input.script.clone() });
    process.environment.clone_from(&input.environment);
    process.cwd = input.cwd.as_ref().map(Into::into);
    Ok(process)
}

fn request(task: HttpTask) -> HttpStep {
    HttpStep {
        headers: task.headers,
        body: task.body,
        expect_status: task.status,
        expect_body: task.contains,
        redirects: task.redirects,
        ..HttpStep::of(task.method, task.url)
    }
}

fn query(task: SqlTask, input: &StepInput) -> Result<SqlStep, String> {
    let engine = match (task.postgres, task.sqlite) {
        (Some(known), None) => SqlEngine::Postgres {
            host: known.host,
            port: known.port,
            database: known.database,
            user: known.user,
            password: known.password,
        },
        (None, Some(path)) => SqlEngine::Sqlite { path: path.into() },
        _ => return Err("expected one of `postgres:` and `sqlite:`".into()),
    };
    let value = |name: &String| {
        input.environment.get(name).cloned().ok_or_else(|| format!("there is no value `{}`", name.escape_debug()))
    };
    Ok(SqlStep {
        engine,
        query: task.query,
        parameters: task.parameters.iter().map(value).collect::<Result<_, _>>()?,
        may_write: task.may_write,
        expect: task.expect.map(|rows| match rows {
            Rows::Count(count) => Expected::RowCount(count),
            Rows::AtLeast(count) => Expected::AtLeast(count),
            Rows::Are(rows) => Expected::Rows(rows),
        }),
        max_rows: SqlStep::usual_rows(),
    })
}

/// A secret under the name that a step finds it by: `db-password` becomes `DB_PASSWORD`.
fn secret_use(secret: &str) -> SecretUse {
    let name = secret.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
    SecretUse { secret: secret.to_owned(), name, delivery: wheelhouse_runner::step::Delivery::default() }
}
