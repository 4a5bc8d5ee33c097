//! Graphviz DOT: zones as clusters in each other, assets as boxes, each conduit a node with lines to its zones.

use super::{Export, ExportContext, colours, harmless};
use crate::layout::{MAX_DRAWN_ASSETS, Nesting, address, called};
use cofferdam_plant::{Asset, Plant, Zone};

pub(super) const EXPORT: Export = Export {
    name: "dot",
    title: "zones and conduits for Graphviz",
    extension: "dot",
    write,
};

fn write(plant: &Plant, _context: &ExportContext) -> String {
    let nesting = Nesting::of(plant);
    let site = plant.site();
    let mut out = String::from("graph plant {\n");
    let title = quoted(called(&site.name, site.id.as_str()));
    push(&mut out, 1, &format!("label = {title};"));
    push(&mut out, 1, "compound = true;");
    push(&mut out, 1, "fontname = \"sans-serif\";");
    push(
        &mut out,
        1,
        "node [shape = box, style = \"rounded,filled\", fillcolor = \"white\", fontname = \"sans-serif\"];",
    );
    for zone in &nesting.outermost {
        cluster(&mut out, 1, &nesting, zone);
    }
    nodes(&mut out, 1, nesting.assets(None));
    for conduit in plant.conduits() {
        let id = quoted(&format!("conduit:{}", conduit.id));
        let label = quoted(called(&conduit.name, conduit.id.as_str()));
        push(&mut out, 1, &format!("{id} [shape = hexagon, label = {label}];"));
        for zone in &conduit.zones {
            let anchor = quoted(&format!("zone:{zone}"));
            let cluster = quoted(&format!("cluster:{zone}"));
            push(&mut out, 1, &format!("{anchor} -- {id} [ltail = {cluster}];"));
        }
    }
    out.push_str("}\n");
    out
}

fn push(out: &mut String, depth: usize, line: &str) {
    out.extend(std::iter::repeat_n("  ", depth));
    out.push_str(line);
    out.push('\n');
}

/// A zone's cluster; the depth is bounded by the nesting.
fn cluster(out: &mut String, depth: usize, nesting: &Nesting<'_>, zone: &Zone) {
    let (fill, line) = colours(zone.kind);
    let id = quoted(&format!("cluster:{}", zone.id));
    push(out, depth, &format!("subgraph {id} {{"));
    let label = format!("{} ({})", called(&zone.name, zone.id.as_str()), zone.kind.name());
    push(out, depth + 1, &format!("label = {};", quoted(&label)));
    push(
        out,
        depth + 1,
        &format!("style = filled; fillcolor = \"{fill}\"; color = \"{line}\";"),
    );
    // Lines go to a point in the cluster, since a cluster itself can't be an end.
    let anchor = quoted(&format!("zone:{}", zone.id));
    push(
        out,
        depth + 1,
        &format!("{anchor} [shape = point, style = invis];"),
    );
    nodes(out, depth + 1, nesting.assets(Some(&zone.id)));
    for inner in nesting.within(&zone.id) {
        cluster(out, depth + 1, nesting, inner);
    }
    push(out, depth, "}");
}

fn nodes(out: &mut String, depth: usize, assets: &[&Asset]) {
    for asset in assets.iter().take(MAX_DRAWN_ASSETS) {
        // The break between the lines is put in behind the escaping, so that it is ours and nobody else's.
        let name = escaped(called(&asset.name, asset.id.as_str()));
        let label = match address(asset) {
            address if address.is_empty() => format!("\"{name}\""),
            address => format!("\"{name}\\n{}\"", escaped(&address)),
        };
        let id = quoted(&format!("asset:{}", asset.id));
        push(out, depth, &format!("{id} [label = {label}];"));
    }
    if let Some(first_beyond) = assets.get(MAX_DRAWN_ASSETS) {
        let more = assets.len() - MAX_DRAWN_ASSETS;
        let id = quoted(&format!("more:{}", first_beyond.id));
        push(
            out,
            depth,
            &format!("{id} [shape = plaintext, label = \"and {more} more\"];"),
        );
    }
}

/// A text in quotes.
fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text))
}

/// A text for between quotes: a backslash would start an escape, a quotation mark would end the text.
fn escaped(text: &str) -> String {
    harmless(text).replace('\\', "\\\\").replace('"', "\\\"")
}
