//! A report as blocks, and its two forms. The blocks hold plain text; each form escapes for itself, since names in them
//! come off the wire.

mod html;
mod markdown;

pub(crate) use html::html;
pub(crate) use markdown::markdown;

/// A report.
pub(crate) struct Report {
    pub(crate) title: String,
    pub(crate) blocks: Vec<Block>,
}

/// A piece of a report.
pub(crate) enum Block {
    /// A heading of a section.
    Section(String),
    /// A heading within a section.
    Heading(String),
    /// A paragraph.
    Text(String),
    /// A list.
    List(Vec<String>),
    /// A table.
    Table {
        columns: Vec<&'static str>,
        rows: Vec<Vec<String>>,
    },
    /// Text that keeps its lines: rules, a diagnostic.
    Code(String),
}

impl Report {
    pub(crate) fn new(title: String) -> Self {
        Self {
            title,
            blocks: Vec::new(),
        }
    }

    pub(crate) fn section(&mut self, text: &str) {
        self.blocks.push(Block::Section(text.to_owned()));
    }

    pub(crate) fn heading(&mut self, text: impl Into<String>) {
        self.blocks.push(Block::Heading(text.into()));
    }

    pub(crate) fn text(&mut self, text: impl Into<String>) {
        self.blocks.push(Block::Text(text.into()));
    }

    pub(crate) fn list(&mut self, items: impl IntoIterator<Item = String>) {
        let items: Vec<_> = items.into_iter().collect();
        if !items.is_empty() {
            self.blocks.push(Block::List(items));
        }
    }

    pub(crate) fn table(&mut self, columns: &[&'static str], rows: Vec<Vec<String>>) {
        self.blocks.push(Block::Table {
            columns: columns.to_vec(),
            rows,
        });
    }

    pub(crate) fn code(&mut self, text: impl Into<String>) {
        self.blocks.push(Block::Code(text.into()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A report in which every text is hostile.
    fn hostile() -> Report {
        let evil = "</pre><script>alert(1)</script> | [x](javascript:y) `a` *b* <b>\n# c & \"d\"";
        let mut report = Report::new(evil.to_owned());
        report.section(evil);
        report.heading(evil);
        report.text(evil);
        report.list([evil.to_owned()]);
        report.table(&["NAME", "VALUE"], vec![vec![evil.to_owned(), "1".to_owned()]]);
        report.code(format!("{evil}\n```\nescaped?"));
        report
    }

    #[test]
    fn nothing_in_a_report_becomes_a_tag() {
        let page = html(&hostile());
        assert!(!page.contains("<script") && !page.contains("</pre><") && !page.contains("<b>"));
        assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
        assert!(
            page.contains("default-src 'none'"),
            "a policy forbids scripts and loading all the same"
        );
    }

    #[test]
    fn nothing_in_a_report_becomes_markup_or_ends_a_cell_or_a_fence() {
        let text = markdown(&hostile());
        let outside = text.split("````").next().unwrap();
        assert!(!outside.contains(['<', '>']), "{outside}");
        for sign in ["[", "]", "`", "*"] {
            let bare = outside.replace(&format!("\\{sign}"), "");
            assert!(!bare.contains(sign), "{sign} in {bare}");
        }
        let row = text
            .lines()
            .find(|line| line.starts_with("| ") && line.ends_with("| 1 |"))
            .unwrap();
        let bars = row.replace("\\|", "").matches('|').count();
        assert_eq!(bars, 3, "{row}");
        assert!(
            text.contains("````"),
            "a fence in the text is held by a longer one"
        );
        assert_eq!(
            text.lines().filter(|line| line.starts_with("# ")).count(),
            1 + 1,
            "the title, and the one in the code"
        );
    }
}
