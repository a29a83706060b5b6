//! A Rust file as its tokens: comments and strings cannot be mistaken for code.

use std::str::FromStr;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use super::finding::Finding;

/// What the checks want to know of a Rust file.
#[derive(Debug, Default)]
pub struct Source {
    /// Whether the file begins with `//!`.
    pub documented: bool,
    /// Whether the file says of itself `#![no_std]`.
    pub no_std: bool,
    /// Every token in order, brackets included.
    pub tokens: Vec<Token>,
    /// Every `mod name;`.
    pub modules: Vec<Module>,
}

/// A token.
#[derive(Debug)]
pub struct Token {
    /// As it is written.
    pub text: String,
    /// Its line, from 1.
    pub line: usize,
    /// Whether only tests compile it.
    pub test: bool,
}

/// A declaration of a module that lies in a file of its own.
#[derive(Debug)]
pub struct Module {
    /// Its name.
    pub name: String,
    /// The modules around it in the same file, the outermost first.
    pub within: Vec<String>,
    /// What `#[path]` says.
    pub path: Option<String>,
    /// Whether only tests compile it.
    pub test: bool,
}

impl Source {
    /// Reads the text of a Rust file; a text that is not Rust is a finding.
    pub fn parse(file: &str, text: &str) -> Result<Self, Finding> {
        let stream = TokenStream::from_str(text).map_err(|error| {
            Finding::new(file, error.span().start().line, "this is not Rust", "run `cargo check` to see why")
        })?;
        let mut reader = Reader::default();
        reader.read(stream, false);
        Ok(reader.source)
    }

    /// The tokens at which `pattern`, a row of tokens, begins.
    pub fn find(&self, pattern: &[&str]) -> impl Iterator<Item = &Token> {
        self.tokens
            .windows(pattern.len())
            .filter(move |window| window.iter().zip(pattern).all(|(token, text)| token.text == *text))
            .filter_map(|window| window.first())
    }
}

#[derive(Default)]
struct Reader {
    source: Source,
    within: Vec<String>,
}

/// What the attributes ahead of an item say of it.
#[derive(Default)]
struct Attributes {
    test: bool,
    path: Option<String>,
}

impl Reader {
    fn read(&mut self, stream: TokenStream, test: bool) {
        let trees: Vec<TokenTree> = stream.into_iter().collect();
        let mut ahead = Attributes::default();
        let mut whole_is_test = test;
        let mut rest = trees.as_slice();
        while let [tree, after @ ..] = rest {
            match (tree, after) {
                (TokenTree::Punct(hash), [TokenTree::Punct(not), TokenTree::Group(group), ..])
                    if hash.as_char() == '#' && not.as_char() == '!' =>
                {
                    whole_is_test |= self.inner_attribute(group);
                }
                (TokenTree::Punct(hash), [TokenTree::Group(group), ..]) if hash.as_char() == '#' => {
                    ahead.note(group);
                }
                (TokenTree::Ident(word), [TokenTree::Ident(name), TokenTree::Punct(_), ..]) if word == "mod" => {
                    self.source.modules.push(Module {
                        name: name.to_string(),
                        within: self.within.clone(),
                        path: ahead.path.take(),
                        test: whole_is_test || ahead.test,
                    });
                }
                (TokenTree::Ident(word), [TokenTree::Ident(name), TokenTree::Group(group), ..]) if word == "mod" => {
                    let test = whole_is_test || ahead.test;
                    self.inline_module(&name.to_string(), group, test);
                    ahead = Attributes::default();
                    rest = after.get(2..).unwrap_or_default();
                    continue;
                }
                _ => {}
            }
            self.token(tree, whole_is_test || ahead.test);
            if ends_item(tree) {
                ahead = Attributes::default();
            }
            rest = after;
        }
    }

    fn inline_module(&mut self, name: &str, group: &Group, test: bool) {
        self.within.push(name.to_owned());
        self.group(group, test);
        self.within.pop();
    }

    fn token(&mut self, tree: &TokenTree, test: bool) {
        match tree {
            TokenTree::Group(group) => self.group(group, test),
            other => self.push(other.to_string(), other.span().start().line, test),
        }
    }

    fn group(&mut self, group: &Group, test: bool) {
        let (open, close) = match group.delimiter() {
            Delimiter::Parenthesis => ("(", ")"),
            Delimiter::Brace => ("{", "}"),
            Delimiter::Bracket => ("[", "]"),
            Delimiter::None => ("", ""),
        };
        self.push(open.to_owned(), group.span_open().start().line, test);
        self.read(group.stream(), test);
        self.push(close.to_owned(), group.span_close().start().line, test);
    }

    fn push(&mut self, text: String, line: usize, test: bool) {
        self.source.tokens.push(Token { text, line, test });
    }

    /// Notes what an inner attribute says of the file; tells whether only tests compile it.
    fn inner_attribute(&mut self, group: &Group) -> bool {
        let text = spaceless(group);
        if self.within.is_empty() {
            self.source.documented |= text.starts_with("doc=");
            self.source.no_std |= text == "no_std";
        }
        is_test(&text)
    }
}

impl Attributes {
    fn note(&mut self, group: &Group) {
        let text = spaceless(group);
        self.test |= is_test(&text);
        if let Some(path) = text.strip_prefix("path=") {
            self.path = Some(path.trim_matches('"').to_owned());
        }
    }
}

fn spaceless(group: &Group) -> String {
    group.stream().to_string().split_whitespace().collect()
}

fn is_test(attribute: &str) -> bool {
    attribute == "test"
        || attribute.ends_with("::test")
        || ["cfg(test", "cfg(any(test", "cfg(all(test"].iter().any(|start| attribute.starts_with(start))
}

/// Whether attributes ahead of an item stop counting after `tree`.
fn ends_item(tree: &TokenTree) -> bool {
    match tree {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        TokenTree::Punct(punct) => punct.as_char() == ';',
        TokenTree::Ident(_) | TokenTree::Literal(_) => false,
    }
}
