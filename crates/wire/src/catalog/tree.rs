//! YAML text as a tree in which every value knows its place.
//!
//! The parser, its limits, anchors and merge keys are serde-saphyr's; this file keeps what typed
//! reading needs beyond it: places as bytes, how a plain scalar was spelled, and keys given twice.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Number;
use serde_saphyr::Spanned;
use wheelhouse_core::catalog::{Code, Finding, Place};

use super::limits;

/// One value of a document.
pub(super) struct Node {
    /// Unique within its document.
    pub id: u32,
    /// Where it stands; of what spans several lines, the first line.
    pub place: Place,
    /// What it is.
    pub content: Content,
}

/// What a value is.
pub(super) enum Content {
    /// Nothing: an empty value, `null` or `~`.
    Null,
    /// `true` or `false`.
    Bool(bool, String),
    /// A number, and how it was spelled.
    Number(Number, String),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// Fields in the order of the text.
    Map(Vec<Entry>),
}

/// A field of a mapping.
pub(super) struct Entry {
    /// The key as text.
    pub key: String,
    /// Where the key stands.
    pub place: Place,
    /// The value.
    pub value: Node,
}

impl Node {
    /// The fields, if it is a mapping.
    pub fn fields(&self) -> &[Entry] {
        if let Content::Map(entries) = &self.content { entries } else { &[] }
    }

    /// The value of a field.
    pub fn field(&self, key: &str) -> Option<&Entry> {
        self.fields().iter().find(|entry| entry.key == key)
    }

    /// What it is, in words: `the text `a``, `a list`.
    pub fn describe(&self) -> String {
        match &self.content {
            Content::Null => "nothing".into(),
            Content::Bool(_, spelled) => format!("`{}`", shown(spelled)),
            Content::Number(_, spelled) => format!("the number `{}`", shown(spelled)),
            Content::Text(text) => format!("the text `{}`", shown(text)),
            Content::List(_) => "a list".into(),
            Content::Map(_) => "a mapping".into(),
        }
    }
}

/// A foreign text as a message shows it: escaped and cut.
pub(crate) fn shown(text: &str) -> String {
    let mut shown = String::new();
    for c in text.chars().take(60) {
        match c {
            '\'' | '"' => shown.push(c),
            _ => shown.extend(c.escape_debug()),
        }
    }
    if text.chars().nth(60).is_some() {
        shown.push('…');
    }
    shown
}

/// Reads the documents of one stretch of a file: normally one, none if it is empty.
///
/// `base` is where the stretch begins in the file. Keys given twice are found and the first is kept.
pub(super) fn parse(text: &str, file: u32, base: u32, findings: &mut Vec<Finding>) -> Vec<Node> {
    let options = serde_saphyr::options! {
        with_snippet: false,
        emit_comments: false,
        duplicate_keys: serde_saphyr::DuplicateKeyPolicy::PassThrough,
        non_finite_float_policy: serde_saphyr::NonFiniteFloatPolicy::AsString,
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: limits::MOST_REPLAYED,
            max_replay_stack_depth: 8,
        },
        budget: serde_saphyr::budget! {
            max_depth: limits::DEEPEST,
            flow_nesting_limit: limits::DEEPEST,
            max_nodes: limits::MOST_NODES,
            max_events: 3 * limits::MOST_NODES,
            max_aliases: limits::MOST_REPLAYED,
            max_anchors: limits::MOST_REPLAYED,
            max_merge_keys: limits::MOST_REPLAYED,
        },
    };
    match serde_saphyr::from_multiple_with_options::<Spanned<Raw>>(text, options) {
        Ok(documents) => {
            let mut builder = Builder { text, file, base, next: 0, findings };
            documents.into_iter().map(|raw| builder.node(raw)).collect()
        }
        Err(error) => {
            findings.push(unreadable(&error, text, file, base));
            Vec::new()
        }
    }
}

/// A value as the parser gives it.
enum Raw {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<Raw>, Spanned<Raw>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }
    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }
    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }
    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Raw, D::Error> {
        from.deserialize_any(Self)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Bool(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Number(value.into()))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Number(value.into()))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Number::from_f64(value).map_or_else(|| Raw::Text(value.to_string()), Raw::Number))
    }
    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Raw, E> {
        if value.len() > limits::LONGEST_SCALAR {
            return Err(E::custom(LONG_TEXT));
        }
        Ok(Raw::Text(value.into()))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Raw, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = from.next_element()? {
            items.push(item);
        }
        Ok(Raw::List(items))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Raw, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = from.next_entry()? {
            entries.push(entry);
        }
        Ok(Raw::Map(entries))
    }
}

/// Gives every value its id and its place.
struct Builder<'t, 'f> {
    text: &'t str,
    file: u32,
    base: u32,
    next: u32,
    findings: &'f mut Vec<Finding>,
}

impl Builder<'_, '_> {
    fn node(&mut self, raw: Spanned<Raw>) -> Node {
        let id = self.next;
        self.next += 1;
        let span = raw.defined.span();
        let start = usize::try_from(span.byte_offset().unwrap_or(0)).unwrap_or(0);
        let mut end = start.saturating_add(usize::try_from(span.byte_len().unwrap_or(0)).unwrap_or(0));
        let content = match raw.value {
            Raw::Null => Content::Null,
            Raw::Bool(value) => Content::Bool(value, self.spelled(start, end)),
            Raw::Number(value) => Content::Number(value, self.spelled(start, end)),
            Raw::Text(text) => Content::Text(text),
            Raw::List(items) => {
                let items: Vec<Node> = items.into_iter().map(|item| self.node(item)).collect();
                end = self.closed(start, end, items.last(), ']');
                Content::List(items)
            }
            Raw::Map(entries) => {
                let entries = self.entries(entries);
                end = self.closed(start, end, entries.last().map(|last| &last.value), '}');
                Content::Map(entries)
            }
        };
        Node { id, place: self.place(start, end), content }
    }

    fn entries(&mut self, raw: Vec<(Spanned<Raw>, Spanned<Raw>)>) -> Vec<Entry> {
        let mut entries: Vec<Entry> = Vec::with_capacity(raw.len());
        let mut places: BTreeMap<String, Place> = BTreeMap::new();
        for (key, value) in raw {
            let (key, mut value) = (self.node(key), self.node(value));
            let text = match key.content {
                Content::Text(text) => text,
                Content::Bool(_, spelled) | Content::Number(_, spelled) => spelled,
                Content::Null | Content::List(_) | Content::Map(_) => {
                    let finding = Finding::error(Code::WrongShape, key.place, "this key is not a text");
                    self.findings.push(finding.label("expected the name of a field").help("quote it, if it is one"));
                    continue;
                }
            };
            if let Content::Null = value.content {
                // An empty value has no words of its own.
                value.place = key.place;
            }
            if let Some(first) = places.get(&text) {
                let message = format!("field `{}` is given twice", shown(&text));
                let finding = Finding::error(Code::DuplicateField, key.place, message);
                self.findings.push(
                    finding.label("given again here").related(*first, "first given here").help("keep one of the two"),
                );
                continue;
            }
            places.insert(text.clone(), key.place);
            entries.push(Entry { key: text, place: key.place, value });
        }
        entries
    }

    /// How a plain scalar is written in the text.
    fn spelled(&self, start: usize, end: usize) -> String {
        self.text.get(start..end).unwrap_or_default().trim().into()
    }

    /// The end of a collection, given its last part: after the closing bracket, if it has one.
    fn closed(&self, start: usize, end: usize, last: Option<&Node>, bracket: char) -> usize {
        let last = last.and_then(|last| usize::try_from(last.place.end.saturating_sub(self.base)).ok());
        let end = end.max(last.unwrap_or(end));
        if !self.text.get(start..).is_some_and(|text| text.starts_with(['[', '{'])) {
            return end;
        }
        let rest = self.text.get(end..).unwrap_or_default();
        let after = rest.trim_start_matches([' ', ',', '"', '\'']);
        if after.starts_with(bracket) { end + (rest.len() - after.len()) + 1 } else { end }
    }

    fn place(&self, start: usize, end: usize) -> Place {
        place(self.text, self.file, self.base, start, end)
    }
}

/// The place of a stretch of `text`, without what follows its first line.
fn place(text: &str, file: u32, base: u32, start: usize, end: usize) -> Place {
    let start = floor(text, start);
    let words = text.get(start..floor(text, end.max(start))).unwrap_or_default();
    let line = words.split(['\n', '\r']).next().unwrap_or_default().trim_end();
    let at = |offset: usize| base.saturating_add(u32::try_from(offset).unwrap_or(u32::MAX));
    Place { file, start: at(start), end: at(start + line.len()) }
}

/// The nearest border between characters at or before `offset`.
fn floor(text: &str, offset: usize) -> usize {
    (0..=offset.min(text.len())).rev().find(|offset| text.is_char_boundary(*offset)).unwrap_or(0)
}

/// What keeps a stretch of text from being read.
fn unreadable(error: &serde_saphyr::Error, text: &str, file: u32, base: u32) -> Finding {
    let error = error.without_snippet();
    let start = error.location().map_or(0, |location| {
        location.span().byte_offset().and_then(|offset| usize::try_from(offset).ok()).unwrap_or_else(|| {
            let line = usize::try_from(location.line().saturating_sub(1)).unwrap_or(0);
            let before: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
            let column = usize::try_from(location.column().saturating_sub(1)).unwrap_or(0);
            let rest = text.get(before..).unwrap_or_default();
            before + rest.chars().take(column).map(char::len_utf8).sum::<usize>()
        })
    });
    let width = text.get(floor(text, start)..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    let place = place(text, file, base, start, start + width);
    if let Some(limit) = limit(error) {
        return Finding::error(Code::TooLarge, place, "this document is larger than the catalog accepts")
            .label(limit)
            .help("split it, and use fewer anchors");
    }
    let reason = error.to_string();
    Finding::error(Code::Syntax, place, "this is not YAML")
        .label(shown(reason.split(" at line ").next().unwrap_or_default()))
        .help("look at the indentation, quotes and brackets up to here; quote a text that holds `: ` or ` #`")
}

/// Which limit a text exceeds, if that is why it cannot be read.
fn limit(error: &serde_saphyr::Error) -> Option<String> {
    use serde_saphyr::Error;
    match error {
        Error::AliasError { error, .. } => limit(error),
        Error::AliasReplayLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. } => {
            Some(format!("anchors make more than {} copies", limits::MOST_REPLAYED))
        }
        Error::Message { msg, .. } if msg.starts_with(LONG_TEXT) => {
            Some(format!("a text may have at most {} bytes", limits::LONGEST_SCALAR))
        }
        // The parser's own limits have no variant.
        _ if matches!(error, Error::Budget { .. }) || error.to_string().contains("limit exceeded") => {
            Some(format!("at most {} values, nested {} deep, are allowed", limits::MOST_NODES, limits::DEEPEST))
        }
        _ => None,
    }
}

/// How the visitor tells a text that is too long.
const LONG_TEXT: &str = "a text that is too long";
