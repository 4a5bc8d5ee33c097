//! The report as Markdown.

use super::{Block, Report};

/// The report as Markdown (CommonMark with tables).
pub(crate) fn markdown(report: &Report) -> String {
    let mut text = format!("# {}\n", inline(&report.title));
    for block in &report.blocks {
        text.push('\n');
        match block {
            Block::Section(heading) => text.push_str(&format!("## {}\n", inline(heading))),
            Block::Heading(heading) => text.push_str(&format!("### {}\n", inline(heading))),
            Block::Text(paragraph) => text.push_str(&format!("{}\n", inline(paragraph))),
            Block::List(items) => {
                for item in items {
                    text.push_str(&format!("- {}\n", inline(item)));
                }
            }
            Block::Table { columns, rows } => {
                text.push_str(&format!("| {} |\n", columns.join(" | ")));
                text.push_str(&format!("|{}\n", " --- |".repeat(columns.len())));
                for row in rows {
                    let cells: Vec<_> = row.iter().map(|cell| inline(cell)).collect();
                    text.push_str(&format!("| {} |\n", cells.join(" | ")));
                }
            }
            Block::Code(code) => {
                let fence = "`".repeat(longest_run(code).max(2) + 1);
                text.push_str(&format!("{fence}text\n{}\n{fence}\n", code.trim_end()));
            }
        }
    }
    text
}

/// Text in a line: on one line, and with nothing that Markdown or HTML would read.
fn inline(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    if text.starts_with(['-', '+']) {
        // Else it would begin a list.
        out.push('\\');
    }
    for character in text.chars() {
        match character {
            '\n' | '\r' => out.push(' '),
            // As entities, which no reader of Markdown or HTML takes for a tag.
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' => {
                out.push('\\');
                out.push(character);
            }
            other => out.push(other),
        }
    }
    out
}

/// The longest run of back-ticks: the fence has to be longer.
fn longest_run(code: &str) -> usize {
    code.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}
