//! A small organisation with the kernel in it, for targets that need more than a parser.

use std::sync::{Arc, OnceLock};

use wheelhouse_core::case::{CaseId, Urgency};
use wheelhouse_core::catalog::Catalog;
use wheelhouse_core::kernel::{CaseAction, CatalogChange, Command, What};
use wheelhouse_core::name::{PersonName, SourceName};
use wheelhouse_core::record::{Actor, Entry};
use wheelhouse_core::signal::{Adapter, Signal, Status};
use wheelhouse_core::time::Timestamp;
use wheelhouse_core::{Context, World, decide, route};
use wheelhouse_wire::catalog::{Mode, compile_files};

/// 2026-11-23T02:55:00Z.
pub const NOW: Timestamp = Timestamp::from_seconds(1_795_402_500);

/// An organisation that is right, without an answer to everything.
pub const BASE: &str = include_str!("../base.yaml");

/// A world with the entries that made it.
pub struct Stage {
    pub world: World,
    pub entries: Vec<Entry>,
}

impl Stage {
    fn new() -> Self {
        static CATALOG: OnceLock<Arc<Catalog>> = OnceLock::new();
        let catalog = CATALOG.get_or_init(|| {
            let (catalog, report) = compile_files(vec![("base.yaml".into(), BASE.into())], Mode::Whole, Some(NOW));
            Arc::new(catalog.unwrap_or_else(|| panic!("{}", report.render_text(false))))
        });
        let mut stage = Self { world: World::default(), entries: Vec::new() };
        let (catalog, change) = (catalog.clone(), CatalogChange::default());
        stage.command(Actor::Hub, What::Adopt { catalog, time_zones: "bundled".into(), change });
        stage.command(Actor::Hub, What::DoorsReady);
        stage
    }

    /// With an incident of the service `ledger`, opened by a signal with this summary.
    pub fn with_a_case(summary: &str) -> Self {
        Self::with_a_case_of(summary, "it does not answer", "a")
    }

    /// The same with a description and the value of a label.
    pub fn with_a_case_of(summary: &str, description: &str, label: &str) -> Self {
        let mut stage = Self::new();
        let annotations = [("summary", summary), ("description", description)].into_iter().collect();
        let signal = Signal { annotations, url: label.into(), ..signal("Down", "ledger", label) };
        let routing = route(stage.world.catalog().expect("a catalog is in force"), &signal);
        stage.command(Actor::Hub, What::Signal { routing, signal: Arc::new(signal) });
        stage
    }

    /// A person does something to the incident; whether it was allowed.
    pub fn act(&mut self, action: CaseAction) -> bool {
        let case = CaseId::parse("INC-1").expect("a name of a case");
        let dana = Actor::Person(PersonName::new("dana").expect("it is a name"));
        self.command(dana, What::Case { case, revision: None, action })
    }

    fn command(&mut self, actor: Actor, what: What) -> bool {
        let command = Command { actor, policies: Vec::new(), judged_under: None, what };
        match decide(&self.world, &command, &Context::at(NOW)) {
            Ok(plan) => {
                for entry in plan.entries {
                    self.world.apply(&entry);
                    self.entries.push(entry);
                }
                true
            }
            Err(refusal) => {
                assert!(refusal.to_string().len() < 4_096, "{refusal}");
                false
            }
        }
    }
}

/// The source of every signal.
pub fn source() -> SourceName {
    SourceName::new("prometheus").expect("it is a name")
}

/// A critical signal of a service.
pub fn signal(alert: &str, service: &str, label: &str) -> Signal {
    Signal {
        source: source(),
        adapter: Adapter::Alertmanager,
        drill: false,
        labels: [("alertname", alert), ("instance", label), ("service", service)].into_iter().collect(),
        annotations: [("summary", "does not answer")].into_iter().collect(),
        url: "".into(),
        urgency: Urgency::Critical,
        started_at: NOW,
        status: Status::Firing { until: None },
    }
}
