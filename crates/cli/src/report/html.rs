//! The report as one HTML file that loads nothing.

use super::{Block, Report};

const STYLE: &str = "\
:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem}\
table{border-collapse:collapse;width:100%;margin:1rem 0}caption{text-align:left}\
th,td{text-align:left;vertical-align:top;padding:.3rem .8rem .3rem 0;border-bottom:1px solid color-mix(in srgb,currentColor 20%,transparent);\
overflow-wrap:anywhere}pre{overflow-x:auto;padding:1rem;border:1px solid color-mix(in srgb,currentColor 20%,transparent)}\
h2{margin-top:2.5rem}@media print{body{max-width:none;margin:0}h2{break-after:avoid}tr{break-inside:avoid}}";

/// The report as HTML: self-contained, no script, nothing fetched.
pub(crate) fn html(report: &Report) -> String {
    let title = escaped(&report.title);
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n\
         <body>\n<h1>{title}</h1>\n"
    );
    for block in &report.blocks {
        match block {
            Block::Section(heading) => page.push_str(&format!("<h2>{}</h2>\n", escaped(heading))),
            Block::Heading(heading) => page.push_str(&format!("<h3>{}</h3>\n", escaped(heading))),
            Block::Text(text) => page.push_str(&format!("<p>{}</p>\n", escaped(text))),
            Block::List(items) => {
                let items: String = items
                    .iter()
                    .map(|item| format!("<li>{}</li>\n", escaped(item)))
                    .collect();
                page.push_str(&format!("<ul>\n{items}</ul>\n"));
            }
            Block::Table { columns, rows } => page.push_str(&table(columns, rows)),
            Block::Code(code) => page.push_str(&format!("<pre>{}</pre>\n", escaped(code))),
        }
    }
    page.push_str("</body>\n</html>\n");
    page
}

fn table(columns: &[&str], rows: &[Vec<String>]) -> String {
    let head: String = columns
        .iter()
        .map(|column| format!("<th scope=\"col\">{}</th>", escaped(column)))
        .collect();
    let mut body = String::new();
    for row in rows {
        let cells: String = row
            .iter()
            .map(|cell| format!("<td>{}</td>", escaped(cell)))
            .collect();
        body.push_str(&format!("<tr>{cells}</tr>\n"));
    }
    format!("<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>\n")
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}
