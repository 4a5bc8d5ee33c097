//! CycloneDX 1.6 (ECMA-424) as JSON: each asset a device, its firmware and its modules in it. What CycloneDX has no
//! place for (zone, role, addresses) stands in properties of the name space `cofferdam`.

use super::{Export, ExportContext, VERSION, harmless, uuid};
use crate::layout::called;
use cofferdam_plant::{Asset, Module, Plant};
use serde_json::{Value, json};

pub(super) const EXPORT: Export = Export {
    name: "cyclonedx",
    title: "CycloneDX 1.6 JSON: devices and their firmware",
    extension: "cdx.json",
    write,
};

fn write(plant: &Plant, context: &ExportContext) -> String {
    let site = plant.site();
    let components: Vec<Value> = plant.assets().iter().map(device).collect();
    let mut metadata = json!({
        "tools": { "components": [{ "type": "application", "name": "cofferdam", "version": VERSION }] },
        "component": {
            "type": "platform",
            "bom-ref": format!("site:{}", site.id),
            "name": harmless(called(&site.name, site.id.as_str())),
        },
    });
    let now = context.now.map(|now| i128::from(now.nanos()));
    if let Some(now) = now.and_then(|now| jiff::Timestamp::from_nanosecond(now).ok()) {
        put(&mut metadata, "timestamp", Some(now.to_string()));
    }
    let all: Vec<Value> = plant
        .assets()
        .iter()
        .map(|asset| json!(reference(asset)))
        .collect();
    let mut bom = json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": metadata,
        "components": components,
        "dependencies": [{ "ref": format!("site:{}", site.id), "dependsOn": all }],
    });
    // Told by its content, so that the same model is the same document.
    let serial = format!("urn:uuid:{}", uuid(&bom.to_string()));
    put(&mut bom, "serialNumber", Some(serial));
    let mut text = serde_json::to_string_pretty(&bom).unwrap_or_default();
    text.push('\n');
    text
}

fn reference(asset: &Asset) -> String {
    format!("asset:{}", asset.id)
}

fn put(object: &mut Value, key: &str, value: Option<String>) {
    if let (Some(object), Some(value)) = (object.as_object_mut(), value) {
        object.insert(key.to_owned(), Value::String(harmless(&value)));
    }
}

fn device(asset: &Asset) -> Value {
    let text = |attribute: &Option<cofferdam_plant::Attribute<String>>| {
        let value = attribute.as_ref().map(|attribute| attribute.value.clone());
        value.filter(|value| !value.trim().is_empty())
    };
    let (product, vendor) = (text(&asset.product), text(&asset.vendor));
    let name = product
        .clone()
        .unwrap_or_else(|| called(&asset.name, asset.id.as_str()).to_owned());
    let mut parts = Vec::new();
    if let Some(version) = text(&asset.firmware) {
        parts.push(firmware(&reference(asset), &name, version));
    }
    for (n, each) in asset.modules.iter().enumerate() {
        parts.push(module(&format!("{}/module-{n}", reference(asset)), each));
    }
    let mut properties = vec![
        property("asset", asset.id.as_str()),
        property("role", asset.role.value.name()),
    ];
    properties.extend(asset.zone.as_ref().map(|zone| property("zone", zone.as_str())));
    properties.extend(text(&asset.order_number).map(|text| property("order-number", &text)));
    properties.extend(text(&asset.serial).map(|text| property("serial", &text)));
    for interface in &asset.interfaces {
        properties.extend(interface.mac.map(|mac| property("mac", &mac.to_string())));
        properties.extend(interface.ip.map(|ip| property("ip", &ip.to_string())));
        properties.extend(interface.vlan.map(|vlan| property("vlan", &vlan.to_string())));
    }
    let mut out = json!({
        "type": "device",
        "bom-ref": reference(asset),
        "name": harmless(&name),
        "properties": properties,
    });
    if !asset.name.trim().is_empty() {
        put(&mut out, "description", Some(asset.name.clone()));
    }
    if let (Some(object), Some(vendor)) = (out.as_object_mut(), vendor) {
        object.insert("manufacturer".to_owned(), json!({ "name": harmless(&vendor) }));
    }
    nest(&mut out, parts);
    out
}

fn module(reference: &str, module: &Module) -> Value {
    let said = [&module.product, &module.order_number];
    let name = said.into_iter().flatten().find(|text| !text.trim().is_empty());
    let name = name.map_or_else(|| format!("module in slot {}", module.slot), Clone::clone);
    let mut properties = vec![property("slot", &module.slot)];
    properties.extend(
        module
            .order_number
            .as_ref()
            .map(|text| property("order-number", text)),
    );
    properties.extend(module.serial.as_ref().map(|text| property("serial", text)));
    let mut out = json!({
        "type": "device",
        "bom-ref": reference,
        "name": harmless(&name),
        "properties": properties,
    });
    let version = module
        .firmware
        .clone()
        .filter(|version| !version.trim().is_empty());
    nest(
        &mut out,
        version
            .map(|version| firmware(reference, &name, version))
            .into_iter()
            .collect(),
    );
    out
}

fn firmware(of: &str, name: &str, version: String) -> Value {
    json!({
        "type": "firmware",
        "bom-ref": format!("{of}/firmware"),
        "name": harmless(&format!("{name} firmware")),
        "version": harmless(&version),
    })
}

fn nest(out: &mut Value, parts: Vec<Value>) {
    if let (Some(object), false) = (out.as_object_mut(), parts.is_empty()) {
        object.insert("components".to_owned(), Value::Array(parts));
    }
}

fn property(name: &str, value: &str) -> Value {
    json!({ "name": format!("cofferdam:{name}"), "value": harmless(value) })
}
