//! The writer's side of the store.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use wheelhouse_core::World;
use wheelhouse_core::access::Token;
use wheelhouse_core::automation::AutomationState;
use wheelhouse_core::case::{Case, CaseId, MessageId};
use wheelhouse_core::catalog::Catalog;
use wheelhouse_core::change::Change;
use wheelhouse_core::notify::Message;
use wheelhouse_core::record::Frontier;
use wheelhouse_core::repository::Repository;
use wheelhouse_core::run::Run;
use wheelhouse_core::runbook::Standing;
use wheelhouse_core::silence::Silence;
use wheelhouse_core::time::{Duration, Timestamp};
use wheelhouse_core::world::{Counters, StoredSignal};

use crate::{Batch, StoreError, StoredCatalog};

/// Where the writer keeps its world. Synchronous, and owned by the writer's thread.
pub trait Store {
    /// Reads what is live: the world as the last commit left it. Resolved cases are among it for
    /// `keep` after their end, counted back from the last commit, or while something of theirs is
    /// under way.
    fn load(&mut self, keep: Duration) -> Result<Loaded, StoreError>;

    /// Reads one case, live or not, with its messages under way: what `World::take_in` takes.
    fn load_case(&mut self, id: CaseId) -> Result<Option<(Case, Vec<Message>)>, StoreError>;

    /// Writes a batch in one transaction and returns once it is durable. After an error nothing of
    /// it is written, and the same or another batch may be tried.
    fn commit(&mut self, batch: &Batch) -> Result<(), StoreError>;
}

/// What is live, as the last commit left it.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// The last commit's sequence; 0 where there was none.
    pub commit: u64,
    /// When the last commit was decided: `now` never goes back behind it.
    pub at: Option<Timestamp>,
    /// When the last entry was made.
    pub last_entry_at: Option<Timestamp>,
    /// The counters.
    pub counters: Counters,
    /// The sources of the catalog in force.
    pub catalog: Option<StoredCatalog>,
    /// The repositories of the catalog.
    pub repositories: Vec<Repository>,
    /// Live cases, in the order in which a world takes them in.
    pub cases: Vec<Case>,
    /// Messages under way, by name.
    pub messages: Vec<Message>,
    /// Those of them that were handed to a delivery worker and not heard of since.
    pub claimed: BTreeSet<MessageId>,
    /// Firing signals in the order first seen.
    pub signals: Vec<StoredSignal>,
    /// All tokens.
    pub tokens: Vec<Token>,
    /// Silences that are not over, those over lately, and those that hold signals back.
    pub silences: Vec<Silence>,
    /// The changes told last, in order.
    pub changes: Vec<Change>,
    /// Runs of runbooks that are under way.
    pub runs: Vec<Run>,
    /// What is remembered of automations.
    pub automations: Vec<AutomationState>,
    /// Where versions of runbooks stand.
    pub standings: Vec<Standing>,
    /// The right edge of the tree over all entries.
    pub frontier: Frontier,
    /// The last signed checkpoint.
    pub checkpoint: Option<String>,
}

impl Loaded {
    /// The world that was loaded, with the catalog that its sources compile to.
    pub fn world(&self, catalog: Option<Arc<Catalog>>) -> World {
        let mut world = World::restore(self.counters.clone(), catalog, self.tokens.iter().cloned());
        for repository in &self.repositories {
            world.take_in_repository(repository.clone());
        }
        let mut messages = BTreeMap::<CaseId, Vec<Message>>::new();
        for message in &self.messages {
            messages.entry(message.id.case).or_default().push(message.clone());
        }
        world.take_in_others(self.silences.iter().cloned(), self.changes.iter().cloned());
        world.take_in_runs(self.runs.iter().cloned());
        world.take_in_standings(self.standings.iter().cloned());
        world.take_in_automations(self.automations.iter().cloned());
        for case in &self.cases {
            world.take_in(case.clone(), messages.remove(&case.id).unwrap_or_default());
        }
        for row in &self.signals {
            world.take_in_signal(
                row.number,
                (row.case, row.silence),
                row.first_heard_at,
                row.until,
                row.signal.clone(),
            );
        }
        world
    }
}
