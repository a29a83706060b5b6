//! From a file to a runbook.

use std::collections::BTreeMap;
use std::sync::Arc;

use wheelhouse_core::catalog::{At, Code, Finding, Place};
use wheelhouse_core::runbook::{
    Phase, Runbook, RunbookDraft, RunbookHash, RunbookName, Step, StepId, StepKind, Stretch,
};

use super::fence::{self, Fence};
use super::walk::{Fenced, Heading, Item, Walked, walk};
use super::{LARGEST_FILE, MOST_PHASES, MOST_STEPS, info, links, task};
use crate::catalog::{Front, front_matter, is_runbook_file, shown};

/// The most findings in one file.
const MOST_FINDINGS: usize = 50;

/// Reads a runbook; nothing, and why, where it is too large.
pub(crate) fn read(file: u32, path: &str, text: &str, findings: &mut Vec<Finding>) -> Option<RunbookDraft> {
    if text.len() > LARGEST_FILE {
        let place = Place { file, start: 0, end: 0 };
        let message = format!("{} has {} bytes", shown(path), text.len());
        findings.push(
            Finding::error(Code::TooLarge, place, message)
                .label(format!("at most {LARGEST_FILE} are allowed in a runbook"))
                .help("split it into several runbooks"),
        );
        return None;
    }
    let mut wrong = Vec::new();
    let lines = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at).collect();
    let draft = Reader { file, path, text, lines, findings: &mut wrong, roles: Vec::new(), reaches: Vec::new() }.read();
    wrong.sort_by_key(|finding| (finding.level, finding.place));
    wrong.truncate(MOST_FINDINGS);
    findings.append(&mut wrong);
    Some(draft)
}

struct Reader<'a> {
    file: u32,
    path: &'a str,
    text: &'a str,
    /// Where lines end.
    lines: Vec<usize>,
    findings: &'a mut Vec<Finding>,
    roles: Vec<At<wheelhouse_core::name::RoleName>>,
    reaches: Vec<At<Vec<String>>>,
}

impl Reader<'_> {
    fn read(mut self) -> RunbookDraft {
        let mut front = front_matter(self.file, self.text, self.findings);
        let walked = walk(self.text, front.body, |words| info::read(words).opts_in());
        let (title, phases) = self.phases(front.body, &walked.headings);
        let steps = self.steps(&phases, &walked);
        let links = self.links(&walked);
        let runs = self.runs(&steps);
        let (name, place) = self.name(&mut front);
        let mut roles = std::mem::take(&mut front.roles);
        roles.append(&mut self.roles);
        let title = front.matter.title.clone().or(title).unwrap_or_else(|| name.stem().to_owned());
        let runbook = Runbook {
            name,
            title,
            path: self.path.to_owned(),
            hash: RunbookHash::of(self.text),
            text: Arc::from(self.text),
            summary: walked.summary.trim().to_owned(),
            front: front.matter,
            phases,
            steps,
            findings: Vec::new(),
        };
        RunbookDraft {
            runbook,
            place,
            owners: front.owners,
            services: front.services,
            roles,
            reaches: self.reaches,
            links,
            runs,
            partial: front.partial,
        }
    }

    /// The name, and where it is said.
    fn name(&mut self, front: &mut Front) -> (RunbookName, Place) {
        let of_path = RunbookName::of_path(self.path);
        let line = self.text.lines().next().unwrap_or_default().len();
        let first = self.place(0..line);
        let Some(id) = &front.id else { return (of_path, first) };
        match RunbookName::new(of_path.repository().clone(), &id.value) {
            Ok(name) => (name, id.place),
            Err(bad) => {
                self.findings.push(Finding::error(Code::BadName, id.place, bad.to_string()).label("not a name"));
                (of_path, id.place)
            }
        }
    }

    /// The title, if one heading stands above all others, and the phases that the others make.
    fn phases(&mut self, body: usize, headings: &[Heading]) -> (Option<String>, Vec<Phase>) {
        if let Some(excess) = headings.get(MOST_PHASES) {
            let place = self.place(excess.at.clone());
            self.findings.push(
                Finding::error(Code::TooMany, place, format!("more than {MOST_PHASES} headings"))
                    .help("split it into several runbooks"),
            );
        }
        let alone = headings.iter().filter(|heading| heading.level == 1).count() == 1;
        let title = headings.first().filter(|heading| alone && heading.level == 1);
        let below = headings.get(usize::from(title.is_some())..).unwrap_or_default();
        let below = below.get(..below.len().min(MOST_PHASES)).unwrap_or_default();
        let starts: Vec<usize> = below.iter().map(|heading| heading.at.start).chain([self.text.len()]).collect();
        let first = starts.first().copied().unwrap_or(self.text.len());
        let mut phases = vec![Phase { path: Vec::new(), stretch: self.stretch(body..first) }];
        let mut above: Vec<&Heading> = Vec::new();
        for (heading, end) in below.iter().zip(starts.iter().skip(1)) {
            above.retain(|one| one.level < heading.level);
            above.push(heading);
            let path = above.iter().map(|one| one.title.trim().to_owned()).collect();
            phases.push(Phase { path, stretch: self.stretch(heading.at.start..*end) });
        }
        (title.map(|heading| heading.title.trim().to_owned()).filter(|title| !title.is_empty()), phases)
    }

    /// Every step in order of the text, each with an id of its own.
    fn steps(&mut self, phases: &[Phase], walked: &Walked) -> Vec<Step> {
        let mut found: Vec<(Step, bool)> = walked.items.iter().map(|item| (self.manual(phases, item), false)).collect();
        for fenced in &walked.fences {
            found.extend(self.fence(phases, fenced));
        }
        if found.is_empty() {
            found.extend(self.prose(phases).into_iter().map(|step| (step, false)));
        }
        found.sort_by_key(|(step, _)| step.stretch.start);
        if let Some((excess, _)) = found.get(MOST_STEPS) {
            let place = Place { file: self.file, start: excess.stretch.start, end: excess.stretch.start };
            self.findings.push(
                Finding::error(Code::TooMany, place, format!("more than {MOST_STEPS} steps"))
                    .help("split it into several runbooks"),
            );
            found.truncate(MOST_STEPS);
        }
        let steps = self.told_apart(found);
        self.undone(&steps);
        steps
    }

    /// A runbook that lists no steps is worked through section by section: each that says what to do is one.
    fn prose(&self, phases: &[Phase]) -> Vec<Step> {
        let says = |phase: &&Phase| {
            let range = (usize::try_from(phase.stretch.start), usize::try_from(phase.stretch.end));
            let (Ok(start), Ok(end)) = range else { return false };
            let text = self.text.get(start..end).unwrap_or_default();
            let below = text.split_once('\n').map_or("", |(_, below)| below);
            !phase.path.is_empty()
                && below.chars().any(char::is_alphanumeric)
                && !phase.path.iter().any(|heading| informs(heading))
        };
        let step = |(index, phase): (usize, &Phase)| Step {
            id: StepId::derived(phase.path.iter().map(String::as_str), ""),
            phase: u32::try_from(index).unwrap_or(u32::MAX),
            kind: StepKind::Manual,
            title: phase.title().to_owned(),
            stretch: phase.stretch,
            attributes: Default::default(),
        };
        phases.iter().enumerate().filter(|(_, phase)| says(phase)).map(step).collect()
    }

    fn manual(&self, phases: &[Phase], item: &Item) -> Step {
        let phase = phase_at(phases, item.at.start);
        let headings = phases.get(phase).into_iter().flat_map(|phase| &phase.path).map(String::as_str);
        Step {
            id: StepId::derived(headings, &item.words),
            phase: u32::try_from(phase).unwrap_or(u32::MAX),
            kind: StepKind::Manual,
            title: item.title.clone(),
            stretch: self.stretch(item.at.clone()),
            attributes: Default::default(),
        }
    }

    /// The step that a fence is, and whether the file names it; nothing where it is none.
    fn fence(&mut self, phases: &[Phase], fenced: &Fenced) -> Option<(Step, bool)> {
        let fence = self.opened(fenced);
        if !fence.info.opts_in() {
            self.findings.extend(fence::passed_over(&fence, self.text));
            if !fence.closed {
                self.findings.push(
                    Finding::warning(Code::UnclosedFence, fence.opening, "this fence is never closed")
                        .label("everything after it is part of it")
                        .help("close it with the same characters on a line of their own"),
                );
            }
            return None;
        }
        let mut taken = fence::take(&fence, self.text, self.findings);
        self.roles.append(&mut taken.roles);
        self.reaches.extend(taken.reaches.take());
        let phase = phase_at(phases, fenced.at.start);
        let headings = phases.get(phase).into_iter().flat_map(|phase| &phase.path).map(String::as_str);
        let is_named = taken.id.is_some();
        let title = fenced.within.as_ref().map(|within| within.trim().to_owned());
        let title = title.or_else(|| taken.id.as_ref().map(|id| id.as_str().to_owned()));
        let first_line = || fenced.script.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().trim();
        let step = Step {
            id: taken.id.unwrap_or_else(|| StepId::derived(headings, &fenced.script)),
            phase: u32::try_from(phase).unwrap_or(u32::MAX),
            title: title.unwrap_or_else(|| first_line().chars().take(200).collect()),
            kind: taken.block.map_or(StepKind::Manual, StepKind::Automated),
            stretch: self.stretch(fenced.at.clone()),
            attributes: taken.attributes,
        };
        Some((step, is_named))
    }

    fn opened(&self, fenced: &Fenced) -> Fence {
        let whole = self.text.get(fenced.at.clone()).unwrap_or_default();
        let opening = whole.lines().next().unwrap_or_default();
        let mark = opening.trim_start();
        let length = mark.chars().take_while(|c| mark.starts_with(*c)).count();
        let mark = mark.get(..length).unwrap_or_default();
        let last = whole.lines().skip(1).last().map(|line| line.trim_start_matches([' ', '\t', '>']).trim_end());
        let closed = last.is_some_and(|last| {
            !mark.is_empty() && last.starts_with(mark) && last.trim_matches(|c| mark.starts_with(c)).is_empty()
        });
        let content = whole.find(&fenced.script).filter(|_| !fenced.script.is_empty());
        let content = content.map(|at| fenced.at.start + at).map(|at| self.place(at..at + fenced.script.len()));
        let opening = self.place(fenced.at.start..fenced.at.start + opening.trim_end().len());
        Fence { info: fence::info_of(&fenced.info), script: fenced.script.clone(), opening, content, closed }
    }

    /// Gives every step an id that no other has. What the file names keeps its name.
    fn told_apart(&mut self, found: Vec<(Step, bool)>) -> Vec<Step> {
        let mut first: BTreeMap<StepId, Stretch> = BTreeMap::new();
        for (step, _) in found.iter().filter(|(_, named)| *named) {
            let known = first.entry(step.id.clone()).or_insert(step.stretch);
            if *known != step.stretch {
                let place = |stretch: &Stretch| {
                    let start = usize::try_from(stretch.start).unwrap_or(0);
                    let line = self.text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
                    self.place(start..start + line.len())
                };
                let finding = Finding::error(
                    Code::DuplicateStep,
                    place(&step.stretch),
                    format!("two steps are called `{}`", step.id),
                )
                .label("has the same name")
                .related(place(known), "first named here")
                .help("give one of them another name");
                self.findings.push(finding);
            }
        }
        let mut taken: BTreeMap<StepId, usize> = BTreeMap::new();
        let mut steps: Vec<Step> = Vec::with_capacity(found.len());
        for (mut step, named) in found {
            let plain = step.id.clone();
            let is_first_of_name = named && first.get(&plain) == Some(&step.stretch);
            let mut count = taken.get(&plain).copied().unwrap_or(usize::from(first.contains_key(&plain)));
            if !is_first_of_name {
                count += 1;
                while count > 1 && first.contains_key(&plain.nth(count)) {
                    count += 1;
                }
                if count > 1 {
                    step.id = plain.nth(count);
                }
            }
            taken.insert(plain, count.max(1));
            steps.push(step);
        }
        steps
    }

    /// What undoes a step must be a step that a machine carries out.
    fn undone(&mut self, steps: &[Step]) {
        for step in steps {
            let Some(undo) = &step.attributes.undo else { continue };
            let target = steps.iter().find(|other| other.id == *undo);
            if target.is_some_and(|target| target.block().is_some() && target.id != step.id) {
                continue;
            }
            let names = steps.iter().filter(|other| other.block().is_some() && other.id != step.id);
            let meant = wheelhouse_core::catalog::nearest(undo.as_str(), names.map(|other| other.id.as_str()));
            let help = match (target.is_some(), meant) {
                (false, Some(meant)) => format!("did you mean `{meant}`?"),
                _ => "name another automated step of this runbook, or `undo=none`".to_owned(),
            };
            let start = usize::try_from(step.stretch.start).unwrap_or(0);
            let line = self.text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
            let place = self.place(start..start + line.len());
            self.findings.push(
                Finding::error(Code::Unresolved, place, format!("no automated step `{undo}` takes this one back"))
                    .label("`undo` names no such step")
                    .help(help),
            );
        }
    }

    fn links(&self, walked: &Walked) -> Vec<At<String>> {
        let targets = walked.links.iter().filter_map(|(link, at)| {
            let target = links::target(self.path, link).filter(|target| is_runbook_file(target))?;
            Some(At::new(target, self.place(at.clone())))
        });
        targets.collect()
    }

    /// The runbooks that steps run, each at the beginning of its step.
    fn runs(&self, steps: &[Step]) -> Vec<At<RunbookName>> {
        let inner = steps.iter().filter_map(|step| {
            let start = usize::try_from(step.stretch.start).unwrap_or(0);
            Some(At::new(task::inner(step.block()?)?, self.place(start..self.text.len())))
        });
        inner.collect()
    }

    fn place(&self, at: std::ops::Range<usize>) -> Place {
        let line = self.text.get(at.clone()).and_then(|text| text.lines().next()).unwrap_or_default().len();
        let number = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Place { file: self.file, start: number(at.start), end: number(at.start + line) }
    }

    fn stretch(&self, at: std::ops::Range<usize>) -> Stretch {
        let number = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        let line = self.lines.partition_point(|end| *end < at.start) + 1;
        Stretch { start: number(at.start), end: number(at.end), line: number(line) }
    }
}

/// Headings of sections that tell what something is, not what to do.
const INFORMING: [&str; 24] = [
    "about",
    "additional notes",
    "alert",
    "background",
    "contacts",
    "context",
    "description",
    "full context",
    "glossary",
    "impact",
    "introduction",
    "links",
    "meaning",
    "notes",
    "overview",
    "purpose",
    "reference",
    "references",
    "related",
    "scope",
    "see also",
    "summary",
    "symptoms",
    "table of contents",
];

fn informs(heading: &str) -> bool {
    let heading = heading.trim().trim_end_matches(':').to_lowercase();
    INFORMING.contains(&heading.as_str())
}

/// The index of the phase that a place is in.
fn phase_at(phases: &[Phase], offset: usize) -> usize {
    let offset = u32::try_from(offset).unwrap_or(u32::MAX);
    phases.partition_point(|phase| phase.stretch.start <= offset).saturating_sub(1)
}
