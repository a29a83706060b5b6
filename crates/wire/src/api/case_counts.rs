//! How many cases there are, and a case as a line of a table.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wheelhouse_core::case::{Case, CaseId, CaseKind, Instant, Severity};
use wheelhouse_core::name::PersonName;

use super::Time;
use super::schema::{CaseIdText, CaseKindWord, SeverityWord};

/// How many cases are not over, and what else a first look wants to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CaseCounts {
    /// Cases that are not over, by what they are; only those that there are.
    pub open: Vec<CaseCount>,
    /// Of these, incidents of real trouble that nobody has taken.
    pub unacknowledged: u64,
    /// Of these, those that whoever asks owns or has a part in.
    pub mine: u64,
    /// How many services the catalog has.
    pub services: u64,
    /// How many of them have an open incident of real trouble.
    pub services_with_incidents: u64,
    /// The real incident that was opened last of those that are over; null where there was none.
    #[schema(value_type = Option<CaseIdText>)]
    pub last_over: Option<CaseId>,
    /// When that was over.
    pub last_over_at: Option<Time>,
}

/// How many cases are alike.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub struct CaseCount {
    /// What kind of work they are.
    #[schema(value_type = CaseKindWord)]
    pub kind: CaseKind,
    /// Whether they were made for exercise.
    pub drill: bool,
    /// How bad they are.
    #[schema(value_type = SeverityWord)]
    pub severity: Severity,
    /// `open`, `acknowledged` or `mitigated`.
    pub state: String,
    /// How many.
    pub count: u64,
}

/// The columns of a table of cases.
pub const CASE_COLUMNS: [&str; 16] = [
    "id",
    "kind",
    "title",
    "state",
    "severity",
    "service",
    "team",
    "owner",
    "drill",
    "detected_at",
    "opened_at",
    "acknowledged_at",
    "mitigated_at",
    "resolved_at",
    "members",
    "firing",
];

impl CaseCounts {
    /// Counts the cases of an iterator that are not over, as `person` sees them.
    pub fn of<'c>(cases: impl Iterator<Item = &'c Case>, person: Option<&PersonName>) -> Self {
        let mut all = std::collections::BTreeMap::<_, u64>::new();
        let (mut unacknowledged, mut mine, mut services) = (0, 0, std::collections::BTreeSet::new());
        for case in cases.filter(|case| !case.state.is_resolved()) {
            *all.entry((case.id.kind, case.drill, case.severity, case.state.as_str())).or_default() += 1;
            let is_real_incident = case.id.kind == CaseKind::Incident && !case.drill;
            unacknowledged += u64::from(is_real_incident && case.state.wants_acknowledgement());
            mine += u64::from(person.is_some_and(|me| case.owner.as_ref() == Some(me) || case.involved.contains(me)));
            services.extend(case.service.as_ref().filter(|_| is_real_incident));
        }
        let count = |((kind, drill, severity, state), count): ((_, _, _, &str), _)| CaseCount {
            kind,
            drill,
            severity,
            state: state.to_owned(),
            count,
        };
        Self {
            open: all.into_iter().map(count).collect(),
            unacknowledged,
            mine,
            services: 0,
            services_with_incidents: services.len() as u64,
            last_over: None,
            last_over_at: None,
        }
    }
}

/// A case as a line of comma-separated values (RFC 4180), in the order of [`CASE_COLUMNS`].
pub fn case_line(case: &Case) -> String {
    let at = |instant: &Option<Instant>| instant.as_ref().map(|one| one.at.to_string()).unwrap_or_default();
    let over = case.instants.resolved.clone().filter(|_| case.state.is_resolved());
    let fields = [
        case.id.to_string(),
        case.id.kind.as_str().to_owned(),
        case.title.clone(),
        case.state.as_str().to_owned(),
        case.severity.to_string(),
        case.service.as_ref().map(ToString::to_string).unwrap_or_default(),
        case.team.to_string(),
        case.owner.as_ref().map(ToString::to_string).unwrap_or_default(),
        if case.drill { "yes" } else { "no" }.to_owned(),
        at(&case.instants.detected),
        at(&case.instants.opened),
        at(&case.instants.acknowledged),
        at(&case.instants.mitigated),
        at(&over),
        case.members.to_string(),
        case.firing.to_string(),
    ];
    let fields: Vec<String> = fields.iter().map(|field| cell(field)).collect();
    fields.join(",") + "\r\n"
}

/// A field, quoted where it must be. One that a spreadsheet would take for a formula is kept from that.
fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if formula { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn a_cell_is_quoted_where_it_must_be_and_never_a_formula() {
        assert_eq!(cell("down, \"again\""), "\"down, \"\"again\"\"\"");
        assert_eq!(cell("plain text"), "plain text");
        assert_eq!(cell("=HYPERLINK(\"http://x\")"), "\"'=HYPERLINK(\"\"http://x\"\")\"");
    }
}
