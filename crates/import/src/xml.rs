//! XML as a bounded tree with places. Entities that a file declares are never expanded, so that none can multiply;
//! namespaces are left away, since the formats' element names are told apart without them.

use crate::asset::At;
use crate::bounds::{MAX_XML_ATTRIBUTES, MAX_XML_DEPTH, MAX_XML_ELEMENTS, MAX_XML_TEXT_BYTES};
use crate::fault::Fault;
use crate::lines::Lines;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// A document, as far as it could be read.
pub(crate) struct Tree {
    nodes: Vec<Node>,
    lines: Lines,
    /// What ended the reading before the document's end.
    pub(crate) damage: Option<(At, Fault)>,
}

struct Node {
    name: Box<str>,
    attributes: Vec<(Box<str>, Box<str>)>,
    text: String,
    children: Vec<usize>,
    offset: usize,
}

/// An element of a tree.
#[derive(Clone, Copy)]
pub(crate) struct Element<'t> {
    tree: &'t Tree,
    node: &'t Node,
}

impl Tree {
    /// Reads a text as far as it goes.
    pub(crate) fn parse(text: &str) -> Self {
        let mut tree = Self {
            nodes: Vec::new(),
            lines: Lines::of(text),
            damage: None,
        };
        let mut open = Vec::new();
        let mut reader = Reader::from_str(text);
        loop {
            let offset = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
            let step = match reader.read_event() {
                Ok(event) => tree.take(&event, offset, &mut open),
                Err(fault) => Err(Fault::Damaged(crate::guess::shown(&fault.to_string()))),
            };
            match step {
                Ok(Step::On) => {}
                Ok(Step::End) => break,
                Err(fault) => {
                    tree.damage = Some((tree.at(offset), fault));
                    break;
                }
            }
        }
        tree
    }

    fn take(&mut self, event: &Event<'_>, offset: usize, open: &mut Vec<usize>) -> Result<Step, Fault> {
        match event {
            Event::Start(start) => {
                let node = self.add(start, offset, open)?;
                open.push(node);
            }
            Event::Empty(start) => {
                self.add(start, offset, open)?;
            }
            Event::End(_) => {
                open.pop();
            }
            Event::Text(text) => self.text(open, &text.xml10_content()),
            Event::CData(data) => self.text(open, &data.xml10_content()),
            Event::GeneralRef(reference) => {
                let character = reference.resolve_char_ref().ok().flatten();
                let named = reference.xml10_content();
                match (character, quick_xml::escape::resolve_predefined_entity(&named)) {
                    (Some(character), _) => self.text(open, character.encode_utf8(&mut [0; 4])),
                    (None, Some(text)) => self.text(open, text),
                    (None, None) => self.text(open, &format!("&{named};")),
                }
            }
            Event::Eof if open.is_empty() => return Ok(Step::End),
            Event::Eof => return Err(Fault::Damaged("it ends within an element".to_owned())),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
        Ok(Step::On)
    }

    fn add(&mut self, start: &BytesStart<'_>, offset: usize, open: &[usize]) -> Result<usize, Fault> {
        if open.len() >= MAX_XML_DEPTH {
            return Err(Fault::TooDeep);
        }
        if self.nodes.len() >= MAX_XML_ELEMENTS {
            return Err(Fault::TooMany {
                what: "elements",
                max: MAX_XML_ELEMENTS,
            });
        }
        let mut attributes = Vec::new();
        for attribute in start.attributes().with_checks(false).take(MAX_XML_ATTRIBUTES) {
            let attribute =
                attribute.map_err(|fault| Fault::Damaged(crate::guess::shown(&fault.to_string())))?;
            let raw = attribute.value.as_ref();
            // A reference to an entity of the file's own stays as it stands.
            let value =
                quick_xml::escape::unescape(raw).map_or_else(|_| raw.into(), |value| value.as_ref().into());
            attributes.push((attribute.key.local_name().as_ref().into(), value));
        }
        let at = self.nodes.len();
        self.nodes.push(Node {
            name: start.local_name().as_ref().into(),
            attributes,
            text: String::new(),
            children: Vec::new(),
            offset,
        });
        if let Some(parent) = open.last().and_then(|parent| self.nodes.get_mut(*parent)) {
            parent.children.push(at);
        }
        Ok(at)
    }

    /// Adds text to the innermost open element, up to the bound.
    fn text(&mut self, open: &[usize], text: &str) {
        let Some(node) = open.last().and_then(|node| self.nodes.get_mut(*node)) else {
            return;
        };
        let free = MAX_XML_TEXT_BYTES.saturating_sub(node.text.len());
        let end = text.floor_char_boundary(free.min(text.len()));
        node.text.push_str(text.get(..end).unwrap_or_default());
    }

    fn at(&self, offset: usize) -> At {
        self.lines.at(offset)
    }

    /// The outermost element.
    pub(crate) fn root(&self) -> Option<Element<'_>> {
        let node = self.nodes.first()?;
        Some(Element { tree: self, node })
    }
}

enum Step {
    On,
    End,
}

impl<'t> Element<'t> {
    /// Its name without the namespace's prefix.
    pub(crate) fn name(self) -> &'t str {
        &self.node.name
    }

    /// An attribute's value; an empty one is as good as none.
    pub(crate) fn attribute(self, name: &str) -> Option<&'t str> {
        let mut attributes = self.node.attributes.iter();
        let (_, value) = attributes.find(|(key, _)| &**key == name)?;
        Some(&**value).filter(|value| !value.is_empty())
    }

    /// The text directly in it.
    pub(crate) fn text(self) -> &'t str {
        self.node.text.trim()
    }

    /// Where it stands.
    pub(crate) fn at(self) -> At {
        self.tree.at(self.node.offset)
    }

    /// The elements directly in it.
    pub(crate) fn children(self) -> impl Iterator<Item = Element<'t>> {
        let nodes = self
            .node
            .children
            .iter()
            .filter_map(|at| self.tree.nodes.get(*at));
        nodes.map(move |node| Element {
            tree: self.tree,
            node,
        })
    }

    /// The elements of a name directly in it.
    pub(crate) fn named(self, name: &'t str) -> impl Iterator<Item = Element<'t>> {
        self.children().filter(move |child| child.name() == name)
    }

    /// The first element of a name directly in it.
    pub(crate) fn first(self, name: &'t str) -> Option<Element<'t>> {
        self.named(name).next()
    }

    /// What lies behind a path of names, the first at each step.
    pub(crate) fn path(self, names: &[&'t str]) -> Option<Element<'t>> {
        names.iter().try_fold(self, |here, name| here.first(name))
    }

    /// It and all elements in it, in the order of the text.
    pub(crate) fn all(self) -> Vec<Element<'t>> {
        let mut found = Vec::new();
        let mut next = vec![self];
        while let Some(element) = next.pop() {
            found.push(element);
            let children: Vec<_> = element.children().collect();
            next.extend(children.into_iter().rev());
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_of_the_files_own_are_never_expanded() {
        let bomb = "<!DOCTYPE a [<!ENTITY x \"ha\"><!ENTITY y \"&x;&x;&x;\">]><a b=\"&y;\">&y;&amp;&#65;</a>";
        let tree = Tree::parse(bomb);
        let root = tree.root().unwrap();
        assert_eq!((root.attribute("b"), root.text()), (Some("&y;"), "&y;&A"));
        assert!(tree.damage.is_none());
    }

    #[test]
    fn nesting_text_and_attributes_are_bounded() {
        let deep = "<a>".repeat(100_000);
        let tree = Tree::parse(&deep);
        assert_eq!(tree.nodes.len(), MAX_XML_DEPTH);
        assert!(matches!(tree.damage, Some((_, Fault::TooDeep))));
        let long = format!("<a>{}</a>", "ä".repeat(MAX_XML_TEXT_BYTES));
        assert!(Tree::parse(&long).root().unwrap().text().len() <= MAX_XML_TEXT_BYTES);
        let wide = format!("<a {}/>", "b='1' ".repeat(10_000));
        let tree = Tree::parse(&wide);
        assert_eq!(tree.root().unwrap().node.attributes.len(), MAX_XML_ATTRIBUTES);
    }

    #[test]
    fn what_stands_before_the_damage_is_kept_and_the_damage_has_its_place() {
        let tree = Tree::parse("<a>\n <b c='1'/>\n <d>");
        let root = tree.root().unwrap();
        assert_eq!(root.first("b").unwrap().attribute("c"), Some("1"));
        let (at, _) = tree.damage.as_ref().unwrap();
        assert_eq!(at.row(), 3);
        assert_eq!(root.first("b").unwrap().at().to_string(), "line 2, column 2");
    }
}
