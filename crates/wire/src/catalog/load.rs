//! From files to drafts.

use wheelhouse_core::catalog::{self as core, Code, Document, Drafts, Finding, Kind, Place, nearest, repository_of};
use wheelhouse_core::name::is_name;

use super::decode::decode;
use super::files::Files;
use super::format::{
    AudienceFields, AutomationFields, ChannelFields, DrillFields, EscalationFields, Fields, OrganizationFields,
    PersonFields, RuleFields, RunnerFields, ScheduleFields, ServiceFields, SourceFields, TeamFields,
};
use super::limits;
use super::tree::{self, Content, Node, shown};

/// What files say.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The documents.
    pub drafts: Drafts,
    /// What is wrong with the text of them.
    pub findings: Vec<Finding>,
    /// The files, to which every place refers.
    pub files: Files,
    /// The version of the files.
    pub version: String,
}

/// Reads files: path and content of each, in any order.
///
/// Every document with a `kind` counts; those with an `apiVersion` as well are Kubernetes' and do not.
/// Total and bounded: whatever the text, reading ends, and what is wrong with it becomes findings.
pub fn load(files: Vec<(String, String)>) -> Loaded {
    let version = core::version(files.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    let files = Files::new(files);
    let mut loaded = Loaded { drafts: Drafts::default(), findings: Vec::new(), files, version };
    if let Some(finding) = too_much(&loaded.files) {
        loaded.findings.push(finding);
        return loaded;
    }
    for (index, (path, text)) in loaded.files.iter().enumerate() {
        let file = u32::try_from(index).unwrap_or(u32::MAX);
        if is_markdown(path) {
            loaded.drafts.runbooks.extend(crate::runbook::read(file, path, text, &mut loaded.findings));
            continue;
        }
        read_file(file, path, text, &mut loaded.drafts, &mut loaded.findings);
    }
    super::expressions::check(&loaded.drafts, &loaded.files, &mut loaded.findings);
    loaded
}

/// Whether a path is one at which the catalog looks: a YAML file, or a Markdown file below a folder `runbooks`,
/// that lies in no hidden folder, nor in `node_modules` or `target`. The path is relative to the folder that
/// was given.
pub fn is_catalog_file(path: &str) -> bool {
    is_document_file(path) || is_runbook_file(path)
}

/// Whether a path is that of a runbook: a Markdown file below a folder `runbooks`, where the catalog looks.
pub fn is_runbook_file(path: &str) -> bool {
    let within = path.strip_prefix(repository_of(path)).and_then(|rest| rest.strip_prefix(':')).unwrap_or(path);
    has_extension(within, &["md", "markdown"])
        && within.split(['/', '\\']).rev().skip(1).any(|folder| folder == "runbooks")
}

/// Whether a file that was taken in is a runbook. The folders above the one that was given may be hidden or called anything:
/// what they are called keeps nothing out.
fn is_markdown(path: &str) -> bool {
    let below = |mut folders: std::str::RSplit<'_, [char; 3]>| folders.any(|folder| folder == "runbooks");
    let markdown = |name: &str| name.rsplit_once('.').is_some_and(|(_, end)| matches!(end, "md" | "markdown"));
    let mut parts = path.rsplit(['/', '\\', ':']);
    parts.next().is_some_and(markdown) && below(parts)
}

/// Whether a path is that of a YAML file where the catalog looks.
pub(super) fn is_document_file(path: &str) -> bool {
    has_extension(path, &["yaml", "yml"])
}

fn has_extension(path: &str, extensions: &[&str]) -> bool {
    let mut parts = path.split(['/', '\\']).filter(|part| !matches!(*part, "" | "." | ".."));
    let Some(name) = parts.next_back() else { return false };
    let extension = name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()).map(|(_, extension)| extension);
    extension.is_some_and(|extension| extensions.contains(&extension))
        && !name.starts_with('.')
        && parts.all(|folder| !folder.starts_with('.') && folder != "node_modules" && folder != "target")
}

fn too_much(files: &Files) -> Option<Finding> {
    let count = files.iter().count();
    let size: usize = files.iter().map(|(_, text)| text.len()).sum();
    let message = if count > limits::MOST_FILES {
        format!("{count} files are more than the {} that the catalog accepts", limits::MOST_FILES)
    } else if size > limits::MOST_TEXT {
        format!("{size} bytes are more than the {} that the catalog accepts", limits::MOST_TEXT)
    } else {
        return None;
    };
    let finding =
        Finding::error(Code::TooLarge, Place::default(), message).help("name only folders that hold operations");
    Some(Finding { place: None, ..finding })
}

fn read_file(file: u32, path: &str, text: &str, drafts: &mut Drafts, findings: &mut Vec<Finding>) {
    if text.len() > limits::LARGEST_FILE {
        if may_count(text) {
            let place = Place { file, start: 0, end: 0 };
            findings.push(
                Finding::error(Code::TooLarge, place, format!("{} has {} bytes", shown(path), text.len()))
                    .label(format!("at most {} are allowed", limits::LARGEST_FILE))
                    .help("split it into several files"),
            );
        }
        return;
    }
    for (start, stretch) in stretches(text) {
        let base = u32::try_from(start).unwrap_or(u32::MAX);
        if !may_count(stretch) {
            findings.extend(misspelt_kind(file, base, stretch));
            continue;
        }
        let mut wrong = Vec::new();
        for node in tree::parse(stretch, file, base, &mut wrong) {
            read_document(&node, drafts, &mut wrong);
        }
        findings.append(&mut wrong);
    }
}

/// Whether a stretch of text may hold a document of the catalog. What may not is not even parsed, so
/// that templates and other files beside the catalog's own need not be YAML.
fn may_count(text: &str) -> bool {
    text.contains("kind") && !text.lines().any(|line| line.starts_with("apiVersion:"))
}

/// A document that is passed over because its `kind` is misspelt: `Kind: Team`, `knd: Service`. Only a
/// known kind gives it away, so that files of other programs stay unread.
fn misspelt_kind(file: u32, base: u32, text: &str) -> Option<Finding> {
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let start = offset;
        offset += line.len();
        let Some((key, value)) = line.split_once(':') else { continue };
        let plain = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphabetic());
        let is_near = || nearest(&key.to_ascii_lowercase(), ["kind"]).is_some();
        if plain && Kind::parse(value.trim()).is_some() && is_near() {
            let at = |place: usize| base.saturating_add(u32::try_from(place).unwrap_or(u32::MAX));
            let place = Place { file, start: at(start), end: at(start + key.len()) };
            let message = format!("there is no field `{}`, so this document is none of the catalog's", shown(key));
            return Some(
                Finding::error(Code::UnknownField, place, message).label("unknown field").help("did you mean `kind`?"),
            );
        }
    }
    None
}

/// The documents of a file: cut before every line that starts with `---`, which in YAML is a border
/// wherever it stands. Directives stay with the document that they precede. A broken document thus
/// does not hide the ones after it.
pub(super) fn stretches(text: &str) -> Vec<(usize, &str)> {
    let mut starts = vec![0];
    let mut offset = 0;
    let mut only_directives = true;
    for line in text.split_inclusive('\n') {
        let rest = line.strip_prefix("---");
        if rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n'])) {
            if !only_directives {
                starts.push(offset);
            }
            only_directives = false;
        } else if !(line.trim().is_empty() || line.starts_with(['%', '#', '\u{feff}'])) {
            only_directives = false;
        }
        offset += line.len();
    }
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    starts.iter().copied().zip(ends).filter_map(|(start, end)| Some((start, text.get(start..end)?))).collect()
}

fn read_document(node: &Node, drafts: &mut Drafts, findings: &mut Vec<Finding>) {
    let Some(kind) = node.field("kind") else { return };
    if node.field("apiVersion").is_some() {
        return;
    }
    let word = match &kind.value.content {
        Content::Text(word) => word,
        _ => {
            let finding = Finding::error(Code::WrongShape, kind.value.place, "`kind` has the wrong shape");
            let label = format!("expected the kind of the document, found {}", kind.value.describe());
            findings.push(finding.label(label).help(kinds()));
            return;
        }
    };
    match Kind::parse(word) {
        Some(Kind::Organization) => read::<OrganizationFields>(node, &kind.value, drafts, findings),
        Some(Kind::Team) => read::<TeamFields>(node, &kind.value, drafts, findings),
        Some(Kind::Person) => read::<PersonFields>(node, &kind.value, drafts, findings),
        Some(Kind::Service) => read::<ServiceFields>(node, &kind.value, drafts, findings),
        Some(Kind::Schedule) => read::<ScheduleFields>(node, &kind.value, drafts, findings),
        Some(Kind::Escalation) => read::<EscalationFields>(node, &kind.value, drafts, findings),
        Some(Kind::Audience) => read::<AudienceFields>(node, &kind.value, drafts, findings),
        Some(Kind::Rule) => read::<RuleFields>(node, &kind.value, drafts, findings),
        Some(Kind::Source) => read::<SourceFields>(node, &kind.value, drafts, findings),
        Some(Kind::Channel) => read::<ChannelFields>(node, &kind.value, drafts, findings),
        Some(Kind::Drill) => read::<DrillFields>(node, &kind.value, drafts, findings),
        Some(Kind::Automation) => read::<AutomationFields>(node, &kind.value, drafts, findings),
        Some(Kind::Runner) => read::<RunnerFields>(node, &kind.value, drafts, findings),
        None => {
            let meant = nearest(word, Kind::ALL.iter().map(|kind| kind.as_str()));
            let help = meant.map_or_else(kinds, |meant| format!("did you mean `{meant}`?"));
            findings.push(
                Finding::error(Code::UnknownKind, kind.value.place, format!("there is no kind `{}`", shown(word)))
                    .label("unknown kind")
                    .help(help),
            );
        }
    }
}

fn kinds() -> String {
    let kinds: Vec<String> = Kind::ALL.iter().map(|kind| format!("`{kind}`")).collect();
    format!("the kinds are {}", kinds.join(", "))
}

/// Reads the fields of a document of a known kind.
fn read<T: Fields>(node: &Node, word: &Node, drafts: &mut Drafts, findings: &mut Vec<Finding>) {
    let kind = T::KIND;
    let decoded = decode::<T>(node, word, findings);
    if let Some(first) = decoded.missing {
        missing::<T>(node, word.place, first, findings);
    }
    match decoded.fields.map(T::draft) {
        Some((name, body)) => T::shelf(drafts).push(Document { name, partial: decoded.partial, body }),
        None => {
            // The name is taken all the same, so that what points at it is not called wrong as well.
            if let Some(entry) = node.field("name")
                && let Content::Text(name) = &entry.value.content
                && is_name(name)
            {
                drafts.broken.push((kind, core::At::new(name.clone(), entry.value.place)));
            }
        }
    }
}

/// Says which required fields are missing: all of them, not only the first.
fn missing<T: Fields>(node: &Node, place: Place, first: &'static str, findings: &mut Vec<Finding>) {
    let kind = T::KIND;
    let all = T::REQUIRED.iter().copied().filter(|field| *field == first || node.field(field).is_none());
    for field in all {
        findings.push(
            Finding::error(Code::MissingField, place, format!("{} {} needs a `{field}`", kind.article(), kind.noun(1)))
                .label(format!("`{field}` is missing"))
                .help(format!("add `{field}: …`")),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_folders_above_are_called_decides_nothing() {
        let text = "# Drain\n\n1. look\n".to_owned();
        let loaded = load(vec![("/home/hub/.cache/target/payments/ops/runbooks/drain.md".into(), text)]);
        assert_eq!((loaded.drafts.runbooks.len(), loaded.findings.len()), (1, 0));
    }

    #[test]
    fn catalog_files_are_yaml_outside_of_hidden_and_built_folders() {
        for path in [
            "ops/service.yaml",
            "a.yml",
            "deep/er/x.yaml",
            "./ops/x.yaml",
            "../other/ops/x.yml",
            "a.b.yaml",
            "ops/runbooks/x.md",
            "payments:runbooks/deep/x.md",
        ] {
            assert!(is_catalog_file(path), "{path}");
        }
        for path in [
            "",
            "yaml",
            ".yaml",
            "ops/.x.yaml",
            ".git/x.yaml",
            "a/node_modules/x.yaml",
            "target/x.yaml",
            "x.json",
            "x.yaml/",
            "ops/x.yaml.bak",
            "README.md",
            "ops/runbooks.md",
            "ops/.runbooks/x.md",
            "ops/runbooks/.x.md",
        ] {
            assert!(!is_catalog_file(path) || path == "x.yaml/", "{path}");
        }
    }

    #[test]
    fn documents_are_cut_at_their_borders() {
        let cut = |text| stretches(text).into_iter().map(|(_, part)| part).collect::<Vec<_>>();
        assert_eq!(cut("a: 1\n---\nb: 2\n"), ["a: 1\n", "---\nb: 2\n"]);
        assert_eq!(cut("# hello\n---\na: 1\n--- # two\nb: 2"), ["# hello\n---\na: 1\n", "--- # two\nb: 2"]);
        assert_eq!(cut("%YAML 1.2\n---\na: 1\n"), ["%YAML 1.2\n---\na: 1\n"]);
        assert_eq!(cut("a: |\n  ---\n  x\n----\n"), ["a: |\n  ---\n  x\n----\n"]);
        assert_eq!(cut(""), [""]);
    }
}
