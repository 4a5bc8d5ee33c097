//! draw.io (diagrams.net) XML, uncompressed: zones as containers, assets and conduits as shapes that can be moved.
//! Labels are plain text (`html=0`), so that no name is taken for markup.

use super::{Export, ExportContext, colours, xml};
use crate::layout::{Drawing, Rect, address, called};
use cofferdam_plant::Plant;
use std::fmt::Write;

pub(super) const EXPORT: Export = Export {
    name: "drawio",
    title: "zones and conduits for draw.io",
    extension: "drawio",
    write,
};

fn write(plant: &Plant, _context: &ExportContext) -> String {
    let drawing = Drawing::of(plant);
    let mut out = String::new();
    // Writing into a string can't fail.
    let _infallible = draw(&mut out, plant, &drawing);
    out
}

fn draw(out: &mut String, plant: &Plant, drawing: &Drawing<'_>) -> std::fmt::Result {
    let site = plant.site();
    let name = xml(called(&site.name, site.id.as_str()));
    writeln!(
        out,
        "<mxfile host=\"cofferdam\"><diagram id=\"zones\" name=\"{name}\">"
    )?;
    writeln!(
        out,
        "<mxGraphModel page=\"0\" pageWidth=\"{}\" pageHeight=\"{}\"><root><mxCell id=\"0\"/>\
         <mxCell id=\"1\" parent=\"0\"/>",
        drawing.width, drawing.height
    )?;
    for (at, frame) in drawing.frames.iter().enumerate() {
        let (fill, line) = frame
            .zone
            .map_or(("#ffffff", "#888888"), |zone| colours(zone.kind));
        let label = frame.zone.map_or_else(
            || "in no zone".to_owned(),
            |zone| format!("{} ({})", called(&zone.name, zone.id.as_str()), zone.kind.name()),
        );
        let outer = frame.parent.and_then(|parent| drawing.frames.get(parent));
        let parent = frame
            .parent
            .map_or_else(|| "1".to_owned(), |parent| format!("zone-{parent}"));
        let style = format!(
            "rounded=1;arcSize=4;html=0;container=1;collapsible=0;verticalAlign=top;fontStyle=1;spacingTop=8;\
             fillColor={fill};strokeColor={line};fontColor={line};"
        );
        let rect = relative(frame.rect, outer.map(|outer| outer.rect));
        vertex(out, &format!("zone-{at}"), &parent, &label, &style, rect)?;
    }
    for (at, chip) in drawing.chips.iter().enumerate() {
        let label = match chip.asset {
            Some(asset) => format!("{} {}", called(&asset.name, asset.id.as_str()), address(asset)),
            None => format!("and {} more", chip.more),
        };
        let outer = drawing.frames.get(chip.frame).map(|frame| frame.rect);
        let style = "rounded=1;html=0;whiteSpace=wrap;fillColor=#ffffff;strokeColor=#9aa3ab;fontSize=11;";
        let parent = format!("zone-{}", chip.frame);
        vertex(
            out,
            &format!("asset-{at}"),
            &parent,
            &label,
            style,
            relative(chip.rect, outer),
        )?;
    }
    for (at, joint) in drawing.joints.iter().enumerate() {
        let label = called(&joint.conduit.name, joint.conduit.id.as_str());
        let (x, y) = joint.at;
        let rect = Rect {
            x: x.saturating_sub(8),
            y: y.saturating_sub(8),
            width: 16,
            height: 16,
        };
        let style = "ellipse;html=0;fillColor=#333333;strokeColor=#333333;labelPosition=right;align=left;\
                     verticalLabelPosition=middle;";
        vertex(out, &format!("conduit-{at}"), "1", label, style, rect)?;
        for frame in &joint.frames {
            writeln!(
                out,
                "<mxCell id=\"conduit-{at}-{frame}\" edge=\"1\" parent=\"1\" source=\"conduit-{at}\" \
                 target=\"zone-{frame}\" style=\"endArrow=none;html=0;strokeColor=#333333;\">\
                 <mxGeometry relative=\"1\" as=\"geometry\"/></mxCell>"
            )?;
        }
    }
    writeln!(out, "</root></mxGraphModel></diagram></mxfile>")
}

/// Within a container places count from its corner.
fn relative(rect: Rect, outer: Option<Rect>) -> Rect {
    let (x, y) = outer.map_or((0, 0), |outer| (outer.x, outer.y));
    Rect {
        x: rect.x.saturating_sub(x),
        y: rect.y.saturating_sub(y),
        ..rect
    }
}

fn vertex(
    out: &mut String,
    id: &str,
    parent: &str,
    label: &str,
    style: &str,
    rect: Rect,
) -> std::fmt::Result {
    writeln!(
        out,
        "<mxCell id=\"{id}\" parent=\"{parent}\" vertex=\"1\" value=\"{}\" style=\"{style}\">\
         <mxGeometry x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" as=\"geometry\"/></mxCell>",
        xml(label),
        rect.x,
        rect.y,
        rect.width,
        rect.height
    )
}
