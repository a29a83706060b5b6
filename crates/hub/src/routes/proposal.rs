//! What the catalog should say, with the file in which to say it.

use wheelhouse_core::case::{Case, CaseKind, Proposal};
use wheelhouse_core::catalog::Kind;
use wheelhouse_core::signal::Group;
use wheelhouse_wire::api::ProposalView;
use wheelhouse_wire::catalog::find_document;

use super::App;
use super::auth::Caller;
use super::respond::Failure;

/// How many of a case's signals are looked at for what they have in common.
const SIGNALS_COMPARED: usize = 200;

/// What an action asks for; for an incident of no known service, what would have its signals find one.
pub async fn of_case(app: &App, caller: &Caller, case: &Case) -> Result<Option<ProposalView>, Failure> {
    let proposal = match &case.proposal {
        Some(proposal) => proposal.clone(),
        None if wants_a_service(case) => {
            let (id, team) = (case.id, case.team.clone());
            let page = app.query(move |readers| readers.members(id, None, SIGNALS_COMPARED)).await?;
            Proposal::for_signals(&team, page.items.iter().map(|stored| &stored.signal))
        }
        None => return Ok(None),
    };
    let (kind, name) = proposal.document();
    let file = match name {
        Some(name) => file_of(app, caller, kind, name.to_owned()).await?,
        None => None,
    };
    Ok(Some(ProposalView { file, ..ProposalView::from(&proposal) }))
}

/// Whether a case is about something that should be in the catalog and is not known to be.
fn wants_a_service(case: &Case) -> bool {
    case.id.kind == CaseKind::Incident && case.service.is_none() && !matches!(case.group, Group::Hub(_))
}

/// The file of the catalog in force in which a document stands.
async fn file_of(app: &App, caller: &Caller, kind: Kind, name: String) -> Result<Option<String>, Failure> {
    let version = caller.published.catalog.version.clone();
    app.query(move |readers| {
        let stored = readers.catalog(&version)?;
        let files = stored.iter().flat_map(|stored| &stored.files);
        let files = files.map(|(path, text)| (path.as_str(), text.as_str()));
        Ok(find_document(files, kind, &name).map(str::to_owned))
    })
    .await
}
