//! `doctor`: what is wrong with a hub, why, and what to do.

use std::path::Path;

use wheelhouse_hub::doctor::{is_in_use, look_at};
use wheelhouse_wire::api::{Doctor, Finding, Health, Time};

use super::{Answer, Context};
use crate::client::read;
use crate::failure::{Exit, Failure};
use crate::output::clean;

/// Looks at a data folder, at a running hub, or at both.
pub fn run(data: Option<&Path>, context: &Context<'_>) -> Result<Answer, Failure> {
    let global = context.global;
    let has_token = global.token.is_some() || global.token_file.is_some();
    // Of a folder on which no hub runs, there is no hub to be asked about.
    let asks_hub = data.is_none_or(|data| has_token && is_in_use(data));
    let folder = data.map(look_at);
    let hub: Option<Doctor> = if asks_hub {
        let query = [("now", Time(context.look.now).to_string())];
        Some(read(context.client()?.get(&["doctor"], &query)?)?)
    } else {
        None
    };
    let doctor = match (folder, hub) {
        (Some(folder), Some(hub)) => hub.and(folder),
        (folder, hub) => folder.or(hub).unwrap_or_else(|| Doctor::of(Time(context.look.now), Vec::new())),
    };
    let exit = match doctor.health {
        Health::Fine => Exit::Ok,
        Health::Warning => Exit::Refused,
        Health::Broken => Exit::CannotRun,
    };
    if context.look.json() {
        return Ok(Answer::json(&serde_json::json!(doctor)).exit(exit));
    }
    Ok(Answer::text(render(&doctor)).exit(exit))
}

fn render(doctor: &Doctor) -> String {
    let of = |health: Health| doctor.findings.iter().filter(move |finding| finding.health == health);
    let mut text = match (of(Health::Broken).count(), of(Health::Warning).count()) {
        (0, 0) => "all is well\n".to_owned(),
        (0, warnings) => format!("it works; {warnings} to mend\n"),
        (broken, 0) => format!("{broken} broken\n"),
        (broken, warnings) => format!("{broken} broken, {warnings} to mend\n"),
    };
    for finding in &doctor.findings {
        text.push_str(&line(finding));
    }
    text
}

fn line(finding: &Finding) -> String {
    let word = match finding.health {
        Health::Fine => "fine   ",
        Health::Warning => "WARNING",
        Health::Broken => "BROKEN ",
    };
    let mut text = format!("{word}  {:<10}  {}\n", clean(&finding.check), clean(&finding.what));
    for (label, words) in [("why", &finding.why), ("do ", &finding.to_do)] {
        if let Some(words) = words {
            text.push_str(&format!("                     {label}  {}\n", clean(words)));
        }
    }
    text
}
