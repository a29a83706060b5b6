//! Where a document stands.

use wheelhouse_core::catalog::Kind;

use super::load::{is_document_file, stretches};
use super::tree::{self, Content, Node};

/// The path of the file that has the document of that kind and name; the first by path of several.
///
/// Only files that hold the name at all are parsed, and of these only the documents that do.
pub fn find_document<'f>(
    files: impl IntoIterator<Item = (&'f str, &'f str)>,
    kind: Kind,
    name: &str,
) -> Option<&'f str> {
    let has = |text: &str| text.contains(name) && text.contains(kind.as_str());
    let candidates = files.into_iter().filter(|(path, text)| is_document_file(path) && has(text));
    let holds = |text: &str| {
        let documents = stretches(text).into_iter().filter(|(_, stretch)| has(stretch));
        let mut nodes = documents.flat_map(|(_, stretch)| tree::parse(stretch, 0, 0, &mut Vec::new()));
        nodes.any(|node| says(&node, "kind", kind.as_str()) && says(&node, "name", name))
    };
    candidates.filter(|(_, text)| holds(text)).map(|(path, _)| path).min()
}

fn says(node: &Node, field: &str, value: &str) -> bool {
    node.field(field).is_some_and(|entry| matches!(&entry.value.content, Content::Text(text) if text == value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_found_by_what_it_says_and_not_by_what_it_mentions() {
        let files = [
            ("ops/a.yaml", "kind: Service\nname: api\ndepends_on: [ledger]\n"),
            (
                "ops/b.yaml",
                "# kind: Service ledger\nkind: Team\nname: ledger\n---\n{kind: Service, name: \"ledger\"}\n",
            ),
            ("ops/c.txt", "kind: Service\nname: portal\n"),
            ("ops/d.yaml", "kind: Service\nname: [portal\n"),
        ];
        assert_eq!(find_document(files, Kind::Service, "api"), Some("ops/a.yaml"));
        assert_eq!(find_document(files, Kind::Service, "ledger"), Some("ops/b.yaml"));
        assert_eq!(find_document(files, Kind::Team, "ledger"), Some("ops/b.yaml"));
        assert_eq!(find_document(files, Kind::Audience, "ledger"), None);
        assert_eq!(find_document(files, Kind::Service, "portal"), None);
    }
}
