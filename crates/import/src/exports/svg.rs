//! SVG 1.1: zones and conduits as a picture that any browser shows, with titles for what does not fit. No scripts, no
//! links, no outside fonts.

use super::{Export, ExportContext, colours, short, xml};
use crate::layout::{Drawing, address, called};
use cofferdam_plant::{Conduit, Plant, Zone};
use std::fmt::Write;

pub(super) const EXPORT: Export = Export {
    name: "svg",
    title: "zones and conduits as a picture",
    extension: "svg",
    write,
};

const CHIP_CHARACTERS: usize = 22;
const ZONE_CHARACTERS: usize = 60;

fn write(plant: &Plant, _context: &ExportContext) -> String {
    let drawing = Drawing::of(plant);
    let mut out = String::new();
    // Writing into a string can't fail.
    let _infallible = draw(&mut out, plant, &drawing);
    out
}

fn draw(out: &mut String, plant: &Plant, drawing: &Drawing<'_>) -> std::fmt::Result {
    let (width, height) = (drawing.width, drawing.height);
    let site = plant.site();
    writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" font-family=\"sans-serif\" font-size=\"12\" role=\"img\">"
    )?;
    writeln!(
        out,
        "<title>{}</title>",
        xml(called(&site.name, site.id.as_str()))
    )?;
    writeln!(
        out,
        "<rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>"
    )?;
    for frame in &drawing.frames {
        let rect = frame.rect;
        let (fill, line) = frame
            .zone
            .map_or(("#ffffff", "#888888"), |zone| colours(zone.kind));
        writeln!(
            out,
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"8\" fill=\"{fill}\" stroke=\"{line}\" \
             stroke-width=\"1.5\"/>",
            rect.x, rect.y, rect.width, rect.height
        )?;
        let label = frame.zone.map_or_else(|| "in no zone".to_owned(), zone_label);
        writeln!(
            out,
            "<text x=\"{}\" y=\"{}\" font-weight=\"bold\" fill=\"{line}\">{}<title>{}</title></text>",
            rect.x + 12,
            rect.y + 26,
            xml(&short(&label, ZONE_CHARACTERS)),
            xml(&label)
        )?;
    }
    for joint in &drawing.joints {
        let (x, y) = joint.at;
        for frame in joint.frames.iter().filter_map(|at| drawing.frames.get(*at)) {
            let (to_x, to_y) = frame.rect.centre();
            writeln!(
                out,
                "<line x1=\"{x}\" y1=\"{y}\" x2=\"{to_x}\" y2=\"{to_y}\" stroke=\"#333333\" stroke-width=\"1.5\" \
                 stroke-opacity=\"0.55\"/>"
            )?;
        }
    }
    for chip in &drawing.chips {
        let rect = chip.rect;
        let (name, second) = match chip.asset {
            Some(asset) => (called(&asset.name, asset.id.as_str()).to_owned(), address(asset)),
            None => (format!("and {} more", chip.more), String::new()),
        };
        writeln!(
            out,
            "<g><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"4\" fill=\"#ffffff\" stroke=\"#9aa3ab\"/>\
             <text x=\"{}\" y=\"{}\">{}</text><text x=\"{}\" y=\"{}\" font-size=\"10\" fill=\"#4a5560\">{}</text>\
             <title>{}</title></g>",
            rect.x,
            rect.y,
            rect.width,
            rect.height,
            rect.x + 8,
            rect.y + 15,
            xml(&short(&name, CHIP_CHARACTERS)),
            rect.x + 8,
            rect.y + 29,
            xml(&second),
            xml(&format!("{name} {second}"))
        )?;
    }
    for joint in &drawing.joints {
        let (x, y) = joint.at;
        let label = called(&joint.conduit.name, joint.conduit.id.as_str());
        writeln!(
            out,
            "<g><circle cx=\"{x}\" cy=\"{y}\" r=\"6\" fill=\"#333333\"/><text x=\"{}\" y=\"{}\" stroke=\"#ffffff\" \
             stroke-width=\"3\" paint-order=\"stroke\">{}</text><title>{}</title></g>",
            x + 10,
            y + 4,
            xml(&short(label, ZONE_CHARACTERS)),
            xml(&conduit_title(joint.conduit))
        )?;
    }
    writeln!(out, "</svg>")
}

fn zone_label(zone: &Zone) -> String {
    let name = called(&zone.name, zone.id.as_str());
    match &zone.parent {
        Some(parent) => format!("{name} ({}, in {parent})", zone.kind.name()),
        None => format!("{name} ({})", zone.kind.name()),
    }
}

fn conduit_title(conduit: &Conduit) -> String {
    let zones: Vec<&str> = conduit.zones.iter().map(|zone| zone.as_str()).collect();
    let name = called(&conduit.name, conduit.id.as_str());
    format!("{name}: {}; {} permits", zones.join(", "), conduit.permits.len())
}
