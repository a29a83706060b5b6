//! The first `ops/` folder of a service.

use wheelhouse_core::name::{BadName, ServiceName, TeamName};

/// The files of a first `ops/` folder: path and content of each. They pass `check`.
///
/// # Errors
/// Says which of the two is not a name.
pub fn init_files(service: &str, team: &str) -> Result<Vec<(String, String)>, BadName> {
    let (service, team) = (ServiceName::new(service)?, TeamName::new(team)?);
    // Quoted, because a name such as `1e3` or `null` would be read as something else.
    let text = format!(
        "kind: Service\nname: {service}\nteam: {team}\nsummary: What {service} does, for whom, in one sentence.\ntier: 3                       # 1 most critical … 4 least\n",
        service = plain(service.as_str()),
        team = plain(team.as_str()),
    );
    Ok(vec![("ops/service.yaml".into(), text)])
}

/// A name as YAML reads it back: quoted unless it can be nothing but a text.
fn plain(name: &str) -> String {
    let safe = name.starts_with(|c: char| c.is_ascii_lowercase())
        && !matches!(name, "null" | "true" | "false" | "yes" | "no" | "on" | "off" | "y" | "n");
    if safe { name.into() } else { format!("\"{name}\"") }
}
