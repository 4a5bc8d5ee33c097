//! GSDML (ISO 15745-4, PROFINET device descriptions): vendor and device number, and the products that are access
//! points of the device. Names come out of the primary language.

use super::{Probe, Read, Reader, wanted_root};
use crate::asset::{CatalogueEntry, DeviceCode, clean};
use crate::fault::{Fault, ReadError, Scope};
use crate::guess;
use crate::intake::Intake;
use crate::xml::{Element, Tree};
use std::collections::BTreeMap;

pub(super) const READER: Reader = Reader {
    name: "gsdml",
    title: "PROFINET device description (GSDML)",
    extensions: &["xml", "gsdml"],
    probe,
    read: Read::Xml(read),
};

fn probe(probe: &Probe<'_>) -> bool {
    probe.has_root("ISO15745Profile")
}

fn read(tree: &Tree, intake: &mut Intake) -> Result<(), ReadError> {
    let root = wanted_root(tree, "GSDML file", "ISO15745Profile")?;
    let missing = |what: &str| ReadError::NotThis {
        format: "GSDML file",
        reason: format!("it has no `{what}`"),
    };
    let body = root.first("ProfileBody").ok_or_else(|| missing("ProfileBody"))?;
    let identity = body
        .first("DeviceIdentity")
        .ok_or_else(|| missing("DeviceIdentity"))?;
    let at = identity.at();
    let mut code = |field: &'static str| {
        let text = identity.attribute(field).unwrap_or_default();
        intake.value(&at, guess::number::<u16>(field, text))
    };
    let (Some(vendor), Some(device)) = (code("VendorID"), code("DeviceID")) else {
        return Ok(());
    };
    let code = DeviceCode::Profinet {
        vendor: vendor.value,
        device: device.value,
    };
    let process = body.first("ApplicationProcess");
    let texts = texts(process);
    let named = |element: Option<Element<'_>>| {
        let id = element?.attribute("TextId")?;
        texts.get(id).and_then(|text| clean(text))
    };
    let said = |element: Element<'_>, name| {
        let inner: Option<Element<'_>> = element.first(name);
        inner.and_then(|inner| inner.attribute("Value")).and_then(clean)
    };
    let maker = said(identity, "VendorName");
    let family = body.path(&["DeviceFunction", "Family"]);
    let family = family
        .and_then(|family| family.attribute("ProductFamily"))
        .and_then(clean);
    let points = process.and_then(|process| process.first("DeviceAccessPointList"));
    let mut any = false;
    for point in points
        .iter()
        .flat_map(|points| points.named("DeviceAccessPointItem"))
    {
        intake.record();
        any = true;
        let Some(info) = point.first("ModuleInfo") else {
            intake.set_aside(point.at(), Scope::Record, Fault::Missing("ModuleInfo"));
            continue;
        };
        intake.catalogue(CatalogueEntry {
            code,
            at: point.at(),
            vendor: said(info, "VendorName").or_else(|| maker.clone()),
            product: named(info.first("Name")).or_else(|| family.clone()),
            order_number: said(info, "OrderNumber"),
            revision: said(info, "SoftwareRelease"),
        });
    }
    if !any {
        intake.record();
        intake.catalogue(CatalogueEntry {
            code,
            at,
            vendor: maker,
            product: family.or_else(|| named(identity.first("InfoText"))),
            order_number: None,
            revision: None,
        });
    }
    Ok(())
}

/// The texts of the primary language, by their identifiers.
fn texts(process: Option<Element<'_>>) -> BTreeMap<String, String> {
    let language = process.and_then(|process| process.path(&["ExternalTextList", "PrimaryLanguage"]));
    let all = language.iter().flat_map(|language| language.named("Text"));
    let text = |text: Element<'_>| {
        let (id, value) = (text.attribute("TextId")?, text.attribute("Value")?);
        Some((id.to_owned(), value.to_owned()))
    };
    all.filter_map(text).collect()
}
