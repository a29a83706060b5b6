//! Walking through a Markdown file: headings, items and fences, each with its place.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

/// The longest title or summary, in bytes; a little more where the last character has several.
const LONGEST_TITLE: usize = 300;

/// What a file holds, in order of place. Offsets are those of the file.
#[derive(Default)]
pub(super) struct Walked {
    /// Headings outside of lists and quotes.
    pub headings: Vec<Heading>,
    /// Items that a person does.
    pub items: Vec<Item>,
    /// Fences.
    pub fences: Vec<Fenced>,
    /// Where links lead, and where they stand.
    pub links: Vec<(String, Range<usize>)>,
    /// The first paragraph outside of lists and quotes.
    pub summary: String,
}

/// A heading.
pub(super) struct Heading {
    /// 1 to 6.
    pub level: usize,
    /// As plain text.
    pub title: String,
    /// Where.
    pub at: Range<usize>,
}

/// An item of a list that a person does: one with a box to tick, or one of an ordered list.
pub(super) struct Item {
    /// Its first paragraph as plain text.
    pub title: String,
    /// All of it as plain text, but for the items in it that are steps themselves.
    pub words: String,
    /// Where.
    pub at: Range<usize>,
}

/// A fence.
pub(super) struct Fenced {
    /// The info string.
    pub info: String,
    /// The content.
    pub script: String,
    /// The beginning of the item that it stands in, if it stands in one.
    pub within: Option<String>,
    /// Where.
    pub at: Range<usize>,
}

/// Walks through the text from `start` on. `is_step` says of an info string whether it names a step: an item
/// around such a fence is no step of its own.
pub(super) fn walk(text: &str, start: usize, is_step: impl Fn(&str) -> bool) -> Walked {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_GFM;
    let body = text.get(start..).unwrap_or_default();
    let mut walk = Walk {
        walked: Walked::default(),
        is_step,
        lists: Vec::new(),
        items: Vec::new(),
        steps: Vec::new(),
        quotes: 0,
        heading: None,
        fence: None,
        summing: false,
        jump: false,
    };
    for (event, at) in Parser::new_ext(body, options).into_offset_iter() {
        walk.event(event, at.start + start..at.end + start);
    }
    walk.walked.items.sort_by_key(|item| item.at.start);
    walk.walked
}

struct Walk<F> {
    walked: Walked,
    is_step: F,
    /// For each open list, whether it is ordered.
    lists: Vec<bool>,
    items: Vec<Open>,
    /// Which of the open items are steps, by index; so deep nesting costs nothing.
    steps: Vec<usize>,
    quotes: usize,
    heading: Option<Heading>,
    fence: Option<Fenced>,
    /// Whether the paragraph under way is the summary.
    summing: bool,
    /// Whether the text is that of a link within the file.
    jump: bool,
}

/// An item that is not at its end.
struct Open {
    start: usize,
    /// Whether its first paragraph is over.
    titled: bool,
    title: String,
    words: String,
    /// Whether it says anything but where to find something in the file.
    says: bool,
    /// Whether a machine carries out what it describes.
    carried_out: bool,
}

impl<F: Fn(&str) -> bool> Walk<F> {
    fn event(&mut self, event: Event<'_>, at: Range<usize>) {
        match event {
            Event::Start(tag) => self.start(tag, at),
            Event::End(tag) => self.end(tag, at),
            Event::Text(text) | Event::Code(text) => self.text(&text),
            Event::SoftBreak | Event::HardBreak => self.text(" "),
            Event::TaskListMarker(_) => {
                let last = self.items.len().checked_sub(1);
                self.steps.extend(last.filter(|last| self.steps.last() != Some(last)));
            }
            _ => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>, at: Range<usize>) {
        match tag {
            Tag::Heading { level, .. } if self.is_top() => {
                self.heading = Some(Heading { level: number(level), title: String::new(), at });
            }
            Tag::Paragraph => self.summing = self.is_top() && self.walked.summary.is_empty(),
            Tag::BlockQuote(_) | Tag::FootnoteDefinition(_) => self.quotes += 1,
            Tag::List(first) => {
                self.settle();
                self.lists.push(first.is_some());
            }
            Tag::Item => {
                let is_ordered = self.lists.last().is_some_and(|ordered| *ordered);
                if is_ordered && self.steps.is_empty() {
                    self.steps.push(self.items.len());
                }
                self.items.push(Open {
                    start: at.start,
                    titled: false,
                    title: String::new(),
                    words: String::new(),
                    says: false,
                    carried_out: false,
                });
            }
            Tag::CodeBlock(CodeBlockKind::Fenced(info)) => {
                self.settle();
                let within = self.items.last().map(|item| item.title.clone()).filter(|title| !title.is_empty());
                self.fence = Some(Fenced { info: info.to_string(), script: String::new(), within, at });
            }
            Tag::CodeBlock(CodeBlockKind::Indented) => self.settle(),
            Tag::Link { dest_url, .. } => {
                self.jump = dest_url.starts_with('#');
                self.walked.links.push((dest_url.to_string(), at));
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd, at: Range<usize>) {
        match tag {
            TagEnd::Heading(_) => self.walked.headings.extend(self.heading.take()),
            TagEnd::Paragraph => {
                self.summing = false;
                self.settle();
            }
            TagEnd::BlockQuote(_) | TagEnd::FootnoteDefinition => self.quotes = self.quotes.saturating_sub(1),
            TagEnd::List(_) => drop(self.lists.pop()),
            TagEnd::Item => self.close(at.end),
            TagEnd::CodeBlock => {
                let Some(fence) = self.fence.take() else { return };
                if (self.is_step)(&fence.info)
                    && let Some(item) = self.step()
                {
                    item.carried_out = true;
                }
                self.walked.fences.push(fence);
            }
            TagEnd::Link => self.jump = false,
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        if let Some(heading) = &mut self.heading {
            return push(&mut heading.title, text);
        }
        if self.summing {
            push(&mut self.walked.summary, text);
        }
        match &mut self.fence {
            Some(fence) => fence.script.push_str(text),
            None => {
                if let Some(item) = self.items.last_mut().filter(|item| !item.titled) {
                    push(&mut item.title, text);
                }
            }
        }
        let jump = self.jump;
        if let Some(item) = self.step() {
            item.says |= !jump && text.chars().any(char::is_alphanumeric);
            item.words.push_str(text);
        }
    }

    /// The first paragraph of the innermost item is over, if it has begun.
    fn settle(&mut self) {
        if let Some(item) = self.items.last_mut() {
            item.titled = item.titled || !item.title.trim().is_empty();
        }
        if let Some(step) = self.step() {
            step.words.push(' ');
        }
    }

    fn close(&mut self, end: usize) {
        let Some(item) = self.items.pop() else { return };
        if self.steps.pop_if(|step| *step == self.items.len()).is_some() && item.says && !item.carried_out {
            let title = item.title.trim().to_owned();
            self.walked.items.push(Item { title, words: item.words, at: item.start..end });
        }
    }

    /// The innermost open item that is a step.
    fn step(&mut self) -> Option<&mut Open> {
        self.steps.last().and_then(|at| self.items.get_mut(*at))
    }

    fn is_top(&self) -> bool {
        self.lists.is_empty() && self.quotes == 0
    }
}

/// Adds to a title, up to its greatest length, with every white space as one space.
fn push(title: &mut String, text: &str) {
    for c in text.chars() {
        let blank = c.is_whitespace() || c.is_control();
        if title.len() < LONGEST_TITLE && !(blank && (title.is_empty() || title.ends_with(' '))) {
            title.push(if blank { ' ' } else { c });
        }
    }
}

fn number(level: HeadingLevel) -> usize {
    match level {
        HeadingLevel::H1 => 1,
        HeadingLevel::H2 => 2,
        HeadingLevel::H3 => 3,
        HeadingLevel::H4 => 4,
        HeadingLevel::H5 => 5,
        HeadingLevel::H6 => 6,
    }
}
