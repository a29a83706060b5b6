//! What follows from what, by trying every case against every other.

use std::collections::{BTreeMap, BTreeSet};

use wheelhouse_core::case::{CaseId, CaseKind, Severity};
use wheelhouse_core::catalog::{Catalog, Strength};
use wheelhouse_core::kernel::{CaseAction, What};
use wheelhouse_core::name::ServiceName;
use wheelhouse_core::record::{Entry, Fact, Why};
use wheelhouse_core::time::{Duration, Timestamp};

use super::{Cause, MCase, Model, Phase};

const FIVE_MINUTES: Duration = Duration::from_minutes(5);

/// What a case should follow from, and until when.
type Root = Option<(CaseId, Option<Timestamp>)>;

/// Somebody has it, or is paged for it.
pub(super) fn is_attended(case: &MCase) -> bool {
    case.pending.is_some() || matches!(case.phase, Phase::Acknowledged | Phase::Mitigated)
}

/// What follows from it need not be paged for: also while it is silenced.
pub(super) fn attracts(case: &MCase) -> bool {
    is_attended(case) || case.silenced.is_some()
}

/// What follows from it goes on to: also where it follows from something itself.
fn keeps(case: &MCase) -> bool {
    attracts(case) || case.root.is_some()
}

fn is_over(case: &MCase) -> bool {
    matches!(case.phase, Phase::Mitigated | Phase::Resolved)
}

/// Nobody has it or is paged for it, and nothing but its root keeps anybody from being paged.
fn is_paged(case: &MCase) -> bool {
    case.phase == Phase::Open && case.pending.is_none() && case.silenced.is_none()
}

fn explains(id: CaseId, root: &MCase, severity: Severity) -> bool {
    id.kind == CaseKind::Incident
        && root.phase != Phase::Resolved
        && (root.severity <= severity || (root.severity <= Severity::Sev2 && !root.set_by_person))
}

/// Everything that a service needs by hard edges, itself included.
fn needs(catalog: &Catalog, service: &ServiceName) -> BTreeSet<ServiceName> {
    let mut all: BTreeSet<ServiceName> = catalog.services.keys().filter(|name| *name == service).cloned().collect();
    loop {
        let more = all.iter().filter_map(|name| catalog.services.get(name)).flat_map(|service| &service.depends_on);
        let mut more =
            more.filter(|edge| edge.strength == Strength::Hard && catalog.services.contains_key(&edge.service));
        let Some(next) = more.find(|edge| !all.contains(&edge.service)) else { return all };
        let next = next.service.clone();
        all.insert(next);
    }
}

/// Whether one service needs another one, and is another one.
fn is_below(catalog: &Catalog, low: Option<&ServiceName>, high: Option<&ServiceName>) -> bool {
    let (Some(low), Some(high)) = (low, high) else { return false };
    low != high && needs(catalog, low).contains(high)
}

impl Model {
    /// Every case follows from what it should.
    pub(super) fn symptoms_as_expected(
        &self,
        before: &Self,
        cause: Cause<'_>,
        entries: &[Entry],
        now: Timestamp,
    ) -> Result<(), String> {
        let Some(catalog) = &self.catalog else { return Ok(()) };
        let mut expected: BTreeMap<CaseId, Root> =
            self.cases.keys().map(|id| (*id, before.cases.get(id).and_then(|was| was.root))).collect();
        self.worse(before, entries, &mut expected);
        self.unlinked(cause, entries, now, &mut expected);
        self.gone_over(before, cause, entries, now, &mut expected);
        in_turn(before, cause, entries, now, &mut expected);
        for (id, severity) in placed(before, entries) {
            let Some(is) = self.cases.get(&id) else { continue };
            let root = before.root_of(catalog, id, is, severity);
            let until = |root: CaseId| self.cases.get(&root).filter(|root| is_over(root)).map(|_| now + FIVE_MINUTES);
            expected.insert(id, root.map(|root| (root, until(root))));
            let (top, own) = (root.unwrap_or(id), root.is_none());
            let earlier = self.gathered(before, catalog, id, top, own, severity, now);
            self.as_bad(before, id, severity, root, &earlier)?;
            if self.cases.get(&top).is_none_or(|top| !is_attended(top)) {
                continue;
            }
            for earlier in earlier {
                expected.insert(earlier, Some((top, until(top))));
            }
        }
        self.followed(before, now, &mut expected);
        for (id, is) in &self.cases {
            let root = if is.phase == Phase::Resolved { None } else { expected.get(id).copied().flatten() };
            let parked = entries.iter().any(|entry| entry.subject == Some(*id) && entry.fact == Fact::EscalationParked);
            if is.root != root && !parked {
                return Err(format!("symptom: {id} should follow from {root:?} and follows from {:?}", is.root));
            }
        }
        Ok(())
    }

    /// A root is as bad as what follows from it, unless a person has said how bad it is.
    fn as_bad(
        &self,
        before: &Self,
        id: CaseId,
        severity: Severity,
        root: Option<CaseId>,
        earlier: &BTreeSet<CaseId>,
    ) -> Result<(), String> {
        let (top, was, worst) = match root {
            Some(root) => (root, before.cases.get(&root).map(|was| was.severity), Some(severity)),
            None => {
                let severities = earlier.iter().filter_map(|id| self.cases.get(id)).map(|case| case.severity);
                (id, Some(severity), severities.min())
            }
        };
        let (Some(was), Some(is)) = (was, self.cases.get(&top)) else { return Ok(()) };
        let should = if is.set_by_person { was } else { worst.map_or(was, |worst| worst.min(was)) };
        if is.severity == should {
            Ok(())
        } else {
            Err(format!("symptom: {top} is {} and should be {should} with what follows from it", is.severity))
        }
    }

    /// The case that explains one that has just begun.
    fn root_of(&self, catalog: &Catalog, id: CaseId, case: &MCase, severity: Severity) -> Option<CaseId> {
        let own = case.service.as_ref();
        let fits = |(other, root): &(&CaseId, &MCase)| {
            **other != id
                && root.drill == case.drill
                && !self.follows(root, id)
                && is_below(catalog, own, root.service.as_ref())
                && explains(**other, root, severity)
                && is_attended(root)
        };
        let all: Vec<(&CaseId, &MCase)> = self.cases.iter().filter(fits).collect();
        let direct: Vec<(&CaseId, &MCase)> = all
            .iter()
            .filter(|(_, case)| case.root.is_none_or(|(root, _)| !all.iter().any(|(other, _)| **other == root)))
            .copied()
            .collect();
        let below = |low: &MCase, high: &MCase| is_below(catalog, low.service.as_ref(), high.service.as_ref());
        let mut tops = direct
            .iter()
            .filter(|(_, case)| !direct.iter().any(|(_, other)| below(case, other) && !below(other, case)))
            .map(|(id, _)| **id);
        tops.next()
    }

    /// Whether a case follows from another one, or from what follows from that.
    fn follows(&self, case: &MCase, other: CaseId) -> bool {
        let mut seen = BTreeSet::new();
        let mut next = case.root;
        while let Some((root, _)) = next.filter(|(root, _)| seen.insert(*root)) {
            next = self.cases.get(&root).and_then(|root| root.root);
        }
        seen.contains(&other)
    }

    /// What was opened shortly before and follows from what has just begun.
    #[expect(clippy::too_many_arguments, reason = "what has begun, and what may follow")]
    fn gathered(
        &self,
        before: &Self,
        catalog: &Catalog,
        id: CaseId,
        top: CaseId,
        own: bool,
        severity: Severity,
        now: Timestamp,
    ) -> BTreeSet<CaseId> {
        let (Some(case), Some(mut root)) = (self.cases.get(&id), self.cases.get(&top).cloned()) else {
            return BTreeSet::new();
        };
        if own {
            root.severity = severity;
        }
        let may = |other: &CaseId, one: &MCase| {
            let as_bad = own || root.severity <= one.severity;
            *other != id
                && *other != top
                && one.phase != Phase::Resolved
                && explains(top, &root, one.severity)
                && as_bad
                && !self.follows(&root, *other)
        };
        let mut found: BTreeSet<CaseId> = before
            .cases
            .iter()
            .filter(|(other, one)| {
                let since = one.open_since.unwrap_or(one.opened_at);
                other.kind == CaseKind::Incident
                    && one.drill == case.drill
                    && is_below(catalog, one.service.as_ref(), case.service.as_ref())
                    && one.root.is_none_or(|(root, _)| root != top)
                    && now.since(since) <= FIVE_MINUTES
                    && may(other, one)
            })
            .map(|(other, _)| *other)
            .collect();
        let heads: BTreeSet<CaseId> = found.iter().copied().chain((!own).then_some(id)).collect();
        let followers = before
            .cases
            .iter()
            .filter(|(other, one)| one.root.is_some_and(|(root, _)| heads.contains(&root)) && may(other, one));
        found.extend(followers.map(|(other, _)| *other));
        found
    }

    /// A case that became worse than its root: the root becomes as bad, or does not explain it any more.
    fn worse(&self, before: &Self, entries: &[Entry], expected: &mut BTreeMap<CaseId, Root>) {
        for entry in entries {
            let (Fact::SeverityChanged { to, .. }, Some(id)) = (&entry.fact, entry.subject) else { continue };
            let Some((root, _)) = before.cases.get(&id).and_then(|was| was.root) else { continue };
            let Some(was) = before.cases.get(&root) else { continue };
            if was.severity > *to && !explains(root, was, *to) {
                expected.insert(id, None);
            }
        }
    }

    /// What a person or the clock lets stand for itself.
    fn unlinked(&self, cause: Cause<'_>, entries: &[Entry], now: Timestamp, expected: &mut BTreeMap<CaseId, Root>) {
        for entry in entries {
            let (Fact::SymptomSet { root: None, .. }, Some(id)) = (&entry.fact, entry.subject) else { continue };
            let due = expected.get(&id).copied().flatten().and_then(|(_, at)| at).is_some_and(|at| at <= now);
            let why = matches!(entry.why, Some(Why::OutlivedRoot { .. } | Why::RootTooSmall { .. }));
            let by_clock = due && matches!(cause, Cause::Due) && why;
            let by_person = match cause {
                Cause::Command(command) => {
                    matches!(&command.what, What::Case { case, action: CaseAction::Unlink(_), .. } if *case == id)
                }
                Cause::Due => false,
            };
            if by_clock || by_person {
                expected.insert(id, None);
            }
        }
    }

    /// What outlives its root follows from what else explains it, which stands for itself by then.
    fn gone_over(
        &self,
        before: &Self,
        cause: Cause<'_>,
        entries: &[Entry],
        now: Timestamp,
        expected: &mut BTreeMap<CaseId, Root>,
    ) {
        if !matches!(cause, Cause::Due) {
            return;
        }
        for entry in entries {
            let (Fact::SymptomSet { root: None, .. }, Some(id)) = (&entry.fact, entry.subject) else { continue };
            let Some((over, Some(at))) = before.cases.get(&id).and_then(|was| was.root) else { continue };
            let Some(next) = before.next_of(self.catalog.as_deref(), id, over).filter(|_| at <= now) else { continue };
            if self.cases.get(&next).is_none_or(|next| !is_attended(next)) {
                continue;
            }
            expected.insert(id, Some((next, None)));
            if before.cases.get(&next).is_some_and(|next| next.root.is_some()) {
                expected.insert(next, None);
            }
        }
    }

    /// What else explains a case whose root is over.
    fn next_of(&self, catalog: Option<&Catalog>, id: CaseId, over: CaseId) -> Option<CaseId> {
        let (catalog, own) = (catalog?, self.cases.get(&id)?);
        let below = |low: &MCase, high: &MCase| is_below(catalog, low.service.as_ref(), high.service.as_ref());
        let fits = |(other, one): &(&CaseId, &MCase)| {
            **other != id
                && **other != over
                && one.drill == own.drill
                && !is_over(one)
                && below(own, one)
                && explains(**other, one, own.severity)
                && one.root.map_or_else(|| is_attended(one), |(root, _)| root == over)
        };
        let all: Vec<(&CaseId, &MCase)> = self.cases.iter().filter(fits).collect();
        let is_top = |one: &MCase| !all.iter().any(|(_, other)| below(one, other) && !below(other, one));
        let (next, first) = all.iter().find(|(_, one)| is_top(one))?;
        let own_comes_first = first.root.is_some() && below(first, own) && id < **next;
        (!own_comes_first).then_some(**next)
    }

    /// What became of a case means something to those that follow from it.
    fn followed(&self, before: &Self, now: Timestamp, expected: &mut BTreeMap<CaseId, Root>) {
        for (id, is) in &self.cases {
            let Some(was) = before.cases.get(id) else { continue };
            let same = was.phase == is.phase && was.severity == is.severity && keeps(was) == keeps(is);
            if same {
                continue;
            }
            let too_small = |case: &MCase| !(explains(*id, is, case.severity) && keeps(is));
            for (symptom, root) in expected.iter_mut() {
                let (Some((head, at)), Some(case)) = (*root, before.cases.get(symptom)) else { continue };
                if head != *id || case.root.is_none_or(|(root, _)| root != *id) {
                    continue;
                }
                *root = match (is_over(is), at) {
                    (true, None) => Some((head, Some(now + FIVE_MINUTES))),
                    (true, known) => Some((head, known)),
                    (false, None) if too_small(case) => {
                        let let_go = |one: &MCase| one.root == Some((*id, None)) && too_small(one);
                        Some((head, Some(now + turn(before, (*symptom, case), let_go))))
                    }
                    (false, known) if too_small(case) => Some((head, known)),
                    (false, _) => Some((head, None)),
                };
            }
        }
    }
}

/// How long a case waits that nothing explains any more, with others of its team for which `waits` is so: each
/// team is paged for the worst at once, and for one more a minute.
fn turn(before: &Model, (id, case): (CaseId, &MCase), waits: impl Fn(&MCase) -> bool) -> Duration {
    let is_ahead = |(other, one): &(&CaseId, &MCase)| {
        one.team == case.team && is_paged(one) && waits(one) && (one.severity, **other) < (case.severity, id)
    };
    let ahead = if is_paged(case) { before.cases.iter().filter(is_ahead).count() } else { 0 };
    Duration::from_minutes(i64::try_from(ahead).unwrap_or(i64::MAX))
}

/// Of several that outlive one root, the first of each team stands for itself now and the others wait.
fn in_turn(before: &Model, cause: Cause<'_>, entries: &[Entry], now: Timestamp, expected: &mut BTreeMap<CaseId, Root>) {
    if !matches!(cause, Cause::Due) {
        return;
    }
    let outlives =
        |root: CaseId| move |one: &MCase| one.root.is_some_and(|(of, at)| of == root && at.is_some_and(|at| at <= now));
    let looked_at = entries.iter().filter(|entry| matches!(entry.fact, Fact::SymptomSet { .. }));
    let looked_at = looked_at.filter_map(|entry| before.cases.get(&entry.subject?)?.root);
    let roots: BTreeSet<CaseId> =
        looked_at.filter(|(_, at)| at.is_some_and(|at| at <= now)).map(|(root, _)| root).collect();
    for root in roots {
        for (id, case) in before.cases.iter().filter(|(_, one)| outlives(root)(one)) {
            let turn = turn(before, (*id, case), outlives(root));
            if turn > Duration::ZERO {
                expected.insert(*id, Some((root, Some(now + turn))));
            }
        }
    }
}

/// Cases that a signal or a report has opened, or fired again, with their severity then.
fn placed(before: &Model, entries: &[Entry]) -> Vec<(CaseId, Severity)> {
    let mut placed = Vec::new();
    for entry in entries {
        let Some(id) = entry.subject.filter(|id| id.kind == CaseKind::Incident) else { continue };
        let mut severity = match (&entry.fact, &entry.why) {
            (Fact::CaseOpened { severity, service: Some(_), .. }, _) => *severity,
            (Fact::CaseReopened, Some(Why::FiredAgain { .. })) => match before.cases.get(&id) {
                Some(was) => was.severity,
                None => continue,
            },
            _ => continue,
        };
        for later in entries.iter().filter(|later| later.subject == Some(id)) {
            if let (Fact::SeverityChanged { to, .. }, Some(Why::WorseSignal { .. })) = (&later.fact, &later.why) {
                severity = *to;
            }
        }
        placed.push((id, severity));
    }
    placed
}
