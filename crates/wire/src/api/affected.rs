//! Whom and what an incident reaches, ready to be drawn; and who would hear an update.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wheelhouse_core::affected::{Explained, Impact, Picture, Standing};
use wheelhouse_core::case::{Case, CaseId, Severity};
use wheelhouse_core::catalog::{Catalog, Strength};
use wheelhouse_core::kernel::Plan;
use wheelhouse_core::name::ServiceName;
use wheelhouse_core::notify::{self, ContactKind, Heard, Purpose, Recipient};
use wheelhouse_core::record::Fact;

use super::schema::{CaseIdText, ContactKindWord, ImpactWord, SeverityWord, word};
use super::told::code;
use super::{Party, Time, ToldState, WayView};

/// What an incident reaches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AffectedView {
    /// The incident's service; null where it is not known, and then nothing is.
    pub service: Option<String>,
    /// Services: the incident's first, then what it takes along, then what it depends on. At most 150.
    pub nodes: Vec<NodeView>,
    /// How these depend on each other.
    pub edges: Vec<EdgeView>,
    /// How many more services are affected than are listed.
    pub more: u64,
    /// Every team and audience that is affected, and what they heard.
    pub recipients: Vec<HeardView>,
}

/// A service that has to do with an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NodeView {
    /// Which.
    pub service: String,
    /// The team that owns it; null where the catalog does not know it any more.
    pub team: Option<String>,
    /// 1 most critical … 4 least.
    pub tier: Option<u8>,
    /// `own`, `affected`, or `upstream` where the incident's service depends on it.
    pub part: String,
    /// `incident` where it has an open one, `affected`, or `fine`.
    pub state: String,
    /// What the incident means to it; null where it is upstream.
    #[schema(value_type = Option<ImpactWord>)]
    pub impact: Option<Impact>,
    /// The services from the incident's to this one.
    pub path: Vec<String>,
    /// Its open incidents, the worst first.
    pub open: Vec<OpenCaseView>,
}

/// An open incident of a service.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub struct OpenCaseView {
    /// How bad it is.
    #[schema(value_type = SeverityWord)]
    pub severity: Severity,
    /// Which.
    #[schema(value_type = CaseIdText)]
    pub id: CaseId,
    /// `open`, `acknowledged` or `mitigated`.
    pub state: String,
    /// What it is about, in one line.
    pub title: String,
}

/// That one service depends on another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EdgeView {
    /// The one that depends.
    pub from: String,
    /// The one that it depends on.
    pub to: String,
    /// `hard` or `soft`.
    pub strength: String,
}

/// What a team or an audience heard of an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HeardView {
    /// Who.
    pub recipient: Party,
    /// `told`, `waiting`, `failed`, `not_told`, or `missed` where a person said that they were.
    pub state: String,
    /// What the incident means to them; null where only a person's word says that they are affected.
    #[schema(value_type = Option<ImpactWord>)]
    pub impact: Option<Impact>,
    /// The services from the broken one to the one that makes them affected.
    pub path: Vec<String>,
    /// The same in words.
    pub words: String,
    /// When a channel first accepted a notice for them.
    pub first_told_at: Option<Time>,
    /// What was said to them, in the order decided.
    pub notices: Vec<NoticeView>,
    /// Why they were last not told: a word for programs.
    pub reason_not_told: Option<String>,
    /// The same for people.
    pub not_told: Option<String>,
    /// When that was decided.
    pub not_told_at: Option<Time>,
}

/// One notice for a recipient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NoticeView {
    /// What it tells: `opened`, `update`, `resolved`, …
    pub stage: String,
    /// Who was written to.
    pub addressee: Party,
    /// Where it stands.
    pub state: ToldState,
    /// When it was decided.
    pub at: Time,
    /// When its channel accepted it.
    pub accepted_at: Option<Time>,
}

/// Who would be written to by an update that was sent now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UpdatePreview {
    /// Everybody who would be, as the kernel decides it.
    pub recipients: Vec<PreviewRecipient>,
    /// Who heard of it before and would not hear this, and why.
    pub not_told: Vec<PreviewNotTold>,
}

/// Somebody who would be written to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PreviewRecipient {
    /// Who.
    pub recipient: Party,
    /// The kinds of their contacts, in order of preference.
    #[schema(value_type = Vec<ContactKindWord>)]
    pub contacts: Vec<ContactKind>,
    /// Every way in which they are affected, and on whose behalf they are told; best explanation first.
    pub ways: Vec<WayView>,
    /// How many more ways there are than are listed.
    pub more_ways: u32,
    /// Stages not sent yet that the same message would tell as well.
    pub earlier_stages: Vec<String>,
    /// Until when it would be held back, so that what follows fast goes out with it.
    pub not_before: Option<Time>,
}

/// Somebody who would not be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PreviewNotTold {
    /// Who.
    pub recipient: Party,
    /// Why, as a word for programs.
    pub reason: String,
    /// Why, for people.
    pub words: String,
}

impl AffectedView {
    /// Puts a picture and what was heard together; `open` gives the open incidents of a service.
    pub fn new(
        case: &Case,
        catalog: &Catalog,
        picture: &Picture,
        heard: &[Heard],
        open: impl Fn(&ServiceName) -> Vec<OpenCaseView>,
    ) -> Self {
        let is_over = case.state.is_resolved();
        let node = |drawn: &wheelhouse_core::affected::Drawn| {
            let (service, open) = (catalog.services.get(&drawn.service), open(&drawn.service));
            NodeView {
                service: drawn.service.to_string(),
                team: service.map(|service| service.team.to_string()),
                tier: service.map(|service| service.tier),
                part: drawn.part.as_str().to_owned(),
                state: Standing::of(drawn, !open.is_empty(), is_over).as_str().to_owned(),
                impact: drawn.impact,
                path: names(&drawn.path),
                open,
            }
        };
        let edge = |edge: &wheelhouse_core::affected::Edge| EdgeView {
            from: edge.from.to_string(),
            to: edge.to.to_string(),
            strength: match edge.strength {
                Strength::Hard => "hard".to_owned(),
                Strength::Soft => "soft".to_owned(),
            },
        };
        let missed = case.missed.iter().map(HeardView::from);
        Self {
            service: case.service.as_ref().map(ToString::to_string),
            nodes: picture.nodes.iter().map(node).collect(),
            edges: picture.edges.iter().map(edge).collect(),
            more: u64::try_from(picture.left_out).unwrap_or(u64::MAX),
            recipients: heard.iter().map(HeardView::from).chain(missed).collect(),
        }
    }
}

impl OpenCaseView {
    /// An open incident.
    pub fn new(case: &Case) -> Self {
        let state = case.state.as_str().to_owned();
        Self { severity: case.severity, id: case.id, state, title: case.title.clone() }
    }
}

impl From<&Heard> for HeardView {
    fn from(heard: &Heard) -> Self {
        let notice = |notice: &notify::Notice| NoticeView {
            stage: word(notice.stage),
            addressee: Party::from(&notice.addressee),
            state: ToldState::from(notice.state),
            at: notice.at.into(),
            accepted_at: notice.accepted_at.map(Time),
        };
        Self {
            recipient: Party::from(&heard.recipient),
            state: heard.hearing().as_str().to_owned(),
            impact: Some(heard.impact),
            path: names(&heard.path),
            words: Explained { impact: heard.impact, path: &heard.path }.to_string(),
            first_told_at: heard.first_told_at().map(Time),
            notices: heard.notices.iter().map(notice).collect(),
            reason_not_told: heard.not_told.as_ref().map(|(_, reason)| code(reason).to_owned()),
            not_told: heard.not_told.as_ref().map(|(_, reason)| reason.to_string()),
            not_told_at: heard.not_told.as_ref().map(|(at, _)| Time(*at)),
        }
    }
}

/// A miss stands beside what the hub itself knows of.
impl From<&wheelhouse_core::case::Miss> for HeardView {
    fn from(miss: &wheelhouse_core::case::Miss) -> Self {
        Self {
            recipient: Party::from(&miss.recipient),
            state: "missed".to_owned(),
            impact: None,
            path: names(&miss.path),
            words: format!("affected, by the word of {}", miss.by),
            first_told_at: None,
            notices: Vec::new(),
            reason_not_told: Some(miss.reason.code().to_owned()),
            not_told: Some(miss.reason.to_string()),
            not_told_at: Some(miss.at.into()),
        }
    }
}

impl UpdatePreview {
    /// What a plan of the kernel means to those affected.
    pub fn of(plan: &Plan, catalog: &Catalog) -> Self {
        let mut preview = Self { recipients: Vec::new(), not_told: Vec::new() };
        for entry in &plan.entries {
            match &entry.fact {
                Fact::MessageQueued { recipient, purpose: purpose @ Purpose::Told { .. }, not_before, .. } => {
                    let recipient = PreviewRecipient::new(recipient, purpose, catalog);
                    preview.recipients.push(PreviewRecipient { not_before: not_before.map(Time), ..recipient });
                }
                Fact::NotTold { recipient, reason, .. } => preview.not_told.push(PreviewNotTold {
                    recipient: Party::from(recipient),
                    reason: code(reason).to_owned(),
                    words: reason.to_string(),
                }),
                _ => {}
            }
        }
        preview
    }
}

impl PreviewRecipient {
    fn new(recipient: &Recipient, purpose: &Purpose, catalog: &Catalog) -> Self {
        let (mut ways, mut more_ways, mut earlier_stages) = (Vec::new(), 0, Vec::new());
        if let Purpose::Told { impact, path, on_behalf_of, digest, .. } = purpose {
            let own = notify::Way { impact: *impact, path: path.clone(), on_behalf_of: on_behalf_of.clone() };
            ways = std::iter::once(&own).chain(&digest.ways).map(WayView::from).collect();
            more_ways = digest.more;
            earlier_stages = digest.stages.iter().map(word).collect();
        }
        let contacts = recipient.contacts(catalog).iter().map(ContactKind::from).collect();
        Self { recipient: Party::from(recipient), contacts, ways, more_ways, earlier_stages, not_before: None }
    }
}

fn names(path: &[ServiceName]) -> Vec<String> {
    path.iter().map(ToString::to_string).collect()
}
