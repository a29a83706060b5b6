//! Automations that act, ask and only watch, and random answers to them.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde_json::{Value, json};
use wheelhouse_core::automation::{Approval, Automation, Automations, Breaker, Limits, Mode};
use wheelhouse_core::kernel::{AutomationAction, What};
use wheelhouse_core::name::{AutomationName, RoleName};
use wheelhouse_core::patterns::Pattern;
use wheelhouse_core::runbook::RunbookName;
use wheelhouse_core::time::Duration;
use wheelhouse_store::Store;

use super::Rig;
use super::catalog::team;

const NAMES: [&str; 3] = ["acts", "asks", "watches"];

fn automation(name: &str, mode: Mode, when: &Value) -> Automation {
    Automation {
        name: AutomationName::new(name).unwrap(),
        team: team("payments"),
        summary: None,
        mode,
        when: Pattern::parse(when).unwrap(),
        condition: None,
        runbook: RunbookName::parse("payments/drain").unwrap(),
        with: BTreeMap::new(),
        from: BTreeMap::new(),
        cooldown: Duration::from_minutes(5),
        limits: Limits { target: 3, all: 20, within: Duration::from_hours(1) },
        breaker: Breaker { failures: 2, rest: Duration::from_hours(1) },
        chain: 3,
        windows: Vec::new(),
        time_zone: TimeZone::UTC,
        approval: None,
        controls: Vec::new(),
    }
}

/// The automations of the catalog.
pub fn automations() -> Automations {
    let role = RoleName::new("payments").unwrap();
    let approval = Approval { above: None, role, count: 1, within: Duration::from_hours(24) };
    let told = json!({"kind": ["case_opened", "severity_changed", "run_ended"]});
    [
        automation(NAMES[0], Mode::Live, &told),
        Automation { approval: Some(approval), ..automation(NAMES[1], Mode::Live, &json!({"kind": ["acknowledged"]})) },
        automation(NAMES[2], Mode::Shadow, &json!({"kind": [{"anything-but": "acknowledged"}]})),
    ]
    .into_iter()
    .collect()
}

impl<S: Store> Rig<S> {
    /// Somebody answers an automation, halts one, or lets one go on; refusals are part of the game.
    pub fn random_word(&mut self) {
        let automation = AutomationName::new(self.random.pick(&NAMES)).unwrap();
        let asked = self.world.automations().get(&automation).map_or(0, |state| state.asked);
        let number = asked.saturating_sub(self.random.below(2));
        let action = match self.random.below(6) {
            0..=2 => AutomationAction::Approve { number },
            3 => AutomationAction::Decline { number, text: Some("not now".into()) },
            4 if self.random.one_in(4) => AutomationAction::Pause { text: "too eager".into() },
            _ => AutomationAction::Resume,
        };
        let actor = self.random_person();
        let _refused = self.carry_out(actor, What::Automation { automation, action });
    }
}
